"""Taking one person out of what is somebody else's: a statement, an entry, a document, a line.

Statements, entries and documents are spliced, as everywhere: what does not name the person keeps
its bytes. An agent that is the person becomes a stand-in, an account that leads to nobody; their
number, addresses and name are taken out of texts. What stands in the agent of somebody else is
left alone, whatever it reads like. Pure: touches no database.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import msgspec

from lrs.xapi import actors
from lrs.xapi.attachments import SIGNATURE

#: What stands in a text where something of the person stood. It is a word of IRIs, too, so that
#: an activity whose IRI held a number still has one.
GONE: Final = "erased"

_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_text = msgspec.json.Decoder(str).decode
_tree = msgspec.json.Decoder().decode
_identified = frozenset(actors.KINDS)


@dataclass(frozen=True)
class Redaction:
    """Whom to take out.

    `agents` are their identifiers as `actors.ifi` tells them, `stand_in` the account that comes in
    their place. `ids` are texts that are replaced wherever they stand, such as their UUID by that
    of the stand-in; `words` what is taken out of texts where it stands as a word: number, mail
    address, phone, name, in whatever case.
    """

    agents: frozenset[tuple[str, str]]
    stand_in: Mapping[str, Any]
    ids: Mapping[str, str] = field(default_factory=dict)
    words: Sequence[str] = ()

    @cached_property
    def _words(self) -> re.Pattern[str] | None:
        # A mail address ends where no further letter follows, nor a dot and a letter.
        known = sorted({word for word in self.words if word}, key=lambda word: (-len(word), word))
        if not known:
            return None
        either = "|".join(re.escape(word) for word in known)
        return re.compile(rf"(?<![\w.%+-])(?:{either})(?!\w|[.-]\w)", re.IGNORECASE)

    @cached_property
    def needles(self) -> tuple[str, ...]:
        """By what a store is searched for texts that may name the person, in the cases in which
        people write."""
        found = dict.fromkeys(self.ids)
        for word in self.words:
            found |= dict.fromkeys((word, word.lower(), word.upper(), word.title()))
        return tuple(each for each in found if each)

    def text(self, text: str) -> str:
        """A text without them."""
        for old, new in self.ids.items():
            if old in text:
                text = text.replace(old, new)
        return text if self._words is None else self._words.sub(GONE, text)

    def json(self, raw: bytes) -> bytes:
        """JSON without them; the same bytes where it does not name them. ValueError: no JSON."""
        return self._value(raw)

    def statement(self, raw: bytes) -> bytes:
        """A statement without them. One that changes loses its signatures: these hold it as it
        was signed."""
        redacted = self.json(raw)
        if redacted == raw:
            return raw
        return _unsigned(redacted)

    def _value(self, raw: bytes) -> bytes:
        start = raw.lstrip(b" \t\r\n")[:1]
        if start == b"{":
            return self._object(raw)
        if start == b"[":
            old = _array(raw)
            new = [self._value(bytes(each)) for each in old]
            same = all(bytes(one) == other for one, other in zip(old, new, strict=True))
            return raw if same else b"[%s]" % b",".join(new)
        if start == b'"':
            text = _text(raw)
            clean = self.text(text)
            return raw if clean == text else _written(clean)
        return raw

    def _object(self, raw: bytes) -> bytes:
        members = _members(raw)
        if identifier := _identifier(members):
            if identifier in self.agents:
                return self._stand_in(members)
            if "member" not in members:
                return raw
        changed, parts, taken = False, [], set(members)
        for name, value in members.items():
            if identifier and name != "member":
                new_name, new = name, bytes(value)
            else:
                new_name, new = self.text(name), self._value(bytes(value))
            while new_name != name and new_name in taken:
                new_name += "-"  # no object names a member twice
            taken.add(new_name)
            changed = changed or new_name != name or new != bytes(value)
            parts.append(_written(new_name) + b":" + new)
        return b"{%s}" % b",".join(parts) if changed else raw

    def _stand_in(self, members: Mapping[str, msgspec.Raw]) -> bytes:
        """The account that comes in place of the person; a group that has their identifier keeps
        its other members."""
        kept = {name: bytes(members[name]) for name in ("objectType", "member") if name in members}
        if "member" in kept:
            kept["member"] = self._value(kept["member"])
        parts = [_written(name) + b":" + value for name, value in kept.items()]
        return b"{%s}" % b",".join([*parts, b'"account":' + msgspec.json.encode(self.stand_in)])


def _identifier(members: Mapping[str, msgspec.Raw]) -> tuple[str, str] | None:
    """The identifier of what may be an agent; None: it is none."""
    if not _identified & members.keys():
        return None
    try:
        return actors.ifi({name: _tree(members[name]) for name in _identified & members.keys()})
    except (KeyError, TypeError, msgspec.DecodeError):
        return None


def _unsigned(raw: bytes) -> bytes:
    """A statement without its signatures."""
    members = _members(raw)
    if "attachments" not in members:
        return raw
    kept = [
        bytes(each)
        for each in _array(members["attachments"])
        if _tree(each).get("usageType") != SIGNATURE
    ]
    parts = []
    for name, value in members.items():
        if name != "attachments":
            parts.append(_written(name) + b":" + bytes(value))
        elif kept:
            parts.append(b'"attachments":[%s]' % b",".join(kept))
    return b"{%s}" % b",".join(parts)


def _written(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode()
