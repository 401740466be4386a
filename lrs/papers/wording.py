"""How figures are said: names of measures, what a range means, what was left out and why.

`lrs/reporting.py` answers codes and numbers; here they become the reader's words. A number is
never said alone: `told` says of how many, and between what and what it lies.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from lrs import i18n
from lrs.i18n import N_, _
from lrs.practice import forms
from lrs.reports.shapes import BOUNDS, SAMPLE, Figure, Group, Measure
from lrs.xapi import language

ROLES: Final[Mapping[str, str]] = {
    "self": N_("The alumni themselves"),
    "superior": N_("Superiors"),
    "peer": N_("Peers"),
    "subordinate": N_("Subordinates"),
    "evaluator": N_("Evaluation team"),
}

VERBS: Final[Mapping[str, str]] = {
    "accessed": N_("opened"),
    "answered": N_("answered"),
    "approve": N_("approved"),
    "asserted": N_("asserted"),
    "attach": N_("attached"),
    "attempted": N_("attempted"),
    "attended": N_("attended"),
    "claimed": N_("took for review"),
    "coached": N_("coached"),
    "commented": N_("commented"),
    "completed": N_("completed"),
    "demonstrated": N_("demonstrated"),
    "enrolled": N_("enrolled"),
    "experienced": N_("experienced"),
    "failed": N_("failed"),
    "initialized": N_("started"),
    "interacted": N_("interacted with"),
    "launched": N_("opened"),
    "mentored": N_("mentored"),
    "observed": N_("observed"),
    "passed": N_("passed"),
    "performed": N_("performed"),
    "planned": N_("planned"),
    "progressed": N_("progressed"),
    "registered": N_("registered"),
    "reject": N_("rejected"),
    "released": N_("released"),
    "responded": N_("answered"),
    "return": N_("returned"),
    "reviewed": N_("reviewed"),
    "scored": N_("was scored"),
    "started": N_("started"),
    "submit": N_("handed in"),
    "submitted": N_("handed in"),
    "terminated": N_("left"),
    "uncompleted": N_("did not complete any more"),
    "verified": N_("verified"),
    "viewed": N_("opened"),
    "voided": N_("voided"),
    "withdrew": N_("withdrew"),
}
"""The last part of a verb's IRI → what was done; whichever vocabulary has it means the same."""


def verb(told: Mapping[str, Any]) -> str:
    """The verb of a statement in the reader's words: as its sender says it in the reader's
    language, else as we call it, else as its sender says it in another, else the end of its IRI."""
    display = told.get("display")
    said = display if isinstance(display, dict) else {}
    own = {tag: text for tag, text in said.items() if tag.lower().startswith(i18n.spoken())}
    end = re.split(r"[/#]", str(told.get("id", "")).rstrip("/#"))[-1]
    chosen = language.negotiate(own, i18n.spoken()) or (
        {} if end in VERBS else language.negotiate(said, i18n.spoken())
    )
    return str(next(iter(chosen.values()), "")) or _(VERBS.get(end, end))


