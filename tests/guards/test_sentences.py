"""What rooms below the pages say in words of their own, the pages can say in the reader's."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import marshmallow.validate
import pytest

from lrs import i18n
from lrs.adapters import Adapters
from lrs.settings import Settings
from lrs.web import audit, imports, sentences
from lrs.xapi.repairs import REPAIRS

ROOT = Path(__file__).parents[2]

#: Rooms whose sentences no page shows: commands, the API's own, what makes the demonstration; and
#: conflicts of identities, which are values that the page words.
UNSEEN = re.compile(
    r"lrs/(api/|cli|demo|archive|auth/(keys|oidc)|server|settings|web/|papers/"
    r"|store/(documents|migrations)|xapi/(documents|versions)|(practice/)?identities)"
    r"|schemas/practice"
)

#: What only a machine is told, in a room whose other sentences pages show: that its signature is
#: wrong.
TO_MACHINES = {("lrs/inbound.py", "Unauthenticated")}

#: What makes a sentence for people, and which of its arguments are the sentence.
SAYS = {
    "Problem": (1,),
    "Conflict": (0, 1),
    "Unauthenticated": (0,),
    "Pass": (0,),
    "Finding": (0, 2),
    "ValidationError": (0,),
    "Fault": (0,),
    "wrong": (0,),
    "refuse": (0,),
    "Unfit": (0,),
    "_Wrong": (1,),
    "_unique": (0, 1),
}


def rooms() -> Iterator[Path]:
    for folder in ("lrs", "schemas", "plugins"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not UNSEEN.match(str(path.relative_to(ROOT))):
                yield path


def spoken_by(path: Path) -> Iterator[tuple[int, ast.expr]]:
    """The expressions of a module that are, or become, what is said of something wrong."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            called = node.func.id if isinstance(node.func, ast.Name) else called
            places = SAYS.get(called, ())
            if (str(path.relative_to(ROOT)), called) in TO_MACHINES:
                continue
            for place in places:
                if place < len(node.args):
                    yield node.lineno, node.args[place]
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "message":
            yield node.lineno, node.value


def written(said: ast.expr) -> Iterator[str]:
    """The sentences an expression may become, with something for every value."""
    if isinstance(said, ast.Constant) and isinstance(said.value, str):
        yield said.value
    elif isinstance(said, ast.JoinedStr):
        yield "".join(
            str(part.value) if isinstance(part, ast.Constant) else "XYZ" for part in said.values
        )
    elif isinstance(said, ast.IfExp):
        yield from written(said.body)
        yield from written(said.orelse)
    elif isinstance(said, ast.BoolOp):
        for each in said.values:
            yield from written(each)
    elif isinstance(said, ast.Call) and getattr(said.func, "id", "") == "N_":
        yield from written(said.args[0])
    elif isinstance(said, ast.List):
        for each in said.elts:
            yield from written(each)


def is_said(sentence: str) -> bool:
    """Whether the pages know it: words at all, in Indonesian."""
    return not re.search(r"[A-Za-z]{2}", sentence.replace("XYZ", "")) or (
        sentences.known(sentence) is not None
    )


@pytest.mark.parametrize("path", list(rooms()), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_room_says_is_said_in_indonesian_on_the_pages(path: Path) -> None:
    with i18n.speaking("id"):
        unknown = [
            f"{line}: {sentence}"
            for line, said in spoken_by(path)
            for sentence in written(said)
            if not is_said(sentence)
        ]
    assert unknown == []


def test_every_mould_is_a_sentence_that_some_room_says() -> None:
    """A mould whose sentence was reworded would be dead, and its Indonesian never shown."""
    rooms = [path for f in ("lrs", "schemas", "plugins") for path in (ROOT / f).rglob("*.py")]
    said = "\n".join(
        str(node.value)
        for path in (*rooms, Path(marshmallow.validate.__file__))
        if path.name != "moulds.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
    )
    # Values, who of a report is meant, and where one sentence is put together of two.
    between = re.compile(
        r"%\(\w+\)s|\b(?:author|mentor|coach)\b(?:'s)?|;|^Must be | and less | here$"
    )
    dead = [
        mould
        for mould in sentences.MOULDS
        for part in between.split(mould.replace("%%", "%"))
        if len(part) > 9 and part.strip(" .'(") not in said
    ]
    assert dead == []


def test_settings_adapters_and_repairs_are_told_in_indonesian() -> None:
    told = [meaning for *_, meaning in Settings().lines()]
    told += [each.about for each in Adapters.installed().every]
    told += [each.defect for each in REPAIRS.values()]
    with i18n.speaking("id"):
        assert [each for each in told if sentences.known(each) is None] == []


def test_a_sentence_is_known_again_with_its_values_and_with_the_phrases_in_it() -> None:
    said = "It is a number; send an array of one or more, each of them an absolute IRI such as"
    said += " https://example.com/thing."
    with i18n.speaking("id"):
        assert sentences.told(said) == (
            "Isinya angka; kirim larik berisi satu atau lebih, masing-masing IRI lengkap seperti"
            " https://example.com/thing."
        )
        # What a stranger wrote into a value stays what it is.
        assert "not seen" in sentences.told("There is no column not seen; there are: nama.")
    with i18n.speaking("en"):
        assert sentences.told(said) == said


def test_what_is_not_known_is_marked_as_english_and_cannot_break_out() -> None:
    with i18n.speaking("id"):
        assert sentences.shown("<b>broken</b>") == (
            '<span lang="en">&lt;b&gt;broken&lt;/b&gt;</span>'
        )
        assert sentences.shown("its object is no activity") == "objeknya bukan aktivitas"


def noted() -> Iterator[str]:
    """Every action that the pages write into the audit trail, as far as it stands in code."""
    for path in sorted((ROOT / "lrs" / "web").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            told = [each for each in node.args if isinstance(each, ast.Constant)]
            if called == "saw" and told:
                yield f"{told[0].value}/seen"
            elif called == "did" and told:
                yield str(told[0].value)


def test_every_entry_of_the_audit_trail_has_words() -> None:
    assert {each for each in noted() if audit.deed(each) == each} == set()
    with i18n.speaking("id"):
        assert audit.deed("user/signed-in") == "Akun: masuk"
        assert audit.deed(f"import/{next(iter(imports.KINDS))}") == "Impor: Alumni pelatihan"
        assert audit.deed("api/verdicts/write") == "Lewat API: verdicts/write"
