"""What a mapping of deliveries to statements may be, and the sentence when it may not be so.

One hook is one file, as YAML or JSON. `load` answers it as plain mappings, ready for
`lrs/inbound.py`, or tells everything that is wrong at once, with its place and how to mend it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lrs.errors import Problem, Refused
from lrs.xapi import lexical

Tree = dict[str, Any]

_PATH = re.compile(r"[^\s.\[\]{}][^.\[\]{}]*(?:\.[^.\[\]{}]+|\[\d+\])*").fullmatch
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}").fullmatch

_HOOK = {"name", "about", "each", "when", "id", "zone", "signature", "statement"}
_STATEMENT = {
    *("actor", "verb", "said", "object", "timestamp", "performed_on", "platform", "behaviours"),
    *("refers", "registration", "response", "score", "extensions"),
}
_ACTOR = {"nip", "mail", "account", "home", "name"}
_OBJECT = {"id", "type", "name", "description"}
_SCORE = {"scaled", "raw", "min", "max"}


def load(tree: Any) -> Tree:
    """The mapping of a file. Refused: all that is wrong with it."""
    if not isinstance(tree, Mapping):
        raise Refused(Problem("", "The file must hold one hook: a mapping with name, statement."))
    try:
        # YAML knows dates and other things that JSON, in which the mapping is kept, does not.
        plain: Tree = json.loads(json.dumps(tree, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise Refused(
            Problem("", f"Something in the file must be put in quotation marks: {error}.")
        ) from error
    problems = list(_hook(plain))
    if problems:
        raise Refused(problems)
    return plain


def _hook(tree: Tree) -> Iterator[Problem]:
    yield from _known(tree, _HOOK, "")
    if not isinstance(tree.get("name"), str) or not _NAME(tree["name"]):
        yield Problem("name", "A name is of small letters, digits and '-', at most 40 of them.")
    if "about" in tree:
        yield from _constant(tree["about"], "about")
    if "each" in tree and not (isinstance(tree["each"], str) and _PATH(tree["each"])):
        yield Problem(
            "each", "This must be the path of a list in the delivery, such as data.items."
        )
    when = tree.get("when", {})
    if not isinstance(when, dict) or not all(isinstance(each, list) for each in when.values()):
        yield Problem("when", "This must map paths to lists of values, such as status: [selesai].")
    else:
        for path in when:
            if not _PATH(path):
                yield Problem("when", f"'{path}' is no path; write one like tiket.status.")
    if "id" in tree:
        yield from _template(tree["id"], "id")
    if "zone" in tree:
        try:
            ZoneInfo(str(tree["zone"]))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            yield Problem("zone", "There is no such time zone; write one like Asia/Jakarta.")
    yield from _signature(tree.get("signature", {}))
    if isinstance(tree.get("statement"), dict):
        yield from _statement(tree["statement"])
    else:
        yield Problem("statement", "This is missing: a mapping with actor, verb and object.")


def _signature(told: Any) -> Iterator[Problem]:
    if not isinstance(told, dict):
        yield Problem("signature", "This must be a mapping with header, and prefix if it has one.")
        return
    yield from _known(told, {"header", "prefix"}, "signature")
    if told and not re.fullmatch(r"[A-Za-z0-9-]{1,100}", str(told.get("header", ""))):
        yield Problem(
            "signature.header", "This must be the header's name, such as X-Hub-Signature-256."
        )
    if "prefix" in told:
        yield from _constant(told["prefix"], "signature.prefix")


def _statement(told: Tree) -> Iterator[Problem]:
    yield from _known(told, _STATEMENT, "statement")
    yield from _actor(told.get("actor"))
    yield from _iri(told.get("verb"), "statement.verb")
    thing = told.get("object")
    if not isinstance(thing, dict) or "id" not in thing:
        yield Problem("statement.object", "This must be a mapping with the object's id.")
    else:
        yield from _known(thing, _OBJECT, "statement.object")
        for member in sorted(_OBJECT - {"type"} & thing.keys()):
            yield from _template(thing[member], f"statement.object.{member}")
        if "type" in thing:
            yield from _iri(thing["type"], "statement.object.type")
    if "said" in told:
        yield from _constant(told["said"], "statement.said")
    for member in (
        *("timestamp", "performed_on", "platform", "refers", "registration", "response"),
    ):
        if member in told:
            yield from _template(told[member], f"statement.{member}")
    yield from _several(told)


def _several(told: Tree) -> Iterator[Problem]:
    behaviours = told.get("behaviours", [])
    if not isinstance(behaviours, list):
        yield Problem("statement.behaviours", "This must be a list of IRIs or templates of them.")
    else:
        for n, each in enumerate(behaviours):
            yield from _template(each, f"statement.behaviours[{n}]")
    for member, names in (("score", _SCORE), ("extensions", None)):
        values = told.get(member, {})
        if not isinstance(values, dict):
            yield Problem(f"statement.{member}", "This must be a mapping.")
            continue
        if names is not None:
            yield from _known(values, names, f"statement.{member}")
        for name, value in values.items():
            if names is None and not lexical.is_iri(name):
                yield Problem("statement.extensions", f"'{name}' is no IRI.")
            if isinstance(value, (str, dict)):
                yield from _template(value, f"statement.{member}.{name}")


def _actor(told: Any) -> Iterator[Problem]:
    if not isinstance(told, dict):
        yield Problem("statement.actor", "This is missing: a mapping with nip, mail or account.")
        return
    yield from _known(told, _ACTOR, "statement.actor")
    known = [each for each in ("nip", "mail", "account") if each in told]
    if len(known) != 1:
        yield Problem("statement.actor", "Give exactly one of nip, mail and account.")
    for member in (*known, *(["name"] if "name" in told else [])):
        yield from _template(told[member], f"statement.actor.{member}")
    if "home" in told:
        yield from _iri(told["home"], "statement.actor.home")
    elif known == ["account"]:
        yield Problem(
            "statement.actor.home", "An account needs the home page that its names belong to."
        )


def _template(value: Any, path: str) -> Iterator[Problem]:
    if isinstance(value, dict):
        if value.keys() != {"by", "is"} or not isinstance(value["is"], dict):
            yield Problem(path, "A choice has the members by (a template) and is (a mapping).")
            return
        yield from _template(value["by"], f"{path}.by")
        for name, each in value["is"].items():
            yield from _template(each, f"{path}.is.{name}")
        return
    if not isinstance(value, str) or not value.strip():
        yield Problem(path, "This must be text, with {places} of the event; put it in quotes.")
        return
    for place in re.findall(r"\{([^{}]*)\}", value):
        if not _PATH(place.strip()):
            yield Problem(path, f"'{{{place}}}' is no place of an event; write {{tiket.nomor}}.")
    if set("{}") & set(re.sub(r"\{[^{}]*\}", "", value)):
        yield Problem(path, "A brace is open or closed alone.")


def _constant(value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, str) or not value.strip():
        yield Problem(path, "This must be text; put it in quotation marks.")


def _iri(value: Any, path: str) -> Iterator[Problem]:
    if not lexical.is_iri(value):
        yield Problem(path, "This must be an IRI, such as http://activitystrea.ms/submit.")


def _known(tree: Tree, names: set[str], path: str) -> Iterator[Problem]:
    for name in sorted(set(tree) - names):
        place = f"{path}.{name}" if path else name
        yield Problem(place, f"There is no such member; there are {', '.join(sorted(names))}.")
