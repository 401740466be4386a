"""One language out of a language map, by the Accept-Language header.

The standard applies the header to each map on its own (Communication 2.1.3, language filtering
of canonical statements), and always wants one entry where there is any.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")

# Browsers send up to a dozen; every tag is held against every range.
MOST_RANGES = 40

_range = re.compile(
    r"\s*(\*|[A-Za-z]{1,8}(?:-(?:[A-Za-z0-9]{1,8}|\*))*)"
    r"\s*(?:;\s*[qQ]\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?"
)


def negotiate(language_map: Mapping[str, T], accept_language: str | None) -> dict[str, T]:
    """The one entry that suits best, as a map of its own; empty only for an empty map.

    A tag is worth the quality of the longest range that covers it (RFC 2616 §14.4, which the
    standard names); among equals the earlier range wins, then the exact tag, then the order of
    the map. Where no range covers any tag, ranges are cut from their end until one does
    (`en-GB` then takes `en` or `en-US`: RFC 4647 §3.4). Failing that the first entry is taken, of
    those not refused by quality 0 if there are any: the same map always gives the same answer.
    """
    if len(language_map) < 2:
        return dict(language_map)
    ranges = _ranges(accept_language or "")
    worth = {tag: _worth(tag.lower(), ranges) for tag in language_map}
    choice = max(worth, key=worth.__getitem__)
    if worth[choice][0] <= 0:
        allowed = [tag for tag in worth if worth[tag][0] < 0] or list(worth)
        choice = next(_nearly(allowed, ranges), allowed[0])
    return {choice: language_map[choice]}


# Quality, place in the header counted backwards, and whether the range is the whole tag.
_Worth = tuple[float, int, bool]
_UNKNOWN: _Worth = (-1.0, 0, False)


def _worth(tag: str, ranges: tuple[tuple[str, float], ...]) -> _Worth:
    """Quality 0 for a tag that is refused, -1 for one that no range covers."""
    longest, worth = -1, _UNKNOWN
    for place, (wish, quality) in enumerate(ranges):
        if len(wish) > longest and _covers(wish, tag):
            longest, worth = len(wish), (quality, -place, wish == tag)
    return worth


def _nearly(tags: list[str], ranges: tuple[tuple[str, float], ...]) -> Iterator[str]:
    for wish, quality in ranges:
        while quality > 0 and (wish := wish.rpartition("-")[0]):
            yield from (tag for tag in tags if tag.lower() == wish)
            yield from (tag for tag in tags if _covers(wish, tag.lower()))


def _covers(wish: str, tag: str) -> bool:
    """Whether a range covers a tag; the empty range, written `*`, covers all."""
    return not wish or tag == wish or tag.startswith(f"{wish}-")


@lru_cache(maxsize=256)
def _ranges(header: str) -> tuple[tuple[str, float], ...]:
    """The ranges of a header in lower case with their quality, the best first.

    What is not a range is passed over: a header that a browser made up is no reason to refuse.
    A wildcard inside a range says no more than its start does (RFC 4647 §3.3.1).
    """
    found = []
    for item in header.split(",", MOST_RANGES)[:MOST_RANGES]:
        if match := _range.fullmatch(item):
            wish = match[1].lower().partition("*")[0].rstrip("-")
            found.append((wish, float(match[2] or "1")))
    return tuple(sorted(found, key=lambda each: -each[1]))
