"""Evidence as pages show it: what it says, who says so, and its files, a page at a time.

What somebody sent is text, a picture of ours, or a download; nothing of it runs in the reader's
session. Each file answers with a policy of its own that allows nothing, and a browser is told what
it is by what is in it, never by what the sender called it.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import quote

from flask import Response, redirect, render_template, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import casework, pictures
from lrs.errors import NotFound
from lrs.i18n import N_, _
from lrs.learning import PracticeEvent
from lrs.practice import files, records
from lrs.practice.cases import date_of
from lrs.store import cases, practice, statements
from lrs.store.accounts import Tenant
from lrs.web import reach, site, told
from lrs.web.forms import Form
from lrs.web.rooms import Here, Room, here
from lrs.web.words import as_moment, short_day
from lrs.xapi.statements import parse

ROOM = Room("evidence")

#: What a page shows as a picture: nothing in these runs.
SHOWN: Final = ("image/jpeg", "image/png", "image/gif", "image/webp")
PDF: Final = "application/pdf"
PLAIN: Final = ("text/plain", "text/csv")

#: For a file: it may do nothing, wherever a browser opens it.
SANDBOX: Final = "sandbox; default-src 'none'; frame-ancestors 'none'"

#: Signs of a text file that a page shows.
SIGNS: Final = 20_000

_WHY: Final = {
    "time": N_("Drawing this page took too long. Download the file to see it."),
    "memory": N_("Drawing this page took too much memory. Download the file to see it."),
    "busy": N_("Many pages are being drawn just now. Try again in a moment."),
    "encrypted": N_("The document is locked with a password. Ask for one without."),
}
_BROKEN: Final = N_("The document is broken and cannot be shown. Ask for it once more.")


@dataclass(frozen=True, slots=True)
class File:
    """A file of a piece of evidence: its place in the statement, and what the statement says of
    it. `kept` False: only its address or its digest came."""

    n: int
    name: str
    content_type: str
    size: int
    sha2: str
    kept: bool

    @property
    def paged(self) -> bool:
        """Whether it is looked at a page at a time."""
        return self.kept and self.content_type == PDF

    @property
    def picture(self) -> bool:
        return self.kept and self.content_type in SHOWN

    @property
    def seen(self) -> bool:
        """Whether a page can show it."""
        return self.kept and self.content_type in (PDF, *SHOWN, *PLAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of evidence: what is said of somebody's work, in whatever way it came.

    `kind` is a word of `told.KINDS`, `by` who says so (None: a system's record), `role` what they
    are to the learner. `day` is that of the work where it was told, `at` the moment of the record.
    `subjects` are the people whose work it tells of.
    """

    statement: bytes
    store: int
    kind: str
    title: str
    text: str
    by: str | None
    role: str
    day: date | None
    at: datetime
    platform: str | None
    rating: float | None
    files: tuple[File, ...]
    subjects: frozenset[bytes]
    voided: bool
    answer: bool = False
    keyed_by: bool = False

    @property
    def id(self) -> str:
        return self.statement.hex()

    @property
    def word(self) -> str:
        return _(told.KINDS.get(self.kind, self.kind))


def piece(connection: Connection, tenant: Tenant, statement: bytes) -> Piece | None:
    """A piece of evidence of a tenant; None where there is none of this id, or it shows nobody's
    work: then it is not for these pages."""
    row = None
    for store in (tenant.practice.id, tenant.learning.id):
        if row is None:
            row = statements.by_id(connection, store, statement)
    if row is None:
        return None
    tree = parse(row.body)
    record = records.read(tree) if row.store_id == tenant.practice.id else None
    subjects = practice.subjects_of_statement(connection, tenant.id, statement)
    if record is not None:
        subjects |= set(records.people(record))
    found: dict[str, Any]
    if isinstance(record, records.Evidence | records.Meeting | records.Answer):
        found = _of_record(connection, tenant, record)
    elif row.store_id == tenant.learning.id and (event := _event(connection, tenant, statement)):
        found = _of_event(tree, event)
    else:
        return None
    return Piece(
        statement=statement,
        store=row.store_id,
        at=as_moment(row.position) if record is not None else _timestamp(tree, row.position),
        files=_files(connection, row.store_id, tree),
        subjects=frozenset(subjects),
        voided=row.voided,
        answer=isinstance(record, records.Answer)
        or (isinstance(record, records.Evidence) and record.answers),
        **found,
    )


