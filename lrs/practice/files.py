"""Which files may be handed in as evidence: what they are is seen in them, not in their names.

`check` says why a file is not taken, `kind` what it is, `flags` what whoever opens it should know.
All look at bounded parts: nothing is unpacked, drawn or run.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Set
from typing import Final

from lrs.errors import Problem

#: What is taken, and what it is called in a sentence.
TYPES: Final[Mapping[str, str]] = {
    "application/pdf": "a PDF document",
    "image/jpeg": "a JPEG picture",
    "image/png": "a PNG picture",
    "image/gif": "a GIF picture",
    "image/webp": "a WebP picture",
    "image/heic": "a HEIC picture",
    "image/tiff": "a TIFF picture",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "a Word document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "an Excel workbook",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": (
        "a PowerPoint presentation"
    ),
    "application/vnd.oasis.opendocument.text": "an OpenDocument text",
    "application/vnd.oasis.opendocument.spreadsheet": "an OpenDocument spreadsheet",
    "application/vnd.oasis.opendocument.presentation": "an OpenDocument presentation",
    "application/msword": "an old Word document",
    "application/vnd.ms-excel": "an old Excel workbook",
    "application/vnd.ms-powerpoint": "an old PowerPoint presentation",
    "text/plain": "plain text",
    "text/csv": "a CSV list",
    "video/mp4": "an MP4 video",
    "video/webm": "a WebM video",
    "audio/mpeg": "an MP3 recording",
    "audio/mp4": "an M4A recording",
    "audio/ogg": "an Ogg recording",
}

#: The largest file, in bytes, unless a setting says otherwise.
LIMIT: Final = 20 * 2**20

#: Where browsers and systems say that they do not know.
_UNTOLD = frozenset(("", "application/octet-stream", "binary/octet-stream"))

#: Names that a double click would run, whatever they hold.
_RUNS = frozenset(
    "exe com bat cmd scr msi msp pif cpl jar apk app dmg pkg deb rpm sh bash ps1 psm1 vbs vbe js"
    " jse mjs wsf wsh hta lnk url reg dll sys html htm xhtml shtml mht mhtml svg svgz xml php py"
    " pl rb docm dotm xlsm xltm xlam pptm potm ppam".split()
)

#: What programs begin with.
_PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"L\x00\x00\x00\x01\x14\x02\x00",
    b"dex\n",
    b"\x00asm",
)

_MARKUP = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*(?:<!--.{0,2000}?-->\s*)*"
    rb"<(?:!doctype|html|head|body|script|svg|\?xml|iframe|img|meta|style|\?php|%)",
    re.IGNORECASE | re.DOTALL,
)

_OFFICE = {
    "word/": "wordprocessingml.document",
    "xl/": "spreadsheetml.sheet",
    "ppt/": "presentationml.presentation",
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLD = {
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
}

#: What an office file may unpack to: so many parts, bytes, and times its own size.
_PARTS, _UNPACKED, _TIMES = 10_000, 512 * 2**20, 200

_HEAD = 1024


def check(
    name: str,
    content_type: str,
    content: bytes,
    *,
    limit: int = LIMIT,
    allowed: Set[str] = frozenset(TYPES),
) -> Problem | None:
    """Why this file is not taken, in a sentence that says what to do; None: it is."""
    if not content:
        return Problem(name, "The file is empty; choose it again.")
    if len(content) > limit:
        most = f"{limit / 2**20:.3g} MB"
        return Problem(
            name,
            f"The file has {len(content) / 2**20:.3g} MB; at most {most} are taken. Make pictures"
            " smaller, or hand in only the pages that matter.",
        )
    ending = _ending(name)
    if content.startswith(_PROGRAMS) or ending in _RUNS:
        return Problem(name, "Programs, scripts, pages and files with macros are not taken.")
    if _MARKUP.match(content[: 4 * _HEAD]):
        return Problem(
            name, "Web pages and drawings that may hold scripts are not taken; save it as PDF."
        )
    if content.startswith(b"PK"):
        refused = _packed(content)
        if refused:
            return Problem(name, refused)
    if content.startswith(_OLE) and _utf16("EncryptedPackage") in content:
        return Problem(name, "The file is locked with a password; save it without one.")
    found = kind(content, name)
    if found is None or found not in allowed:
        taken = ", ".join(sorted({TYPES[each] for each in allowed if each in TYPES}))
        if found is None:
            return Problem(name, f"What it is cannot be told. Taken are: {taken}.")
        return Problem(name, f"It is {TYPES[found]}. Taken are: {taken}.")
    if (
        found.startswith(("application/ms", "application/vnd.ms"))
        and _utf16("_VBA_PROJECT") in content
    ):
        return Problem(name, "The document holds macros; save it without them, or as PDF.")
    told = content_type.partition(";")[0].strip().casefold()
    for claim in (told, _BY_ENDING.get(ending, "")):
        if claim not in _UNTOLD and not _alike(claim, found):
            said = TYPES.get(claim, claim)
            return Problem(
                name,
                f"The file is said to be {said}, but is {TYPES[found]}. Give it its right ending.",
            )
    return None


def kind(content: bytes, name: str = "") -> str | None:
    """The content type that the content itself shows; None where that is none we know.

    The name only tells a CSV list from other text.
    """
    head = content[:_HEAD]
    for start, found in _STARTS:
        if head.startswith(start):
            return found
    if b"%PDF-" in head and b"<" not in head[: head.index(b"%PDF-")]:
        return "application/pdf"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in (b"heic", b"heix", b"mif1", b"hevc", b"msf1"):
            return "image/heic"
        return "audio/mp4" if brand in (b"M4A ", b"M4B ") else "video/mp4"
    if head[:2] in (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"):
        return "audio/mpeg"
    if head.startswith(b"PK\x03\x04"):
        return _office(content)
    if head.startswith(_OLE):
        return next((of for stream, of in _OLD.items() if _utf16(stream) in content), None)
    if _is_text(content):
        return "text/csv" if _ending(name) in ("csv", "tsv") else "text/plain"
    return None


def flags(content: bytes) -> tuple[str, ...]:
    """What whoever opens it should know: `encrypted` (a password is asked), `scripts`, `attached`
    (other files inside). Seen without unpacking, so none is no promise."""
    found = []
    if kind(content) == "application/pdf":
        tail = content[-64 * _HEAD :]
        if re.search(rb"/Encrypt\s*(?:\d+\s+\d+\s+R|<<)", tail) or re.search(
            rb"/Encrypt\s+\d+\s+\d+\s+R", content[: 64 * _HEAD]
        ):
            found.append("encrypted")
        if re.search(rb"/(?:JavaScript|JS|Launch)\b", content):
            found.append("scripts")
        if b"/EmbeddedFile" in content:
            found.append("attached")
    return tuple(found)


def clean_name(name: str) -> str:
    """A file's name without folders and signs that no file system should see."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(sign for sign in last if sign.isprintable() and sign not in '<>:"|?*').strip(
        " ."
    )
    stem, dot, ending = kept.rpartition(".")
    return f"{(stem if dot else kept)[:150]}{dot}{ending[:10] if dot else ''}" or "berkas"


