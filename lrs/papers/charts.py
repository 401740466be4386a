"""Charts as SVG, drawn from plain numbers: bars with what is open, and curves in steps.

Each has a title and a description, is read as one image, and tells by form (full, hatched, broken)
what colour tells too. On a page its classes are coloured by the stylesheet, for light and dark; in
a paper it carries its own colours. Words are the caller's. The numbers stand in a table behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 360

#: For papers: dark on white, and to be told apart in grey too.
PRINT: Final = (
    "text{font-family:'Libertinus Serif','Liberation Serif',serif;font-size:12.5px;fill:#1b2523}"
    ".c-quiet{fill:#52605d;font-size:11px}.c-known{fill:#0f6b66}.c-ground{fill:#edf1f0}"
    ".c-hatch{stroke:#0f6b66;stroke-width:1.4}.c-edge{fill:none;stroke:#0f6b66;stroke-width:0.8}"
    ".c-line{fill:none;stroke:#0f6b66;stroke-width:2.4}"
    ".c-second{fill:none;stroke:#1b2523;stroke-width:1.3;stroke-dasharray:5 3}"
    ".c-grid{stroke:#c9d2d0;stroke-width:0.8}.c-axis{stroke:#52605d;stroke-width:1}"
    ".c-mark{stroke:#7d4a00;stroke-width:1.2;stroke-dasharray:2 3}"
)


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing, `WIDTH` wide; `name` tells it from others on the same page."""

    name: str
    title: str
    about: str
    height: int
    body: str

    def svg(self, *, printed: bool = False) -> str:
        """The drawing; `printed` for papers, where no stylesheet reaches it."""
        style = f"<style>{PRINT}</style>" if printed else ""
        size = f' width="{WIDTH}" height="{self.height}"' if printed else ""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img"{size}'
            f' viewBox="0 0 {WIDTH} {self.height}"'
            f' aria-labelledby="{self.name}-title {self.name}-about">'
            f'<title id="{self.name}-title">{escape(self.title)}</title>'
            f'<desc id="{self.name}-about">{escape(self.about)}</desc>'
            f"{style}<defs>"
            f'<pattern id="{self.name}-hatch" width="6" height="6" patternUnits="userSpaceOnUse"'
            ' patternTransform="rotate(45)"><line class="c-hatch" x1="0" y1="0" x2="0" y2="6"/>'
            f"</pattern></defs>{self.body}</svg>"
        )


@dataclass(frozen=True, slots=True)
class Bar:
    """Full up to `low`, hatched from there to `high`, as parts of 1. `told` stands beside."""

    label: str
    low: float
    high: float
    told: str


def bars(name: str, title: str, about: str, rows: Sequence[Bar], legend: Sequence[str]) -> Chart:
    """One bar beneath the other. `legend`: what is full, and what is hatched."""
    drawn: list[str] = []
    y = 4.0
    for row in rows:
        lines = _wrapped(row.label, 34)
        for line in lines:
            y += 15
            drawn.append(_text(0, y, line))
        drawn.append(_text(WIDTH, y, row.told, anchor="end"))
        y += 6
        low, high = WIDTH * _part(row.low), WIDTH * _part(row.high)
        drawn.append(_rect("c-ground", 0, y, WIDTH, 12))
        if high - low > 0.5:
            drawn.append(_rect(None, low, y, high - low, 12, fill=f"url(#{name}-hatch)"))
            drawn.append(_rect("c-edge", low, y + 0.4, high - low, 11.2))
        if low > 0:
            drawn.append(_rect("c-known", 0, y, low, 12))
        y += 18
    y += 4
    body = "".join(drawn)
    body, y = _legend(name, body, y, legend)
    return Chart(name, title, about, round(y), body)


@dataclass(frozen=True, slots=True)
class Band:
    """On a day, between what and what."""

    day: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Axis:
    """Words along a curve: what the days are, what those at risk are, what a mark says."""

    days: str
    at_risk: str
    line: str
    second: str
    band: str
    median: str


