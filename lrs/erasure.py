"""Erasing a person for good, with a receipt (UU 27/2022, article 8; docs/decisions/0012).

What is theirs goes: their records, evidence, answers and verdicts about them, cases, documents,
entries of the register, letters. What is somebody else's and names them stays and is redacted: an
answer of theirs about a colleague remains, given by a stand-in, an id that leads to nobody. Ids of
records are remembered, so that one that is sent again is acknowledged and not stored.

`look` says what would go and what stands in the way, and writes nothing; `erase` does it in one
transaction. It is an act of a human who says why and confirms it by the person's name: nothing here
happens by itself. The receipt counts what went, by kind; it holds no word about the person.
"""

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from sqlalchemy import Connection

from lrs import identities, intake, projector, rights
from lrs.auth import links
from lrs.casework import USERS
from lrs.errors import Conflict, NotFound, Problem, Refused
from lrs.i18n import N_
from lrs.practice import names, people, records
from lrs.practice.people import Identifier, Person, canonical
from lrs.projector import Reader
from lrs.store import engine, log, practice, register, statements, waiting
from lrs.store import erasure as store
from lrs.store.accounts import Tenant
from lrs.store.engine import Database, pieces
from lrs.store.erasure import Loose
from lrs.store.practice import Logged
from lrs.store.register import Fact
from lrs.xapi import actors, lexical
from lrs.xapi.redaction import Redaction
from lrs.xapi.statements import agent_terms, digest, parse

#: A text shorter than this is looked for as an identifier alone, never in other texts.
_SHORTEST: Final = 8

#: How long the code of a receipt answers.
HOLDS_FOR: Final = timedelta(days=20 * 365)

#: How often the projector is asked to come round before the receipt is handed over.
_ROUNDS: Final = 200

#: Kinds of what is counted on a receipt, in its order, as people call them.
COUNTED: Final[Mapping[str, str]] = {
    "records": N_("records of theirs"),
    "redacted": N_("records of others, in which they are named no more"),
    "attachments": N_("files"),
    "documents": N_("documents that learning systems kept of them"),
    "refused": N_("refused records"),
    "register": N_("entries of the register"),
    "mentions": N_("entries of the register about others, in which they are named no more"),
    "cases": N_("follow-up cases"),
    "links": N_("evidence links"),
    "answers": N_("answers about them"),
    "participation": N_("courses taken part in"),
    "identities": N_("accounts seen in records"),
    "invitations": N_("invitations about them"),
    "letters": N_("letters"),
    "drafts": N_("drafts"),
    "waiting": N_("files that wait to be looked at"),
    "filled_forms": N_("forms about them"),
    "certificates": N_("letters on applied training"),
    "webhook_deliveries": N_("messages to other systems"),
    "audit": N_("lines of the audit trail, in which they are named no more"),
    "users": N_("accounts for signing in"),
}

#: What somebody who is about to erase a person should know, as sentences.
NAMESAKE: Final = N_(
    "Somebody else in the register has the same name, so the name is left in free texts of others."
)
AT_ONCE: Final = N_(
    "Counted here is what can be found at once. When they are erased, every record, everything"
    " refused and every file is read for them, which may take minutes; the receipt counts it all."
)
UNNAMED: Final = N_(
    "Some documents are of a time when it was not kept whose they are; those are not looked into."
)


