"""A reader finds their own language, dates as they write them, and their own time zone."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from jinja2 import Environment

from lrs import i18n
from lrs.i18n import _


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["id-ID", "en"], "id"),
        (["in"], "id"),
        (["nl", "en-GB"], "en"),
        (["nl"], "id"),
        ([], "id"),
    ],
)
def test_the_first_language_that_there_is_holds(wanted: list[str], found: str) -> None:
    assert i18n.choose(wanted) == found


def test_a_sentence_is_said_in_the_language_of_its_block() -> None:
    with i18n.speaking("en"):
        assert _("Obstacles") == "Obstacles"
        with i18n.speaking("id"):
            assert _("Obstacles") == "Hambatan"
        assert _("Obstacles") == "Obstacles"


def test_days_moments_and_numbers_are_written_as_people_write_them() -> None:
    at = datetime(2026, 11, 27, 1, 30, tzinfo=UTC)
    assert i18n.day(date(2026, 11, 27)) == "27 November 2026"
    assert i18n.day(0) == "1 Januari 1970"
    assert i18n.moment(at, ZoneInfo("Asia/Jakarta")) == "27 November 2026, 08.30 WIB"
    assert i18n.moment(at, ZoneInfo("Asia/Jayapura")).endswith("10.30 WIT")
    assert i18n.moment(at, ZoneInfo("Asia/Makassar")).endswith("09.30 WITA")
    assert (i18n.number(1200.5), i18n.percent(0.625, 1)) == ("1.200,5", "62,5%")
    with i18n.speaking("en"):
        assert i18n.day(date(2026, 11, 27)) == "27 November 2026"
        assert i18n.day(date(2026, 11, 7), "medium") == "7 Nov 2026"
        assert i18n.moment(at, ZoneInfo("Asia/Makassar")) == "27 November 2026, 09:30 WITA"
        assert (i18n.number(1200.5), i18n.percent(0.625, 1)) == ("1,200.5", "62.5%")


def test_templates_speak_the_language_that_holds_when_they_are_shown() -> None:
    there = Environment(autoescape=True)
    i18n.equip(there)
    template = there.from_string(
        "{% trans %}Obstacles{% endtrans %}, {{ 0 | day }}, {{ _('Note') }}"
    )
    with i18n.speaking("id"):
        assert template.render() == "Hambatan, 1 Januari 1970, Catatan"
    with i18n.speaking("en"):
        assert template.render() == "Obstacles, 1 January 1970, Note"


def test_a_number_of_things_is_said_as_the_language_does() -> None:
    one, many = (
        "A short question about one of your staff",
        "A short question about %(n)s of your staff",
    )
    with i18n.speaking("id"):
        assert i18n.ngettext(one, many, 1) == i18n.ngettext(one, many, 2)
        assert i18n.ngettext(one, many, 2).startswith("Pertanyaan singkat")
    with i18n.speaking("en"):
        assert (i18n.ngettext(one, many, 1), i18n.ngettext(one, many, 2)) == (one, many)


def test_what_comes_next_is_not_in_the_language_of_who_was_there_before(app: Flask) -> None:
    app.test_client().get("/sign-in", headers={"Accept-Language": "en"})
    assert i18n.spoken() == "id"
