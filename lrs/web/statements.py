"""The statement browser: what came, as people read it and as it stands, and what became of it."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from flask import Response, abort, render_template
from msgspec.structs import replace
from sqlalchemy import Connection

from lrs import programmes, readings
from lrs.adapters import Adapters
from lrs.errors import NotFound
from lrs.i18n import _
from lrs.learning import LearningEvent
from lrs.papers import wording
from lrs.practice import names
from lrs.store import accounts, browse, cases, register, statements
from lrs.store.browse import Whose
from lrs.store.statements import Query, Row
from lrs.web import listing
from lrs.web.rooms import Here, Room, here
from lrs.xapi import actors, language
from lrs.xapi.attachments import attachments_of
from lrs.xapi.statements import Terms, Tree, parse, query_terms
from schemas.programmes import courses_of

ROOM = Room("statements")

_ADL: Final = "http://adlnet.gov/expapi/verbs/"

#: Verbs to choose from; a record's own page leads to all with its verb.
VERBS: Final = tuple(
    f"{_ADL}{each}"
    for each in (
        *("completed", "passed", "failed", "attempted", "experienced"),
        *("answered", "registered", "voided"),
    )
)

#: What is handed out for what it says it is. All else is nameless bytes.
_HARMLESS: Final = frozenset(
    {"application/pdf", "image/png", "image/jpeg", "image/webp", "text/plain", "text/csv"}
)

#: Nothing that was sent runs as a part of these pages.
INERT: Final = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A statement as a line that people read."""

    id: str
    actor: str
    person: str | None
    verb: str
    verb_iri: str
    object: str
    object_iri: str
    at: str
    stored: int
    attachments: int


@ROOM.page("/statements", "statements/read")
def every() -> str:
    """The newest first, narrowed by who, what, where and when."""
    there = here()
    with there.read() as connection:
        store = _store(there, listing.asked("store"))
        meant, terms = _terms(connection, there, store)
        query = Query(
            store_id=store.id,
            terms=terms,
            after=(listing.start_of(listing.asked_day("from")) or 0) - 1,
            until=(listing.end_of(listing.asked_day("to")) or statements.ALWAYS + 1) - 1,
            limit=listing.SIZE,
        )
        on = listing.after(int)
        if on is not None:
            query = replace(query, until=min(on, query.until))
        page = statements.select(connection, query)
        trees = [parse(body) for body in page.bodies]
        told = _told(connection, there, trees, page.positions)
        titles = [
            (names.programme(there.tenant.id, each.iri).hex(), each.title)
            for each in programmes.in_force(connection, there.tenant.id)
        ]
    more = None if page.more is None else listing.token(page.more.until)
    there.saw("statements", store_word(there, store))
    return render_template(
        "statements.html",
        listed=listing.Listed(told, more, on is None),
        verbs=_verbs(),
        programmes=titles,
        meant=meant,
        practice=there.may("evidence/read"),
    )


def store_word(there: Here, store: accounts.StoreRef) -> str:
    """`learning` or `practice`."""
    return "practice" if store.id == there.tenant.practice.id else "learning"


def _store(there: Here, word: str) -> accounts.StoreRef:
    """Which store is meant; that of practice is for who may see evidence."""
    return _tenant_store(there, word == "practice")


def _tenant_store(there: Here, practice_too: bool) -> accounts.StoreRef:
    may = practice_too and there.may("evidence/read")
    return there.tenant.practice if may else there.tenant.learning


def _verbs() -> list[tuple[str, str]]:
    chosen = listing.asked("verb")
    found = [(iri, wording.verb({"id": iri})) for iri in VERBS]
    if chosen and chosen not in VERBS:
        found.append((chosen, chosen))
    return found


def _terms(
    connection: Connection, there: Here, store: accounts.StoreRef
) -> tuple[list[str] | None, Terms]:
    """What is asked for, and whom the name that was asked for may mean (None: no name was)."""
    groups: list[tuple[bytes, ...]] = []
    meant: list[str] | None = None
    words, verb, activity = (listing.asked(name) for name in ("who", "verb", "activity"))
    if words:
        found = register.search(connection, there.tenant.id, words, browse.NAMESAKES)
        others = browse.called(connection, there.tenant.id, words)
        meant = sorted({name for _id, name in found} | {name for _id, name in others})
        agents = browse.agents_of(
            connection, there.tenant.id, [each for each, _n in found], [d for d, _n in others]
        )
        groups.append(_any(query_terms(store.salt, agent=agent) for agent in agents))
    if verb:
        groups += query_terms(store.salt, verb=verb)
    if activity:
        groups += query_terms(store.salt, activity=activity, related_activities=True)
    if listing.asked("programme"):
        wanted = listing.asked("programme")
        courses = {
            course
            for each in programmes.in_force(connection, there.tenant.id)
            if names.programme(there.tenant.id, each.iri).hex() == wanted
            for course in courses_of(each)
        }
        groups.append(
            _any(
                query_terms(store.salt, activity=course, related_activities=True)
                for course in sorted(courses)
            )
        )
    return meant, tuple(groups)