@dataclass(frozen=True, slots=True)
class Who:
    """Whom an erasure is about: all the ids they have in the register, and by what they are known.

    `words` are texts that mean nobody else: number, addresses, phone, name. `logins` are those by
    which they sign in. `shared` identifiers were somebody else's at another time.
    """

    tenant: Tenant
    person: bytes
    ids: frozenset[bytes]
    name: str
    identifiers: tuple[Identifier, ...]
    words: tuple[str, ...]
    logins: tuple[str, ...]
    shared: frozenset[tuple[str, str]]
    namesake: bool

    @property
    def uuids(self) -> tuple[str, ...]:
        return tuple(str(uuid.UUID(bytes=each)) for each in sorted(self.ids))

    @property
    def own(self) -> frozenset[tuple[str, str]]:
        """The accounts by which our own statements name them."""
        people_ = {("account", f"{names.PEOPLE}\n{each}") for each in self.uuids}
        return frozenset(people_ | {("account", f"{USERS}\n{each}") for each in self.logins})

    @property
    def agents(self) -> frozenset[tuple[str, str]]:
        """Every identifier that a statement may name them by, at whatever time."""
        known = {(i.kind, i.text) for i in self.identifiers if i.kind in actors.KINDS}
        return self.own | known

    def agents_at(self, at: int) -> frozenset[tuple[str, str]]:
        """The identifiers that mean them at a moment."""
        return self.own | {
            (each.kind, each.text)
            for each in self.identifiers
            if each.kind in actors.KINDS
            and (each.first is None or each.first <= at)
            and (each.last is None or at < each.last)
        }

    def redaction(self, stand_in: bytes, agents: frozenset[tuple[str, str]]) -> Redaction:
        instead = str(uuid.UUID(bytes=stand_in))
        ids = dict.fromkeys(self.uuids, instead)
        ids |= {each.hex(): stand_in.hex() for each in sorted(self.ids)}
        account = {"homePage": names.PEOPLE, "name": instead}
        words = (*self.words, *(f"user:{each}" for each in self.logins))
        return Redaction(agents, account, ids, words)

    @property
    def needles(self) -> tuple[str, ...]:
        """By what a table is searched for texts that may name them."""
        return self.redaction(bytes(16), frozenset()).needles

    @property
    def subjects(self) -> list[bytes]:
        """Under what something is worked out of them: their ids, and digests of identifiers."""
        kinds = {(each.kind, each.text) for each in self.identifiers}
        found = {names.identifier(self.tenant.id, *each) for each in kinds - self.shared}
        return sorted(found | self.ids)


@dataclass(frozen=True, slots=True)
class Look:
    """What an erasure would do. `counts` are by `COUNTED`, `notes` sentences to be told; `theirs`
    and `naming` are positions of statements up to the position `until`; `attachments` those that
    nothing else speaks of, by store."""

    who: Who
    counts: Mapping[str, int]
    notes: tuple[str, ...]
    theirs: tuple[int, ...]
    naming: tuple[int, ...]
    attachments: Mapping[int, frozenset[str]]
    until: int

    @property
    def name(self) -> str:
        return self.who.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """That somebody was erased: who they were is not in it. `number` is how an agency calls it,
    `counts` are by `COUNTED`."""

    id: bytes
    number: str
    at: datetime
    asked_by: str
    reason: str
    by: str
    counts: Mapping[str, int]


# Looking -------------------------------------------------------------------------------------


def look(database: Database, tenant: Tenant, person: bytes, *, thorough: bool = True) -> Look:
    """What erasing this person would do. Writes nothing.

    Not `thorough`: by what the indexes say alone, at once; then what names them only in its text
    is neither counted nor erased by what was looked at, and a note says so.

    NotFound: there is no such person. Conflict: it cannot be said with certainty what is theirs,
    and what a human has to decide first.
    """
    with database.read() as connection:
        until = log.horizon(database, connection)
        who = _who(connection, tenant, person)
        places = _places(connection, who, thorough=thorough)
        theirs: list[int] = []
        naming: list[int] = []
        spoken: dict[int, set[str]] = {}
        for some in pieces(sorted(places)):
            for row in practice.at(connection, some):
                kind, body = _judged(connection, who, row, bytes(16))
                if kind == "theirs":
                    theirs.append(row.position)
                    spoken.setdefault(row.store_id, set()).update(store.hashes(row.body))
                elif kind == "naming":
                    naming.append(row.position)
                    left = store.hashes(row.body) - store.hashes(body)
                    spoken.setdefault(row.store_id, set()).update(left)
        attachments = {
            each: frozenset(_unspoken(connection, each, hashes, set(theirs), set(naming), who))
            for each, hashes in spoken.items()
            if thorough
        }
        counts, notes = _counted(connection, who, thorough)
    counts |= {
        "records": len(theirs),
        "redacted": len(naming),
        "attachments": sum(map(len, attachments.values())),
    }
    return Look(
        who,
        {kind: counts[kind] for kind in COUNTED if counts.get(kind)},
        tuple(notes),
        tuple(theirs),
        tuple(naming),
        attachments,
        until,
    )


