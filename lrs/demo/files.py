"""The demonstration agency, as files and through the front door.

What an admin of the agency would have at hand, and beside it the truth:

| file | what it is |
|---|---|
| `people.csv` | the personnel list at the beginning: NIP, name, unit, position, superior, … |
| `events.csv` | mutasi, promotion, retirement, leaving, new superiors since then |
| `moodle-users.csv` | Moodle's own download of its users: internal id beside `idnumber` |
| `accounts.csv` | whose the accounts of the other systems are |
| `moodle-completions.csv` | Moodle's report of completed courses, also of what never arrived |
| `programmes.yaml` | trainings, cohorts, behaviours, windows, rules |
| `statements.jsonl.gz` | the requests of all systems in the order they are sent |
| `actions.jsonl` | evidence handed in, answers and verdicts, for the service to write |
| `ground-truth.json` | what really happened |

The same habits give the same bytes.
"""

import csv
import dataclasses
import gzip
import io
import json
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from lrs.demo.agency import Agency, Person, superior
from lrs.errors import JejakError

Told = Callable[[int], object]
Row = dict[str, str]

#: Seconds to wait for an answer.
PATIENCE = 60

_ENDED = {
    "moved": "mutasi",
    "promoted": "promosi",
    "retired": "pensiun",
    "resigned": "berhenti",
}


class NotTaken(JejakError):
    """The store that the agency was sent to did not take it; what went before is stored."""

    def __init__(self, what: str, why: str) -> None:
        self.what, self.why = what, why
        super().__init__(what, why)

    def __str__(self) -> str:
        return f"{self.what} was not taken: {self.why}"


def write(agency: Agency, folder: Path) -> None:
    """Write all files of the agency into the folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    _table(folder / "people.csv", people(agency, agency.begin))
    _table(folder / "events.csv", events(agency))
    _table(folder / "moodle-users.csv", map(_moodle_user, agency.people))
    _table(folder / "accounts.csv", _accounts(agency))
    _table(folder / "moodle-completions.csv", _completions(agency))
    (folder / "programmes.yaml").write_text(programmes(agency), encoding="utf-8")
    _lines(folder / "actions.jsonl", agency.actions)
    told = json.dumps(agency.truth, ensure_ascii=False, indent=1)
    (folder / "ground-truth.json").write_text(told + "\n", encoding="utf-8")
    # Without a time in its header, so that equal statements are equal bytes.
    with (
        (folder / "statements.jsonl.gz").open("wb") as raw,
        gzip.GzipFile("", "wb", 3, raw, mtime=0) as packed,
    ):
        for request in agency.requests:
            line = {
                "at": request.at.isoformat(),
                "source": request.source,
                "version": request.version,
                "statements": request.statements,
            }
            packed.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")


def send(agency: Agency, url: str, key: str, secret: str, told: Told = lambda count: None) -> int:
    """Send the agency's statements to an xAPI endpoint (`https://…/xapi`), as its systems would.

    One request after another, uncompressed, as Moodle does. `told` hears of the number of
    statements of each request. Answers how many were sent; raises `NotTaken` at the first
    request that is not answered by 200.
    """
    import requests  # here: 5 MB that nothing else of the program needs

    sent = 0
    target = url.rstrip("/") + "/statements"
    with requests.Session() as session:
        session.auth = (key, secret)
        session.headers.update({"Accept-Encoding": "identity", "Content-Type": "application/json"})
        for request in agency.requests:
            what = f"A request of {request.source} with {len(request.statements)} statements"
            try:
                answer = session.post(
                    target,
                    data=json.dumps(request.statements).encode(),
                    headers={"X-Experience-API-Version": request.version},
                    timeout=PATIENCE,
                )
            except requests.RequestException as error:
                raise NotTaken(what, str(error)) from error
            if answer.status_code != 200:
                raise NotTaken(what, f"{answer.status_code} {answer.text[:500]}")
            sent += len(request.statements)
            told(len(request.statements))
    return sent


def programmes(agency: Agency) -> str:
    """The agency's programmes as YAML, members named as in `lrs/practice/programmes.py`."""
    body = {"programmes": [_plain(each) for each in agency.programmes]}
    return str(yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=100))


