"""Letters of the follow-up: claims one that is due, writes it, sends it, notes what became of it.

A letter goes out at most once. It is claimed and committed as `sending` first; a worker that dies
between that and the mail server's answer leaves a letter that becomes `unsure`, is shown to the
admin, and is never sent again by itself: a superior who gets a letter twice trusts neither. What
the mail server surely did not take is tried again, later and later, for some days.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from lrs import followup, mail
from lrs.auth import links
from lrs.errors import NotFound
from lrs.followup import micros
from lrs.mail import Mailer, NotSent, Undeliverable, Unsure
from lrs.settings import Settings
from lrs.store import invitations, practice, register
from lrs.store.accounts import Tenant
from lrs.store.engine import Database
from lrs.store.invitations import ESCALATE, INVITE, RECEIPT, REMIND, UNIT, Letter

#: A letter that is being sent for so long is sent by nobody any more.
FORSAKEN: Final = timedelta(minutes=15)

#: How often a letter is tried that the mail server did not take, and how long after the first
#: try at most the next one comes.
TRIES: Final = 20
LATEST: Final = timedelta(hours=6)

_UNIT_LINK: Final = timedelta(days=30)
_DISOWN_LINK: Final = timedelta(days=60)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A letter that was claimed: ready to be sent, or the reason why it is not."""

    letter: mail.Letter | None
    why: str = ""
    needless: bool = False


def send_due(
    database: Database, tenant: Tenant, mailer: Mailer, settings: Settings, now: datetime
) -> int:
    """Send every letter that is due; answers how many were dealt with."""
    with database.read() as connection:
        due = invitations.letters_due(connection, tenant.id, micros(now))
    return sum(send(database, tenant, each, mailer, settings, now) for each in due)


def send(
    database: Database,
    tenant: Tenant,
    letter: Letter,
    mailer: Mailer,
    settings: Settings,
    now: datetime,
) -> bool:
    """Send one letter, unless somebody else has it. Whether it was dealt with here."""

    def claim(connection: Connection) -> _Ready | None:
        if not invitations.claim(connection, letter.id, micros(now)):
            return None
        return _write(connection, tenant, letter, settings, now)

    ready = database.write(claim)
    if ready is None:
        return False
    state, why, again = "sent", "", None
    if ready.letter is None:
        state, why = ("cancelled" if ready.needless else "undeliverable"), ready.why
    else:
        try:
            mailer.send(ready.letter)
        except Undeliverable as told:
            state, why = "undeliverable", str(told)
        except Unsure as told:
            state, why = "unsure", str(told)
        except NotSent as told:
            if letter.tries + 1 < TRIES:
                again = now + min(timedelta(minutes=5) * 2**letter.tries, LATEST)
                why = str(told)
            else:
                state, why = "undeliverable", f"given up: {told}"
    database.write(lambda connection: _note(connection, tenant, letter, state, why, again, now))
    log.info("letter", extra={"kind": letter.kind, "letter": letter.id.hex(), "state": state})
    return True


def give_up_forsaken(database: Database, tenant: Tenant, now: datetime) -> int:
    """Mark letters that a worker left behind in the middle of sending; answers how many."""

    def work(connection: Connection) -> int:
        found = invitations.unsure(connection, tenant.id, micros(now - FORSAKEN))
        for each in found:
            if each.kind == INVITE:
                why = "stopped while sending: it may have gone"
                invitations.sent(connection, tenant.id, each.round, "mail", micros(now), why)
        return len(found)

    return database.write(work)


def _note(
    connection: Connection,
    tenant: Tenant,
    letter: Letter,
    state: str,
    why: str,
    again: datetime | None,
    now: datetime,
) -> None:
    if again is not None:
        invitations.later(connection, letter.id, micros(again), why)
        return
    invitations.went(connection, letter.id, state, micros(now), why)
    if letter.kind == INVITE and state in ("sent", "unsure"):
        invitations.sent(connection, tenant.id, letter.round, "mail", micros(now), why)
    elif letter.kind in (INVITE, REMIND) and state == "undeliverable":
        invitations.undeliverable(connection, tenant.id, letter.round, why)


