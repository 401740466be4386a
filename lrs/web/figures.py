"""Figure by figure: one of them by itself, of a part, taken apart; as a page and as files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import Response, render_template
from sqlalchemy import Connection

from lrs import reporting
from lrs.errors import NotFound, Problem, Refused
from lrs.i18n import _
from lrs.papers import single, wording
from lrs.papers.document import Document
from lrs.papers.given import Given
from lrs.reports.shapes import Described
from lrs.web import sentences, slices
from lrs.web.forms import Form
from lrs.web.listing import asked
from lrs.web.reports import ROOM, handed
from lrs.web.rooms import here

#: What is asked by besides what every page of figures is: in addresses.
NAMES: Final = (*slices.NAMES, "figure", "by", *reporting.NARROWING, "horizon", "published")

#: Figures that look so many days ahead, which may be chosen, and how many at most.
AHEAD: Final = ("M1", "M12")
FURTHEST: Final = 3650


@dataclass(frozen=True, slots=True)
class Asked:
    """What this request asks: a figure of a part, taken apart by something."""

    figure: Described
    by: str | None
    part: Given

    def made(self) -> Document:
        """Its paper. Raises as `reporting.figure`."""
        return single.made(self.part, self.figure, self.by)


@ROOM.page("/figures", "figures/read", narrowed=True)
def figure() -> str:
    """One figure as a page. What cannot be told so is said there, beside the choice that is to be
    changed: a filter gets no answer that is an error."""
    form, document = Form(), None
    with here().read() as connection:
        asked_for = _asked(connection)
        offered = slices.choices(asked_for.part)
        narrowing = _narrowing(asked_for)
        try:
            document = _read(asked_for).made()
        except Refused as refused:
            for each in refused.problems:
                form.wrong("", _why(each, asked_for))
    return render_template(
        "figure.html",
        asked=asked_for,
        form=form,
        document=document,
        tables=() if document is None else document.tables,
        choices=offered,
        figures=[(each.id, single.called(each)) for each in reporting.ALL],
        parts=[(each, _(single.PARTS[each])) for each in _apart(asked_for)],
        narrowing=narrowing,
        ahead=asked_for.figure.id in AHEAD,
        everybody="all" in here().reach("figures/read"),
        kept=slices.carried(NAMES),
    )


@ROOM.page("/figures/<format>", "figures/read", narrowed=True)
def figure_file(format: str) -> Response:
    """The same as a file, counted anew."""
    with here().read() as connection:
        document = _read(_asked(connection, held=False)).made()
    return handed(document, format)


def _asked(connection: Connection, *, held: bool = True) -> Asked:
    """What the address asks for. Raises `NotFound` for what is not there."""
    described = single.DESCRIBED.get(asked("figure") or reporting.ALL[0].id)
    if described is None:
        raise NotFound(f"a figure {asked('figure')}")
    part = slices.given(connection, held=held)
    part.published = part.published or bool(asked("published"))
    _narrow(part, {word: asked(word) or None for word in reporting.NARROWING})
    found = Asked(described, asked("by") or None, part)
    for word, (_label, offered) in _narrowing(found).items():
        value = getattr(part.slice, word)
        if value is not None and value not in dict(offered):
            if part.programme is None:
                raise NotFound(f"a {word} {value}")
            # Left over from another programme's list.
            _narrow(part, {word: None})
    return found


def _narrow(part: Given, by: Mapping[str, Any]) -> None:
    part.slice = replace(part.slice, **by)


def _read(asked_for: Asked) -> Asked:
    """With how many days ahead it looks. Raises `Refused` where that is no number of days."""
    days, part = asked("horizon"), asked_for.part
    if days and asked_for.figure.id in AHEAD:
        if not (days.isascii() and days.isdigit() and 1 <= int(days[:9]) <= FURTHEST):
            raise Refused(Problem("horizon", _("Days are a whole number from 1 to 3650.")))
        part.slice = replace(part.slice, horizon=int(days))
    return asked_for


def _why(problem: Problem, asked_for: Asked) -> str:
    """What cannot be told so, in the words of the filters."""
    if problem.path == "by":
        what = single.PARTS.get(asked_for.by or "")
        return _("This figure is taken apart by %(can)s, not by %(what)s.") % {
            "can": ", ".join(_(single.PARTS[each]).lower() for each in asked_for.figure.by),
            "what": _(what).lower() if what else asked_for.by,
        }
    word = problem.path
    if word in reporting.NARROWING and not reporting.narrows(asked_for.figure, word):
        what = _(single.PARTS[word]).lower()
        return _("This figure tells nothing by %(what)s: leave it out.") % {"what": what}
    return sentences.told(problem.message)


def _apart(asked_for: Asked) -> Sequence[str]:
    """By what the figure can be taken apart, and what was asked for though it cannot."""
    can, by = asked_for.figure.by, asked_for.by
    return (*can, by) if by is not None and by in single.PARTS and by not in can else can


def _narrowing(asked_for: Asked) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """What else the figure can be narrowed by (its label, its choices), and what was chosen though
    it cannot."""
    part = asked_for.part
    some = part.programmes if part.programme is None else (part.programme,)
    windows = sorted({each.name for programme in some for each in programme.windows})
    every = {
        "behaviour": (_("Behaviour"), list(part.behaviours.items())),
        "tier": (_("How it was applied"), [(t, _(word)) for t, word in wording.TIERS.items()]),
        "window": (_("Stage"), [(each, wording.stage(each)) for each in windows]),
    }
    return {
        word: told
        for word, told in every.items()
        if reporting.narrows(asked_for.figure, word) or getattr(part.slice, word) is not None
    }
