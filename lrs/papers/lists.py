"""Papers that list what is to be done, and people: the agency's own working lists, never published.

What is due, hours (20 JP), unknown identifiers, and completions for the office of personnel.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeVar

from lrs import i18n, reporting
from lrs.i18n import N_, _
from lrs.papers import figures, wording
from lrs.papers.document import (
    DAY,
    NUMBER,
    Block,
    Document,
    Table,
    Text,
    columns,
)
from lrs.papers.given import Given
from lrs.practice import names
from lrs.practice.cases import date_of, days
from lrs.store import cases, papers, register

#: So many rows are asked of the store at once.
PIECE: Final = 1000

T = TypeVar("T")


def _day(count: int | None) -> date | None:
    return None if count is None else date(1970, 1, 1) + timedelta(days=count)


def _which(given: Given) -> cases.Which:
    programme = given.slice.programme
    return cases.Which(
        programme=None if programme is None else names.programme(given.tenant_id, programme),
        cohort=given.slice.cohort,
    )


def _units(given: Given) -> frozenset[bytes] | None:
    """The unit of the slice and all beneath it."""
    if given.slice.unit is None:
        return None
    wanted = reporting.parts(given.slice.unit.casefold())
    return frozenset(
        unit
        for unit, (path, _facts) in register.units(given.connection, given.tenant_id).items()
        if reporting.parts(path.casefold())[: len(wanted)] == wanted
    )


def _all(
    given: Given, fetch: Callable[[cases.Place | None, int], cases.Page[T]]
) -> tuple[list[T], str]:
    """All rows of a list, piece by piece, or as many as a page lists; and the note that says
    so."""
    rows: list[T] = []
    place: cases.Place | None = None
    while given.most is None or len(rows) < given.most:
        left = PIECE if given.most is None else min(PIECE, given.most - len(rows))
        page = fetch(place, left)
        rows += page.rows
        place = page.after
        if place is None:
            return rows, ""
    return rows, _first(len(rows))


def _first(number: int) -> str:
    """That a page lists so many, and that there are more."""
    told = _("The first %(number)s are listed; the files hold all of them.")
    return told % {"number": i18n.number(number)}


# What is due --------------------------------------------------------------------------------


def due(given: Given) -> Document:
    """Perlu ditinjau & batas waktu: what waits for whom, and since when."""
    blocks: list[Block] = [
        _reviews(given),
        _asked(given, ("due",), _("Questions to be sent"), _("Nobody is to be asked now.")),
        _asked(given, ("sent",), _("Questions without an answer"), _("Nobody owes an answer.")),
    ]
    return given.paper("due", _("To review, and time limits"), blocks)


def _reviews(given: Given) -> Table:
    which = replace(_which(given), states=cases.TO_REVIEW, units=_units(given))
    rows = []
    found, note = _all(
        given,
        lambda place, limit: cases.links(
            given.connection, given.tenant_id, which, after=place, limit=limit
        ),
    )
    for each in found:
        since = _date(each.at)
        waited = (given.day - since).days
        limit = since + timedelta(days=given.slice.review_days)
        late = _("Overdue") if limit < given.day else ""
        rows.append(
            (
                each.name or _("Unknown"),
                each.programme.title if each.programme else "",
                each.cohort,
                each.behaviour.title if each.behaviour else "",
                since,
                waited,
                limit,
                late,
            )
        )
    return Table(
        caption=_("Links to review"),
        columns=columns(
            _("Who"),
            _("Programme"),
            _("Cohort"),
            _("Behaviour"),
            (_("Waiting since"), DAY),
            (_("Days"), NUMBER),
            (_("Time limit"), DAY),
            _("State"),
        ),
        rows=tuple(rows),
        note=note,
        empty=_("Nothing waits for a reviewer."),
    )


def _asked(given: Given, states: tuple[str, ...], caption: str, empty: str) -> Table:
    which = replace(_which(given), states=states, units=_units(given))
    found, note = _all(
        given,
        lambda place, limit: cases.invitations(
            given.connection, given.tenant_id, which, after=place, limit=limit
        ),
    )
    rows = []
    today = days(given.day)
    for each in found:
        late = each.due_day < today if states == ("due",) else each.closes_day < today
        rows.append(
            (
                each.rater_name or _("Nobody in office"),
                _(wording.ROLES.get(each.role, each.role)),
                each.name or _("Unknown"),
                each.window,
                _day(each.due_day),
                _day(each.closes_day),
                _("Overdue") if late else "",
            )
        )
    return Table(
        caption=caption,
        columns=columns(
            _("Who is asked"),
            _("Asked as"),
            _("About whom"),
            _("Stage"),
            (_("Due"), DAY),
            (_("Closes"), DAY),
            _("State"),
        ),
        rows=tuple(rows),
        note=note,
        empty=empty,
    )


def _date(micros: int) -> date:
    return date_of(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros))


# Hours --------------------------------------------------------------------------------------


def hours(given: Given) -> Document:
    """20 JP: how many reach it, and who not yet."""
    told = given.figure("M11")
    blocks: list[Block] = [
        figures.measures(told, _("20 hours (JP) in %(year)s") % {"year": _year(given)}),
        figures.groups(given.figure("M11", "unit"), _("PNS with 20 JP, by unit"), _("Unit")),
    ]
    if not given.published:
        for kind, caption in (("nip", _("PNS, least hours first")), ("ni_pppk", "PPPK")):
            one_more = None if given.most is None else given.most + 1
            found = reporting.hours(
                given.connection, given.tenant_id, given.slice, kind, most=one_more
            )
            note = _("Listed are people employed all year so far.")
            if len(found) == one_more:
                found = found[:-1]
                note = f"{_first(len(found))} {note}"
            who = papers.named(given.connection, given.tenant_id, (h.person for h in found))
            rows = tuple(
                (
                    who.get(each.person, ""),
                    each.unit,
                    each.hours,
                    "" if each.hours >= 20 or kind == "ni_pppk" else _("not yet 20"),
                )
                for each in found
            )
            blocks.append(
                Table(
                    caption=caption,
                    columns=columns(_("Name"), _("Unit"), (_("Hours (JP)"), NUMBER), _("Note")),
                    rows=rows,
                    note=note,
                    empty=_("Nobody of this kind is in the register."),
                )
            )
    return given.paper("20-jp", _("20 hours (JP)"), blocks)


def _year(given: Given) -> int:
    return (given.slice.until or given.day).year


# Identities ---------------------------------------------------------------------------------


def identities(given: Given) -> Document:
    """Rekonsiliasi identitas: how many completions are of people who are known, and who is not."""
    unknown, note = _all(
        given,
        lambda place, limit: cases.identities(
            given.connection, given.tenant_id, known=False, after=place, limit=limit
        ),
    )
    rows = sorted(
        ((each.name or "", _agent(each.agent), each.events) for each in unknown),
        key=lambda row: (-row[2], row[0]),
    )
    blocks: list[Block] = [
        figures.measures(given.figure("M10"), _("Coverage")),
        Table(
            caption=_("Accounts not known yet"),
            columns=columns(_("Name as sent"), _("Identifier"), (_("Records"), NUMBER)),
            rows=tuple(rows),
            note=note or _("Their completions count for nobody until somebody says who they are."),
            empty=_("Every account is known."),
        ),
    ]
    by = "cohort" if given.programme is not None else "programme"
    told = given.figure("M10", by)
    first = _("Cohort") if given.programme is not None else _("Programme")
    blocks.append(figures.groups(told, _("Completions of known people"), first, "matched"))
    return given.paper("identities", _("Reconciliation of identities"), blocks)


def _agent(agent: object) -> str:
    """An identifier as people read it; none of them is a number of personnel."""
    if not isinstance(agent, dict):
        return ""
    account = agent.get("account")
    if isinstance(account, dict):
        return f"{account.get('name', '')} @ {account.get('homePage', '')}"
    found = agent.get("mbox") or agent.get("openid") or agent.get("mbox_sha1sum") or ""
    return str(found).removeprefix("mailto:")


# SIASN --------------------------------------------------------------------------------------

#: As a public client of the service names them (domain §3); none tells of applying.
SIASN: Final = (
    "nipBaru",
    "namaKursus",
    "jenisDiklatId",
    "jenisKursusSertifikat",
    "institusiPenyelenggara",
    "noSertipikat",
    "jumlahJam",
    "tahunKursus",
    "tanggalKursus",
    "tanggalSelesaiKursus",
)

#: Kinds of programmes as that service tells them apart, where the code is known to us: none is.
NOTE: Final = N_(
    "The columns are those that public clients of SIASN send to rw_kursus. jenisDiklatId,"
    " jenisKursusSertifikat and the certificate's number are not known here: fill them in from the"
    " reference lists. Nothing of applying is sent. NIP tells the day of birth and the sex: hand"
    " this on by a safe way only."
)


def siasn(given: Given) -> Document:
    """Ekspor SIASN: completions of the year as rows of rw_kursus."""
    slice = given.slice
    year = _year(given)
    first = days(slice.since or date(year, 1, 1))
    last = days(min(slice.until or date(year, 12, 31), given.day))
    which = _which(given)
    found = papers.trained(
        given.connection,
        given.tenant_id,
        first=first,
        last=last,
        programmes=None if which.programme is None else [which.programme],
        cohort=which.cohort,
        units=_units(given),
    )
    by_digest = {names.programme(given.tenant_id, each.iri): each for each in given.programmes}
    loose = papers.titles(
        given.connection,
        given.tenant_id,
        (each.course for each in found if each.programme not in by_digest),
    )
    rows, without = [], 0
    for each in found:
        if each.number is None:
            without += 1
            continue
        programme = by_digest.get(each.programme)
        title = programme.title if programme else loose.get(each.course, "")
        cohort = (
            next((c for c in programme.cohorts if c.name == each.cohort), None)
            if programme
            else None
        )
        starts = (cohort.starts if cohort else None) or _day(each.enrolled_day)
        ends = (cohort.ends if cohort else None) or _day(each.completed_day)
        hours = each.jp if each.jp is not None else programme.jp if programme else None
        rows.append(
            (
                each.number,
                title,
                None,
                None,
                given.letterhead.name,
                None,
                hours,
                str(ends.year if ends else year),
                _siasn_day(starts),
                _siasn_day(ends),
            )
        )
    kinds = {"jumlahJam": NUMBER}
    table = Table(
        caption="rw_kursus",
        columns=columns(*((name, kinds.get(name, "text")) for name in SIASN)),
        rows=tuple(rows),
        empty=_("Nobody with a NIP completed anything in this time."),
    )
    blocks: list[Block] = [Text(_(NOTE), "note"), table]
    if without:
        told = _("%(number)s completions are of people without a NIP or NI PPPK.")
        blocks.append(Text(told % {"number": i18n.number(without)}, "small"))
    return given.paper("siasn", _("Export for SIASN"), blocks)


def _siasn_day(day: date | None) -> str | None:
    """As that service writes days."""
    return None if day is None else day.strftime("%d-%m-%Y")
