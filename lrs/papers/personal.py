"""Salinan data pribadi on paper: what is held about one person, in words, with the records counted;
the records themselves are in the copy for machines."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from lrs.agency import Letterhead
from lrs.i18n import _
from lrs.papers.document import (
    DAY,
    NUMBER,
    Block,
    Document,
    Facts,
    Heading,
    Table,
    Text,
    columns,
)


def made(held: Mapping[str, Any], head: Letterhead, day: date) -> Document:
    """The paper of a copy (`lrs/personal.py`)."""
    who = held["person"]
    facts = [(_("Name"), who["name"]), (_("Unit"), who["unit"] or "")]
    facts += [(_("Position"), who["position"] or ""), (_("Superior"), who["superior"] or "")]
    called = {"mail": _("Mail"), "phone": _("Phone")}
    facts += [(called.get(name, name), str(value)) for name, value in sorted(who["facts"].items())]
    blocks: list[Block] = [
        Text(
            _(
                "This is what is held about you. You may have it put right, have its use restricted"
                " or have it erased as far as the law gives that; ask the agency above."
            )
        ),
        Facts(tuple(facts)),
        _accounts(held),
        _courses(held),
        _cases(held),
        _answers(held),
        Text(
            _(
                "%(number)s answers of others about you are held. What they said is not shown to"
                " you: they were promised that, so that they answer frankly."
            )
            % {"number": held["answered_about_them_by_others"]},
            "note",
        ),
        Heading(_("Records of activity")),
        _records(held),
        _entries(held),
    ]
    return Document(
        name=f"data-{who['id'][:8]}-{day.isoformat()}",
        title=_("Copy of personal data"),
        subtitle=who["name"],
        facts=(),
        blocks=tuple(blocks),
        letterhead=head,
        day=day,
    )


def _accounts(held: Mapping[str, Any]) -> Table:
    rows = []
    for each in held["accounts"]:
        agent = each["agent"]
        account = agent.get("account") or {}
        told = account.get("name") or agent.get("mbox") or agent.get("openid") or ""
        place = account.get("homePage", "")
        rows.append((str(told).removeprefix("mailto:"), place, each["records"]))
    return Table(
        caption=_("Accounts by which you are known"),
        columns=columns(_("Identifier"), _("Where"), (_("Records"), NUMBER)),
        rows=tuple(rows),
        empty=_("None."),
    )


def _courses(held: Mapping[str, Any]) -> Table:
    return Table(
        caption=_("Trainings"),
        columns=columns(
            _("Programme"),
            _("Cohort"),
            (_("Enrolled"), DAY),
            (_("Completed"), DAY),
            (_("Hours (JP)"), NUMBER),
        ),
        rows=tuple(
            (
                each["programme"] or "",
                each["cohort"],
                _day(each["enrolled"]),
                _day(each["completed"]),
                each["hours"],
            )
            for each in held["participation"]
        ),
        empty=_("None."),
    )


def _cases(held: Mapping[str, Any]) -> Table:
    rows = []
    for case in held["cases"]:
        for each in case["outcomes"] or [{}]:
            rows.append(
                (
                    case["programme"] or case["course"],
                    case["cohort"],
                    each.get("behaviour") or _("as a whole"),
                    _day(each.get("applied")),
                    _day(each.get("lasting")),
                    len(case["links"]),
                )
            )
    return Table(
        caption=_("Follow-up of what you learned"),
        columns=columns(
            _("Programme"),
            _("Cohort"),
            _("Behaviour"),
            (_("Applied"), DAY),
            (_("Lasting"), DAY),
            (_("Links"), NUMBER),
        ),
        rows=tuple(rows),
        empty=_("None."),
    )


def _answers(held: Mapping[str, Any]) -> Table:
    counts = Counter(
        (each["form"], each["stage"], each["about_themselves"]) for each in held["answered_by_them"]
    )
    return Table(
        caption=_("What you answered"),
        columns=columns(_("Form"), _("Stage"), _("About whom"), (_("Answers"), NUMBER)),
        rows=tuple(
            (form, stage.removeprefix("W"), _("yourself") if own else _("others"), count)
            for (form, stage, own), count in sorted(counts.items())
        ),
        empty=_("None."),
    )


def _records(held: Mapping[str, Any]) -> Table:
    counts = Counter(_verb(each) for each in held["records"])
    return Table(
        caption=_("Records, by what they tell"),
        columns=columns(_("What"), (_("Records"), NUMBER)),
        rows=tuple(counts.most_common()),
        note=_("Each of them is in the copy for machines (JSON), as it came."),
        empty=_("None."),
    )


def _verb(record: Mapping[str, Any]) -> str:
    verb = record.get("verb") or {}
    shown = verb.get("display") or {}
    return str(next(iter(shown.values()), "") or verb.get("id", "")).rstrip("/").rpartition("/")[2]


def _entries(held: Mapping[str, Any]) -> Table:
    return Table(
        caption=_("Entries of the register about you"),
        columns=columns((_("Entered"), DAY), _("By whom"), _("Kind"), _("What")),
        rows=tuple(
            (
                _day(each["entered"][:10]),
                each["by"],
                each["kind"],
                "; ".join(f"{name}: {value}" for name, value in sorted(each["what"].items())),
            )
            for each in held["register"]
        ),
        empty=_("None."),
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
