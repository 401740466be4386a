"""How the pages write moments, spans and sizes; languages and sentences are `lrs/i18n.py`'s."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from babel import dates
from flask import g, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from lrs import i18n
from lrs.i18n import N_, _
from lrs.papers.charts import Chart
from lrs.papers.document import shown

LANGUAGES: Final = {"id": "Bahasa Indonesia", "en": "English"}
"""Languages to choose from, each in its own words."""

#: Where a browser keeps the language that was chosen in it, by whom it knows no account of.
LANGUAGE_COOKIE: Final = "jejak-language"

#: For how long: a year, in seconds.
LANGUAGE_LASTS: Final = 365 * 24 * 60 * 60


def language(usual: str) -> str:
    """The language of whoever is looking and has chosen none by account: as they chose in this
    browser, else as the browser asks, else the usual one."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return i18n.choose([chosen, *request.accept_languages.values(), usual])


def keep_language(answer: Response, locale: str, *, secure: bool) -> None:
    """Have this browser remember the language."""
    answer.set_cookie(
        LANGUAGE_COOKIE, locale, LANGUAGE_LASTS, httponly=True, samesite="Lax", secure=secure
    )


ZONES: Final = {
    "Asia/Jakarta": "WIB (Jakarta, Medan, Pontianak)",
    "Asia/Makassar": "WITA (Makassar, Denpasar, Banjarmasin)",
    "Asia/Jayapura": "WIT (Jayapura, Ambon)",
    "UTC": "UTC",
}
"""Time zones to choose from."""

THEMES: Final = {"light": N_("Light"), "dark": N_("Dark")}
"""Themes to choose from; none: as the device has it."""


ROLES: Final = {
    "admin": N_("Training admin"),
    "reviewer": N_("Reviewer"),
    "evaluator": N_("Evaluation team"),
    "coach": N_("Coach"),
    "examiner": N_("Examiner"),
    "superior": N_("Superior"),
    "peer": N_("Peer"),
    "learner": N_("Alumni"),
    "unit_contact": N_("Contact of a unit"),
    "head": N_("Head of agency"),
    "operator": N_("Operator"),
}
"""Roles as people call them."""


def zone() -> ZoneInfo:
    """The time zone of whoever is looking."""
    return ZoneInfo(g.here.zone)


def short_day(value: date | int | None) -> str:
    """A day for tables, given as one or counted since 1970: `3 Mar 2026`."""
    return "–" if value is None else i18n.day(value, "medium")


def when(value: datetime | int | None) -> str:
    """A moment, given as one or in microseconds, where the reader is: `3 Mar 2026, 15.04 WIB`."""
    if value is None:
        return "–"
    at = as_moment(value).astimezone(zone())
    time = dates.format_time(
        at, "HH.mm" if i18n.spoken() == "id" else "HH:mm", locale=i18n.spoken()
    )
    return f"{i18n.day(at.date(), 'medium')}, {time} {i18n.zone_name(zone(), at)}"


def iso(value: datetime | date | int) -> str:
    """For the attribute `datetime` of `<time>`."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return as_moment(value).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ago(value: datetime | int | None) -> str:
    """How long ago, in words."""
    if value is None:
        return _("never")
    past = as_moment(value) - g.here.now
    if past > timedelta(minutes=-1):  # also where another clock is a little ahead of ours
        return _("just now")
    return str(dates.format_timedelta(past, add_direction=True, locale=i18n.spoken()))


def as_moment(value: Any) -> datetime:
    """Microseconds since 1970 as a moment; a moment as it is."""
    if isinstance(value, datetime):
        return value
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)


def size(value: int) -> str:
    """Bytes as people say it."""
    amount, unit = float(value), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{i18n.number(round(amount, 0 if unit == 'B' else 1))} {unit}"


def uuid_text(value: bytes) -> str:
    """Sixteen bytes as a UUID is written."""
    return str(UUID(bytes=value))


def drawn(chart: Chart) -> Markup:
    """A chart within the page; it was drawn by us, and what is in it is escaped."""
    return Markup(chart.svg())


FILTERS: Final[dict[str, Callable[..., str]]] = {
    "cell": shown,
    "drawn": drawn,
    "short_day": short_day,
    "when": when,
    "ago": ago,
    "iso": iso,
    "size": size,
    "uuid": uuid_text,
}
"""Filters of the pages' templates, beside those of `i18n.equip`."""

EVENTS: Final = {
    "invited": N_("invited"),
    "enrolled": N_("enrolled"),
    "withdrawn": N_("withdrew"),
    "attended": N_("attended"),
    "progressed": N_("progressed"),
    "completed": N_("completed"),
    "uncompleted": N_("completion undone"),
    "passed": N_("passed"),
    "failed": N_("failed"),
    "certified": N_("certified"),
    "decertified": N_("certificate withdrawn"),
    "planned": N_("planned"),
    "worked": N_("work done"),
    "observed": N_("observed at work"),
    "rated": N_("rated"),
    "reflected": N_("reflected"),
    "checked_in": N_("checked in"),
    "handed_in": N_("handed something in"),
}
"""Kinds of events as people call them (`lrs/learning.py`)."""


def event_word(kind: str) -> str:
    """A kind of event in the reader's language."""
    return _(EVENTS.get(kind, kind))
