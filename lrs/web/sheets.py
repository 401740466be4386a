"""A sheet of questions as a browser sends it: names of fields, and what was filled in.

A field is named by its row, its form, the number of the behaviour where it is about one, and its
own name, joined by dots. A value and *belum mengamati* are one choice on the page (`x`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lrs.followup import FilledIn, Page, Row, Wrong
from lrs.i18n import _
from lrs.practice import forms
from lrs.practice.forms import FORMS, Field, Form
from lrs.practice.programmes import Behaviour, Programme, Window
from lrs.web import sentences

#: What was sent: every value of every field.
Given = Mapping[str, Sequence[str]]

NOT_SEEN: Final = "x"

#: Ticked where there is no obstacle: else a list without a tick could not be told from silence.
NONE: Final = "none"


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of one programme and one window: they are asked the same."""

    programme: Programme
    window: Window
    forms: tuple[Form, ...]
    rows: tuple[Row, ...]

    @property
    def closes(self) -> int:
        return max(row.invitation.closes_day for row in self.rows)


def groups(page: Page) -> list[Group]:
    """The rows that wait, by what they are asked."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in page.waiting:
        found.setdefault((row.about.programme.iri, row.window.name), []).append(row)
    return [
        Group(
            rows[0].about.programme,
            rows[0].window,
            tuple(FORMS[letter] for letter in rows[0].forms),
            tuple(rows),
        )
        for rows in found.values()
    ]


def name(row: Row, form: str, field: str, n: int | None = None) -> str:
    """The name of a field on the page."""
    return f"{row.key}.{form}.{field}" if n is None else f"{row.key}.{form}.{n}.{field}"


def unseen(row: Row) -> str:
    """The name of the tick for who has not seen somebody at work at all."""
    return f"{row.key}.unseen"


def labels(behaviour: Behaviour) -> tuple[str, ...]:
    """What the five steps mean for a behaviour: its own anchors, or those of its scale."""
    if len(behaviour.anchors) == 5:
        return behaviour.anchors
    return tuple(_(each) for each in forms.SCALES[behaviour.scale])


def stage(window: Window) -> str:
    """A window as people call it: `Tahap 2 (90–120 hari)`; one with a name of its own by that."""
    number = window.name.removeprefix("W")
    if not number.isdecimal():
        return "" if window.name in FORMS else window.name
    facts = {"n": number, "opens": window.opens, "closes": window.closes}
    return _("Stage %(n)s (%(opens)s–%(closes)s days)") % facts


def read(page: Page, given: Given) -> tuple[FilledIn, ...]:
    """What was filled in. A person about whom nothing was said is left for later, and so is a form
    after the first in which nothing was."""
    return tuple(entry for row in page.waiting for entry in _row(row, page.role, given))


def _row(row: Row, role: str, given: Given) -> Iterator[FilledIn]:
    not_seen = bool(given.get(unseen(row)))
    for letter in row.forms:
        form = FORMS[letter]
        items = {
            behaviour.iri: item
            for n, behaviour in enumerate(row.about.programme.behaviours)
            if (item := _item(row, form, role, n, given, not_seen))
        }
        whole = {
            field.name: value
            for field in form.fields(role, each=False)
            if (value := _value(field, given.get(name(row, letter, field.name), ()))) is not None
        }
        if items or whole:
            yield FilledIn(row=row.key, form=letter, whole=whole, items=items)


def _item(row: Row, form: Form, role: str, n: int, given: Given, not_seen: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in form.fields(role, each=True):
        told = given.get(name(row, form.letter, field.name, n), ())
        if field.name == "observed":
            continue
        if field.name == "value" and (NOT_SEEN in told or (not_seen and not any(told))):
            found["observed"] = False
            continue
        value = _value(field, told)
        if value is not None:
            found[field.name] = value
    return found


def _value(field: Field, told: Sequence[str]) -> Any:
    """A field's answer as JSON would have it; None: none was given."""
    kept = [each.strip() for each in told if each.strip()]
    if not kept:
        return None
    if field.kind == forms.SCALE:
        return int(kept[0]) if kept[0].isascii() and kept[0].isdigit() else kept[0]
    if field.kind == forms.YES_NO:
        return {"yes": True, "no": False}.get(kept[0], kept[0])
    if field.kind in (forms.SEVERAL, forms.PEOPLE, forms.BEHAVIOURS):
        return [each for each in kept if each != NONE]
    # Browsers send line ends as two signs; what was typed had one.
    return kept[0].replace("\r\n", "\n")


def where(page: Page, wrong: Wrong) -> tuple[str, str]:
    """At which field of the page a problem is shown, and the sentence in the reader's language."""
    row_key, letter, problem = wrong
    row = next((each for each in page.rows if each.key == row_key), None)
    sentence = said(problem.message)
    if row is None:
        return "", sentence
    place, _dot, field = problem.path.rpartition(".")
    if place == "whole":
        return name(row, letter, field), sentence
    for n, behaviour in enumerate(row.about.programme.behaviours):
        if place == f"items[{behaviour.iri}]":
            return name(row, letter, field, n), sentence
    return unseen(row), sentence


def said(message: str) -> str:
    """What is wrong with a form, in the reader's language."""
    if message.startswith(forms.PLEASE):
        question = _(message.removeprefix(forms.PLEASE))
        return _("Please answer: %(question)s") % {"question": question}
    return sentences.told(message)