def _who(connection: Connection, tenant: Tenant, person: bytes) -> Who:
    known = register.people(connection, tenant.id, [person])
    if person not in known:
        raise NotFound(f"a person {uuid.UUID(bytes=person)}")
    if known[person].merged_into is not None:
        raise Conflict(
            N_("This entry was found to be another person's."),
            N_("Erase that person; this entry goes with them."),
        )
    everybody = register.everybody(connection, tenant.id)
    merged = practice.merged(connection, tenant.id)
    ids = frozenset({person} | {each for each in merged if canonical(each, merged) == person})
    held = {id_: each for id_, each in everybody.items() if id_ in ids}
    others = {id_: each for id_, each in everybody.items() if id_ not in ids}
    identifiers = tuple(i for each in held.values() for i in each.identifiers if i.confirmed)
    _undecided(connection, tenant, ids, identifiers, others)
    texts = {(i.kind, i.text) for each in others.values() for i in each.identifiers if i.confirmed}
    names_ = [str(each.facts["name"]) for each in held.values() if each.facts.get("name")]
    namesake = any(
        each.name.casefold() == name.casefold() for each in others.values() for name in names_
    )
    words = _words(held.values(), identifiers, others.values(), names_ if not namesake else [])
    return Who(
        tenant,
        person,
        ids,
        known[person].name,
        identifiers,
        words,
        tuple(store.logins_of(connection, tenant.id, sorted(ids))),
        frozenset({(i.kind, i.text) for i in identifiers} & texts),
        namesake,
    )


def _words(
    held: Iterable[Person],
    identifiers: Iterable[Identifier],
    others: Iterable[Person],
    names_: Sequence[str],
) -> tuple[str, ...]:
    """The texts that mean this person and nobody else of the register."""
    found = {
        each.text.removeprefix("mailto:")
        for each in identifiers
        if each.kind not in ("account", "openid")
    }
    found |= {each.text for each in identifiers if each.kind == "openid"}
    found |= {
        str(each.facts[word]) for each in held for word in ("mail", "phone") if each.facts.get(word)
    }
    taken = {
        str(told).casefold()
        for each in others
        for told in (
            *(each.facts.get(word) for word in ("mail", "phone")),
            *(i.text.removeprefix("mailto:") for i in each.identifiers if i.confirmed),
        )
        if told
    }
    found = {each for each in found if len(each) >= _SHORTEST and each.casefold() not in taken}
    # One word is a name of many.
    found |= {each for each in names_ if len(each) >= _SHORTEST and len(each.split()) > 1}
    return tuple(sorted(found))


def _undecided(
    connection: Connection,
    tenant: Tenant,
    ids: frozenset[bytes],
    identifiers: Sequence[Identifier],
    others: Mapping[bytes, Person],
) -> None:
    """Raise Conflict where a human has to say first what is theirs."""
    for each in identifiers:
        for other in (i for person in others.values() for i in person.identifiers):
            alike = (other.kind, other.text) == (each.kind, each.text) and other.confirmed
            if alike and _meet(each, other):
                raise Conflict(
                    N_("One of their identifiers is confirmed for somebody else at the same time."),
                    N_("Decide whose it is first, or merge the two."),
                )
    for unknown in identities.unknown(connection, tenant.id):
        if unknown.sure is not None and unknown.sure.person in ids:
            raise Conflict(
                N_(
                    "There are records under an account that is surely theirs and is not confirmed."
                ),
                N_("Confirm or refuse it first, or those records would stay."),
            )


def _meet(one: Identifier, other: Identifier) -> bool:
    """Whether two spans of time have a moment in common."""
    begins = max(one.first or 0, other.first or 0)
    ends = min(each.last for each in (one, other, _OPEN) if each.last is not None)
    return begins < ends


_OPEN: Final = Identifier(0, "", "", None, statements.ALWAYS)


