"""One figure by itself, as `jejak figures show` prints it: the whole, its parts, and what must be
read with them."""

from collections.abc import Mapping
from typing import Final

from lrs import i18n, reporting
from lrs.i18n import N_, _
from lrs.papers import figures, questions, wording
from lrs.papers.document import Block, Document, Heading, Text, stem
from lrs.papers.given import Given
from lrs.reports.shapes import Described, Figure

ABOUT: Final[Mapping[str, str]] = {
    "M1": N_("Of completions old enough: how many applied it within so many days."),
    "M2": N_("After how many days it is first applied, with those still observed."),
    "M3": N_("Of invitations that reached somebody: how many were answered, by who was asked."),
    "M4": N_("Of superiors asked: how many see it done with a spot check at most."),
    "M5": N_("Of those who had applied it by day 120: who still does at a later stage."),
    "M6": N_("How far alumni rate themselves above or below their superiors."),
    "M7": N_("How much more is done now than is remembered of before."),
    "M8": N_("What stands in the way of applying, and of taking part."),
    "M9": N_("How soon reviewers decide, how often they return, whether two decide alike."),
    "M10": N_("How many completions are of people who are known, with a superior in office."),
    "M11": N_("Who reaches 20 hours of training (JP) in the year."),
    "M12": N_("Of whom somebody said that it is not applied; and of whom nothing is known."),
    "M13": N_("Change since the assessment at the beginning, and who was seen to keep it up."),
    "funnel": N_("From the invitation to lasting practice, step by step."),
}
"""Figure → what it tells."""

PARTS: Final[Mapping[str, str]] = {
    "programme": N_("Programme"),
    "cohort": N_("Cohort"),
    "unit": N_("Unit"),
    "behaviour": N_("Behaviour"),
    "tier": N_("How it was applied"),
    "window": N_("Stage"),
    "period": N_("Quarter"),
}
"""By what figures are taken apart → what one part is."""


def called(described: Described) -> str:
    """What a figure is called in the language that holds, led by its number."""
    name = described.name if i18n.spoken() == "id" else described.key
    return name if described.id == "funnel" else f"{described.id} {name}"


def made(given: Given, described: Described, by: str | None = None) -> Document:
    """The figure of what was asked about, taken apart by `by`. Raises as `reporting.figure`."""
    told = given.figure(described.id, by)
    blocks = [Text(_(ABOUT[described.id])), *_whole(told)]
    if by is not None:
        first = _(PARTS[by])
        blocks += [Heading(_("By %(what)s") % {"what": first.lower()}), *_parts(told, first)]
    if "census" in told.notes:
        blocks.append(Text(_(wording.NOTES["census"]), "small"))
    facts = list(given.facts)
    if told.horizon is not None:
        facts.append((_("Within"), _("%(days)s days") % {"days": i18n.number(told.horizon)}))
    return given.paper(
        stem("figure", described.id, *filter(None, (by,))),
        called(described),
        blocks,
        facts=tuple(facts),
    )


def _whole(told: Figure) -> list[Block]:
    if told.id == "funnel":
        return figures.funnel(told, "funnel")
    table = figures.measures(told, _("All together"))
    if told.id == "M2":
        return [*figures.curve(told, "curve"), table, questions.leaving(told)]
    return [table]


def _parts(told: Figure, first: str) -> list[Block]:
    if not told.groups:
        return [Text(_("There is nothing here to take apart so."), "note")]
    caption = _("Every measure of each part")
    blocks: list[Block] = []
    # Bars are of shares; what is counted, or is days or points, stands in the table alone.
    if any(each.measures and each.measures[0].of == "share" for each in told.groups):
        measure = told.total.measures[0]
        blocks += figures.spread(told, "parts", wording.named(measure), first, measure.name)
    return [*blocks, figures.parts(told, caption, first)]


DESCRIBED: Final[Mapping[str, Described]] = {each.id: each for each in reporting.ALL}