# Writing ------------------------------------------------------------------------------------


def _write(
    connection: Connection, tenant: Tenant, letter: Letter, settings: Settings, now: datetime
) -> _Ready:
    """The letter as it goes out, with its link; or why it does not."""
    known = invitations.facts(connection, tenant.id, [letter.person] if letter.person else [])
    whom = known.get(letter.person or b"", {})
    address = str(whom.get("mail") or "")
    try:
        told = _FACTS[letter.kind](connection, tenant, letter, settings, now)
    except NotFound:
        told = None
    if told is None:
        return _Ready(None, "it was not needed any more", True)
    if letter.person in practice.restricted(connection, tenant.id):
        return _Ready(None, "what is held of them is only kept", True)
    if not address:
        return _Ready(None, "no mail address is known")
    return _Ready(
        mail.write(
            letter.kind,
            address,
            str(whom.get("name") or ""),
            letter.id.hex(),
            str(whom.get("language") or settings.language),
            {"agency": tenant.name, **told},
        )
    )


def _of_round(
    connection: Connection, tenant: Tenant, letter: Letter, settings: Settings, now: datetime
) -> Mapping[str, Any] | None:
    page = followup.page(connection, tenant, letter.round, now)
    if not page.waiting:
        return None
    return {
        "role": page.role,
        "rows": _rows(page),
        "closes": page.closes,
        "url": followup.link_to(connection, tenant, page, settings.public_url, now),
    }


def _of_silence(
    connection: Connection, tenant: Tenant, letter: Letter, settings: Settings, now: datetime
) -> Mapping[str, Any] | None:
    page = followup.page(connection, tenant, letter.round, now)
    unit = followup.unit_of(connection, tenant, page.rater, now) if page.rater else None
    if not page.waiting or unit is None:
        return None
    url = _link(connection, tenant, links.UNIT, unit, _UNIT_LINK, settings, now)
    return {"about": page.name, "role": page.role, "rows": _rows(page), "url": url}


def _of_answer(
    connection: Connection, tenant: Tenant, letter: Letter, settings: Settings, now: datetime
) -> Mapping[str, Any] | None:
    given = invitations.forms_of_visit(connection, tenant.id, letter.round)
    given = [each for each in given if each.disowned is None]
    wanted = {each.invitation for each in given}
    held = invitations.by_id(connection, tenant.id, sorted(wanted))
    rows = [
        {"name": row.name, "programme": row.about.programme.title}
        for round_ in sorted({each.round for each in held})
        for row in followup.page(connection, tenant, round_, now).rows
        if row.invitation.id in wanted
    ]
    if not rows:
        return None
    url = _link(connection, tenant, links.DISOWN, letter.round, _DISOWN_LINK, settings, now)
    return {"who": given[0].who, "rows": rows, "url": url}


def _of_unit(
    connection: Connection, tenant: Tenant, letter: Letter, settings: Settings, now: datetime
) -> Mapping[str, Any] | None:
    told = register.units(connection, tenant.id).get(letter.round)
    if told is None:
        return None
    url = _link(connection, tenant, links.UNIT, letter.round, _UNIT_LINK, settings, now)
    return {"unit": told[0], "url": url}


_FACTS: Final = {
    INVITE: _of_round,
    REMIND: _of_round,
    ESCALATE: _of_silence,
    RECEIPT: _of_answer,
    UNIT: _of_unit,
}


def _rows(page: followup.Page) -> list[dict[str, str]]:
    return [{"name": row.name, "programme": row.about.programme.title} for row in page.waiting]


def _link(
    connection: Connection,
    tenant: Tenant,
    purpose: str,
    subject: bytes,
    lasts: timedelta,
    settings: Settings,
    now: datetime,
) -> str:
    token = links.make(connection, tenant, purpose, subject, expires=now + lasts, now=now)
    return f"{settings.public_url}/f/{token}"
