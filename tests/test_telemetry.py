"""One line an event, readable by people and by machines."""

import json
import logging

import pytest

from lrs import telemetry
from lrs.settings import Settings

Capture = pytest.CaptureFixture[str]
log = logging.getLogger("lrs.somewhere")


def test_facts_are_fields(capsys: Capture) -> None:
    telemetry.configure(Settings())
    log.info("statements_stored", extra={"count": 3})
    line = capsys.readouterr().err
    assert line.startswith("time=20")
    assert line.endswith(" level=info event=statements_stored logger=lrs.somewhere count=3\n")


def test_a_value_never_breaks_its_line_or_passes_for_another_field(capsys: Capture) -> None:
    telemetry.configure(Settings())
    log.warning("odd", extra={"value": 'a" b\nlevel=error', "empty": "", "none": None})
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert line.endswith(r'value="a\" b\nlevel=error" empty="" none=None' + "\n")


def test_json_says_the_same(capsys: Capture) -> None:
    telemetry.configure(Settings(log_format="json"))
    log.info("statements_stored", extra={"count": 3})
    told = json.loads(capsys.readouterr().err)
    assert (told["event"], told["count"], told["level"]) == ("statements_stored", 3, "info")


def test_a_trace_stays_on_its_line(capsys: Capture) -> None:
    telemetry.configure(Settings())
    try:
        raise KeyError("gone")
    except KeyError:
        log.exception("unexpected")
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert "error=KeyError" in line


def test_less_grave_events_than_the_setting_are_not_written(capsys: Capture) -> None:
    telemetry.configure(Settings(log_level="error"))
    log.warning("odd")
    assert capsys.readouterr().err == ""
