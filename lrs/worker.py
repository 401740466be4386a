"""What is done without anybody asking: small duties, one after another, until told to stop.

The worker is a process of its own, on SQLite too (docs/decisions/0015). Each duty works in short
transactions and may be done by several workers at once.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial

from sqlalchemy import Connection

from lrs import followup, projector, refusals, reminders, webhooks
from lrs.adapters import Adapters
from lrs.context import Context
from lrs.mail import Post
from lrs.papers import counted
from lrs.practice.cases import ZONE
from lrs.store import accounts, duties, engine, invitations, sessions, waiting

#: How far back it is worth looking whether a sender has sent again what was refused. Moodle does
#: so by itself within hours, or when an admin presses a button.
LOOK_BACK = timedelta(days=31)

#: How long a report or a scan waits for somebody to come back to it.
WAITS = timedelta(days=30)

#: How many steps a projector takes for one tenant before the others have their turn.
STEPS = 20

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to do `every` so many seconds; `run` answers how many things it changed."""

    name: str
    every: float
    run: Callable[[Context], int]


def settle_refusals(context: Context) -> int:
    """Tick off what fell with a refused batch and that its sender got stored since, by itself."""
    since = int((context.clock() - LOOK_BACK).timestamp() * 1_000_000)
    with context.database.read() as connection:
        tenants = accounts.tenants(connection)
    return sum(refusals.settle(context.database, tenant, since) for tenant in tenants)


def tidy_database(context: Context) -> int:
    """Give SQLite what a database server does for itself: statistics, and a short journal."""
    return engine.tidy(context.database)


def project(context: Context) -> int:
    """Work out what came in since: who takes part in what, and the practice cases it opens."""
    with context.database.read() as connection:
        tenants = accounts.tenants(connection)
    adapters = _adapters()
    return sum(
        projector.catch_up(context.database, tenant, adapters, most=STEPS) for tenant in tenants
    )


def follow_up(context: Context) -> int:
    """Ask who is to be asked today, remind who stays silent: letters that go out by `send_letters`.

    On working days and in working hours, so that nobody's phone rings at night. The plan is made
    beside other writes, and only entered in one.
    """
    now = context.clock()
    local = now.astimezone(ZONE)
    if local.weekday() > 4 or not 7 <= local.hour < 17:
        return 0
    rules = followup.rules(context.settings)
    with context.database.read() as connection:
        plans = [
            (tenant, followup.plan(connection, tenant, now, rules)[0])
            for tenant in accounts.tenants(connection)
            if followup.followed(connection, tenant)
        ]
    changed = 0
    for tenant, plan in plans:
        enter = partial(followup.enter, tenant=tenant, made=plan, now=now, rules=rules)
        done = context.database.write(enter)
        changed += sum(done.made.values()) + done.settled + done.letters
    return changed


def send_letters(context: Context) -> int:
    """Send the letters that are due, where the settings name a mail server and our own address."""
    mailer = Post.from_settings(context.settings)
    if mailer is None or not context.settings.public_url:
        return 0
    now = context.clock()
    with context.database.read() as connection:
        tenants = accounts.tenants(connection)
    return sum(
        reminders.give_up_forsaken(context.database, tenant, now)
        + reminders.send_due(context.database, tenant, mailer, context.settings, now)
        for tenant in tenants
    )


@cache
def _adapters() -> Adapters:
    return Adapters.installed()


def announce(context: Context) -> int:
    """Write down what is news for who wants to be told of it, and send it in a thread of its own:
    a receiver that is slow must not keep cases from opening."""
    with context.database.read() as connection:
        tenants = accounts.tenants(connection)
    found = sum(webhooks.announce(context.database, each, context.clock()) for each in tenants)
    if _sending.acquire(blocking=False):
        threading.Thread(
            target=_send_webhooks, args=(context,), name="jejak-webhooks", daemon=True
        ).start()
    return found


_sending = threading.Lock()


