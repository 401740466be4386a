"""What Moodle itself holds to be completed, asked of its web service. Reads only.

Moodle must have web services and the REST protocol enabled, and a token of a user who may call
`core_enrol_get_enrolled_users` and `core_completion_get_course_completion_status`. The token goes
in the body of a request, never in an address, and nowhere but to the site that was named.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from lrs.errors import JejakError
from lrs.spreadsheets import Row, Sheet

#: Seconds to wait for a connection, and for an answer.
PATIENCE: Final = (10, 60)

#: Seconds that one answer may take from its first byte to its last.
LONGEST: Final = 180

#: The largest answer that is read, in bytes.
LARGEST: Final = 64 * 2**20

#: The columns of the list that comes of it, as `lrs/reconcile.py` reads them.
HEADINGS: Final = ("id", "username", "idnumber", "nama", "email", "course", "timecompleted")

_HERE = ("localhost", "127.0.0.1", "::1")
_WIB = timedelta(hours=7)


class NotAnswered(JejakError):
    """Moodle did not answer what was asked: what, and why."""

    def __init__(self, what: str, why: str) -> None:
        self.what, self.why = what, why
        super().__init__(what, why)

    def __str__(self) -> str:
        return f"Moodle did not answer {self.what}: {self.why}"


class Moodle:
    """One Moodle site. `url` is its address as its statements have it (`wwwroot`)."""

    def __init__(self, url: str, token: str, *, patience: tuple[float, float] = PATIENCE) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in _HERE:
            raise NotAnswered("at all", "a token is only sent to an address that begins https://")
        self.url, self._token, self._patience = url.rstrip("/"), token, patience
        self._session = requests.Session()

    def __enter__(self) -> "Moodle":
        return self

    def __exit__(self, *error: object) -> None:
        self._session.close()

    def course(self, number: int) -> str:
        """The IRI of a course."""
        return f"{self.url}/course/view.php?id={number}"

    def completions(
        self, courses: list[int], told: Callable[[int, int], object] = lambda done, of: None
    ) -> Sheet:
        """Who is enrolled in these courses and when they completed them, as a list.

        `told` hears how many of how many people were asked for. Raises `NotAnswered`.
        """
        rows: list[Row] = []
        for course in courses:
            users = self._call("core_enrol_get_enrolled_users", courseid=course)
            if not isinstance(users, list):
                raise NotAnswered("who is enrolled", "no list came")
            for n, user in enumerate(users, 1):
                done = self._completed(course, int(user["id"]))
                told(n, len(users))
                cells = {
                    "id": str(user["id"]),
                    "username": str(user.get("username") or ""),
                    "idnumber": str(user.get("idnumber") or ""),
                    "nama": str(user.get("fullname") or ""),
                    "email": str(user.get("email") or ""),
                    "course": self.course(course),
                    "timecompleted": done,
                }
                rows.append(Row(len(rows) + 2, cells))
        return Sheet(HEADINGS, tuple(rows))

    def _completed(self, course: int, user: int) -> str:
        """The day on which a course was completed; `selesai` where Moodle tells no day; empty."""
        try:
            answer = self._call(
                "core_completion_get_course_completion_status", courseid=course, userid=user
            )
        except _Refusal as refusal:
            # Staff, and courses without criteria, have no completion to tell of.
            if refusal.code in ("nocriteriaset", "notenroled", "usernotenroled", "nopermissions"):
                return ""
            raise
        status = answer.get("completionstatus") or {} if isinstance(answer, dict) else {}
        if not status.get("completed"):
            return ""
        times = [
            int(each.get("timecompleted") or 0)
            for each in status.get("completions") or ()
            if each.get("complete")
        ]
        if not any(times):
            return "selesai"
        at = datetime.fromtimestamp(max(times), UTC) + _WIB
        return at.date().isoformat()

    def _call(self, function: str, **arguments: int) -> Any:
        what = f"{function} {' '.join(f'{name}={value}' for name, value in arguments.items())}"
        try:
            with self._session.post(
                f"{self.url}/webservice/rest/server.php",
                data={
                    "wstoken": self._token,
                    "wsfunction": function,
                    "moodlewsrestformat": "json",
                    **arguments,
                },
                timeout=self._patience,
                allow_redirects=False,
                stream=True,
            ) as answer:
                if answer.status_code != 200:
                    raise NotAnswered(what, f"status {answer.status_code}")
                body = self._body(answer, what)
        except (requests.RequestException, OSError) as error:
            raise NotAnswered(what, type(error).__name__) from None
        try:
            told = json.loads(body)
        except ValueError:
            raise NotAnswered(what, "what came is no JSON; is REST enabled?") from None
        if isinstance(told, dict) and "exception" in told:
            raise _Refusal(what, told)
        return told

    def _body(self, answer: requests.Response, what: str) -> bytes:
        """The answer, if it is no longer and takes no longer than it may."""
        until = time.monotonic() + LONGEST
        body = bytearray()
        for piece in answer.iter_content(1 << 16):
            body += piece
            if len(body) > LARGEST or time.monotonic() > until:
                raise NotAnswered(what, "the answer is too large or too slow")
        return bytes(body)


class _Refusal(NotAnswered):
    """Moodle answered that it will not."""

    def __init__(self, what: str, told: dict[str, Any]) -> None:
        self.code = str(told.get("errorcode") or "")
        super().__init__(what, str(told.get("message") or self.code)[:300])
