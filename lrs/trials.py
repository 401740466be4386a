"""Rules tried before they are entered: which links they would propose, and for what reasons.

The projector's own work, done without writing: the log is read for what the rules name, and whom
that concerns is worked out as if the programmes were in force.
"""

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import msgspec
from sqlalchemy import Connection

from lrs import programmes, workplace
from lrs.learning import PracticeEvent
from lrs.practice import names
from lrs.practice.matching import Signal
from lrs.practice.programmes import Programme, Rule
from lrs.projector import Reader, foresee, named
from lrs.store import register, tables
from lrs.store.accounts import Tenant
from lrs.store.practice import Stored, Values
from schemas.programmes import courses_of

#: How many links are shown of those that would be proposed.
SAMPLE = 20

_EPOCH = date(1970, 1, 1)
_LINK = {column.name: n for n, column in enumerate(tables.links.columns)}
_CASE = {column.name: n for n, column in enumerate(tables.cases.columns)}


@dataclass(frozen=True, slots=True)
class Line:
    """A link that would be proposed. `person` is None for an account nobody knows yet; `what` is
    what the evidence says of itself."""

    person: uuid.UUID | None
    name: str
    programme: str
    behaviour: str | None
    statement: uuid.UUID
    what: str
    performed: date
    placed: str
    weight: int
    signals: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """What rules would do: so many links in `total` that are not there now, `by_behaviour` (None:
    the evidence does not tell which), a `sample` drawn by chance; `gone` are links that are
    proposed now and would no longer be. `read` tells how many statements were looked at.
    """

    total: int
    by_behaviour: tuple[tuple[str | None, int], ...]
    sample: tuple[Line, ...]
    gone: int
    read: int


def try_rules(
    connection: Connection,
    tenant: Tenant,
    adapters: Reader,
    given: Sequence[Programme],
    *,
    sample: int = SAMPLE,
) -> Trial:
    """Which links there would be that are not there now, were these programmes in force beside
    those that are not among them. Writes nothing. Refused: they may not be (a course is taken)."""
    programmes.plan(connection, tenant.id, given)
    standing = {each.iri: each for each in programmes.in_force(connection, tenant.id)}
    every = {**standing, **{each.iri: each for each in given}}
    rules: list[Rule] = []
    courses: set[str] = set()
    iris: set[str] = set()
    reworded = False
    for each in given:
        old = standing.get(each.iri, Programme(iri=each.iri, title=each.title))
        rules += _differing(old.rules, each.rules)
        if replace(old, rules=()) != replace(each, rules=()):
            courses |= courses_of(old) | courses_of(each)
        iris |= {it.iri for it in old.behaviours} ^ {it.iri for it in each.behaviours}
        iris |= {each.iri} - standing.keys()
        reworded |= {it.text for it in old.behaviours} != {it.text for it in each.behaviours}
    searches: set[str] = set()
    if reworded:  # whatever tells of work may be told in these words
        searches |= workplace.spellings() | _verbs(
            it for each in every.values() for it in each.rules
        )
    searches |= _verbs(rules) | set(named(iris))
    found = foresee(
        connection,
        tenant,
        adapters,
        list(every.values()),
        {""} if "" in searches else searches,
        lambda stored: _accepted(stored, rules),
        courses,
    )
    new = sorted(found.after.keys() - found.before.keys())
    links = [found.after[link] for link in new]
    counts = Counter(json.loads(row[_LINK["body"]]).get("behaviour") for row in links)
    return Trial(
        len(links),
        tuple(sorted(counts.items(), key=lambda each: (-each[1], each[0] or ""))),
        # Ids of links are digests: the first of them are drawn by chance, and always the same.
        tuple(_lines(connection, tenant, links[:sample], found.cases, every.values())),
        len(found.before.keys() - found.after.keys()),
        found.read,
    )


def _verbs(rules: Iterable[Rule]) -> set[str]:
    """What the log is searched for, for these rules; empty stands for all of it."""
    return {verb for rule in rules for verb in (rule.verbs or ("",))}


def _differing(old: Sequence[Rule], new: Sequence[Rule]) -> list[Rule]:
    return [rule for rule in (*old, *new) if rule not in old or rule not in new]


def _accepted(stored: Stored, rules: Iterable[Rule]) -> bool:
    if stored.course != names.ZERO:
        return False
    event = msgspec.json.decode(stored.body, type=PracticeEvent)
    return any(rule.accepts(event) for rule in rules)


def _lines(
    connection: Connection,
    tenant: Tenant,
    links: Sequence[Values],
    cases: dict[bytes, Values],
    every: Iterable[Programme],
) -> Iterable[Line]:
    subjects = {row[_LINK["subject"]] for row in links}
    people = register.people(connection, tenant.id, subjects)
    titles = {names.programme(tenant.id, each.iri): each.title for each in every}
    for row in links:
        body = json.loads(row[_LINK["body"]])
        subject, case = row[_LINK["subject"]], cases[row[_LINK["case_id"]]]
        person = people.get(subject)
        yield Line(
            uuid.UUID(bytes=subject) if person else None,
            person.name if person else "",
            titles.get(case[_CASE["programme"]], ""),
            body.get("behaviour"),
            uuid.UUID(bytes=row[_LINK["evidence"]]),
            body.get("title", ""),
            _EPOCH + timedelta(days=row[_LINK["performed_day"]]),
            row[_LINK["placed"]],
            row[_LINK["weight"]],
            tuple(Signal(**each) for each in body["signals"]),
        )
