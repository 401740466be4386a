"""Laporan Evaluasi Pascapelatihan: the report of a cohort, its chapters filled, to write on in.

Who owns it adds what no figure knows; all that is counted stands in it with what it was counted of.
"""

from collections.abc import Iterable
from typing import Final

from lrs import advice, i18n, reporting, stories
from lrs.i18n import N_, _, ngettext
from lrs.papers import figures, wording
from lrs.papers.document import (
    DAY,
    NUMBER,
    Block,
    Bullets,
    Document,
    Heading,
    NewPage,
    Table,
    Text,
    columns,
)
from lrs.papers.given import Given, between
from lrs.papers.stories import story
from lrs.practice import forms
from lrs.practice.programmes import Programme, Window

#: Rules by which a completion counts as applied, in words.
COUNTS: Final = {
    "any": N_("at least one of its behaviours is applied"),
    "all": N_("all of its behaviours are applied"),
    "most": N_("most of its behaviours are applied"),
}

DRIVERS: Final = {
    "monitors": N_("What looks after it"),
    "reinforces": N_("What strengthens it"),
    "encourages": N_("What encourages it"),
    "rewards": N_("What rewards it"),
}


def made(given: Given) -> Document:
    """The report of the part that was asked about; of one cohort, as a rule."""
    chapters = (
        (_("Background"), _background(given)),
        (_("Method"), _method(given)),
        (_("Participants and response"), _participants(given)),
        (_("Results by behaviour"), _results(given)),
        (_("How long until applied"), figures.curve(given.figure("M2"), "curve")),
        (_("Barriers"), barriers(given)),
        (_("Lasting practice"), _lasting(given)),
        (_("Stories"), _stories(given)),
        (_("Recommendations"), recommendations(given)),
    )
    blocks: list[Block] = [Bullets(tuple(_short(given)))]
    for number, (title, some) in enumerate(chapters, 1):
        blocks += [Heading(f"{number}. {title}"), *some]
    blocks += [NewPage(), Heading(_("Annex: tables")), *_annex(given)]
    return given.paper("evaluation", _("Post-training evaluation report"), blocks, signed=True)


def _short(given: Given) -> list[str]:
    """The whole in four sentences, each with its numbers."""
    applied, known = given.figure("M1"), given.figure("M12")
    return [
        _("%(what)s within %(days)s days: %(told)s.")
        % {
            "what": wording.named(applied.total.measure("applied")),
            "days": applied.horizon,
            "told": wording.told(applied.total.measure("applied")),
        },
        *(f"{each}." for each in figures.sentences(known, ("known_not", "unknown"))),
        *(f"{each}." for each in figures.sentences(given.figure("M2"), ("median_days",))),
    ]


# Chapters -----------------------------------------------------------------------------------


def _background(given: Given) -> list[Block]:
    programme, cohort = given.programme, given.cohort
    if programme is None:
        sentence = _("This report covers %(number)s programmes.") % {
            "number": i18n.number(len(given.programmes))
        }
        return [Text(sentence), Text(_purpose())]
    told = [_("This report is about %(title)s.") % {"title": programme.title}]
    if cohort is not None and (cohort.starts or cohort.ends):
        told.append(
            _("%(name)s ran %(days)s.")
            % {"name": cohort.name, "days": between(cohort.starts, cohort.ends)}
        )
    if programme.jp:
        told.append(_("It has %(jp)s hours (JP).") % {"jp": i18n.number(programme.jp)})
    number = len(programme.behaviours)
    told.append(
        ngettext(
            "At work, one behaviour is expected of its graduates:",
            "At work, %(num)s behaviours are expected of its graduates:",
            number,
        )
        % {"num": number}
    )
    table = Table(
        caption=_("Behaviours expected at work"),
        columns=columns(_("Behaviour"), "BerAKHLAK", _("Performance indicator")),
        rows=tuple((each.text, each.value, each.indicator) for each in programme.behaviours),
        empty=_("No behaviours have been written down for this programme."),
    )
    return [Text(" ".join(told)), table, Text(_purpose())]


