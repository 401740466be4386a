"""The ledger of the follow-up: invitations, letters, signed links, drafts, forms handed in.

Replay never touches these tables: what was sent was sent. A letter is claimed by a conditional
update and committed as `sending` before it goes out, so of two workers one sends it, and a worker
that dies between leaves a letter that nobody sends again.

Functions take a connection first and never commit. Moments are microseconds since 1970 UTC.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection

from lrs.practice import names
from lrs.practice.followup import (
    ANSWERED,
    DISOWNED,
    DUE,
    SENT,
    UNDELIVERABLE,
    WAITING,
    Change,
    Invitation,
)
from lrs.practice.people import Person, Post, canonical
from lrs.store import practice, tables
from lrs.store.engine import insert, pieces, placeholders, run

# Kinds of letters.
INVITE = "invitation"
REMIND = "reminder"
ESCALATE = "escalation"
RECEIPT = "receipt"
UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Held:
    """An invitation as it stands in the ledger."""

    id: bytes
    tenant_id: int
    round: bytes
    told: Invitation
    channel: str | None
    sent: int | None
    reminded: int
    answered: int | None


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that is to go out, or went."""

    id: bytes
    tenant_id: int
    round: bytes
    kind: str
    number: int
    person: bytes | None
    state: str
    tries: int
    sent: int | None
    why: str | None


@dataclass(frozen=True, slots=True)
class SignedLink:
    """A link as it is kept: what it opens, until when."""

    id: bytes
    tenant_id: int
    purpose: str
    subject: bytes
    expires: int
    revoked: int | None


@dataclass(frozen=True, slots=True)
class FilledForm:
    """A form that was handed in: `statements` are UUIDs as text."""

    id: bytes
    visit: bytes
    invitation: bytes
    form: str
    who: str
    at: int
    statements: tuple[str, ...]
    disowned: int | None


@dataclass(frozen=True, slots=True)
class Open:
    """An open case of somebody known: `unit` is where they worked when it began."""

    case: bytes
    person: bytes
    programme: bytes
    cohort: str | None
    clock_day: int
    ended_day: int | None


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Somebody's part in a programme that led to no completion yet."""

    person: bytes
    programme: bytes
    cohort: str | None
    invited_day: int | None
    enrolled_day: int | None


# What there is to follow up -----------------------------------------------------------------


def open_cases(
    connection: Connection, tenant_id: int, programmes: Sequence[bytes], since_day: int
) -> list[Open]:
    """Open cases of people of the register, in these programmes, whose clock began since."""
    return [
        Open(bytes(row[0]), bytes(row[1]), bytes(row[2]), row[3], row[4], row[5])
        for piece in pieces(programmes)
        for row in run(
            connection,
            "SELECT id, subject, programme, cohort, clock_day, ended_day FROM cases"
            " WHERE tenant_id = ? AND state = 'open' AND matched = 1 AND clock_day >= ?"
            f" AND programme IN ({placeholders(piece)})",
            (tenant_id, since_day, *piece),
        )
    ]


def alumni(
    connection: Connection, tenant_id: int, since_day: int
) -> dict[tuple[bytes, str | None], int]:
    """How many cases `open_cases` has of each programme's cohorts."""
    rows = run(
        connection,
        # As expressions, so that what figures read is read here too, and not every case's row.
        "SELECT COALESCE(programme, programme), COALESCE(cohort, cohort), COUNT(*) FROM cases"
        " WHERE tenant_id = ? AND state = 'open' AND matched = 1 AND clock_day >= ?"
        " GROUP BY 1, 2",
        (tenant_id, since_day),
    )
    return {(bytes(row[0]), row[1]): int(row[2]) for row in rows}