def _any(terms: Iterator[Terms]) -> tuple[bytes, ...]:
    """One group of which any term suffices; of none, one that nothing meets."""
    found = tuple(dict.fromkeys(term for groups in terms for term in groups[0]))
    return found or (bytes(16),)


def _told(
    connection: Connection, there: Here, trees: list[Tree], positions: list[int]
) -> list[Told]:
    digests = {}
    for n, tree in enumerate(trees):
        told = actors.ifi(tree["actor"])
        if told is not None:
            digests[n] = names.identifier(there.tenant.id, *told)
    known = browse.whose(connection, there.tenant.id, digests.values())
    return [
        _line(there, tree, position, known.get(digests.get(n, b"")))
        for n, (tree, position) in enumerate(zip(trees, positions, strict=True))
    ]


def _line(there: Here, tree: Tree, position: int, whose: Whose | None) -> Told:
    thing, kind = tree["object"], tree["object"].get("objectType", "Activity")
    what = str(thing.get("id", ""))
    if kind in ("Agent", "Group"):
        what = agent_name(thing)
    elif kind == "SubStatement":
        what = _("a statement within it")
    else:
        what = in_words(there, (thing.get("definition") or {}).get("name")) or what
    person = None if whose is None or whose.person is None else str(uuid.UUID(bytes=whose.person))
    return Told(
        tree["id"],
        (whose and whose.name) or agent_name(tree["actor"]),
        person,
        wording.verb(tree["verb"]),
        tree["verb"]["id"],
        what,
        str(thing.get("id", "")),
        str(tree.get("timestamp", "")),
        position,
        sum(1 for _each in attachments_of(tree)),
    )


def in_words(there: Here, said: Any) -> str:
    """One of the languages in which something is said, the reader's if it is among them."""
    if not isinstance(said, dict) or not said:
        return ""
    chosen = language.negotiate(said, there.locale)
    return str(next(iter(chosen.values()), ""))


def agent_name(agent: Tree) -> str:
    """What an agent is called, or known by."""
    if agent.get("name"):
        return str(agent["name"])
    account = agent.get("account") or {}
    told = agent.get("mbox") or account.get("name") or agent.get("openid")
    return str(told or agent.get("mbox_sha1sum") or _("a group")).removeprefix("mailto:")


# One ----------------------------------------------------------------------------------------


def _row(connection: Connection, there: Here, statement: str) -> tuple[Row, accounts.StoreRef]:
    """Raises NotFound, also for one of the practice store where it is not to be seen."""
    try:
        identity = uuid.UUID(statement).bytes
    except ValueError:
        raise NotFound(f"a statement {statement}") from None
    for store in dict.fromkeys((_tenant_store(there, False), _tenant_store(there, True))):
        row = statements.by_id(connection, store.id, identity)
        if row is not None:
            return row, store
    raise NotFound(f"a statement {statement}")


@ROOM.page("/statements/<statement>", "statements/read")
def one(statement: str) -> str:
    """One statement: what it says, what became of it, and how it stands in the log."""
    there = here()
    with there.read() as connection:
        row, store = _row(connection, there, statement)
        tree = parse(row.body)
        (told,) = _told(connection, there, [tree], [row.position])
        source = next(
            (s.name for s in accounts.sources(connection, there.tenant) if s.id == row.source_id),
            None,
        )
        files = _files(connection, store, tree)
        own = store.id == there.tenant.practice.id
        reading = None if own else _reading(connection, there, told.id)
        about = _cases(connection, there, tree, told.id) if there.may("cases/read") else []
    there.saw("statement", told.id)
    return render_template(
        "statement.html",
        told=told,
        row=row,
        source=source,
        tree=tree,
        pretty=msgspec.json.format(row.body, indent=2).decode(),
        raw=row.body.decode(),
        files=files,
        reading=reading,
        cases=about,
        store=store_word(there, store),
    )