def _purpose() -> str:
    return _(
        "Completing a training is not yet applying it. This evaluation asks how far what was"
        " learned is applied at work, what helps and what stands in the way, and what to do next."
    )


def _method(given: Given) -> list[Block]:
    programme, horizon = given.programme, given.figure("M1").horizon
    sentences = [
        _("Days are counted from the official end of the cohort, else from the completion."),
        _(
            "Applied means: a reviewer accepted evidence of work done, by the learner and seen by"
            " somebody else too. The learner's own word alone does not count."
        ),
        _("Counted are completions at least %(days)s days old, and the time to review them.")
        % {"days": horizon},
        _(wording.NOTES["census"]),
        _(
            "Where nothing is known of somebody, the number is told as a range: from nobody of them"
            " to all of them. Silence is not failure."
        ),
    ]
    if programme is not None:
        sentences.insert(
            2,
            _("A completion counts as applied when %(rule)s.")
            % {"rule": _(COUNTS[programme.counts])},
        )
    blocks: list[Block] = [Bullets(tuple(sentences))]
    if programme is not None and programme.windows:
        blocks.append(_windows(programme.windows))
    if programme is not None:
        blocks += _drivers(programme)
    return blocks


def _windows(windows: Iterable[Window]) -> Table:
    return Table(
        caption=_("Who was asked, and when"),
        columns=columns(_("Stage"), _("Days after the end"), _("Who"), _("Forms")),
        rows=tuple(
            (
                each.name.removeprefix("W"),
                f"{each.opens}–{each.closes}",
                ", ".join(_(wording.ROLES.get(role, role)) for role in each.raters),
                ", ".join(f"{letter} {_(forms.FORMS[letter].title)}" for letter in each.forms),
            )
            for each in windows
        ),
    )


def _drivers(programme: Programme) -> list[Block]:
    rows = tuple(
        (_(said), sentence)
        for name, said in DRIVERS.items()
        for sentence in getattr(programme.drivers, name)
    )
    if not rows:
        return []
    caption = _("What the workplace was to do for it")
    return [Table(caption=caption, columns=columns(_("Kind"), _("What")), rows=rows)]


def _participants(given: Given) -> list[Block]:
    responses = given.figure("M3")
    return [
        *figures.funnel(given.figure("funnel"), "funnel"),
        figures.measures(responses, _("Response, by who was asked")),
        figures.measures(given.figure("M10"), _("Coverage")),
    ]


def _results(given: Given) -> list[Block]:
    applied = given.figure("M1")
    blocks: list[Block] = [figures.measures(applied, _("Applied, of all completions"))]
    behaviours = given.figure("M1", "behaviour")
    if behaviours.groups:
        blocks += figures.spread(
            behaviours, "behaviours", _("Applied, by behaviour"), _("Behaviour"), "applied"
        )
    blocks += [
        figures.measures(
            given.figure("M12"), _("Known not to be applied, and not known: two things")
        ),
        figures.measures(given.figure("M4"), _("Confirmed by the superior")),
        amounts(given, _("Assessments compared")),
    ]
    return blocks


def amounts(given: Given, caption: str) -> Table:
    """Means of assessments: learner against superior, gains as recalled, change measured."""
    rows = []
    for id, title in (
        ("M6", N_("Alumni less superior")),
        ("M7", N_("Gain as remembered (now less before)")),
        ("M13", N_("Change since the beginning")),
    ):
        for each in given.figure(id).total.measures:
            if each.of == "points" and (each.n or each.hidden):
                rows.append((_(title), wording.named(each), each.k, wording.told(each)))
    return Table(
        caption=caption,
        columns=columns(_("What"), _("Who"), (_("Pairs"), NUMBER), _("Points of the scale 0 to 4")),
        rows=tuple(rows),
        note=" ".join(
            dict.fromkeys(
                _(wording.NOTES[code])
                for code in ("positive_self_higher", "recalled_not_measured", "baseline_w0")
            )
        ),
        empty=_("No two assessments can be compared yet."),
    )