def cases_of(connection: Connection, tenant_id: int, people: Sequence[bytes]) -> dict[bytes, bytes]:
    """The open cases of these people, and whose each is."""
    return {
        bytes(row[0]): bytes(row[1])
        for piece in pieces(people)
        for row in run(
            connection,
            "SELECT id, subject FROM cases WHERE tenant_id = ? AND state = 'open'"
            f" AND matched = 1 AND subject IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
    }


def still_open(connection: Connection, tenant_id: int, cases: Sequence[bytes]) -> set[bytes]:
    """Which of these cases are open cases of somebody known."""
    return {
        bytes(row[0])
        for piece in pieces(sorted(set(cases)))
        for row in run(
            connection,
            "SELECT id FROM cases WHERE tenant_id = ? AND state = 'open' AND matched = 1"
            f" AND id IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
    }


def enrolled(connection: Connection, tenant_id: int, programmes: Sequence[bytes]) -> list[Enrolled]:
    """Who was invited to or enrolled in these programmes, and completed nothing of them."""
    return [
        Enrolled(bytes(row[0]), bytes(row[1]), row[2], row[3], row[4])
        for piece in pieces(programmes)
        for row in run(
            connection,
            "SELECT subject, programme, MAX(cohort), MIN(invited_day), MIN(enrolled_day)"
            " FROM participation WHERE tenant_id = ? AND matched = 1"
            f" AND programme IN ({placeholders(piece)})"
            " GROUP BY subject, programme HAVING MAX(completed_day) IS NULL",
            (tenant_id, *piece),
        )
    ]


def answers(
    connection: Connection, tenant_id: int, people: Sequence[bytes]
) -> list[tuple[bytes, bytes, bytes, str, bytes | None, str]]:
    """Who answered what about these people: whom it is about, case, programme, role, rater,
    window."""
    return [
        (
            bytes(row[0]),
            bytes(row[1]),
            bytes(row[2]),
            row[3],
            None if row[4] is None else bytes(row[4]),
            row[5],
        )
        for piece in pieces(people)
        for row in run(
            connection,
            "SELECT DISTINCT subject, case_id, programme, role, rater, window_name FROM answers"
            f" WHERE tenant_id = ? AND subject IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
    ]


def posts(connection: Connection, tenant_id: int, people: Sequence[bytes]) -> dict[bytes, Person]:
    """Where these people worked and under whom, with no more of them than that. A superior who was
    found to be another person is that one."""
    merged = practice.merged(connection, tenant_id)
    found: dict[bytes, list[Post]] = {each: [] for each in people}
    for piece in pieces(people):
        rows = run(
            connection,
            "SELECT person, entry, unit, position_title, superior, superior_state, first_day,"
            " last_day, ended FROM employments WHERE tenant_id = ?"
            f" AND person IN ({placeholders(piece)}) ORDER BY person, entry",
            (tenant_id, *piece),
        )
        for person, entry, unit, title, superior, state, first, last, ended in rows:
            boss = None if superior is None else bytes(superior)
            found[bytes(person)].append(
                Post(
                    entry,
                    None if unit is None else bytes(unit),
                    title,
                    canonical(boss, merged) if boss else None,
                    state,
                    first,
                    last,
                    ended,
                )
            )
    return {
        person: Person({}, (), tuple(sorted(each, key=lambda post: post.first or -(10**9))))
        for person, each in found.items()
    }


def led_by(connection: Connection, tenant_id: int, people: Sequence[bytes]) -> set[bytes]:
    """Who ever had one of these people for a superior."""
    return {
        bytes(row[0])
        for piece in pieces(people)
        for row in run(
            connection,
            "SELECT DISTINCT person FROM employments WHERE tenant_id = ?"
            f" AND superior IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
    }


def colleagues(
    connection: Connection, tenant_id: int, unit: bytes, day: int
) -> list[tuple[bytes, str]]:
    """Who works in a unit on a day: id and name as it is sorted."""
    rows = run(
        connection,
        "SELECT DISTINCT p.id, p.sort_name FROM employments e JOIN people p ON p.id = e.person"
        " WHERE e.tenant_id = ? AND e.unit = ? AND p.tenant_id = ? AND p.merged_into IS NULL"
        " AND (e.first_day IS NULL OR e.first_day <= ?)"
        " AND (e.last_day IS NULL OR e.last_day >= ?) ORDER BY p.sort_name, p.id",
        (tenant_id, unit, tenant_id, day, day),
    )
    return [(bytes(row[0]), row[1]) for row in rows]


def facts(
    connection: Connection, tenant_id: int, people: Iterable[bytes]
) -> dict[bytes, dict[str, Any]]:
    """What is known of these people: name, mail, phone, and the language that they chose in their
    account, else that of the register; of who was found to be another person, what is known of
    that one, too, and rather."""
    merged = practice.merged(connection, tenant_id)
    meant = {each: canonical(each, merged) for each in people}
    told: dict[bytes, dict[str, Any]] = {}
    for piece in pieces(sorted({*meant, *meant.values()})):
        among = placeholders(piece)
        for person, facts_ in run(
            connection,
            f"SELECT id, facts FROM people WHERE tenant_id = ? AND id IN ({among})",
            (tenant_id, *piece),
        ):
            told[bytes(person)] = json.loads(bytes(facts_))
        for person, locale in run(
            connection,
            "SELECT person, locale FROM users WHERE tenant_id = ? AND locale IS NOT NULL"
            f" AND person IN ({among}) ORDER BY id",
            (tenant_id, *piece),
        ):
            told.setdefault(bytes(person), {})["language"] = locale
    return {
        each: told.get(each, {}) | told.get(found, {})
        for each, found in meant.items()
        if each in told or found in told
    }


# Invitations --------------------------------------------------------------------------------

_INVITATION = (
    "SELECT id, tenant_id, round, case_id, role, rater, window_name, state, sampled, channel,"
    " due_day, closes_day, sent, reminded, answered, why FROM invitations"
)


def _held(row: Any) -> Held:
    told = Invitation(
        case=bytes(row[3]),
        role=row[4],
        rater=None if row[5] is None else bytes(row[5]),
        window=row[6],
        due_day=row[10],
        closes_day=row[11],
        state=row[7],
        sampled=bool(row[8]),
        why=row[15] or "",
    )
    return Held(bytes(row[0]), row[1], bytes(row[2]), told, row[9], row[12], row[13], row[14])


def of_cases(connection: Connection, tenant_id: int, cases: Sequence[bytes]) -> list[Held]:
    """All invitations about these cases."""
    return _where(connection, tenant_id, "case_id", cases)


def of_raters(connection: Connection, tenant_id: int, raters: Sequence[bytes]) -> list[Held]:
    """All invitations of these people."""
    return _where(connection, tenant_id, "rater", raters)


def of_round(connection: Connection, tenant_id: int, round_: bytes) -> list[Held]:
    """The invitations of one page."""
    return _where(connection, tenant_id, "round", [round_])


def hold(connection: Connection, tenant_id: int, round_: bytes) -> None:
    """Keep others who write to a round waiting until this write is over: of two taps on "send" the
    second is to see what the first did."""
    run(
        connection,
        "UPDATE invitations SET state = state WHERE tenant_id = ? AND round = ?",
        (tenant_id, round_),
    )


def by_id(connection: Connection, tenant_id: int, ids: Sequence[bytes]) -> list[Held]:
    """These invitations."""
    return _where(connection, tenant_id, "id", ids)


def _where(
    connection: Connection, tenant_id: int, column: str, values: Sequence[bytes]
) -> list[Held]:
    found = [
        _held(row)
        for piece in pieces(values)
        for row in run(
            connection,
            f"{_INVITATION} WHERE tenant_id = ? AND {column} IN ({placeholders(piece)})",
            (tenant_id, *piece),
        )
    ]
    return sorted(found, key=lambda each: (each.told.due_day, each.id))


def but_kept(connection: Connection, tenant_id: int) -> tuple[str, tuple[Any, ...]]:
    """A condition on `invitations i` that leaves out of whom what is held is only kept, whether
    they are asked or asked about; and its values."""
    kept = sorted(practice.restricted(connection, tenant_id))
    if not kept:
        return "1 = 1", ()
    about = _cases_about(connection, tenant_id, kept)
    told = f"(i.rater IS NULL OR i.rater NOT IN ({placeholders(kept)}))"
    if about:
        told += f" AND i.case_id NOT IN ({placeholders(about)})"
    return told, (*kept, *about)


def _cases_about(connection: Connection, tenant_id: int, people: Sequence[bytes]) -> list[bytes]:
    """The cases of a few people, and what stands for one where somebody is asked of them who has
    none: at enrolment, or since they never came."""
    marks = placeholders(people)
    found = {
        bytes(row[0])
        for row in run(
            connection,
            f"SELECT id FROM cases WHERE tenant_id = ? AND subject IN ({marks})",
            (tenant_id, *people),
        )
    }
    took_part = run(
        connection,
        "SELECT DISTINCT subject, programme FROM participation WHERE tenant_id = ?"
        f" AND subject IN ({marks})",
        (tenant_id, *people),
    )
    found |= {
        names.enrolment(tenant_id, bytes(programme), bytes(subject), form)
        for subject, programme in took_part
        for form in ("G", "H")
    }
    return sorted(found)


def in_states(
    connection: Connection,
    tenant_id: int,
    states: Sequence[str],
    after_day: int,
    *,
    kept: bool = False,
) -> list[Held]:
    """The invitations in these states whose window had not closed by a day. `kept`: also where
    what is held of who is asked, or asked about, is only kept."""
    but, values = ("1 = 1", ()) if kept else but_kept(connection, tenant_id)
    rows = run(
        connection,
        f"{_INVITATION} i WHERE i.tenant_id = ? AND i.closes_day >= ?"
        f" AND i.state IN ({placeholders(states)}) AND {but}",
        (tenant_id, after_day, *states, *values),
    )
    return sorted((_held(row) for row in rows), key=lambda each: (each.told.due_day, each.id))


def counts(connection: Connection, tenant_id: int) -> dict[tuple[str, str], int]:
    """How many invitations there are, by role and state."""
    rows = run(
        connection,
        "SELECT role, state, COUNT(*) FROM invitations WHERE tenant_id = ? GROUP BY role, state",
        (tenant_id,),
    )
    return {(row[0], row[1]): int(row[2]) for row in rows}


def overdue(connection: Connection, tenant_id: int, day: int) -> dict[str, int]:
    """How many are `due` (to be sent) and `sent` (without an answer), and how many of them are
    late (`…_late`): due before a day, or with a window that closed before it."""
    but, values = but_kept(connection, tenant_id)
    row = run(
        connection,
        "SELECT COUNT(CASE WHEN i.state = 'due' AND i.due_day <= ? THEN 1 END),"
        " COUNT(CASE WHEN i.state = 'due' AND i.due_day < ? THEN 1 END),"
        " COUNT(CASE WHEN i.state = 'sent' THEN 1 END),"
        " COUNT(CASE WHEN i.state = 'sent' AND i.closes_day < ? THEN 1 END)"
        f" FROM invitations i WHERE i.tenant_id = ? AND i.state IN ('due', 'sent') AND {but}",
        (day, day, day, tenant_id, *values),
    ).one()
    return dict(zip(("due", "due_late", "sent", "sent_late"), map(int, row), strict=True))


def add(connection: Connection, tenant_id: int, made: Sequence[Invitation], now: int) -> None:
    """Enter invitations; those that are there are left as they are."""
    insert(
        connection,
        tables.invitations,
        [
            (
                each.id,
                tenant_id,
                each.round,
                *(each.case, each.role, each.rater, each.window, each.state, int(each.sampled)),
                *(None, each.due_day, each.closes_day, now, None, 0, None, each.why or None),
            )
            for each in sorted(made, key=lambda each: each.id)
        ],
        ignore=True,
    )


def settle(
    connection: Connection,
    tenant_id: int,
    invitation: bytes,
    state: str,
    *,
    why: str = "",
    answered: int | None = None,
) -> None:
    """Have an invitation in another state."""
    run(
        connection,
        "UPDATE invitations SET state = ?, why = ?, answered = COALESCE(?, answered)"
        " WHERE tenant_id = ? AND id = ?",
        (state, why or None, answered, tenant_id, invitation),
    )


def overtake(connection: Connection, tenant_id: int, change: Change, now: int) -> None:
    """Have an invitation that still waits be settled as a plan says."""
    run(
        connection,
        "UPDATE invitations SET state = ?, why = ?, answered = COALESCE(?, answered)"
        f" WHERE tenant_id = ? AND id = ? AND state IN ({placeholders(WAITING)})",
        (
            *(change.state, change.why or None, now if change.state == ANSWERED else None),
            *(tenant_id, change.id, *WAITING),
        ),
    )


def sent(
    connection: Connection, tenant_id: int, round_: bytes, channel: str, now: int, why: str = ""
) -> int:
    """Note that a round went out by this channel; answers for how many invitations."""
    done = run(
        connection,
        "UPDATE invitations SET state = ?, channel = ?, sent = COALESCE(sent, ?), why = ?"
        f" WHERE tenant_id = ? AND round = ? AND state IN ({placeholders((DUE, UNDELIVERABLE))})",
        (SENT, channel, now, why or None, tenant_id, round_, DUE, UNDELIVERABLE),
    )
    return int(done.rowcount)


def again(connection: Connection, tenant_id: int, round_: bytes) -> int:
    """Have a round go out once more, by an admin's word: what was disowned or could not be
    delivered is due again. Answers for how many invitations."""
    states = (DISOWNED, UNDELIVERABLE, SENT)
    done = run(
        connection,
        "UPDATE invitations SET state = ?, why = NULL WHERE tenant_id = ? AND round = ?"
        f" AND state IN ({placeholders(states)})",
        (DUE, tenant_id, round_, *states),
    )
    return int(done.rowcount)


def undeliverable(connection: Connection, tenant_id: int, round_: bytes, why: str) -> None:
    """Note that a round could not be delivered."""
    run(
        connection,
        "UPDATE invitations SET state = ?, why = ? WHERE tenant_id = ? AND round = ?"
        f" AND state IN ({placeholders((DUE, SENT))})",
        (UNDELIVERABLE, why[:500], tenant_id, round_, DUE, SENT),
    )


def reminded(connection: Connection, tenant_id: int, round_: bytes, number: int) -> None:
    """Note how many reminders a round was sent."""
    run(
        connection,
        "UPDATE invitations SET reminded = ? WHERE tenant_id = ? AND round = ? AND reminded < ?",
        (number, tenant_id, round_, number),
    )


# Letters ------------------------------------------------------------------------------------

_LETTER = "SELECT id, tenant_id, round, kind, number, person, state, tries, sent, why FROM letters"


def _letter(row: Any) -> Letter:
    person = None if row[5] is None else bytes(row[5])
    return Letter(
        bytes(row[0]), row[1], bytes(row[2]), row[3], row[4], person, row[6], row[7], row[8], row[9]
    )


def letter_id(tenant_id: int, round_: bytes, kind: str, number: int) -> bytes:
    """The name of a letter: of its round, kind and number, so that there is only ever one."""
    told = f"letter\n{tenant_id}\n{kind}\n{number}\n".encode() + round_
    return blake2b(told, digest_size=16).digest()


def post(
    connection: Connection,
    tenant_id: int,
    letters: Iterable[tuple[bytes, str, int, bytes | None]],
    now: int,
) -> None:
    """Have letters go out: round, kind, number, person. One that was posted before stays so."""
    rows = [
        (
            letter_id(tenant_id, round_, kind, number),
            *(tenant_id, round_, kind, number, person, "due", now, 0, now, None, None, None),
        )
        for round_, kind, number, person in letters
    ]
    insert(connection, tables.letters, sorted(rows, key=lambda row: row[0]), ignore=True)


def letters_due(connection: Connection, tenant_id: int, now: int, limit: int = 50) -> list[Letter]:
    """Letters whose time has come, oldest first."""
    rows = run(
        connection,
        f"{_LETTER} WHERE tenant_id = ? AND state = 'due' AND try_at <= ?"
        " ORDER BY try_at, id LIMIT ?",
        (tenant_id, now, limit),
    )
    return [_letter(row) for row in rows]


def letters_of(connection: Connection, tenant_id: int, rounds: Sequence[bytes]) -> list[Letter]:
    """All letters of these rounds."""
    return [
        _letter(row)
        for piece in pieces(rounds)
        for row in run(
            connection,
            f"{_LETTER} WHERE tenant_id = ? AND round IN ({placeholders(piece)}) ORDER BY id",
            (tenant_id, *piece),
        )
    ]


def letters_in(connection: Connection, tenant_id: int, state: str, limit: int) -> list[Letter]:
    """Letters in a state, oldest first."""
    rows = run(
        connection,
        f"{_LETTER} WHERE tenant_id = ? AND state = ? ORDER BY try_at, id LIMIT ?",
        (tenant_id, state, limit),
    )
    return [_letter(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Sent:
    """A letter of the log: when it was made, when it may go out, and what became of it."""

    letter: Letter
    made: int
    try_at: int


def letter_log(
    connection: Connection,
    tenant_id: int,
    *,
    states: Sequence[str] = (),
    kinds: Sequence[str] = (),
    after: tuple[int, str] | None = None,
    limit: int = 50,
) -> list[Sent]:
    """Letters, what was made last first; `after` is the moment and the id (in hexadecimal digits)
    of the last of the page before."""
    where, values = ["tenant_id = ?"], [*(tenant_id,)]
    for column, words in (("state", states), ("kind", kinds)):
        if words:
            where.append(f"{column} IN ({placeholders(words)})")
            values += words  # type: ignore[arg-type]
    if after is not None:
        where.append("made <= ? AND (made < ? OR id < ?)")
        values += [after[0], after[0], bytes.fromhex(after[1])]  # type: ignore[list-item]
    rows = run(
        connection,
        f"{_LETTER.replace(' FROM letters', ', made, try_at FROM letters')}"
        f" WHERE {' AND '.join(where)} ORDER BY made DESC, id DESC LIMIT ?",
        (*values, limit),
    )
    return [Sent(_letter(row), int(row[-2]), int(row[-1])) for row in rows]


def letter_counts(connection: Connection, tenant_id: int) -> dict[str, int]:
    """How many letters there are, by state."""
    rows = run(
        connection,
        "SELECT state, COUNT(*) FROM letters WHERE tenant_id = ? GROUP BY state",
        (tenant_id,),
    )
    return {row[0]: int(row[1]) for row in rows}


def try_again(connection: Connection, tenant_id: int, letter: bytes, now: int) -> bool:
    """Have a letter that did not go out tried now. False: it went, or may have gone, or is not
    to go: such a one is never sent twice."""
    had = run(
        connection,
        "UPDATE letters SET state = 'due', try_at = ?, tries = 0 WHERE tenant_id = ? AND id = ?"
        " AND state IN ('due', 'undeliverable')",
        (now, tenant_id, letter),
    )
    return bool(had.rowcount)


def claim(connection: Connection, letter: bytes, now: int) -> bool:
    """Take a letter to send it; False: another worker has it, or it went already."""
    taken = run(
        connection,
        "UPDATE letters SET state = 'sending', claimed = ?, tries = tries + 1"
        " WHERE id = ? AND state = 'due'",
        (now, letter),
    )
    return bool(taken.rowcount)


def went(connection: Connection, letter: bytes, state: str, now: int, why: str = "") -> None:
    """Note what became of a letter that was claimed."""
    run(
        connection,
        "UPDATE letters SET state = ?, sent = ?, why = ? WHERE id = ? AND state = 'sending'",
        (state, now if state == "sent" else None, why[:500] or None, letter),
    )


def later(connection: Connection, letter: bytes, try_at: int, why: str) -> None:
    """Put back a letter that surely did not go out."""
    run(
        connection,
        "UPDATE letters SET state = 'due', try_at = ?, why = ? WHERE id = ? AND state = 'sending'",
        (try_at, why[:500], letter),
    )


def cancel(connection: Connection, tenant_id: int, round_: bytes, why: str) -> int:
    """Keep back the letters of a round that have not gone out; answers how many."""
    done = run(
        connection,
        "UPDATE letters SET state = 'cancelled', why = ? WHERE tenant_id = ? AND round = ?"
        " AND state = 'due'",
        (why[:500], tenant_id, round_),
    )
    return int(done.rowcount)


def unsure(connection: Connection, tenant_id: int, before: int) -> list[Letter]:
    """Letters that were claimed so long ago that nobody is sending them any more: they become
    `unsure`, and are not sent again."""
    rows = run(
        connection,
        f"{_LETTER} WHERE tenant_id = ? AND state = 'sending' AND claimed < ?",
        (tenant_id, before),
    )
    found = [_letter(row) for row in rows]
    for each in found:
        run(
            connection,
            "UPDATE letters SET state = 'unsure', why = 'stopped while sending' WHERE id = ?"
            " AND state = 'sending'",
            (each.id,),
        )
    return found


# Signed links -------------------------------------------------------------------------------

_LINK = "SELECT id, tenant_id, purpose, subject, expires, revoked FROM signed_links"


def _link(row: Any) -> SignedLink:
    return SignedLink(bytes(row[0]), row[1], row[2], bytes(row[3]), row[4], row[5])


def add_link(connection: Connection, link: SignedLink, now: int) -> None:
    """Keep a link."""
    row = (
        *(link.id, link.tenant_id, link.purpose, link.subject),
        *(now, link.expires, link.revoked),
    )
    insert(connection, tables.signed_links, [row])


def link(connection: Connection, id_: bytes) -> SignedLink | None:
    """The link of this id, of whatever tenant."""
    row = run(connection, f"{_LINK} WHERE id = ?", (id_,)).one_or_none()
    return None if row is None else _link(row)


def link_of(
    connection: Connection, tenant_id: int, purpose: str, subject: bytes, now: int
) -> SignedLink | None:
    """A link to this that still holds, if one was made."""
    rows = run(
        connection,
        f"{_LINK} WHERE tenant_id = ? AND subject = ? AND purpose = ? AND revoked IS NULL"
        " AND expires > ? ORDER BY expires DESC, id",
        (tenant_id, subject, purpose, now),
    ).all()
    return _link(rows[0]) if rows else None


def revoke_links(connection: Connection, tenant_id: int, subject: bytes, now: int) -> int:
    """End every link to this; answers how many there were."""
    done = run(
        connection,
        "UPDATE signed_links SET revoked = ? WHERE tenant_id = ? AND subject = ?"
        " AND revoked IS NULL",
        (now, tenant_id, subject),
    )
    return int(done.rowcount)


# Drafts and forms handed in -----------------------------------------------------------------


def save_draft(
    connection: Connection, tenant_id: int, round_: bytes, body: Mapping[str, Any], now: int
) -> None:
    """Keep what was typed on a page so far."""
    drop_draft(connection, tenant_id, round_)
    kept = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    insert(connection, tables.drafts, [(round_, tenant_id, now, kept)])


def draft(connection: Connection, tenant_id: int, round_: bytes) -> dict[str, Any] | None:
    """What was typed on a page so far."""
    row = run(
        connection,
        "SELECT body FROM drafts WHERE tenant_id = ? AND round = ?",
        (tenant_id, round_),
    ).one_or_none()
    if row is None:
        return None
    told: dict[str, Any] = json.loads(bytes(row[0]))
    return told


def drop_draft(connection: Connection, tenant_id: int, round_: bytes) -> None:
    """Forget what was typed."""
    run(connection, "DELETE FROM drafts WHERE tenant_id = ? AND round = ?", (tenant_id, round_))


def note_form(connection: Connection, tenant_id: int, form: FilledForm) -> None:
    """Note a form that was handed in; the same once more is left as it is."""
    row = (
        *(form.id, tenant_id, form.visit, form.invitation, form.form, form.who[:200], form.at),
        *(json.dumps(form.statements).encode(), form.disowned),
    )
    insert(connection, tables.filled_forms, [row], ignore=True)


def forms_of_visit(connection: Connection, tenant_id: int, visit: bytes) -> list[FilledForm]:
    """The forms that were handed in together."""
    return _forms(connection, tenant_id, "visit", visit)


def forms_of(connection: Connection, tenant_id: int, invitation: bytes) -> list[FilledForm]:
    """The forms that were handed in for an invitation."""
    return _forms(connection, tenant_id, "invitation", invitation)


def _forms(connection: Connection, tenant_id: int, column: str, value: bytes) -> list[FilledForm]:
    rows = run(
        connection,
        "SELECT id, visit, invitation, form, who, at, statements, disowned FROM filled_forms"
        f" WHERE tenant_id = ? AND {column} = ? ORDER BY at, id",
        (tenant_id, value),
    )
    return [
        FilledForm(
            bytes(row[0]),
            bytes(row[1]),
            bytes(row[2]),
            row[3],
            row[4],
            row[5],
            tuple(json.loads(bytes(row[6]))),
            row[7],
        )
        for row in rows
    ]


def disown(connection: Connection, tenant_id: int, form: FilledForm, now: int) -> None:
    """Note that the person named says that a form is not theirs."""
    run(
        connection,
        "UPDATE filled_forms SET disowned = ? WHERE tenant_id = ? AND id = ?",
        (now, tenant_id, form.id),
    )
    settle(connection, tenant_id, form.invitation, DISOWNED)


# Citizens -----------------------------------------------------------------------------------


def hear(connection: Connection, who: bytes, *, ends: int, most: int) -> bool:
    """Count one answer of a citizen's; False: there were so many within the hour that ends then.
    Of two at once both are counted, whichever process takes them."""
    insert(connection, tables.heard, [(who, ends, 0)], ignore=True)
    counted = run(
        connection, "UPDATE heard SET times = times + 1 WHERE who = ? AND times < ?", (who, most)
    )
    return bool(counted.rowcount)


def forget_heard(connection: Connection, now: int) -> int:
    """Drop the counts of hours that have ended."""
    return int(run(connection, "DELETE FROM heard WHERE ends <= ?", (now,)).rowcount)
