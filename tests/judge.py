"""How well a store found what is true of a demonstration agency.

People are named by NIP or NI PPPK, cases by person and programme, as in `ground-truth.json`.
`tests/test_demo.py` tests the judge.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, select

from lrs.store import tables

Truth = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Link:
    """A link that a store proposed: a case, by person (None: nobody known) and programme, and a
    piece of evidence, by its statement's id; `behaviour` where it is to be judged, too."""

    person: str | None
    programme: str
    evidence: str
    behaviour: str | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was right. Shares are 1.0 of nothing.

    `across` are links of a case of one person with evidence of another, which must not be.
    `right_behaviour` is the share of right links that also name the right behaviour. Completions
    are pairs of person and programme: `missed` true ones not found, `invented` found ones that
    are not true.
    """

    precision: float
    recall: float
    right_behaviour: float
    across: tuple[Link, ...]
    wrong: tuple[Link, ...]
    recall_by_signal: dict[str, float]
    completions_found: int
    missed: tuple[tuple[str, str], ...]
    invented: tuple[tuple[str, str], ...]


def judge(
    truth: Truth,
    links: Iterable[Link],
    completions: Iterable[tuple[str, str]],
    authors: Mapping[str, str] | None = None,
) -> Judgement:
    """Compare proposed links and completions found with the truth.

    `authors` says whose each piece of evidence truly is, by the statement's id (`authors_of`);
    without it, evidence of true links and of traps is known alone.
    """
    proposed = set(links)
    true = {(each["person"], each["programme"], each["evidence"]): each for each in truth["links"]}
    whose = {
        each["evidence"]: each["person"] for each in (*truth["links"], *truth["traps"])
    } | dict(authors or {})
    pairs = {(each.person, each.programme, each.evidence) for each in proposed}
    right = pairs & true.keys()
    named = {
        (each.person, each.programme, each.evidence): each.behaviour
        for each in proposed
        if each.behaviour
    }
    agree = [true[pair]["behaviour"] == named[pair] for pair in right if pair in named]
    signals = sorted({each["signal"] for each in true.values()})
    found, really = set(completions), completed(truth)
    return Judgement(
        precision=_share(len(right), len(pairs)),
        recall=_share(len(right), len(true)),
        right_behaviour=_share(sum(agree), len(agree)),
        across=tuple(
            each
            for each in _sorted(proposed)
            if each.evidence in whose and whose[each.evidence] != each.person
        ),
        wrong=tuple(
            each
            for each in _sorted(proposed)
            if (each.person, each.programme, each.evidence) not in true
        ),
        recall_by_signal={
            signal: _share(
                sum(true[pair]["signal"] == signal for pair in right),
                sum(each["signal"] == signal for each in true.values()),
            )
            for signal in signals
        },
        completions_found=len(found & really),
        missed=tuple(sorted(really - found)),
        invented=tuple(sorted(found - really)),
    )


def completed(truth: Truth) -> set[tuple[str, str]]:
    """Whose completions of which programmes arrived and stand."""
    return {
        (each["person"], each["programme"]) for each in truth["cases"] if each["state"] == "active"
    }


def true_share(truth: Truth, horizon: int, as_of: date, review: int = 14) -> tuple[int, int]:
    """How many applied within so many days of the clock, of how many that are old enough.

    The population is that of M1: aged the horizon and the time for review, and not ended before.
    """
    applied = population = 0
    for each in truth["cases"]:
        clock = date.fromisoformat(each["clock"])
        due = clock + timedelta(days=horizon)
        ended = each["ended"] and date.fromisoformat(each["ended"]["day"])
        if each["state"] != "active" or due + timedelta(days=review) > as_of:
            continue
        days = [
            date.fromisoformat(one["first_day"]) for one in each["behaviours"] if one["first_day"]
        ]
        within = any(day <= due for day in days)
        if ended and ended < due and not within:
            continue
        population += 1
        applied += within
    return applied, population


def links_of(connection: Connection, tenant_id: int) -> list[Link]:
    """The links that a store's tenant holds in its tables, whatever their state."""
    people = numbers(connection, tenant_id)
    rows = connection.execute(
        select(
            tables.cases.c.subject,
            tables.programmes.c.iri,
            tables.links.c.evidence,
        )
        .join_from(tables.links, tables.cases, tables.links.c.case_id == tables.cases.c.id)
        .join(tables.programmes, tables.programmes.c.digest == tables.cases.c.programme)
        .where(tables.links.c.tenant_id == tenant_id)
    )
    return [
        Link(people.get(bytes(subject)), bytes(iri).decode(), str(uuid.UUID(bytes=bytes(evidence))))
        for subject, iri, evidence in rows
    ]


def completions_of(connection: Connection, tenant_id: int) -> list[tuple[str, str]]:
    """Whose completions of which programmes have an open case; of people not known, none."""
    people = numbers(connection, tenant_id)
    rows = connection.execute(
        select(tables.cases.c.subject, tables.programmes.c.iri)
        .join_from(
            tables.cases, tables.programmes, tables.programmes.c.digest == tables.cases.c.programme
        )
        .where(tables.cases.c.tenant_id == tenant_id, tables.cases.c.state == "open")
    )
    return [
        (people[bytes(subject)], bytes(iri).decode())
        for subject, iri in rows
        if bytes(subject) in people
    ]


def numbers(connection: Connection, tenant_id: int) -> dict[bytes, str]:
    """NIP or NI PPPK of each person of the register."""
    rows = connection.execute(
        select(tables.identifiers.c.person, tables.identifiers.c.text).where(
            tables.identifiers.c.tenant_id == tenant_id,
            tables.identifiers.c.kind.in_(["nip", "ni_pppk"]),
            tables.identifiers.c.state == "confirmed",
        )
    )
    return {bytes(person): bytes(text).decode() for person, text in rows}


def authors_of(truth: Truth, statements: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Whose each statement that came with an id truly is, as far as its actor says."""
    known = {_key(each): person["person"] for person in truth["people"] for each in _ids(person)}
    named = ((each.get("id"), _key(each["actor"])) for each in statements)
    return {identity: known[key] for identity, key in named if identity and key in known}


def _ids(person: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [
        {"account": {"homePage": each["homePage"], "name": each["name"]}}
        if each["kind"] == "account"
        else {"mbox": each["text"]}
        for each in person["identifiers"]
        if each["kind"] in ("account", "mbox")
    ]


def _key(actor: Mapping[str, Any]) -> str:
    account = actor.get("account")
    return f"{account['homePage']} {account['name']}" if account else str(actor.get("mbox"))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _sorted(links: Iterable[Link]) -> list[Link]:
    return sorted(links, key=lambda each: (each.evidence, each.programme, each.person or ""))
