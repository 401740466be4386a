"""What imports say of a list, in the reader's language.

The rooms that read lists compose English sentences, with the values of the row in them. Here is
the mould of each, so that a sentence is known again with its values, and said in the language of
the reader. What is in no mould is shown as it came, and is told to be English.
"""

import re
from functools import cache
from typing import Final

from lrs import i18n
from lrs.errors import Problem
from lrs.i18n import N_, _

MOULDS: Final = (
    # Who (lrs/people.py, lrs/whom.py, lrs/practice/people.py, lrs/units.py)
    N_("Several people hold this; settle whose it is first."),
    N_("The number and the mail address belong to two different people."),
    N_("The number and the mail address or account are two people's."),
    N_(
        "The mail address belongs to somebody with another number. If they are one person, give"
        " that person this number first."
    ),
    N_(
        "The mail address or account is of somebody with another number. If they are one person,"
        " give that person this number first."
    ),
    N_("The row has neither number nor mail address: nobody is known by name alone."),
    N_("The row names nobody: nobody is known by name alone."),
    N_("The row names nobody."),
    N_("The row names no unit."),
    N_("An earlier row of the list is about the same person."),
    N_("Nobody in the register has this number; import the list of people first."),
    N_("Nobody in the register has this; import the list of people first."),
    N_("Nobody in the register has this; enter the people first."),
    N_("Nobody in the register has this number."),
    N_("This number belongs to somebody else."),
    N_("Nobody is their own superior."),
    N_("This is no mail address; write one like nama@instansi.go.id."),
    N_("The home page of an account must be an IRI, like https://…."),
    N_("The number holds something other than digits; write its 18 digits."),
    N_("The number has %(digits)s digits; a NIP or NI PPPK has 18."),
    N_("The first 8 digits of the number are no date of birth (year, month, day)."),
    N_("The 15th digit of the number must be 1 or 2 (the holder's sex)."),
    N_("%(kind)s is somebody else's already, and was left theirs"),
    N_("it was decided before that this %(kind)s is not theirs"),
    N_(
        "the register says that they left (%(why)s); for who came back, give the day in the column"
        " 'mulai'"
    ),
    N_("the register knows of a later post; this one was not entered"),
    N_("nobody has the superior's number; the superior was left out"),
    N_("the list says %(told)s, the register %(known)s; look whether it is they"),
    # What, and when (lrs/imports.py, lrs/practice/imported.py, lrs/people.py)
    N_("No course is named."),
    N_("'%(text)s' is no day; write it as 2026-03-12, 12/03/2026 (day first) or 12 Maret 2026."),
    N_("'%(text)s' is no day; write it as 2026-01-31 or 31/01/2026."),
    N_("'%(text)s' is none of %(words)s."),
    N_("'%(text)s' is no number of hours."),
    N_("%(hours)s hours cannot be right."),
    N_("%(day)s lies in the future."),
    N_("%(day)s lies before %(first)s."),
    N_(
        "The row does not say on which day somebody %(what)s; give a column with the day, or one"
        " day for all."
    ),
    N_("'%(text)s' enters nothing"),
    N_("it tells of nothing that took place"),
    N_("the day of enrolment lies after the completion"),
    N_("row %(number)s says again what row %(other)s says (%(kind)s, %(day)s)."),
    N_("row %(number)s says again what row %(other)s says."),
    N_(
        "the %(what)s entered before (%(there)s) stay; to change them, void the statement %(id)s"
        " and send another."
    ),
    N_("Taken from the title above the list: %(told)s"),
    N_(
        "The file has other sheets with lists, which were not read: %(sheets)s."
        " Read each by its name"
    ),
    N_(
        "The programme %(title)s has no course yet; add %(course)s to its courses, so that these"
        " completions count for it."
    ),
    N_("What says nothing of a result was passed over: %(told)s."),
    # Evidence (lrs/imports_evidence.py)
    N_("The row does not say what was done."),
    N_("'%(text)s' is not known here; write one of %(few)s."),
    N_("Say what they are to the person: atasan, rekan, coach, …"),
    N_("No programme is called %(text)s."),
    N_("No behaviour of a programme is '%(text)s'."),
    N_("More than one behaviour of a programme is '%(text)s'."),
    N_("'%(text)s' is no rating; write 3, 3/4 or 75%%."),
    N_("%(text)s is more than the scale has (%(most)s)."),
    N_("This is no web address; it begins with https://."),
    N_("There is no file %(name)s beside the list."),
    # The file, and its columns (lrs/spreadsheets.py, and all of them)
    N_("The file is empty; its first row must hold the headings."),
    N_("The file is no text; save it as CSV in UTF-8, or as XLSX."),
    N_("The file cannot be read as a spreadsheet (%(why)s). Save it anew."),
    N_("Two columns are called %(names)s; give each its own heading."),
    N_(
        "The cell holds a number of more than 15 digits, of which spreadsheets lose the last."
        " Format the column as text and enter it again."
    ),
    N_("The list has no column for %(known)s. Its columns: %(there)s. Say which is meant."),
    N_(
        "The list has no column for %(known)s. Its columns: %(there)s. Above them stands:"
        " %(above)s."
    ),
    N_("The list has no column for %(known)s. Its columns: %(there)s."),
    N_("There is no column %(wrong)s; there are: %(there)s."),
    N_("There is no column %(wrong)s. Columns of the list: %(there)s. Words for them: %(words)s."),
    N_(
        "The list needs a column for the unit (%(unit)s) and one for its contact (%(contact)s) or"
        " its default superior (%(superior)s)."
    ),
    N_(
        "The list needs a column 'course' with the course's IRI or title, or one course for all"
        " rows; and one of nip, idnumber, email, id, username for who it is. Its columns:"
        " %(there)s."
    ),
)