def _cases(connection: Connection, there: Here, tree: Tree, statement: str) -> list[cases.Case]:
    """The cases that this statement opened or belongs to."""
    told = actors.ifi(tree["actor"])
    if told is None:
        return []
    digest = names.identifier(there.tenant.id, *told)
    whose = browse.whose(connection, there.tenant.id, [digest]).get(digest)
    subject = whose.person if whose is not None and whose.person is not None else digest
    identity = uuid.UUID(statement).hex
    found = browse.cases_of_completion(connection, there.tenant.id, subject, identity)
    made = (cases.case(connection, there.tenant.id, each) for each in found)
    return [each for each in made if each is not None]


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a statement says: its kind, of which course, and by what it may be matched."""

    kind: str
    course: str
    by: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Read:
    """What the adapters made of a statement: who spoke, what they said, who passed and why."""

    adapter: str | None
    said: list[Said]
    passed: list[tuple[str, str]]


def _reading(connection: Connection, there: Here, statement: str) -> Read:
    adapters, identity = Adapters.installed(), uuid.UUID(statement)
    return read_as(readings.explain(connection, there.tenant, adapters, identity))


def read_as(told: readings.Explained) -> Read:
    """How a statement is read, in the reader's words."""
    reading = told.reading
    adapter = f"{told.rule[0]} ({told.rule[1]})" if told.rule else reading.adapter
    events = []
    for each in reading.events:
        if isinstance(each, LearningEvent):
            events.append(Said(each.kind, each.course, []))
        else:
            by = [(_(word), ", ".join(values)) for word, values in readings.matched_by(each)]
            events.append(Said(each.kind, "", by))
    return Read(adapter, events, list(reading.passed))


# Attachments --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class File:
    """An attachment of a statement; `size` None: it is not here, only spoken of."""

    name: str
    content_type: str
    sha2: str
    size: int | None
    url: str | None


def _files(connection: Connection, store: accounts.StoreRef, tree: Tree) -> list[File]:
    every = [each for _path, each in attachments_of(tree)]
    keys = {str(each.get("sha2", "")): _key(each) for each in every}
    held = statements.content_lengths(
        connection, store.id, [key for key in keys.values() if key is not None]
    )
    found = []
    for each in every:
        sha2 = str(each.get("sha2", ""))
        key = keys[sha2]
        found.append(
            File(
                in_words(here(), each.get("display")) or sha2[:12],
                str(each.get("contentType", "")),
                sha2,
                None if key is None else held.get(key),
                str(each["fileUrl"]) if each.get("fileUrl") else None,
            )
        )
    return found


def _key(attachment: Tree) -> bytes | None:
    try:
        return statements.content_key(str(attachment.get("sha2", "")))
    except ValueError:
        return None


@ROOM.page("/statements/<statement>/files/<sha2>", "statements/read")
def file(statement: str, sha2: str) -> Response:
    """An attachment, as a download that nothing runs in."""
    there = here()
    with there.read() as connection:
        row, store = _row(connection, there, statement)
        tree = parse(row.body)
        found = next((f for f in _files(connection, store, tree) if f.sha2 == sha2), None)
    if found is None or found.size is None:
        abort(404)
    there.saw("file", f"{tree['id']} {sha2[:16]}")
    database, key = there.context.database, statements.content_key(sha2)

    def parts() -> Iterator[bytes]:
        with database.read() as connection:
            yield from statements.content(connection, store.id, key)

    answer = Response(parts(), headers=INERT)
    media = found.content_type.partition(";")[0].strip().lower()
    answer.headers["Content-Type"] = media if media in _HARMLESS else "application/octet-stream"
    answer.headers["Content-Length"] = str(found.size)
    answer.headers.set("Content-Disposition", "attachment", filename=file_name(found.name, media))
    return answer


_ENDINGS: Final = {
    "application/pdf": ".pdf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "text/plain": ".txt",
    "text/csv": ".csv",
}


def file_name(said: str, media: str) -> str:
    """A name under which a file may be kept: letters and digits of what it was called, and the
    ending of what it is, so that nothing starts when it is opened."""
    words = re.sub(r"[^\w. -]+", " ", said, flags=re.ASCII).strip(" .")[:80] or "file"
    ending = _ENDINGS.get(media, ".bin")
    return words if words.lower().endswith(ending) else f"{words}{ending}"
