"""Words in the reader's language: translations, dates, numbers, and the names of time zones.

What is translated is the English sentence itself (`_("Please answer")`), so that code and
templates read as what they say. The Indonesian is in `lrs/translations/id/`, a `.po` file for each
room, read as it is: nothing needs to be compiled, and a translator's change is there at the next
start. Which language holds is kept for the thread or the block at work:

    with i18n.speaking("id"):
        template.render()

`_` marks sentences that are looked up where they stand; `N_` those that are data, and are looked
up when they are shown.
"""

import gettext as standard
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, wraps
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import dates, numbers
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from jinja2 import Environment, pass_context
from jinja2.runtime import Context

#: The languages there are; the first is spoken where nobody chose.
LOCALES: Final = ("id", "en")

FOLDER: Final = Path(__file__).parent / "translations"

#: Indonesia's time zones as people call them; the library knows only their distance from UTC.
_ZONES: Final = {
    "Asia/Jakarta": "WIB",
    "Asia/Pontianak": "WIB",
    "Asia/Makassar": "WITA",
    "Asia/Ujung_Pandang": "WITA",
    "Asia/Jayapura": "WIT",
}

#: In which order dates are written: the day first, as here, also in English; the American order
#: would make another day of 3/4.
_DATES: Final = {"id": "id", "en": "en_GB"}

_spoken: ContextVar[str] = ContextVar("spoken", default=LOCALES[0])


def choose(wanted: Iterable[str]) -> str:
    """The first of these languages (`id`, `en-GB`, …) that there is, else the usual one."""
    for each in wanted:
        primary = each.replace("_", "-").partition("-")[0].casefold()
        primary = "id" if primary == "in" else primary  # as it was called before 1989
        if primary in LOCALES:
            return primary
    return LOCALES[0]


def spoken() -> str:
    """The language that holds now."""
    return _spoken.get()


def speak(locale: str) -> None:
    """Have this language hold from now on, as at the beginning of a request."""
    _spoken.set(choose([locale]))


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Have this language hold within the block."""
    token = _spoken.set(choose([locale]))
    try:
        yield
    finally:
        _spoken.reset(token)


# Sentences ----------------------------------------------------------------------------------


def _(sentence: str) -> str:
    """The sentence in the language that holds. An empty one stays empty."""
    return catalogue(spoken()).gettext(sentence) if sentence else ""


def ngettext(one: str, many: str, n: int) -> str:
    """The sentence for this number of things."""
    return catalogue(spoken()).ngettext(one, many, n)


def N_(sentence: str) -> str:
    """The sentence itself, marked as one to be translated where it is shown."""
    return sentence


@cache
def catalogue(locale: str) -> standard.NullTranslations:
    """All translations into a language. English is its own."""
    files = sorted((FOLDER / locale).glob("*.po"))
    if not files:
        return standard.NullTranslations()
    every = Catalog(locale=locale)
    for file in files:
        with file.open("rb") as lines:
            read = read_po(lines, locale=locale)
        # How many plurals there are stands in the file; the library's own table knows some only.
        every.mime_headers = [("Plural-Forms", read.plural_forms)]
        for message in read:
            if message.id:
                every.add(message.id, message.string, flags=message.flags)
    compiled = BytesIO()
    write_mo(compiled, every)
    compiled.seek(0)
    return standard.GNUTranslations(compiled)


# Dates and numbers --------------------------------------------------------------------------


def day(value: date | int, format: str = "long") -> str:
    """A day, or a number of days since 1970: `27 November 2026`."""
    if isinstance(value, int):
        value = date(1970, 1, 1) + timedelta(days=value)
    return dates.format_date(value, format, locale=_DATES[spoken()])


def moment(value: datetime, zone: ZoneInfo) -> str:
    """A moment where it was lived: `27 November 2026, 08.30 WIB`."""
    local = value.astimezone(zone)
    time = dates.format_time(local, "HH.mm" if spoken() == "id" else "HH:mm", locale=spoken())
    return f"{day(local.date())}, {time} {zone_name(zone, local)}"


def zone_name(zone: ZoneInfo, at: datetime) -> str:
    """What people call a time zone: WIB, WITA, WIT."""
    return _ZONES.get(zone.key) or at.astimezone(zone).tzname() or zone.key


def number(value: int | float | Decimal, digits: int | None = None) -> str:
    """A number as it is written here: `1.200,5` or `1,200.5`."""
    format = None if digits is None else "#,##0" + ("." + "0" * digits if digits else "")
    return numbers.format_decimal(value, format=format, locale=spoken())


def percent(value: float, digits: int = 0) -> str:
    """A share as per cent: `0.625` is `63%`."""
    format = "#,##0" + ("." + "0" * digits if digits else "") + "%"
    return numbers.format_percent(value, format=format, locale=spoken())


def equip(environment: Environment) -> None:
    """Give templates `{% trans %}`, `_`, and the filters day, moment, number, percent."""
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(_, ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.policies["ext.i18n.trimmed"] = True
    filters: tuple[Callable[..., str], ...] = (day, moment, number, percent)
    environment.filters |= {each.__name__: live(each) for each in filters}
    environment.globals["spoken"] = spoken


def live(function: Callable[..., str]) -> Callable[..., str]:
    """As a filter that is asked each time: what takes no context and a constant is worked out
    once, when the template is compiled, in whatever language held then."""

    @pass_context
    @wraps(function)
    def filter(context: Context, *args: Any, **more: Any) -> str:
        return function(*args, **more)

    return filter