def steps(
    name: str,
    title: str,
    about: str,
    *,
    line: Sequence[tuple[int, float]],
    second: Sequence[tuple[int, float]],
    band: Sequence[Band],
    at_risk: Sequence[tuple[int, int]],
    median: int | None,
    words: Axis,
) -> Chart:
    """Shares that grow with the days, in steps, within a band; under it, how many were still
    observed. Only as far as anybody was."""
    last = max([60, *(day for day, _ in line), *(each.day for each in band)])
    last = min(-(-last // 30) * 30, 420)
    left, right, top, floor = 36.0, float(WIDTH) - 14, 12.0, 222.0

    def x(day: float) -> float:
        return left + (right - left) * min(day, last) / last

    def y(share: float) -> float:
        return floor - (floor - top) * _part(share)

    drawn = []
    for quarter in range(5):
        at = y(quarter / 4)
        drawn.append(_line("c-grid", left, at, right, at))
        drawn.append(_text(left - 6, at + 4, f"{quarter * 25}%", "c-quiet", "end"))
    if band:
        upper, lower = (
            _stairs([(b.day, b.high) for b in band], last),
            _stairs([(b.day, b.low) for b in band], last),
        )
        path = _path([(x(d), y(s)) for d, s in upper] + [(x(d), y(s)) for d, s in reversed(lower)])
        drawn.append(f'<path d="{path}Z" fill="url(#{name}-hatch)" fill-opacity="0.45"/>')
        drawn.append(f'<path class="c-edge" d="{path}Z"/>')
    if second:
        path = _path([(x(d), y(s)) for d, s in _stairs(second, last)])
        drawn.append(f'<path class="c-second" d="{path}"/>')
    if line:
        path = _path([(x(d), y(s)) for d, s in _stairs(line, last)])
        drawn.append(f'<path class="c-line" d="{path}"/>')
    if median is not None and median <= last:
        drawn.append(_line("c-mark", x(median), y(0.5), x(median), floor))
        drawn.append(_line("c-mark", left, y(0.5), x(median), y(0.5)))
        drawn.append(_text(min(x(median) + 5, right - 90), floor - 6, words.median, "c-quiet"))
    drawn.append(_line("c-axis", left, floor, right, floor))
    gap = 30 if last <= 210 else 60
    days = list(range(0, last + 1, gap))
    risk = dict(at_risk)
    for day in days:
        drawn.append(_text(x(day), floor + 16, str(day), "c-quiet", "middle"))
    drawn.append(_text(right, floor + 31, words.days, "c-quiet", "end"))
    drawn.append(_text(left, floor + 48, words.at_risk, "c-quiet"))
    for day in days:
        if day in risk:
            drawn.append(_text(x(day), floor + 64, str(risk[day]), "c-quiet", "middle"))
    bottom = floor + 76
    body = "".join(drawn)
    for kind, told in (("c-line", words.line), ("c-second", words.second)):
        if kind == "c-second" and not second:
            continue
        for n, part in enumerate(_wrapped(told, 52)):
            bottom += 17 if n == 0 else 13
            if n == 0:
                body += _line(kind, 0, bottom - 4, 22, bottom - 4)
            body += _text(28, bottom, part, "c-quiet")
    if band:
        body += _rect(None, 0, bottom + 7, 22, 11, fill=f"url(#{name}-hatch)")
        body += _rect("c-edge", 0, bottom + 7, 22, 11)
        for n, part in enumerate(_wrapped(words.band, 52)):
            bottom += 17 if n == 0 else 13
            body += _text(28, bottom, part, "c-quiet")
    return Chart(name, title, about, round(bottom + 8), body)


def _legend(name: str, body: str, y: float, legend: Sequence[str]) -> tuple[str, float]:
    full, hatched = (*legend, "", "")[:2]
    for kind, told in (("known", full), ("open", hatched)):
        if not told:
            continue
        for n, part in enumerate(_wrapped(told, 52)):
            y += 15
            if n == 0:
                body += (
                    _rect("c-known", 0, y - 10, 18, 11)
                    if kind == "known"
                    else _rect(None, 0, y - 10, 18, 11, fill=f"url(#{name}-hatch)")
                    + _rect("c-edge", 0, y - 10, 18, 11)
                )
            body += _text(26, y, part, "c-quiet")
    return body, y + 6


def _part(share: float) -> float:
    return min(1.0, max(0.0, share))


def _stairs(points: Sequence[tuple[int, float]], last: int) -> list[tuple[float, float]]:
    """From nothing on day 0, level until each day, then up."""
    found, level = [(0.0, 0.0)], 0.0
    for day, share in points:
        if day > last:
            break
        found += [(float(day), level), (float(day), share)]
        level = share
    return [*found, (found[-1][0], level)]


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "".join(f"{'L' if n else 'M'}{x:.1f} {y:.1f}" for n, (x, y) in enumerate(points))


def _text(x: float, y: float, told: str, kind: str = "", anchor: str = "") -> str:
    more = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{x:.1f}" y="{y:.1f}"{more}>{escape(told)}</text>'


def _line(kind: str, x: float, y: float, to_x: float, to_y: float) -> str:
    return f'<line class="{kind}" x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}"/>'


def _rect(kind: str | None, x: float, y: float, width: float, height: float, fill: str = "") -> str:
    more = (f' class="{kind}"' if kind else "") + (f' fill="{fill}"' if fill else "")
    return f'<rect{more} x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of no more than so many signs, broken between words; the third ends in an ellipsis."""
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    lines.append(line)
    return lines if len(lines) <= 2 else [lines[0], lines[1][: width - 1] + "…"]