def _places(
    connection: Connection, who: Who, after: int = -1, *, thorough: bool = True
) -> set[int]:
    """Where statements may be that name them, after a position; in their text too, if `thorough`:
    then all of it is read."""
    tenant, found = who.tenant, set[int]()
    for each in (tenant.learning, tenant.practice):
        terms = [
            term for kind, text in who.agents for term in agent_terms(digest(each.salt, kind, text))
        ]
        found |= store.naming(connection, terms)
        if thorough:
            found |= store.holding(connection, each.id, who.needles, after)
    subjects = sorted(
        who.ids | {names.identifier(tenant.id, kind, text) for kind, text in who.agents}
    )
    found |= {each.position for each in practice.events_of(connection, tenant.id, subjects)}
    return {each for each in found if each > after}


def _judged(connection: Connection, who: Who, row: Logged, stand_in: bytes) -> tuple[str, bytes]:
    """Whether a statement is `theirs`, is `naming` them (with its bytes without them), or neither.

    Theirs is what they did and what was done to them alone; of our own records, what is about them.
    """
    tree = parse(row.body)
    agents = who.agents_at(lexical.micros(tree["timestamp"]))
    if row.store_id == who.tenant.practice.id:
        record = records.read(tree)
        about = set(records.people(record)) if record is not None else set()
        if about and about <= who.ids:
            return "theirs", b""
    else:
        thing = tree["object"]
        is_agent = thing.get("objectType") in ("Agent", "Group")
        for agent in (tree["actor"], *([thing] if is_agent else [])):
            if actors.ifi(agent) in agents:
                return "theirs", b""
        if any(
            names.actor(who.tenant.id, *each) == event.actor
            for event in practice.events_of_statements(connection, who.tenant.id, [row.id])
            for each in agents
        ):
            return "theirs", b""
    body = _redaction(who, stand_in, agents).statement(row.body)
    return ("naming", body) if body != row.body else ("", row.body)


@lru_cache(maxsize=8)
def _redaction(who: Who, stand_in: bytes, agents: frozenset[tuple[str, str]]) -> Redaction:
    return who.redaction(stand_in, agents)


def _unspoken(
    connection: Connection,
    store_id: int,
    hashes: set[str],
    theirs: set[int],
    naming: set[int],
    who: Who,
    after: int = -1,
) -> set[str]:
    """Of these attachments, those of which no statement speaks that is left."""
    needles = sorted({spelt for each in hashes for spelt in (each, each.lower(), each.upper())})
    used: set[str] = set()
    for some in pieces(needles):
        found = store.holding(connection, store_id, some, after) - theirs
        for row in practice.at(connection, sorted(found)):
            body = row.body
            if row.position in naming:
                body = _judged(connection, who, row, bytes(16))[1]
            used |= {each.lower() for each in store.hashes(body)}
    return {each for each in hashes if each.lower() not in used}


def _counted(connection: Connection, who: Who, thorough: bool) -> tuple[dict[str, int], list[str]]:
    """How much else there is of them, as far as it can be counted before."""
    tenant = who.tenant
    cases = store.cases_of(connection, tenant.id, who.subjects)
    counts = dict(store.count_worked_out(connection, tenant.id, who.subjects, cases))
    notes = [NAMESAKE] if who.namesake else []
    if not thorough:
        notes.append(AT_ONCE)
    for each in (tenant.learning, tenant.practice):
        counts["documents"] = counts.get("documents", 0) + len(
            store.papers_of(connection, each.id, who.agents - who.shared)
        )
        if thorough:
            refused = store.refused_holding(connection, each.id, _refused_needles(who))
            counts["refused"] = counts.get("refused", 0) + len(
                [row for row in refused if _of_refused(who, *row[1:3])]
            )
        if store.papers_without_owner(connection, each.id) and UNNAMED not in notes:
            notes.append(UNNAMED)
    counts["register"] = len(register.entries(connection, tenant.id, who.ids))
    counts["certificates"] = len(_certificates(connection, tenant, cases))
    every = _all_cases(connection, who, cases)
    counts |= store.count_follow_up(connection, tenant.id, every, sorted(who.ids))
    counts["users"] = len(who.logins)
    return counts, notes


# Erasing -------------------------------------------------------------------------------------