def people(agency: Agency, day: date) -> list[Row]:
    """The personnel list as it stood on a day."""
    rows = []
    for person in agency.people:
        post = person.post(day)
        if post is None:
            continue
        rows.append(
            {
                "nip": person.number,
                "nama": person.name,
                "unit": " / ".join(agency.units[post.unit].path),
                "jabatan": post.title,
                "nip_atasan": _number(superior(agency.units, person, day)),
                "email": person.mail,
                "telepon": person.phone,
                "mulai": day.isoformat(),
            }
        )
    return rows


def events(agency: Agency) -> list[Row]:
    """What changed for whom since the beginning, in order: a post, a superior, or leaving."""
    begin = agency.begin
    changes = sorted({day for unit in agency.units for day, _ in unit.heads if day > begin})
    ends = {
        person.number: post.until
        for person in agency.people
        if (post := person.left) is not None and post.until
    }
    # A head who leaves without a successor hands their staff to the next above.
    gone = sorted({date.fromordinal(day.toordinal() + 1) for day in ends.values()})
    rows = []
    for person in agency.people:
        moves = {post.since: before.ended for before, post in _pairs(person)}
        known = superior(agency.units, person, begin)
        for day in sorted({*changes, *gone, *moves}):
            post = person.post(day)
            if day <= begin or post is None:
                continue
            above = superior(agency.units, person, day)
            if day in moves or above is not known:
                what = _ENDED[moves[day] or "moved"] if day in moves else "atasan baru"
                unit = " / ".join(agency.units[post.unit].path)
                rows.append(_event(person, day, what, unit, post.title, _number(above)))
            known = above
        left = person.left
        if left is not None and left.until:
            day = date.fromordinal(left.until.toordinal() + 1)
            rows.append(_event(person, day, _ENDED[str(left.ended)], "", "", ""))
    return sorted(rows, key=lambda row: (row["tanggal"], row["nip"]))


def _pairs(person: Person) -> Iterable[tuple[Any, Any]]:
    return zip(person.posts, person.posts[1:], strict=False)


def _event(person: Person, day: date, what: str, unit: str, title: str, above: str) -> Row:
    return {
        "nip": person.number,
        "peristiwa": what,
        "tanggal": day.isoformat(),
        "unit": unit,
        "jabatan": title,
        "nip_atasan": above,
    }


def _number(person: Person | None) -> str:
    return person.number if person else ""


def _moodle_user(person: Person) -> Row:
    """One line as Moodle's bulk user action writes it."""
    first, _, last = person.name.partition(" ")
    return {
        "id": str(person.moodle),
        "username": person.username,
        "email": person.mail,
        "firstname": first,
        "lastname": last,
        "idnumber": person.number,
        "institution": "Pemerintah Kabupaten Contoh",
        "department": "",
        "phone1": person.phone,
        "phone2": "",
        "city": "",
        "country": "ID",
    }


def _accounts(agency: Agency) -> Iterable[Row]:
    for person in agency.truth["people"]:
        for each in person["identifiers"]:
            if each["kind"] == "account":
                yield {
                    "nip": person["person"],
                    "homepage": each["homePage"],
                    "akun": each["name"],
                }


def _completions(agency: Agency) -> Iterable[Row]:
    by_number = {person.number: person for person in agency.people}
    for case in agency.truth["cases"]:
        if case["source"] == "moodle" and case["stands"]:
            person = by_number[case["person"]]
            yield {
                "id": str(person.moodle),
                "idnumber": person.number,
                "fullname": person.name,
                "course": case["course"],
                "timecompleted": case["completed_at"],
            }


def _plain(thing: Any) -> Any:
    """A programme as plain lists and mappings, without what is empty; sets in order."""
    if dataclasses.is_dataclass(thing):
        values = ((each.name, getattr(thing, each.name)) for each in dataclasses.fields(thing))
        return {name: _plain(value) for name, value in values if value not in (None, (), {}, set())}
    if isinstance(thing, frozenset):
        return sorted(thing)
    if isinstance(thing, tuple):
        return [_plain(each) for each in thing]
    return thing


def _table(path: Path, rows: Iterable[Row]) -> None:
    every = list(rows)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(every[0]) if every else [], lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(every)
    path.write_bytes(out.getvalue().encode())


def _lines(path: Path, rows: Iterable[Any]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")