_STARTS: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
)

_BY_ENDING: Final[Mapping[str, str]] = {
    ending: of
    for of, endings in {
        "application/pdf": "pdf",
        "image/jpeg": "jpg jpeg png gif webp heic heif tif tiff",
        "application/msword": "doc",
        "application/vnd.ms-excel": "xls",
        "application/vnd.ms-powerpoint": "ppt",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
        "text/plain": "txt csv tsv md",
        "video/mp4": "mp4 webm mov 3gp mp3 m4a ogg",
    }.items()
    for ending in endings.split()
}


def _alike(told: str, found: str) -> bool:
    """Whether a claim is near enough: phones name pictures wrong all the time, and do no harm."""
    if told == found:
        return True
    families = (("image/",), ("text/", "application/csv"), ("video/", "audio/"))
    if any(told.startswith(each) and found.startswith(each) for each in families):
        return True
    # Windows calls a CSV list a workbook.
    return found.startswith("text/") and told == "application/vnd.ms-excel"


def _ending(name: str) -> str:
    return name.rpartition(".")[2].strip().casefold() if "." in name else ""


def _packed(content: bytes) -> str | None:
    """Why an archive is not taken."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError):
        return "The file is broken; save it again."
    size = sum(each.file_size for each in parts)
    if len(parts) > _PARTS or size > _UNPACKED or size > max(len(content), 2**16) * _TIMES:
        return "The file would unpack to far more than it should; save it again, or as PDF."
    if any(each.flag_bits & 1 for each in parts):
        return "The file is locked with a password; save it without one."
    inside = {each.filename.casefold() for each in parts}
    if any(
        each.endswith("vbaproject.bin")
        or each.startswith("basic/")
        or _ending(each) in _RUNS - {"xml"}
        for each in inside
    ):
        return "The document holds macros or programs; save it without them, or as PDF."
    if _office(content) is None:
        return "Archives are not taken; hand in each file by itself."
    return None


def _office(content: bytes) -> str | None:
    try:
        packed = zipfile.ZipFile(io.BytesIO(content))
        inside = set(packed.namelist())
        if "[Content_Types].xml" in inside:
            for folder, of in _OFFICE.items():
                if any(each.startswith(folder) for each in inside):
                    return f"application/vnd.openxmlformats-officedocument.{of}"
        if "mimetype" in inside and packed.getinfo("mimetype").file_size < _HEAD:
            told = packed.read("mimetype").decode("ascii", "replace").strip()
            return told if told in TYPES else None
    except (zipfile.BadZipFile, zlib.error, ValueError, OSError, NotImplementedError,
            RuntimeError, EOFError):  # fmt: skip
        return None
    return None


def _is_text(content: bytes) -> bool:
    sample = content[: 64 * _HEAD]
    if b"\0" in sample:
        return False
    try:
        text = sample.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(sample) - error.start <= 4 and error.reason == "unexpected end of data":
            text = sample[: error.start].decode("utf-8")
        else:
            text = sample.decode("cp1252", "replace")
    odd = sum(not (sign.isprintable() or sign in "\r\n\t\f") for sign in text)
    return odd == 0


def _utf16(text: str) -> bytes:
    """As old office files name their streams."""
    return text.encode("utf-16-le")