def erase(
    database: Database,
    tenant: Tenant,
    adapters: Reader,
    looked: Look,
    *,
    reason: str,
    asked_by: str,
    confirmed: str,
    by: str,
    now: datetime,
    request: bytes | None = None,
) -> Receipt:
    """Erase the person that was looked at, as far as that and what came in since.

    `confirmed` is their name, typed once more by who does it. Refused: it is not, or the reason is
    missing or names the person, which would outlive them. Conflict: what is known of them changed
    since it was looked at. `request` is the one that it answers.
    """
    _check(looked.who, reason, asked_by, confirmed)
    secure = database.dialect == "sqlite"

    def work(connection: Connection) -> Receipt:
        if secure:  # what a page of the file held is written over, not only let go of
            connection.exec_driver_sql("PRAGMA secure_delete = ON").close()
        try:
            made = _erase(connection, tenant, adapters, looked, reason, asked_by, by, now)
            if request is not None:
                rights.settle(
                    *(connection, tenant, request, rights.DONE),
                    reason="",
                    by=by,
                    now=now,
                    receipt=made.id,
                )
            return made
        finally:
            if secure:
                connection.exec_driver_sql("PRAGMA secure_delete = OFF").close()

    receipt = database.write(work)
    projector.catch_up(database, tenant, adapters, most=_ROUNDS)
    engine.tidy(database)
    return receipt


def _check(who: Who, reason: str, asked_by: str, confirmed: str) -> None:
    problems = []
    if " ".join(confirmed.split()).casefold() != " ".join(who.name.split()).casefold():
        problems.append(Problem("confirmed", N_("Type the name as it stands above, to be sure.")))
    if asked_by not in rights.ASKED_BY:
        told = N_("Say on whose word: the person's, the agency's, or of who acts for the person.")
        problems.append(Problem("asked_by", told))
    if not reason.strip():
        problems.append(Problem("reason", N_("Say why, in a sentence.")))
    own = {each.casefold() for each in who.name.split() if len(each) > 3} | {
        each.casefold() for each in who.words
    }
    if any(each in reason.casefold() for each in own):
        told = N_("The reason stays on the receipt: leave out names, numbers and addresses.")
        problems.append(Problem("reason", told))
    if problems:
        raise Refused(problems)


def _erase(
    connection: Connection,
    tenant: Tenant,
    adapters: Reader,
    looked: Look,
    reason: str,
    asked_by: str,
    by: str,
    now: datetime,
) -> Receipt:
    log.hold_order(connection, tenant.id, alone=True)
    at = log.stamp(connection, 1)
    who = looked.who
    if _who(connection, tenant, who.person) != who:
        raise Conflict(
            N_("What is known of this person changed meanwhile."), N_("Look at it once more.")
        )
    stand_in = uuid.uuid4().bytes
    counts: Counter[str] = Counter()
    stale = _statements(connection, adapters, looked, stand_in, at, counts)
    cases = store.cases_of(connection, tenant.id, who.subjects)
    every = _all_cases(connection, who, cases)
    redaction = who.redaction(stand_in, who.agents - who.shared)
    _documents(connection, who, redaction, at, now, counts)
    _refused(connection, who, redaction, counts)
    _entries(connection, who, redaction, stand_in, cases, at, counts)
    counts.update(store.drop_follow_up(connection, tenant.id, every, sorted(who.ids), stand_in, at))
    counts["waiting"] += waiting.forget(connection, tenant.id, who.ids)
    counts.update(store.redact_ledgers(connection, tenant.id, redaction))
    # Whoever else they had to do with is worked out anew, without them.
    stale |= store.told_of(connection, tenant.id, sorted(who.ids), who.needles)
    counts.update(store.drop_worked_out(connection, tenant.id, who.subjects, cases))
    stale = (stale | set(who.subjects) | {stand_in}) - who.ids
    practice.forget_marks(connection, tenant.id, sorted(who.ids))
    practice.mark_stale(connection, tenant.id, dict.fromkeys(stale, at))
    counts["users"] += store.drop_users(connection, tenant.id, sorted(who.ids))
    _remember(connection, who, at)
    for each in (tenant.learning, tenant.practice):
        store.redact_activities(connection, each.id, redaction)
        store.drop_names(
            connection,
            [digest(each.salt, kind, text) for kind, text in sorted(who.agents - who.shared)],
        )
    return _receipt(connection, tenant, counts, reason, asked_by, by, now)


