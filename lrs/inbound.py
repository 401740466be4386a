"""What a system that knows no xAPI sends, as statements: by a mapping that an admin wrote.

A mapping (`schemas/hooks.py`) says which statement an event is. Its texts are *templates*:
`{petugas.nip}` stands for what the event has there, `{baris[0].nilai}` for a part of a list; a
template that is nothing but one such place gives the value as it is. Pure: who a NIP means is
asked of a function that is handed in.

The id of a statement is made of the hook and of what makes an event one, so that the same event,
delivered again, is the same statement.
"""

import base64
import hmac
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from lrs.errors import Problem, Unauthenticated
from lrs.practice import imported
from lrs.practice.names import VOCABULARY
from lrs.practice.people import number
from lrs.xapi import lexical

Tree = dict[str, Any]

#: The header of our own signature: `t=<seconds since 1970>,v1=<hex HMAC-SHA256 of "t.body">`.
SIGNATURE: Final = "X-Jejak-Signature"

#: How far the clocks of two machines may lie apart, and how old a delivery may be.
TOLERANCE: Final = timedelta(minutes=5)

#: Home page of the accounts that a mapping names by NIP and gives no other.
NUMBERS: Final = f"{VOCABULARY}nip"

_PERFORMED_ON = f"{VOCABULARY}extensions/performed-on"
_PLACE = re.compile(r"\{([^{}]*)\}")
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")