MEASURES: Final[Mapping[str, str]] = {
    "applied": N_("Applied, evidence accepted"),
    "applied_7a": N_("of these with assistance (7a)"),
    "applied_7b": N_("of these on their own (7b)"),
    "known_not": N_("Known not to be applied yet"),
    "unknown": N_("Not known yet"),
    "first_accepted_later": N_("First applied after this day"),
    "applied_with_ended": N_("Applied, with those whose observation ended"),
    "median_days": N_("Days until half had applied"),
    "responses": N_("All who were asked"),
    "confirmed": N_("Confirmed by the superior"),
    "confirmed_unflagged": N_("Confirmed, without flagged answers"),
    "confirmed_of_observed": N_("Confirmed, of superiors who had observed"),
    "not_observed": N_("Superior had not observed"),
    "silent": N_("Superior did not answer"),
    "still_applied": N_("Still applied"),
    "still_of_answered": N_("Still applied, of those who answered"),
    "unanswered": N_("Did not answer"),
    "self_less_superior": N_("Alumni less superior, points of the scale"),
    "only_self": N_("Only the alumni answered"),
    "only_superior": N_("Only the superior answered"),
    "answered_applying": N_("Answered what stands in the way of applying"),
    "answered_taking_part": N_("Answered what kept them from taking part"),
    "days_to_first_verdict": N_("Days until the first verdict (median)"),
    "returned": N_("Returned, of those decided"),
    "waiting": N_("Waiting for a verdict"),
    "waiting_late": N_("Waiting beyond the time limit"),
    "kappa": N_("Agreement of two reviewers (Cohen's kappa)"),
    "matched": N_("Completions of people who are known"),
    "with_superior": N_("Completions with a superior in office"),
    "no_programme": N_("Completions of courses of no programme"),
    "pns_20": N_("PNS with 20 JP or more"),
    "pns_hours": N_("Hours (JP) of a PNS, mean"),
    "pppk_hours": N_("Hours (JP) of a PPPK, mean"),
    "lasting": N_("Lasting: seen twice, 60 days apart"),
    "invited": N_("Invited"),
    "enrolled": N_("Enrolled"),
    "attended": N_("Took part"),
    "completed": N_("Completed"),
}

NOTES: Final[Mapping[str, str]] = {
    "census": N_(
        "Everybody was counted (census), so there is no sampling error; the range says what the"
        " number may be, whatever those of whom nothing is known would have told."
    ),
    "sample": N_(
        "Some superiors were drawn by lot: the 95% interval takes into account that several alumni"
        " share one superior."
    ),
    "applied_elsewhere_unknown": N_(
        "Nothing known does not mean not applied: it may be applied where nobody has told of it."
    ),
    "last_contact": N_(
        "People are observed until their last answer or observation, not until today; so the silent"
        " count neither for nor against."
    ),
    "baseline_w0": N_("Change is counted from the assessment at the beginning, rater by rater."),
    "each_step_as_told": N_(
        "Each step is what senders told of; whoever came to a later step was there for the earlier."
    ),
    "positive_self_higher": N_("Above zero, alumni rate themselves higher than their superiors."),
    "recalled_not_measured": N_(
        "The earlier level is as remembered afterwards, which makes gains look larger than they"
        " were. It is never mixed with a measured beginning."
    ),
    "several_may_be_named": N_("Several may be named, so the shares add up to more than 100%."),
    "double_reviews_drawn": N_("Links for a second opinion are drawn by lot."),
    "year_not_over": N_("The year is not over: hours may still be added."),
    "all_programmes": N_("Hours are those of all trainings, whichever programme is chosen."),
    "never_added": N_(
        "Known not to be applied and not known are two things, and are never added together."
    ),
}

LEFT_OUT: Final[Mapping[str, str]] = {
    "undone": N_("completion undone in the LMS"),
    "voided": N_("completion voided"),
    "unmatched": N_("person not known yet"),
    "staff": N_("trainers and administrators"),
    "young": N_("not long enough ago yet"),
    "ended": N_("observation ended before"),
}

TIERS: Final[Mapping[str, str]] = {
    "7b": N_("On one's own"),
    "7a": N_("With help"),
}
"""Tier of an application → what it means (domain: LTEM 7b, 7a)."""

WORDS: Final[Mapping[str, str]] = {
    **MEASURES,
    **ROLES,
    **forms.BARRIERS,
    **forms.REASONS,
}


def stage(window: str) -> str:
    """A window as people call it; one with a name of its own by that."""
    number = window.removeprefix("W")
    return _("Stage %(n)s") % {"n": number} if number.isdecimal() else window


def label(group: Group, by: str | None) -> str:
    """What a part of a figure is called, which was taken apart by `by`."""
    if by == "tier":
        return _(TIERS[group.label])
    return stage(group.label) if by == "window" else group.label or _("(not named)")


