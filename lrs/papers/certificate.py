"""*Surat Keterangan Penerapan* as PDF: what a certificate says, with the code to check it by."""

import io
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import segno

from lrs import i18n
from lrs.certificates import Applied, Certificate
from lrs.i18n import N_, _
from lrs.papers import pdf

TEMPLATE: Final = (Path(__file__).parent / "certificate.typ").read_bytes()

TIERS: Final[Mapping[str, str]] = {"7a": N_("with help"), "7b": N_("on one's own")}


def how(applied: Applied) -> str:
    """How a behaviour was applied, in plain words."""
    word = TIERS.get(applied.tier or "")
    return _(word) if word else "–"


def what(applied: Applied) -> str:
    """What was applied."""
    return applied.behaviour or _("The training as a whole")


def render(certificate: Certificate, address: str) -> bytes:
    """The letter as PDF, in the language that holds; `address` is where it is checked."""
    head = certificate.head
    issued = date(1970, 1, 1) + timedelta(days=certificate.issued)
    facts = [(_("Name"), certificate.name), (_("Training"), certificate.programme)]
    if certificate.cohort:
        facts.append((_("Cohort"), certificate.cohort))
    facts.append((_("Training ended"), i18n.day(certificate.completed)))
    told = {
        "language": i18n.spoken(),
        "title": _("Letter on the application of training"),
        "letterhead": {
            "name": head.name,
            "above": head.above,
            "lines": [each for each in (head.address, head.contact) if each],
            "logo": list(head.logo),
            "logo_type": head.logo_type,
        },
        "states": _("It is stated herewith that what was learned in this training is applied:"),
        "facts": [list(each) for each in facts],
        "applied": _("Evidence was accepted by the agency's reviewers for:"),
        "columns": [_("What is done at work"), _("Since"), _("How")],
        "rows": [
            [what(each), i18n.day(each.day, "medium"), how(each)] for each in certificate.applied
        ],
        "means": _(
            "The evidence was reviewed by somebody else than the person named."
            " The letter is no appraisal of performance."
        ),
        "qr": _code(address),
        "check": _("Whether this letter still holds can be seen by anyone at:"),
        "address": address,
        "place": ", ".join(filter(None, (head.place, i18n.day(issued)))),
        "signs_as": head.signs_as,
        "signs": head.signs,
    }
    return pdf.set_in(TEMPLATE, told, issued)


def _code(address: str) -> str:
    out = io.BytesIO()
    segno.make(address, error="m").save(out, kind="svg", border=0, xmldecl=False, scale=4)
    return out.getvalue().decode()