def _of_record(
    connection: Connection,
    tenant: Tenant,
    record: records.Evidence | records.Meeting | records.Answer,
) -> dict[str, Any]:
    by = record.rater if isinstance(record, records.Answer) else record.by
    whose = {} if by is None else told.named(connection, tenant, [records.actor_id(by)])
    found: dict[str, Any] = {
        "by": next(iter(whose.values()), None),
        "role": record.role,
        "platform": None,
        "rating": None,
    }
    if isinstance(record, records.Evidence):
        return found | {
            "kind": record.of,
            "title": record.title,
            "text": record.text,
            "day": record.performed_on,
            "rating": record.rating,
            "keyed_by": record.keyed_by is not None,
        }
    if isinstance(record, records.Meeting):
        title = record.title or record.text[:200]
        said = {"title": title, "text": record.text, "day": record.held_on}
        return found | said | {"kind": "check_in"}
    value = record.fields.get("value")
    return found | {
        "kind": "rating",
        "title": _("Answer on form %(form)s") % {"form": record.form},
        "text": str(record.fields.get("example") or record.fields.get("note") or ""),
        "day": record.observed_on,
        "rating": value / 4 if isinstance(value, int) else None,
    }


def _event(connection: Connection, tenant: Tenant, statement: bytes) -> PracticeEvent | None:
    found = cases.evidence_of(connection, tenant.id, statement)
    return found[0].event if found else None


def _of_event(tree: dict[str, Any], event: PracticeEvent) -> dict[str, Any]:
    title, _sep, rest = event.text.partition("\n")
    if len(title) > 200:
        title, rest = title[:200], event.text
    definition = (tree.get("object") or {}).get("definition") or {}
    names = [each for each in (definition.get("name") or {}).values() if isinstance(each, str)]
    return {
        "kind": event.kind,
        "title": names[0] if names else title,
        "text": event.text if names and event.text != names[0] else rest,
        "by": None if event.by is None else event.by.get("name") or _("somebody not known here"),
        "role": "",
        "day": event.performed_on,
        "platform": event.platform,
        "rating": event.rating,
    }


def logged(
    connection: Connection, tenant: Tenant, statement: bytes
) -> tuple[datetime, bool] | None:
    """When a statement of the learning store says it happened, and whether it is voided."""
    row = statements.by_id(connection, tenant.learning.id, statement)
    return None if row is None else (_timestamp(parse(row.body), row.position), row.voided)


def uuid_of(person: bytes) -> str:
    """A person's id as records write it."""
    return str(uuid.UUID(bytes=person))


def _timestamp(tree: dict[str, Any], position: int) -> datetime:
    try:
        return datetime.fromisoformat(tree["timestamp"].replace("Z", "+00:00"))
    except (KeyError, ValueError):
        return as_moment(position)


def _files(connection: Connection, store: int, tree: dict[str, Any]) -> tuple[File, ...]:
    every = tree.get("attachments") or []
    keys = {each["sha2"]: statements.content_key(each["sha2"]) for each in every}
    lengths = statements.content_lengths(connection, store, sorted(set(keys.values())))
    return tuple(
        File(
            n,
            files.clean_name(next(iter(each.get("display", {}).values()), "") or _("File")),
            each["contentType"].partition(";")[0].strip().lower(),
            int(each["length"]),
            each["sha2"],
            keys[each["sha2"]] in lengths,
        )
        for n, each in enumerate(every)
    )


def content_of(connection: Connection, found: Piece, file: File) -> bytes:
    """The bytes of a file. Empty where only its digest came."""
    key = statements.content_key(file.sha2)
    return b"".join(statements.content(connection, found.store, key))


# Pages --------------------------------------------------------------------------------------


def find(connection: Connection, statement: str) -> Piece:
    """The piece of evidence of an address, for whoever may see it; else NotFound.

    What somebody answered about a person is not for that person, nor for their superior. Of a
    record about several, who may see it for one of them sees that it is there, and not its text.
    """
    there = here()
    found = piece(connection, there.tenant, hexes(statement, "evidence"))
    if found is None:
        raise NotFound(f"evidence {statement}")
    action = "answers/read" if found.answer else "evidence/read"
    may = reach.some(connection, there, action, found.subjects)
    of_nobody = not found.subjects and reach.within(connection, there, action) is None
    if not (may or of_nobody):
        raise NotFound(f"evidence {statement}")
    return found if may == found.subjects else replace(found, text="")