def named(measure: Measure) -> str:
    """What a measure is called."""
    if measure.name in WORDS:
        return _(WORDS[measure.name])
    role, _window, window = measure.name.partition("_")
    if role in ROLES:
        return _("%(who)s, stage %(stage)s") % {
            "who": _(ROLES[role]),
            "stage": window.removeprefix("W"),
        }
    return measure.name


def told(measure: Measure) -> str:
    """A measure in words: `63 of 158: 40–76%`."""
    if measure.hidden:
        return _("held back: few people")
    if measure.of == "share":
        return _share(measure)
    if measure.of == "count":
        return _count(measure)
    return _amount(measure)


def _share(measure: Measure) -> str:
    if not measure.n:
        return _("nobody to count yet")
    of = _("%(k)s of %(n)s") % {"k": i18n.number(measure.k or 0), "n": i18n.number(measure.n)}
    return f"{of}: {span(measure)}"


def span(measure: Measure) -> str:
    """From what to what a measure lies, as per cent or as numbers."""
    write = i18n.percent if measure.of == "share" else _brief
    if measure.hidden or (measure.low is None and measure.high is None):
        return "–"
    if measure.low is None:
        return _("at most %(number)s") % {"number": write(measure.high or 0.0)}
    if measure.high is None:
        return _("at least %(number)s") % {"number": write(measure.low)}
    low, high = write(measure.low), write(measure.high)
    if low == high:
        return low
    return f"{low.removesuffix('%')}–{high}" if measure.of == "share" else f"{low} – {high}"


def _count(measure: Measure) -> str:
    low, high = measure.low or 0.0, measure.high or 0.0
    k = i18n.number(measure.k or 0)
    if high > low:
        k = f"{i18n.number(round(low))}–{i18n.number(round(high))}"
    if measure.n is None:
        return k
    return _("%(k)s of %(n)s") % {"k": k, "n": i18n.number(measure.n)}


def _amount(measure: Measure) -> str:
    """Days, hours, points, kappa: the value, its range, and of how many."""
    if not measure.n:
        return _("nobody to count yet")
    if measure.value is None and measure.of == "days":
        value = _("not reached yet")
    else:
        value = "–" if measure.value is None else _brief(measure.value)
    of = _("%(k)s of %(n)s") % {"k": i18n.number(measure.k or 0), "n": i18n.number(measure.n)}
    range_ = span(measure)
    return f"{value} ({range_}); {of}" if range_ not in ("–", value) else f"{value}; {of}"


def _brief(value: float) -> str:
    return i18n.number(round(value, 2 if abs(value) < 10 else 0))


def meaning(measure: Measure) -> str:
    """What its range is: a census with bounds, or a sample with its interval."""
    if measure.basis == SAMPLE and measure.range != BOUNDS:
        interval = _("95% interval")
        if measure.effect:
            facts = {"interval": interval, "effect": i18n.number(round(measure.effect, 1))}
            return _("%(interval)s, design effect %(effect)s") % facts
        return interval
    return _("census, bounds") if measure.low != measure.high else _("census")


def left_out(figure: Figure) -> str:
    """Who was not counted, and why; empty where all were."""
    if not figure.excluded:
        return ""
    parts = [
        f"{'<10' if each.count is None else i18n.number(each.count)}"
        f" {_(LEFT_OUT.get(each.why, each.why))}"
        for each in figure.excluded
    ]
    return _("Not counted: %(who)s.") % {"who": ", ".join(parts)}


def notes(figure: Figure, leaving_out: Collection[str] = ()) -> list[str]:
    """What is to be said beside a figure, with who was left out."""
    told = [each for each in figure.notes if each not in leaving_out]
    found = [_(NOTES[each]) for each in told if each in NOTES]
    out = left_out(figure)
    return [*found, out] if out else found