_ROW: Final = re.compile(r"row (\d+)(?:, (.*))?")
_LED: Final = re.compile(r"row (\d+): (.*)", re.S)


@cache
def _moulds() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Each mould as a pattern that its sentences match; those with more words first."""
    made = []
    for mould in MOULDS:
        parts = re.split(r"%\((\w+)\)s", mould)
        text = "".join(
            f"(?P<{part}>.+?)" if n % 2 else re.escape(part.replace("%%", "%"))
            for n, part in enumerate(parts)
        )
        made.append((re.compile(text, re.S), mould))
    return tuple(sorted(made, key=lambda each: -len(each[1])))


def known(sentence: str) -> str | None:
    """A sentence in the language of the reader; None where it is in no mould."""
    for pattern, mould in _moulds():
        if found := pattern.fullmatch(sentence):
            said = _(mould)
            return said % found.groupdict() if "%" in said else said
    return None


def told(sentence: str) -> str:
    """A sentence, or what is said of one row, in the language of the reader as far as it is
    known."""
    whole = known(sentence)
    if whole is not None:
        return whole
    if led := _LED.fullmatch(sentence):
        return f"{_('row %(number)s') % {'number': led[1]}}: {known(led[2]) or led[2]}"
    return sentence


def problem(found: Problem) -> str:
    """A problem with its place: the row and the heading, or the file."""
    sentence = known(found.message) or _(found.message)
    if not found.path:
        return sentence
    if row := _ROW.fullmatch(found.path):
        place = _("row %(number)s") % {"number": row[1]}
        return f"{place}, {row[2]}: {sentence}" if row[2] else f"{place}: {sentence}"
    return f"{found.path}: {sentence}"


def is_translated(sentence: str) -> bool:
    """Whether it is said in the reader's language: what is in no mould is marked as English."""
    if i18n.spoken() == "en" or known(sentence) is not None:
        return True
    led = _LED.fullmatch(sentence)
    return led is not None and known(led[2]) is not None