def _statements(
    connection: Connection,
    adapters: Reader,
    looked: Look,
    stand_in: bytes,
    at: int,
    counts: Counter[str],
) -> set[bytes]:
    """Erase and redact what stands in the log; answers whose cases that touches."""
    who, tenant = looked.who, looked.who.tenant
    salts = {each.id: each.salt for each in (tenant.learning, tenant.practice)}
    since = _places(connection, who, looked.until)
    places = sorted({*looked.theirs, *looked.naming, *since})
    theirs: dict[int, Logged] = {}
    naming: dict[int, tuple[Logged, bytes]] = {}
    for row in practice.at(connection, places):
        kind, body = _judged(connection, who, row, stand_in)
        if kind == "theirs":
            theirs[row.position] = row
        elif kind == "naming":
            naming[row.position] = (row, body)
    changed = [*theirs.values(), *(row for row, _ in naming.values())]
    ids = [row.id for row in changed]
    # Whoever refers to them is found by what they say, for as long as they say it.
    referring = {
        position: (store_id, identity)
        for position, store_id, identity in statements.referrers(connection, tenant.id, ids)
    }
    referring |= {row.position: (row.store_id, row.id) for row in changed}
    stores = (tenant.learning, tenant.practice)
    reach = intake.Reach(connection, stores)
    before = {position: reach.views(*each) for position, each in referring.items()}
    touched = {
        event.actor
        for some in pieces([row.id for row in theirs.values()])
        for event in practice.events_of_statements(connection, tenant.id, some)
    }
    loose = Loose({}, {})
    store.erase_statements(connection, tenant.id, salts, list(theirs.values()), loose)
    store.redact_statements(connection, salts, list(naming.values()), loose)
    reach = intake.Reach(connection, stores)
    for position, each in sorted(referring.items()):
        after = [] if position in theirs else reach.views(*each)
        if after != before[position]:
            statements.add_reach(connection, position, after, before[position])
    for store_id in salts:
        redacted = [row.id for row, _ in naming.values() if row.store_id == store_id]
        store.remember(connection, store_id, store.REDACTED, redacted, at)
    store.sweep_activities(connection, loose.activities)
    counts["attachments"] += _attachments(connection, looked, loose, set(theirs), since)
    projector.read_again(connection, tenant, adapters, sorted(naming), at)
    counts["records"] += len(theirs)
    counts["redacted"] += len(naming)
    return touched


def _attachments(
    connection: Connection, looked: Look, loose: Loose, theirs: set[int], since: set[int]
) -> int:
    """Forget the attachments that nothing speaks of any more."""
    done = 0
    for store_id, hashes in loose.attachments.items():
        # What was looked at before need not be looked for again; what came in since must be.
        free = hashes & looked.attachments.get(store_id, frozenset())
        new = hashes - free if since else set()
        if free:
            free = _unspoken(connection, store_id, free, theirs, set(), looked.who, looked.until)
        if new:
            free |= _unspoken(connection, store_id, new, theirs, set(), looked.who)
        done += store.drop_contents(connection, store_id, free)
    return done


def _documents(
    connection: Connection,
    who: Who,
    redaction: Redaction,
    at: int,
    now: datetime,
    counts: Counter[str],
) -> None:
    micros = int(now.timestamp() * 1_000_000)
    for each in (who.tenant.learning, who.tenant.practice):
        places = store.papers_of(connection, each.id, who.agents - who.shared)
        store.drop_papers(connection, each.id, places, at)
        counts["documents"] += len(places)
        for paper in store.papers_holding(connection, each.id, redaction.needles):
            content = _clean(redaction, paper.content)
            if content is not None and content != paper.content:
                store.rewrite_paper(connection, each.id, paper, content, micros)


def _clean(redaction: Redaction, content: bytes) -> bytes | None:
    """JSON or text without the person; None: it is neither."""
    try:
        parse(content)
        return redaction.json(content)
    except Refused:
        pass
    try:
        return redaction.text(content.decode()).encode()
    except UnicodeDecodeError:
        return None