def hexes(text: str, what: str) -> bytes:
    """The sixteen bytes of an id in an address, spelt with or without hyphens."""
    try:
        return uuid.UUID(text).bytes
    except ValueError:
        raise NotFound(f"{what} {text[:40]}") from None


def _file(found: Piece, n: int) -> File:
    if not 0 <= n < len(found.files) or not found.files[n].kept:
        raise NotFound(f"file {n} of evidence {found.id}")
    return found.files[n]


@ROOM.page("/evidence/<statement>", "evidence/read", narrowed=True)
def one(statement: str) -> str:
    """A piece of evidence with its files."""
    return _one(statement, Form())


def _one(statement: str, form: Form) -> str:
    there = here()
    with there.read() as connection:
        found = find(connection, statement)
        subjects = reach.some(connection, there, "evidence/read", found.subjects)
        whose = cases.names_of(connection, there.tenant.id, subjects)
        mine = _may_take_back(connection, there, found)
    there.saw("evidence", found.id)
    return render_template(
        "evidence.html",
        piece=found,
        whose=sorted(whose.values()),
        raters=told.RATERS,
        form=form,
        mine=mine,
    )


def _may_take_back(connection: Connection, there: Here, found: Piece) -> bool:
    """Whether it was handed in here and stands, and the reader may take it back: who handed it in,
    or the training admin."""
    record = cases.record(connection, there.tenant.id, found.statement)
    if found.voided or not isinstance(record, records.Evidence):
        return False
    person = uuid.UUID(record.person).bytes
    own = _anybodys(there) or record.by == there.reviewer(connection)
    return own and reach.reaches(connection, there, "evidence/write", person)


def _anybodys(there: Here) -> bool:
    return "admin" in there.user.roles


@ROOM.page("/evidence/<statement>/take-back", "evidence/write", methods=("POST",), narrowed=True)
def take_back(statement: str) -> Answer | tuple[str, int]:
    """Take back what was handed in: it counts no more, and the history keeps that it did."""
    there, form = here(), Form.sent()
    form.need("why")
    with there.read() as connection:
        found = find(connection, statement)
        if not _may_take_back(connection, there, found):
            raise NotFound(f"evidence {statement} to take back")
    others = _anybodys(there)

    def work(connection: Connection) -> None:
        casework.take_back_evidence(
            connection,
            there.tenant,
            statement=found.statement,
            by=there.reviewer(connection),
            why=form["why"][:500],
            now=there.now,
            others=others,
        )
        there.did(connection, "evidence/undone", f"evidence {found.id}")

    if not form.sound:
        return _one(statement, form), 400
    there.write(work)
    site.say(_("Taken back. It counts no more."))
    return redirect(url_for("web.evidence.one", statement=statement), 303)


@ROOM.page("/evidence/<statement>/<int:n>", "evidence/read", narrowed=True)
def file(statement: str, n: int) -> Response:
    """A file as it came: a picture that a page shows, anything else as a download."""
    with here().read() as connection:
        found = find(connection, statement)
        wanted = _file(found, n)
        content = content_of(connection, found, wanted)
    here().saw("evidence", f"{found.id} file {n}")
    seen = files.kind(content, wanted.name) or "application/octet-stream"
    inline = wanted.content_type in SHOWN and seen in SHOWN
    answer = Response(content, content_type=seen if inline else "application/octet-stream")
    guard(answer, "inline" if inline else "attachment", wanted.name)
    return answer