def _send_webhooks(context: Context) -> None:
    try:
        webhooks.send_due(context.database, context.clock, context.settings.webhook_targets)
    except Exception as error:
        log.error("duty_failed", exc_info=error, extra={"duty": "send_webhooks"})
    finally:
        _sending.release()


def count_figures(context: Context) -> int:
    """Count ahead what readers will ask for, so that no page of a large agency has to; and rest
    many times as long as it took."""
    if time.monotonic() < _counting["not before"]:
        return 0
    now, days = context.clock(), context.settings.review_days
    with context.database.read() as connection:
        tenants = accounts.tenants(connection)
    told = [counted.ahead(context.database, each.id, now, days) for each in tenants]
    spent = sum(seconds for _, seconds in told)
    _counting["not before"] = time.monotonic() + counted.REST * spent
    return sum(done for done, _ in told)


_counting = {"not before": 0.0}


def sweep_sessions(context: Context) -> int:
    """Drop sessions that ended, failed sign-ins of which nothing follows any more, and how often
    citizens answered in hours that are over."""
    now = context.clock()

    def work(connection: Connection) -> int:
        heard = invitations.forget_heard(connection, followup.micros(now))
        return heard + sessions.sweep(connection, now)

    return context.database.write(work)


def sweep_files(context: Context) -> int:
    """Drop reports and scans that nobody came back to."""
    before = int((context.clock() - WAITS).timestamp() * 1_000_000)
    return context.database.write(lambda connection: waiting.sweep(connection, before))


def sweep_webhooks(context: Context) -> int:
    """Forget what was told long ago."""
    return webhooks.sweep(context.database, context.clock())


DUTIES = (
    Duty("project", 0.5, project),
    Duty("announce", 1, announce),
    Duty("send_letters", 10, send_letters),
    Duty("settle_refusals", 60, settle_refusals),
    Duty("count_figures", 60, count_figures),
    Duty("follow_up", 900, follow_up),
    Duty("tidy_database", 600, tidy_database),
    Duty("sweep_sessions", 3600, sweep_sessions),
    Duty("sweep_files", 3600, sweep_files),
    Duty("sweep_webhooks", 3600, sweep_webhooks),
)


def work(context: Context, told: threading.Event, duties: tuple[Duty, ...] = DUTIES) -> None:
    """Do each duty when its time has come, until `told` to stop. A duty that fails is logged, and
    tried again at its next time."""
    due = {duty.name: time.monotonic() + duty.every for duty in duties}
    while not told.wait(max(0.0, min(due.values()) - time.monotonic())):
        for duty in duties:
            if time.monotonic() >= due[duty.name]:
                _do(context, duty)
                due[duty.name] = time.monotonic() + duty.every


#: How often it is noted that a duty was done, in seconds: some are done twice a second.
NOTED_EVERY = 30.0

_noted: dict[str, float] = {}


def _do(context: Context, duty: Duty) -> None:
    began = time.monotonic()
    try:
        changed = duty.run(context)
    except Exception as error:
        log.error("duty_failed", exc_info=error, extra={"duty": duty.name})
        _noted.pop(duty.name, None)
        _note(context, partial(duties.note_failed, name=duty.name, error=type(error).__name__))
    else:
        if changed:
            log.info("duty_done", extra={"duty": duty.name, "changed": changed})
        if began - _noted.get(duty.name, -NOTED_EVERY) >= NOTED_EVERY:
            _noted[duty.name] = began
            took = round(1000 * (time.monotonic() - began))
            _note(context, partial(duties.note_done, name=duty.name, took=took, changed=changed))


def _note(context: Context, work: Callable[..., None]) -> None:
    """Keep how a duty fares. Where that fails too, the log has said enough."""
    at = int(context.clock().timestamp() * 1_000_000)
    try:
        context.database.write(lambda connection: work(connection, at=at))
    except Exception as error:
        log.warning("duty_not_noted", extra={"error": type(error).__name__})