def _refused_needles(who: Who) -> tuple[str, ...]:
    """By what it is searched for in what was refused: an account's name in its quotes, too."""
    accounts_ = [json.dumps(text.partition("\n")[2]) for k, text in who.agents if k == "account"]
    return (*who.needles, *accounts_)


def _refused(connection: Connection, who: Who, redaction: Redaction, counts: Counter[str]) -> None:
    for each in (who.tenant.learning, who.tenant.practice):
        rows = store.refused_holding(connection, each.id, _refused_needles(who))
        gone = [row[0] for row in rows if _of_refused(who, row[1], row[2])]
        hashes = store.drop_refused(connection, gone)
        counts["refused"] += len(gone)
        left = _unspoken(connection, each.id, hashes, set(), set(), who)
        spoken = store.refused_speaking(connection, each.id, sorted(left))
        counts["attachments"] += store.drop_contents(connection, each.id, left - spoken)
        for number, raw, mended, problems, why in rows:
            if number not in gone:
                new = (
                    redaction.json(raw),
                    None if mended is None else _clean(redaction, mended),
                    redaction.json(problems),
                    None if why is None else redaction.text(why.decode()).encode(),
                )
                if new != (raw, mended, problems, why):
                    store.rewrite_refused(connection, number, *new)


def _of_refused(who: Who, raw: bytes, mended: bytes | None) -> bool:
    """Whether what was refused goes: it is theirs, or cannot be read and names them."""
    for each in (raw, mended):
        if each is None:
            continue
        try:
            tree = parse(each)
            thing = tree.get("object") or {}
            told = [actors.ifi(tree["actor"]), actors.ifi(thing)]
            if any(one in who.agents for one in told if one):
                return True
        except (Refused, KeyError, TypeError, AttributeError):
            text = each.decode("utf-8", "replace")
            redaction = who.redaction(bytes(16), frozenset())
            if redaction.text(text) != text or any(
                all(json.dumps(part)[1:-1] in text for part in identifier.split("\n"))
                for kind, identifier in who.agents
                if kind == "account"
            ):
                return True
    return False


# The register --------------------------------------------------------------------------------


def _entries(
    connection: Connection,
    who: Who,
    redaction: Redaction,
    stand_in: bytes,
    cases: Sequence[bytes],
    at: int,
    counts: Counter[str],
) -> None:
    """Leave tombstones of entries about them, and take them out of entries about others."""
    tenant = who.tenant
    for row in _certificates(connection, tenant, cases):
        body = {"erased": True, "issued": row.entry.body["issued"]}
        position, kind = row.entry.position, register.CERTIFICATE
        store.rewrite_entry(connection, tenant.id, position, kind, row.by, body)
        counts["certificates"] += 1
    about = {*cases, *(names.consent(tenant.id, each) for each in cases)}
    counts["register"] += store.tombstones(connection, tenant.id, sorted(about), stand_in)
    touched: set[bytes] = set()
    texts = {(each.kind, each.text) for each in who.identifiers}
    counts["register"] += store.tombstones(connection, tenant.id, sorted(who.ids), stand_in)
    for position, kind, subject, by, raw in store.entries_naming(
        connection, tenant.id, redaction.needles
    ):
        body = json.loads(raw)
        named = {each.hex() for each in who.ids}
        if kind == people.IDENTIFIER and (body["kind"], body["text"]) in texts:
            continue  # it was somebody else's at another time, and still is
        new_kind, new = kind, json.loads(redaction.json(raw))
        if kind == people.POST and body.get("superior") in named:
            del new["superior"]
            new.pop("superior_state", None)
        elif kind == register.UNIT:
            new |= {word: None for word in ("contact", "superior") if body.get(word) in named}
        elif kind in (people.SAID, people.UNSAID, people.DISTINCT, people.REFUSED):
            new_kind, new = people.ERASED, {}
        elif kind in (register.PEERS, register.EVALUATORS):
            # Nobody is asked in the place of a colleague who is gone.
            new["people"] = [each for each in body["people"] if each not in who.uuids]
        elif kind == register.LETTERHEAD:
            new = {word: told if told == body.get(word) else "" for word, told in new.items()}
        elif kind == register.REQUEST and body.get("person") in named:
            new |= {word: "" for word in ("note", "reason") if word in new}
        store.rewrite_entry(connection, tenant.id, position, new_kind, redaction.text(by), new)
        touched.add(subject)
        counts["mentions"] += 1
    register.work_out(connection, tenant.id, touched - who.ids, at)