def barriers(given: Given) -> list[Block]:
    """What stands in the way of applying, and of taking part."""
    told = given.figure("M8")
    return [
        *figures.barriers(
            told, "barriers", _("Barriers to applying"), forms.BARRIERS, "answered_applying"
        ),
        *figures.barriers(
            told,
            "reasons",
            _("What kept people from taking part"),
            forms.REASONS,
            "answered_taking_part",
        ),
    ]


def _lasting(given: Given) -> list[Block]:
    still = given.figure("M5")
    change = given.figure("M13")
    return [
        figures.measures(still, _("Still applied at a later stage")),
        figures.measures(change, _("Seen again"), ("lasting",)),
        *([] if given.published else [_imitated(given)]),
    ]


def _imitated(given: Given) -> Text:
    """How far it spreads to colleagues; a small number in a small cohort, so not for all to see."""
    k, n = reporting.imitated(given.connection, given.tenant_id, given.slice)
    if not n:
        return Text(
            _("No note of a meeting was accepted yet, so none says who is imitated."), "note"
        )
    return Text(
        _("By notes of meetings that were accepted, colleagues imitate %(k)s of %(n)s alumni.")
        % {"k": i18n.number(k), "n": i18n.number(n)}
    )


def _stories(given: Given) -> list[Block]:
    if given.published:
        return [Text(_("Stories are told in the agency's own report."), "note")]
    found = stories.told(
        given.connection, given.tenant_id, given.slice.programme, given.slice.cohort
    )
    agreed = [each for each in found if each.agreed]
    blocks: list[Block] = []
    for each in agreed[:6]:
        blocks += story(each, level=2)
    left = len(found) - len(agreed)
    if left:
        blocks.append(
            Text(
                ngettext(
                    "One more story was told, without agreement to show it.",
                    "%(num)s more stories were told, without agreement to show them.",
                    left,
                )
                % {"num": left},
                "small",
            )
        )
    return blocks or [Text(_("No story has been told yet (form F)."), "note")]


def recommendations(given: Given) -> list[Block]:
    """Those that are open, and what came of earlier ones."""
    found = advice.of(
        given.connection, given.tenant_id, given.slice.programme or "", given.slice.cohort or ""
    )
    open_ = [each for each in found if each.state == advice.OPEN]
    closed = [each for each in found if each.state != advice.OPEN]
    return [
        Table(
            caption=_("Recommendations"),
            columns=columns(_("What"), _("Who"), (_("Due by"), DAY), _("State")),
            rows=tuple(
                (
                    each.text,
                    each.owner,
                    each.due,
                    _("Overdue") if each.late(given.day) else _(advice.STATES[each.state]),
                )
                for each in open_
            ),
            empty=_("None has been entered yet."),
        ),
        Table(
            caption=_("What came of earlier recommendations"),
            columns=columns(_("What"), _("Who"), _("State"), _("Outcome")),
            rows=tuple(
                (each.text, each.owner, _(advice.STATES[each.state]), each.outcome)
                for each in closed
            ),
            empty=_("There were none."),
        ),
    ]


def _annex(given: Given) -> list[Block]:
    units = given.figure("M1", "unit")
    reviewing = given.figure("M9")
    blocks: list[Block] = []
    if units.groups:
        blocks.append(figures.groups(units, _("Applied, by unit"), _("Unit"), "applied"))
    if given.slice.cohort is None:
        by = "cohort" if given.programme is not None else "programme"
        first = _("Cohort") if given.programme is not None else _("Programme")
        told = given.figure("M1", by)
        title = (
            _("Applied, by cohort") if given.programme is not None else _("Applied, by programme")
        )
        blocks.append(figures.groups(told, title, first, "applied"))
    blocks.append(figures.measures(reviewing, _("Reviewing")))
    return blocks
