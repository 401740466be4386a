"""Stories (form F) on paper: those that may be told, the lot they were drawn by, and the sheet to
take along to an interview."""

from collections.abc import Sequence

from lrs import i18n, stories
from lrs.i18n import _
from lrs.papers.document import (
    NUMBER,
    Blank,
    Block,
    Document,
    Facts,
    Heading,
    NewPage,
    Table,
    Text,
    columns,
)
from lrs.papers.given import Given
from lrs.practice import forms
from lrs.stories import Draw, Story


def story(told: Story, level: int = 1) -> list[Block]:
    """One story, as its teller agreed."""
    form = forms.FORMS["F"]
    who = told.name if told.named and told.name else _("An alumnus or alumna")
    chosen = {each.name: each for each in form.whole}["chosen"].choices or {}
    kind = _(chosen.get(str(told.fields.get("chosen")), ""))
    blocks: list[Block] = [Heading(", ".join(filter(None, (who, kind.lower()))), level)]
    for field in form.whole:
        value = told.fields.get(field.name)
        if not value or field.name in ("chosen", "quote", "note"):
            continue
        if isinstance(value, list):
            value = ", ".join(_((field.choices or {}).get(each, str(each))) for each in value)
        blocks.append(Text(f"{_(field.asks)} {value}"))
    if told.fields.get("quote"):
        blocks.append(Text(f"“{told.fields['quote']}”", "quote"))
    return blocks


def made(given: Given) -> Document:
    """All stories of the part: those agreed to in words, the others counted only."""
    found = stories.told(
        given.connection, given.tenant_id, given.slice.programme, given.slice.cohort
    )
    agreed = [each for each in found if each.agreed]
    blocks: list[Block] = [
        Table(
            caption=_("Stories told"),
            columns=columns(_("Kind"), (_("Told"), NUMBER), (_("Agreed to be shown"), NUMBER)),
            rows=tuple(
                (
                    _(label),
                    sum(each.fields.get("chosen") == word for each in found),
                    sum(each.fields.get("chosen") == word for each in agreed),
                )
                for word, label in _chosen().items()
            ),
            note=_(
                "Only stories whose tellers agreed are shown, with the name only if they said so."
            ),
        )
    ]
    drawn = _drawn(given)
    if drawn is not None:
        blocks += lot(given, drawn)
    for each in agreed:
        blocks += story(each)
    if not agreed:
        blocks.append(Text(_("No story has been told yet (form F)."), "note"))
    return given.paper("stories", _("Stories (form F)"), blocks)


def lot(given: Given, drawn: Draw) -> list[Block]:
    """How the cases were drawn, so that anybody can draw them again."""
    return [
        Heading(_("How the cases were drawn"), 2),
        Facts(
            (
                (_("Seed"), drawn.seed),
                (_("Drawn as of"), i18n.day(drawn.day)),
                (
                    _("Among the best"),
                    _("%(k)s of %(n)s") % {"k": len(drawn.best), "n": drawn.of_best},
                ),
                (
                    _("Among the hardest"),
                    _("%(k)s of %(n)s") % {"k": len(drawn.hard), "n": drawn.of_hard},
                ),
            )
        ),
        Text(
            _(
                "Each case has the digest BLAKE2b of its id, keyed with the seed; the least are"
                " drawn. Best: applied, and lasting or confirmed by the superior. Hardest:"
                " somebody who could see said that it is not applied."
            ),
            "small",
        ),
    ]


def _drawn(given: Given) -> Draw | None:
    if given.slice.programme is None:
        return None
    return stories.drawn(
        given.connection, given.tenant_id, given.slice.programme, given.slice.cohort or ""
    )


def _chosen() -> dict[str, str]:
    return dict(
        next(each for each in forms.FORMS["F"].whole if each.name == "chosen").choices or {}
    )


def sheet(given: Given, people: Sequence[tuple[str, str, str]]) -> Document:
    """Interview sheets to print: for each (name, unit, kind of case) a page with the questions."""
    blocks: list[Block] = []
    for n, (name, unit, kind) in enumerate(people):
        if n:
            blocks.append(NewPage())
        blocks += [
            Heading(name),
            Facts(((_("Unit"), unit), (_("Kind"), kind), (_("Day of the interview"), ""))),
        ]
        for field in forms.FORMS["F"].whole:
            if field.name == "chosen":
                continue
            if field.choices:
                boxes = "   ".join(f"☐ {_(label)}" for label in field.choices.values())
                blocks += [Text(_(field.asks)), Text(boxes, "small")]
            else:
                blocks.append(Blank(_(field.asks), 4 if field.name in ("used", "results") else 2))
        blocks.append(
            Text(
                f"☐ {_('I agree that my story is told in reports.')}   "
                f"☐ {_('My name may be given.')}   {_('Signature')}: ______________________"
            )
        )
    if not blocks:
        blocks.append(Text(_("No cases have been drawn yet."), "note"))
    return given.paper("interview", _("Interview sheet (form F)"), blocks)
