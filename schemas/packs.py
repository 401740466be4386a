"""Packs: programmes as good as finished, of which an admin makes their own.

A pack is a file of `lrs/packs`: what graduates of such a programme are expected to do, with
anchors, forms and what keeps it alive at work, in Indonesian. `make` gives it a name, a title and
courses; its behaviours get names under the programme's, so that two programmes of one pack share
none.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import yaml

from lrs.errors import NotFound
from lrs.practice.programmes import Programme, default_depth, windows
from schemas.programmes import load


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack: its name, what it is for in two languages, the kind of programme, the words of
    titles for which it is suggested, and the rest as the file has it."""

    name: str
    about: dict[str, str]
    kind: str
    words: tuple[str, ...]
    body: dict[str, Any]


@cache
def every() -> tuple[Pack, ...]:
    """All packs, in the order of their names."""
    found = []
    for file in resources.files("lrs.packs").iterdir():
        if file.name.endswith(".yaml"):
            body = yaml.safe_load(file.read_text(encoding="utf-8"))
            about, words = body.pop("about"), tuple(body.pop("words"))
            found.append(
                Pack(file.name.removesuffix(".yaml"), about, str(body["kind"]), words, body)
            )
    return tuple(sorted(found, key=lambda each: each.name))


def named(name: str) -> Pack:
    """The pack of this name. NotFound: tells which there are."""
    for pack in every():
        if pack.name == name:
            return pack
    raise NotFound(f"a pack {name}; there are {', '.join(pack.name for pack in every())}")


def suggest(title: str) -> str:
    """The pack whose words the title has, the first of them counting; else `technical`."""
    told = " " + " ".join(re.findall(r"\w+", title.casefold()))
    held = [
        (at, pack.name)
        for pack in every()
        for word in pack.words
        if (at := told.find(f" {word}")) >= 0
    ]
    return min(held)[1] if held else "technical"


def make(
    name: str,
    iri: str,
    title: str,
    *,
    courses: Iterable[str] = (),
    jp: float | None = None,
    depth: str | None = None,
) -> Programme:
    """A programme of the pack. NotFound: no such pack. Refused: what is wrong with what is given.

    `jp` and `depth` stand instead of the pack's; a pack that names no depth takes it from kind
    and hours.
    """
    pack = named(name)
    body = dict(pack.body)
    leaders, peers = body.pop("leaders"), body["peers"]
    hours = jp if jp is not None else body.get("jp")
    deep = depth or body.get("depth") or default_depth(hours, pack.kind)
    behaviours = [
        {key: value for key, value in each.items() if key != "name"}
        | {"iri": f"{iri}/perilaku/{each['name']}"}
        for each in body.pop("behaviours")
    ]
    tree = body | {
        "iri": iri,
        "title": title,
        "courses": sorted(set(courses)),
        "behaviours": behaviours,
        "depth": deep,
        "pack": name,
    }
    if hours is not None:
        tree["jp"] = hours
    (made,) = load({"programmes": [tree]})
    return replace(made, windows=windows(made.depth, leaders=leaders, peers=peers > 0))
