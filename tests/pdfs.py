"""PDF documents for tests: lines of text where they stand, as word processors print them."""

from collections.abc import Sequence

#: A line of a page: how far from the left (points), the text; None is an empty line.
Line = tuple[int, str] | str | None


def pdf(*pages: Sequence[Line], trailer: str = "") -> bytes:
    """A document of these pages; a line without a place begins at the left margin."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    objects.append(
        "<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>"
    )
    kids = []
    for page in pages:
        stream = _stream(page)
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R"
            f" >> >> /Contents {len(objects)} 0 R >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    return assembled(objects, trailer)


def assembled(objects: Sequence[str], trailer: str = "") -> bytes:
    """A document of these objects, the first its catalogue."""
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n"
    table += "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"trailer << /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\n"
    return out + f"{table}{end}startxref\n{len(out)}\n%%EOF\n".encode()


def _stream(page: Sequence[Line]) -> str:
    said = []
    height = 790
    for line in page:
        for left, text in [line] if isinstance(line, tuple) else [(72, line)] if line else []:
            # Several texts on one line are told apart by a bar.
            for n, part in enumerate(text.split("|")):
                safe = part.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
                said.append(f"BT /F1 11 Tf {left + n * 230} {height} Td ({safe}) Tj ET")
        height -= 16
    return "\n".join(said)
