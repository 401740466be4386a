"""What other rooms say, in the reader's language.

The rooms below the pages compose English sentences, with the values they found in them
(`lrs/web/moulds.py`). A sentence is known again by its mould, and said in the language of the
reader; one without values stands in the catalogue as it is. What is neither, such as the words of
a driver or of a stranger's adapter, is shown as it came, and is told to be English.
"""

import re
from functools import cache
from typing import Final

from markupsafe import Markup, escape

from lrs import errors, i18n
from lrs.errors import Problem
from lrs.i18n import _
from lrs.web.moulds import MOULDS, PHRASES

_ROW: Final = re.compile(r"row (\d+)(?:, (.*))?")
_LED: Final = re.compile(r"row (\d+): (.*)", re.S)


Mould = tuple[re.Pattern[str], str]


@cache
def _patterns(moulds: tuple[str, ...]) -> tuple[Mould, ...]:
    """Each mould as a pattern that its sentences match; those with more words first."""
    made = []
    for mould in moulds:
        parts = re.split(r"%\((\w+)\)s", mould)
        text = "".join(
            f"(?P<{part}>.+?)" if n % 2 else re.escape(part.replace("%%", "%"))
            for n, part in enumerate(parts)
        )
        if len(parts) > 1:
            made.append((re.compile(text, re.S), mould))
    return tuple(sorted(made, key=lambda each: -len(each[1])))


def known(sentence: str) -> str | None:
    """A sentence in the language of the reader; None where it is in no mould, nor as it is in the
    catalogue."""
    said = _(sentence)
    return said if said != sentence else _cast(sentence, MOULDS)


def _cast(sentence: str, moulds: tuple[str, ...]) -> str | None:
    for pattern, mould in _patterns(moulds):
        if found := pattern.fullmatch(sentence):
            return _(mould) % {name: _phrase(value) for name, value in found.groupdict().items()}
    return None


def _phrase(value: str) -> str:
    """A value of a sentence: words where it is one of our phrases, else as it came."""
    if value in PHRASES:
        return _(value)
    listed = value.split(", ")
    if len(listed) > 1 and all(each in PHRASES for each in listed):
        return ", ".join(map(_, listed))
    return _cast(value, PHRASES) or value


def told(sentence: str) -> str:
    """A sentence, or what is said of one row, in the language of the reader as far as it is
    known."""
    whole = known(sentence)
    if whole is not None:
        return whole
    if led := _LED.fullmatch(sentence):
        return f"{_('row %(number)s') % {'number': led[1]}}: {known(led[2]) or led[2]}"
    return sentence


def shown(sentence: str) -> Markup:
    """The same for a page: what stays English is marked as that, for who hears the page."""
    if is_translated(sentence):
        return escape(told(sentence))
    return Markup('<span lang="en">{}</span>').format(told(sentence))


def problem(found: Problem) -> str:
    """A problem with its place: the row and the heading, or the file; of a statement its number
    and the member, with the clause it rests on."""
    sentence = known(found.message) or found.message
    if found.clause:
        sentence = f"{sentence.removesuffix('.')} ({found.clause})"
    where = [] if found.index is None else [_("record %(number)s") % {"number": found.index}]
    if row := _ROW.fullmatch(found.path):
        where.append(_("row %(number)s") % {"number": row[1]})
        where += [row[2]] if row[2] else []
    elif found.path:
        where.append(found.path)
    return f"{', '.join(where)}: {sentence}" if where else sentence


def error(failed: errors.JejakError) -> str:
    """What went wrong, of the whole family."""
    if isinstance(failed, errors.NotFound):
        return _("It is not there, or not there any more, or not for you to see.")
    if isinstance(failed, errors.Conflict):
        return f"{told(failed.what)} {told(failed.mend)}"
    if isinstance(failed, errors.Refused):
        return " ".join(_ended(problem(each)) for each in failed.problems)
    if isinstance(failed, errors.Unauthenticated):
        return told(failed.why)
    if isinstance(failed, errors.Busy):
        return _(
            "Nothing was taken of this: the database is busy, or does not answer. Wait a moment,"
            " and try once more; if that does not help, tell the operator."
        )
    return told(str(failed))


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def is_translated(sentence: str) -> bool:
    """Whether it is said in the reader's language: what is in no mould is marked as English."""
    if i18n.spoken() == "en" or known(sentence) is not None:
        return True
    led = _LED.fullmatch(sentence)
    return led is not None and known(led[2]) is not None
