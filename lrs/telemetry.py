"""What the service says about itself while it runs: one line an event, on standard error.

An event has a constant name and facts as fields, never a sentence with values in it:

    log = logging.getLogger(__name__)
    log.info("statements_stored", extra={"count": 3})

    time=2026-11-22T03:25:32.120Z level=info event=statements_stored logger=lrs.api count=3

Facts are counts, durations and our own ids. Names, mail addresses, IRIs of people, query strings
and bodies are not facts for a log: it is kept longer, and read by more people, than the store.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, Final

from lrs.settings import Settings

OWN: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def facts(record: logging.LogRecord) -> dict[str, Any]:
    """The record as ordered fields; the name of the event is its message, unformatted."""
    stamp = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    told: dict[str, Any] = {
        "time": stamp.replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "event": record.getMessage(),
        "logger": record.name,
    }
    told |= {name: value for name, value in vars(record).items() if name not in OWN}
    if record.exc_info and record.exc_info[0]:
        told["error"] = record.exc_info[0].__name__
        told["trace"] = "".join(traceback.format_exception(*record.exc_info)).rstrip()
    return told


class Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(facts(record), default=str)


class Logfmt(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return " ".join(f"{name}={spell(value)}" for name, value in facts(record).items())


def spell(value: object) -> str:
    """A value of logfmt: bare when it is one plain word, else JSON in ASCII, so always one line."""
    word = str(value)
    plain = word and all(c.isprintable() and c not in ' "=\\' for c in word)
    return word if plain else json.dumps(word)


def configure(settings: Settings) -> None:
    """Log everything of this process to standard error, as the settings say."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json() if settings.log_format == "json" else Logfmt())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    # At level info it tells of every migration what the commands tell in fewer words.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # Its word for "all threads are busy" is a warning for each request; it queues them anyway.
    logging.getLogger("waitress.queue").setLevel(logging.CRITICAL)
