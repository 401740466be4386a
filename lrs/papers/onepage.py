"""One A4 for the head of the agency: three sentences, three requests, nothing but figures.

Small numbers are always held back here. The requests follow from the figures by plain rules.
"""

from collections.abc import Iterator
from typing import Final

from lrs import advice, i18n
from lrs.i18n import N_, _
from lrs.papers import figures, wording
from lrs.papers.document import Block, Bullets, Document, Heading, Picture, Text
from lrs.papers.given import Given
from lrs.practice import forms
from lrs.reports.shapes import Measure

#: From what share of people of whom nothing is known on it is worth a request.
MUCH: Final = 0.25


def made(given: Given) -> Document:
    """The page."""
    blocks: list[Block] = [
        Heading(_("What is known")),
        Bullets(tuple(_sentences(given)), numbered=True),
        *map(_drawing, figures.funnel(given.figure("funnel"), "funnel")),
        Heading(_("What is asked of you")),
        Bullets(tuple(_requests(given))[:3], numbered=True),
        Text(_small(given), "small"),
    ]
    return given.paper("one-page", _("Is training reaching the work?"), blocks)


def _drawing(block: Block) -> Block:
    """A chart whose numbers stand beside its bars needs no table on one page."""
    return Picture(block.chart, None) if isinstance(block, Picture) else block


def _sentences(given: Given) -> Iterator[str]:
    """How many apply it, how long it takes, what stands in the way."""
    applied = given.figure("M1")
    share = applied.total.measure("applied")
    if share.hidden or not share.n:
        yield _("How many apply what they learned cannot be told yet: too few people.")
    else:
        yield _(
            "Of %(n)s completions old enough to tell, between %(range)s are applied at work within"
            " %(days)s days; of %(unknown)s nothing is known yet."
        ) % {
            "n": i18n.number(share.n),
            "range": wording.span(share),
            "days": applied.horizon,
            "unknown": wording.told(_alone(applied.total.measure("unknown"))),
        }
    median = given.figure("M2").total.measure("median_days")
    if median.hidden or not median.n:
        yield _("How long it takes cannot be told yet.")
    elif median.value is None:
        yield _("Half of them have not applied it yet within the time observed.")
    else:
        yield _("Half had applied it after %(days)s days (%(range)s).") % {
            "days": i18n.number(round(median.value)),
            "range": wording.span(median),
        }
    most = _most_named(given)
    if most is None:
        yield _("What stands in the way has not been answered by enough people.")
    else:
        yield _("Named most as standing in the way: %(what)s (%(told)s).") % {
            "what": wording.named(most).lower(),
            "told": wording.told(most),
        }


def _requests(given: Given) -> Iterator[str]:
    """What a head of agency can do, the weightiest first."""
    most = _most_named(given)
    if most is not None:
        yield _(ASKED_FOR.get(most.name, ASKED_FOR["other"]))
    unknown = given.figure("M12").total.measure("unknown")
    if not unknown.hidden and unknown.n and (unknown.k or 0) >= MUCH * unknown.n:
        yield _(
            "Ask superiors to answer what they are asked: of %(told)s nobody knows whether it is"
            " applied."
        ) % {"told": wording.told(unknown)}
    late = given.figure("M9").total.measure("waiting_late")
    if not late.hidden and late.k:
        yield _(
            "Give reviewers time: %(number)s pieces of evidence have waited longer than agreed."
        ) % {"number": i18n.number(late.k)}
    covered = given.figure("M10").total.measure("with_superior")
    if not covered.hidden and covered.n and (covered.k or 0) < covered.n:
        yield _("See to it that every graduate has a superior in the register (%(told)s).") % {
            "told": wording.told(covered)
        }
    open_ = [
        each for each in advice.every(given.connection, given.tenant_id) if each.late(given.day)
    ]
    if open_:
        yield _("Have overdue recommendations taken up: %(number)s are open past their day.") % {
            "number": i18n.number(len(open_))
        }
    yield _(
        "Have superiors agree with each graduate, in the first two weeks, what will be applied."
    )
    yield _("Ask for this page again in three months, and compare.")
    yield _("Tell the agency what was decided on it.")


#: Barrier → what a head of agency can do about it.
ASKED_FOR: Final = {
    "funds": N_("Set aside funds or equipment for what graduates are to apply."),
    "team": N_("Have teams prepared when a colleague returns from training."),
    "leaders": N_("Ask unit heads to back what their graduates begin, openly and on time."),
    "stakeholders": N_("Speak with the other parties on whom the graduates depend."),
    "moved": N_("Let graduates stay in duties where they use what they learned, for a year."),
    "nomenclature": N_("Say who continues the work where units were renamed or merged."),
    "workload": N_("Free graduates from some routine work for the time of applying."),
    "no_opportunity": N_("Give graduates tasks in which they can apply what they learned."),
    "not_relevant": N_("Have the programme checked against the work its graduates do."),
    "other": N_("Have the barriers that were named looked at, unit by unit."),
}


def _most_named(given: Given) -> Measure | None:
    total = given.figure("M8").total
    found = [total.measure(each) for each in forms.BARRIERS]
    told = [each for each in found if not each.hidden and each.k]
    return max(told, key=lambda each: each.k or 0) if told else None


def _alone(measure: Measure) -> Measure:
    return Measure(
        name=measure.name,
        of="count",
        k=measure.k,
        low=measure.low,
        high=measure.high,
        hidden=measure.hidden,
    )


def _small(given: Given) -> str:
    notes = wording.notes(given.figure("M1"))
    return " ".join([*notes, _("Numbers that tell of fewer than ten people are held back.")])