def guard(answer: Response, how: str, name: str) -> None:
    """Have a file that somebody sent do nothing, wherever a browser opens it."""
    answer.headers["Content-Security-Policy"] = SANDBOX
    answer.headers["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(name, safe='')}"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page of a file as it is shown: a picture, or text, or why there is neither."""

    piece: Piece
    file: File
    page: int
    pages: int | None = None
    text: str = ""
    why: str = ""

    @property
    def rests_on(self) -> str:
        """How a verdict names it."""
        return leaf_name(self.file.name, self.page if self.file.paged else None)


def leaf_name(name: str, page: int | None) -> str:
    """How a verdict names a page of a file that it rests on."""
    return f"{name}#page={page}" if page is not None else name


@ROOM.page("/evidence/<statement>/<int:n>/page/<int:page>", "evidence/read", narrowed=True)
def leaf(statement: str, n: int, page: int) -> str:
    """A page of a file: its picture, what stands on it, and the way to the next."""
    with here().read() as connection:
        found = find(connection, statement)
        wanted = _file(found, n)
        content = b"" if wanted.picture else content_of(connection, found, wanted)
    here().saw("evidence", f"{found.id} file {n}")
    return render_template("leaf.html", leaf=_leaf(found, wanted, page, content))


def _leaf(found: Piece, wanted: File, page: int, content: bytes) -> Leaf:
    if wanted.picture:
        return Leaf(found, wanted, 1, 1)
    if wanted.content_type in PLAIN:
        text = content[: 4 * SIGNS].decode("utf-8", "replace")[:SIGNS]
        return Leaf(found, wanted, 1, 1, text=text)
    if not wanted.paged:
        return Leaf(found, wanted, 1, 1, why=_("This kind of file is shown by no page here."))
    try:
        drawn = pictures.picture(wanted.sha2, content, page)
    except pictures.Unseen as unseen:
        if unseen.why == "page" and unseen.pages:
            said = _("The document has only %(pages)s pages.") % {"pages": unseen.pages}
            return Leaf(found, wanted, page, unseen.pages, why=said)
        return Leaf(found, wanted, page, unseen.pages, why=_(_WHY.get(unseen.why, _BROKEN)))
    return Leaf(found, wanted, page, drawn.pages, text=drawn.text)


@ROOM.page("/evidence/<statement>/<int:n>/page/<int:page>/picture", "evidence/read", narrowed=True)
def picture(statement: str, n: int, page: int) -> Response:
    """The picture of a page, drawn here."""
    with here().read() as connection:
        found = find(connection, statement)
        wanted = _file(found, n)
        content = content_of(connection, found, wanted)
    if not wanted.paged:
        raise NotFound(f"page {page} of file {n} of evidence {found.id}")
    try:
        drawn = pictures.picture(wanted.sha2, content, page)
    except pictures.Unseen:
        raise NotFound(f"page {page} of file {n} of evidence {found.id}") from None
    answer = Response(drawn.png, content_type="image/png")
    guard(answer, "inline", f"{wanted.name}-{page}.png")
    return answer


# What a verdict rests on --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ground:
    """Something that a verdict may rest on: how the verdict names it, and in words."""

    value: str
    words: str
    paged: bool = False


def grounds(found: Piece | None, answers: list[cases.Answer]) -> list[Ground]:
    """What a verdict on this evidence may rest on: its files, answers on the case, itself."""
    return list(_grounds(found, answers))


def _grounds(found: Piece | None, answers: list[cases.Answer]) -> Iterator[Ground]:
    if found is not None:
        for each in found.files:
            if each.kept:
                yield Ground(each.name, each.name, each.paged)
        day = short_day(found.day or date_of(found.at))
        yield Ground(
            f"record {uuid.UUID(bytes=found.statement)}",
            _("The record itself, of %(day)s") % {"day": day},
        )
    for answer in answers:
        if answer.role != records.SELF and answer.observed:
            yield Ground(f"answer {uuid.UUID(bytes=answer.statement)}", answer_words(answer))


def answer_words(answer: cases.Answer) -> str:
    """An answer as a line: who answered, when, in which window."""
    return _("Answer of %(who)s, form %(form)s, %(day)s") % {
        "who": answer.rater_name or _(told.RATERS.get(answer.role, answer.role)),
        "form": answer.form,
        "day": short_day(answer.day),
    }


def rests_in_words(value: str) -> str:
    """What a verdict rests on, as people read it."""
    if value.startswith("record "):
        return _("the record itself")
    if value.startswith("answer "):
        return _("an answer on the case")
    name, sign, page = value.rpartition("#page=")
    if sign and page.isdecimal():
        return _("%(name)s, page %(page)s") % {"name": name, "page": page}
    return value
