"""Names of what is worked out: 16-byte digests of what they are made of.

Not random, so that a replay gives the same ids, and nothing needs to be looked up to write one.
A tenant's number is part of each: two agencies have no name in common.
"""

import uuid
from hashlib import blake2b

#: Stands for none in keys, where a database cannot take NULL.
ZERO = bytes(16)

#: What we mint, for want of a word of others (docs/decisions/0008).
VOCABULARY = "https://w3id.org/xapi/jejak/"

#: Home page of the account that names a person of the register in our own statements; the
#: account's name is the person's UUID, which says nothing of them.
PEOPLE = f"{VOCABULARY}people"


def identifier(tenant_id: int, kind: str, text: str) -> bytes:
    """An identifier, as `lrs.xapi.actors.ifi` tells kind and text, or of a kind of the register."""
    return _name("identifier", tenant_id, kind, text)


def actor(tenant_id: int, kind: str, text: str) -> bytes:
    """Under what the events of an agent stand: a person's own id where the agent is the account
    by which our statements name people of the register, else its identifier."""
    home, _, name = text.partition("\n")
    if kind == "account" and home == PEOPLE:
        try:
            return uuid.UUID(name).bytes
        except ValueError:
            pass
    return identifier(tenant_id, kind, text)


def course(tenant_id: int, iri: str) -> bytes:
    """A course of an LMS."""
    return _name("course", tenant_id, iri)


def programme(tenant_id: int, iri: str) -> bytes:
    """A programme, in whatever version."""
    return _name("programme", tenant_id, iri)


def adapter(tenant_id: int, name: str) -> bytes:
    """A declared adapter, in whatever version."""
    return _name("adapter", tenant_id, name)


def behaviour(tenant_id: int, iri: str) -> bytes:
    """A behaviour that a programme expects."""
    return _name("behaviour", tenant_id, iri)


def unit(tenant_id: int, path: str) -> bytes:
    """A unit of the agency, by its path; case and spaces at the ends of its parts do not count."""
    parts = [" ".join(part.split()).casefold() for part in path.split("/")]
    return _name("unit", tenant_id, "/".join(parts))


def case(tenant_id: int, programme_digest: bytes, completion: bytes) -> bytes:
    """The case of a programme that began with this completion (a statement's id).

    For a course of no programme, the course's digest stands for the programme's.
    """
    return _name("case", tenant_id, programme_digest.hex(), completion.hex())


def enrolment(tenant_id: int, programme_digest: bytes, person: bytes, form: str) -> bytes:
    """What stands for a case where somebody is asked who has none: at enrolment, or since they
    never came (form G or H)."""
    return _name("enrolment", tenant_id, programme_digest.hex(), person.hex(), form)


def evaluators(tenant_id: int, programme_iri: str) -> bytes:
    """Who evaluates a programme (its IRI), or, where it is empty, all of an agency's."""
    return _name("evaluators", tenant_id, programme_iri)


def letterhead(tenant_id: int) -> bytes:
    """What stands at the head of an agency's papers."""
    return _name("letterhead", tenant_id)


def draw(tenant_id: int, programme_iri: str, cohort: str) -> bytes:
    """Which cases of a cohort were drawn for stories; an empty one is the whole programme."""
    return _name("draw", tenant_id, programme_iri, cohort)


def consent(tenant_id: int, case: bytes) -> bytes:
    """Whether the story of a case may be told."""
    return _name("consent", tenant_id, case.hex())


def following(tenant_id: int, programme_iri: str, cohort: str) -> bytes:
    """That a cohort of a programme is followed up; an empty one is the whole programme."""
    return _name("following", tenant_id, programme_iri, cohort)


def reasons(tenant_id: int) -> bytes:
    """The reasons that an agency's reviewers choose from."""
    return _name("reasons", tenant_id)


def dismissal(tenant_id: int, statement: bytes) -> bytes:
    """That what a statement of an LMS handed in is taken for no evidence."""
    return _name("dismissal", tenant_id, statement.hex())


def link(case_id: bytes, evidence: bytes, behaviour_digest: bytes) -> bytes:
    """The link of a case and a piece of evidence (a statement's id) for a behaviour."""
    return blake2b(b"link" + case_id + evidence + behaviour_digest, digest_size=16).digest()


def _name(kind: str, tenant_id: int, *parts: str) -> bytes:
    # No part holds a line feed but the last of an account, so no two lists read alike.
    text = "\n".join((kind, str(tenant_id), *parts))
    return blake2b(text.encode(), digest_size=16).digest()