def _certificates(
    connection: Connection, tenant: Tenant, cases: Sequence[bytes]
) -> list[register.Held]:
    wanted = {each.hex() for each in cases}
    return [
        each
        for each in register.of_kind(connection, tenant.id, register.CERTIFICATE)
        if each.entry.body.get("case") in wanted
    ]


def _all_cases(connection: Connection, who: Who, cases: Sequence[bytes]) -> list[bytes]:
    """Their cases, and what stands for one where they were asked at enrolment, or never came."""
    before = {
        names.enrolment(who.tenant.id, names.programme(who.tenant.id, iri), person, form)
        for iri in _programmes(connection, who.tenant)
        for person in who.ids
        for form in ("G", "H")
    }
    return sorted({*cases, *before})


def _programmes(connection: Connection, tenant: Tenant) -> list[str]:
    return [str(json.loads(body)["iri"]) for body in practice.programmes(connection, tenant.id)]


def _remember(connection: Connection, who: Who, at: int) -> None:
    """Have an import that brings them again say so."""
    salt = who.tenant.learning.salt
    digests = [store.identifier_digest(salt, each.kind, each.text) for each in who.identifiers]
    store.remember(connection, who.tenant.learning.id, store.IDENTIFIER, digests, at)


# Receipts ------------------------------------------------------------------------------------


def _receipt(
    connection: Connection,
    tenant: Tenant,
    counts: Mapping[str, int],
    reason: str,
    asked_by: str,
    by: str,
    now: datetime,
) -> Receipt:
    earlier = register.of_kind(connection, tenant.id, register.ERASURE)
    receipt = Receipt(
        id=uuid.uuid4().bytes,
        number=f"{now.year}/{len(earlier) + 1:04d}",
        at=now,
        asked_by=asked_by,
        reason=" ".join(reason.split()),
        by=by,
        counts={kind: counts[kind] for kind in COUNTED if counts.get(kind)},
    )
    body = {
        "number": receipt.number,
        "at": receipt.at.astimezone(UTC).isoformat(),
        "asked_by": receipt.asked_by,
        "reason": receipt.reason,
        "counts": dict(receipt.counts),
    }
    register.append(connection, tenant.id, [Fact(register.ERASURE, receipt.id, body)], by)
    return receipt


def receipts(connection: Connection, tenant: Tenant) -> list[Receipt]:
    """Every receipt, the last first."""
    held = register.of_kind(connection, tenant.id, register.ERASURE)
    return [_held(each) for each in reversed(held)]


def receipt_of(connection: Connection, tenant: Tenant, id_: bytes) -> Receipt:
    """The receipt of this id. NotFound: there is none."""
    for each in register.entries(connection, tenant.id, [id_]):
        if each.entry.kind == register.ERASURE:
            return _held(each)
    raise NotFound(f"a receipt {uuid.UUID(bytes=id_)}")


def code(connection: Connection, tenant: Tenant, receipt: Receipt, now: datetime) -> str:
    """What leads to a page that says whether a receipt is the agency's, for who holds it."""
    expires = receipt.at + HOLDS_FOR
    return links.make(connection, tenant, links.RECEIPT, receipt.id, expires=expires, now=now)


def check(connection: Connection, given: str, now: datetime) -> tuple[Tenant, Receipt] | None:
    """The receipt that a code is of, and whose it is; None: it is no code of ours."""
    opened = links.redeem(connection, given, now)
    if isinstance(opened, links.Dead) or opened.purpose != links.RECEIPT:
        return None
    return opened.tenant, receipt_of(connection, opened.tenant, opened.subject)


def _held(held: register.Held) -> Receipt:
    body = held.entry.body
    return Receipt(
        id=held.subject,
        number=body["number"],
        at=datetime.fromisoformat(body["at"]),
        asked_by=body["asked_by"],
        reason=body["reason"],
        by=held.by,
        counts=body["counts"],
    )
