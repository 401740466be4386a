"""Salinan data pribadi on paper: what is held about one person, in words, with the records counted;
the records themselves are in the copy for machines."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from lrs import i18n
from lrs.agency import Letterhead
from lrs.i18n import N_, _
from lrs.papers import wording
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

#: Kinds of entries of the register, as people call them.
KINDS: Final = {
    "person": N_("Person"),
    "identifier": N_("Identifier"),
    "refused": N_("Identifier that is not theirs"),
    "post": N_("Post"),
    "left": N_("Left"),
    "merged": N_("Found to be one person"),
    "parted": N_("Found to be two people"),
    "distinct": N_("Said to be two people"),
    "said": N_("Superior, as they said"),
    "unsaid": N_("Superior, taken back"),
    "peers": N_("Colleagues whom they named"),
    "consent": N_("Consent"),
    "certificate": N_("Letter on the application of training"),
}

#: Members of such entries.
FACTS: Final = {
    "name": N_("Name"),
    "mail": N_("Mail address"),
    "phone": N_("Phone"),
    "language": N_("Language of letters"),
    "kind": N_("Kind"),
    "text": N_("Identifier"),
    "title": N_("Position"),
    "unit": N_("Unit"),
    "superior": N_("Superior"),
    "first": N_("From"),
    "last": N_("Until"),
    "why": N_("Why"),
}

#: Kinds of identifiers.
IDENTIFIERS: Final = {
    "nip": N_("NIP"),
    "ni_pppk": N_("NI PPPK"),
    "mbox": N_("Mail address"),
    "mbox_sha1sum": N_("Mail address, as a hash"),
    "account": N_("Account"),
    "openid": N_("OpenID"),
}

_ID: Final = re.compile(r"[0-9a-f]{32}")


def made(held: Mapping[str, Any], head: Letterhead, day: date) -> Document:
    """The paper of a copy (`lrs/personal.py`)."""
    who = held["person"]
    facts = [(_("Name"), who["name"]), (_("Unit"), who["unit"] or "")]
    facts += [(_("Position"), who["position"] or ""), (_("Superior"), who["superior"] or "")]
    facts += [pair for pair in sorted(_told(who["facts"])) if pair not in facts]
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
    counts = Counter(wording.verb(each.get("verb") or {}) for each in held["records"])
    note = _("Each of them is in the copy for machines (JSON), as it came.")
    if held["cut"]:
        left = _("%(number)s more are not counted here.") % {"number": i18n.number(held["cut"])}
        note = f"{left} {note}"
    return Table(
        caption=_("Records, by what they tell"),
        columns=columns(_("What"), (_("Records"), NUMBER)),
        rows=tuple(counts.most_common()),
        note=note,
        empty=_("None."),
    )


def _entries(held: Mapping[str, Any]) -> Table:
    return Table(
        caption=_("Entries of the register about you"),
        columns=columns((_("Entered"), DAY), _("By whom"), _("Kind"), _("What")),
        rows=tuple(
            (
                _day(each["entered"][:10]),
                each["by"],
                _kind(each["kind"]),
                "; ".join(f"{name}: {value}" for name, value in sorted(_told(each["what"]))),
            )
            for each in held["register"]
        ),
        empty=_("None."),
    )


def _kind(kind: str) -> str:
    return _(KINDS.get(kind, kind))


def _told(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What an entry says, with its words for what. Numbers by which things are known here are left
    out: they are in the copy for machines."""
    told = []
    for name, value in facts.items():
        if value in (None, "", [], {}) or (isinstance(value, str) and _ID.fullmatch(value)):
            continue
        if name in ("first", "last") and isinstance(value, int):
            value = i18n.day(value)
        elif name == "kind":
            value = _(IDENTIFIERS.get(str(value), str(value)))
        told.append((_(FACTS[name]) if name in FACTS else name, str(value)))
    return told


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