#: Who has a NIP or NI PPPK, by kind and digits: the id of a person of the register.
PersonOf = Callable[[str, str], bytes | None]


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a delivery: its statements, what was left out since `when` does not hold,
    and what is wrong with it."""

    statements: tuple[Tree, ...]
    skipped: int
    problems: tuple[Problem, ...]


class _Wrong(Exception):
    """A required part of a statement cannot be made, and why."""

    def __init__(self, path: str, message: str) -> None:
        self.path, self.message = path, message
        super().__init__(path, message)


def make(mapping: Mapping[str, Any], delivery: Any, salt: str, person_of: PersonOf) -> Made:
    """The statements of one delivery. `salt` names the hook among all there are."""
    events = delivery if isinstance(delivery, list) else [delivery]
    if "each" in mapping:
        events = at(delivery, mapping["each"])
        if not isinstance(events, list):
            told = f"the delivery has no list at {mapping['each']}"
            return Made((), 0, (Problem("each", told),))
    made, problems, skipped = [], [], 0
    for n, event in enumerate(events):
        if not _holds(mapping.get("when") or {}, event):
            skipped += 1
            continue
        try:
            made.append(_statement(mapping, event, salt, person_of))
        except _Wrong as wrong:
            index = n if len(events) > 1 else None
            problems.append(Problem(wrong.path, wrong.message, index=index))
    return Made(tuple(made), skipped, tuple(problems))


def at(event: Any, path: str) -> Any:
    """What an event has at a path such as `petugas.nip` or `baris[0].nilai`; None for nothing."""
    for name, index in _STEP.findall(path):
        if index:
            if not isinstance(event, list) or int(index) >= len(event):
                return None
            event = event[int(index)]
        elif isinstance(event, Mapping):
            event = event.get(name)
        else:
            return None
    return event


def paths(template: Any) -> Iterator[str]:
    """The places of an event that a template asks for."""
    if isinstance(template, str):
        yield from (found.strip() for found in _PLACE.findall(template))
    elif isinstance(template, Mapping):
        for each in template.values():
            yield from paths(each)
    elif isinstance(template, list):
        for each in template:
            yield from paths(each)


def _holds(when: Mapping[str, Sequence[Any]], event: Any) -> bool:
    return all(at(event, path) in accepted for path, accepted in when.items())


# One statement ----------------------------------------------------------------------------------


def _statement(mapping: Mapping[str, Any], event: Any, salt: str, person_of: PersonOf) -> Tree:
    told = mapping["statement"]
    zone = ZoneInfo(mapping.get("zone", "Asia/Jakarta"))
    made: Tree = {
        "id": imported.identity("hook", salt, _key(mapping, event)),
        "actor": _actor(told["actor"], event, person_of),
        "verb": {"id": told["verb"]},
        "object": _object(told["object"], event),
    }
    if "said" in told:
        made["verb"]["display"] = {"id": told["said"]}
    if (moment := _filled(told.get("timestamp"), event)) is not None:
        made["timestamp"] = _moment(moment, zone)
    if result := _result(told, event):
        made["result"] = result
    if context := _context(told, event, zone):
        made["context"] = context
    return made


def _key(mapping: Mapping[str, Any], event: Any) -> str:
    """What makes an event one: what the mapping says, or all of it."""
    if "id" not in mapping:
        return json.dumps(event, sort_keys=True, ensure_ascii=False, default=str)
    return str(_required(mapping["id"], event, "id"))


def _actor(told: Mapping[str, Any], event: Any, person_of: PersonOf) -> Tree:
    who: Tree = {"objectType": "Agent"}
    if "nip" in told:
        try:
            kind, digits = number(str(_required(told["nip"], event, "actor.nip")))
        except ValueError as error:
            raise _Wrong("actor.nip", str(error)) from error
        person = person_of(kind, digits)
        if person is not None:
            return imported.person_agent(person)
        who["account"] = {"homePage": told.get("home", NUMBERS), "name": digits}
    elif "mail" in told:
        mail = str(_required(told["mail"], event, "actor.mail")).strip().removeprefix("mailto:")
        if not lexical.is_mbox(f"mailto:{mail}"):
            raise _Wrong("actor.mail", f"'{mail[:80]}' is no mail address")
        who["mbox"] = f"mailto:{mail}"
    else:
        name = str(_required(told["account"], event, "actor.account")).strip()
        if not name:
            raise _Wrong("actor.account", "the name of the account is empty")
        who["account"] = {"homePage": told["home"], "name": name}
    if called := _text(told.get("name"), event):
        who["name"] = called
    return who


def _object(told: Mapping[str, Any], event: Any) -> Tree:
    template = told["id"]
    whole = _PLACE.fullmatch(template) is not None
    iri = str(_required(template, event, "object.id", quoted=not whole))
    if not lexical.is_iri(iri):
        raise _Wrong("object.id", f"'{iri[:200]}' is no IRI")
    definition: Tree = {}
    if "type" in told:
        definition["type"] = told["type"]
    for member in ("name", "description"):
        if text := _text(told.get(member), event):
            definition[member] = {"id": text}
    thing: Tree = {"objectType": "Activity", "id": iri}
    return thing | ({"definition": definition} if definition else {})


def _result(told: Mapping[str, Any], event: Any) -> Tree:
    result: Tree = {}
    if response := _text(told.get("response"), event):
        result["response"] = response
    score = {
        member: _number(value, f"score.{member}")
        for member, template in (told.get("score") or {}).items()
        if (value := _filled(template, event)) not in (None, "")
    }
    # Bounds without a value are a scale that nobody was rated on.
    if "raw" in score or "scaled" in score:
        result["score"] = score
    return result


def _context(told: Mapping[str, Any], event: Any, zone: ZoneInfo) -> Tree:
    context: Tree = {}
    if platform := _text(told.get("platform"), event):
        context["platform"] = platform
    if registration := _text(told.get("registration"), event):
        context["registration"] = registration
    if refers := _text(told.get("refers"), event):
        context["statement"] = {"objectType": "StatementRef", "id": refers}
    behaviours = [
        {"objectType": "Activity", "id": iri}
        for template in told.get("behaviours") or ()
        if (iri := _text(template, event))
    ]
    if behaviours:
        context["contextActivities"] = {"other": behaviours}
    extensions = {
        iri: value
        for iri, template in (told.get("extensions") or {}).items()
        if (value := _filled(template, event)) is not None
    }
    if (day := _filled(told.get("performed_on"), event)) not in (None, ""):
        extensions[_PERFORMED_ON] = _day(day, zone).isoformat()
    if extensions:
        context["extensions"] = extensions
    return context


# Templates --------------------------------------------------------------------------------------


def _filled(template: Any, event: Any, *, quoted: bool = False) -> Any:
    """A template with the event's values; None where one of its places is empty."""
    if isinstance(template, Mapping):
        chosen = _filled(template["by"], event)
        words = template["is"]
        found = words.get(str(chosen), words.get("*")) if chosen is not None else words.get("*")
        return _filled(found, event, quoted=quoted)
    if not isinstance(template, str):
        return template
    if found := _PLACE.fullmatch(template):
        return at(event, found[1].strip())
    values = {path: at(event, path) for path in paths(template)}
    if any(value is None or isinstance(value, (dict, list)) for value in values.values()):
        return None
    return _PLACE.sub(lambda place: _spelt(values[place[1].strip()], quoted), template)


def _spelt(value: Any, quoted: bool) -> str:
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return quote(text, safe="") if quoted else text


def _required(template: Any, event: Any, path: str, *, quoted: bool = False) -> Any:
    value = _filled(template, event, quoted=quoted)
    if value is None or value == "" or isinstance(value, (dict, list)):
        places = ", ".join(paths(template)) or "there"
        raise _Wrong(path, f"the event has nothing that can be used at {places}")
    return value


def _text(template: Any, event: Any) -> str | None:
    value = _filled(template, event)
    if value is None or isinstance(value, (dict, list)):
        return None
    return _spelt(value, False).strip() or None


def _number(value: Any, path: str) -> float | int:
    if lexical.is_number(value):
        return value  # type: ignore[no-any-return]
    try:
        return float(str(value).replace(",", "."))
    except ValueError:
        raise _Wrong(path, f"'{str(value)[:80]}' is no number") from None


# Times ------------------------------------------------------------------------------------------


def _moment(value: Any, zone: ZoneInfo) -> str:
    """A moment as xAPI writes it: of seconds or milliseconds since 1970, of ISO 8601 with or
    without a time zone, or of a day, which stands for its noon."""
    try:
        if lexical.is_number(value):
            seconds = float(value) / (1000 if value > 100_000_000_000 else 1)
            return datetime.fromtimestamp(seconds, UTC).isoformat()
        text = str(value).strip()
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*", text):
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()
        return datetime.combine(imported.day(text), time(12), zone).isoformat()
    except (ValueError, OverflowError, OSError):
        raise _Wrong(
            "timestamp",
            f"'{str(value)[:80]}' is no moment; send it as 2026-03-12T08:30:00+07:00",
        ) from None


def _day(value: Any, zone: ZoneInfo) -> date:
    """The day of a moment, where it was lived."""
    try:
        if lexical.is_number(value):
            return datetime.fromisoformat(_moment(value, zone)).astimezone(zone).date()
        return imported.day(str(value).strip()[:10])
    except (ValueError, _Wrong):
        raise _Wrong(
            "performed_on", f"'{str(value)[:80]}' is no day; send it as 2026-03-12"
        ) from None


# Signatures -------------------------------------------------------------------------------------


def sign(secret: str, body: bytes, now: datetime) -> str:
    """The value of the signature's header: what a sender does."""
    at_ = int(now.timestamp())
    return f"t={at_},v1={_mac(secret, b'%d.' % at_ + body).hex()}"


def check(
    told: Mapping[str, Any],
    secrets: Sequence[str],
    header: Callable[[str], str | None],
    body: bytes,
    now: datetime,
) -> None:
    """Whether a delivery comes from who has the secret. Raises Unauthenticated.

    `told` is the mapping's `signature`, empty for ours. A scheme of another's has no time: what is
    delivered again is told by its id, so a replay does nothing.
    """
    name = told.get("header", SIGNATURE)
    given = header(name)
    if not given:
        raise Unauthenticated(f"send the header {name} with the signature of the body.")
    if "header" in told:
        text = given.strip().removeprefix(told.get("prefix", "")).encode()
        for secret in secrets:
            mac = _mac(secret, body)
            for right in (mac.hex().encode(), base64.b64encode(mac)):
                if hmac.compare_digest(text, right):
                    return
        raise Unauthenticated(f"the signature in {name} is not that of this body and our secret.")
    parts = [part.strip().partition("=") for part in given.split(",")]
    times = [value for key, _, value in parts if key == "t" and re.fullmatch(r"[0-9]{1,12}", value)]
    if len(times) != 1:
        raise Unauthenticated(f"{name} must be t=<seconds since 1970>,v1=<hex HMAC-SHA256>.")
    if abs(now.timestamp() - int(times[0])) > TOLERANCE.total_seconds():
        raise Unauthenticated(
            f"the time in {name} is more than {TOLERANCE.seconds // 60} minutes from ours; set the"
            " clock, and sign each delivery anew."
        )
    signed = times[0].encode() + b"." + body
    for secret in secrets:
        right = _mac(secret, signed).hex().encode()
        if any(hmac.compare_digest(v.encode(), right) for key, _, v in parts if key == "v1"):
            return
    raise Unauthenticated(
        f"no v1 in {name} is the signature of this time and body with our secret."
    )


def _mac(secret: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), body, sha256).digest()
