"""The receipt of an erasure on paper: what went, when, on whose word; nothing of who it was."""

from datetime import date

from lrs.agency import Letterhead
from lrs.erasure import COUNTED, Receipt
from lrs.i18n import _
from lrs.papers.document import NUMBER, Document, Table, Text, columns, stem
from lrs.rights import ASKED_BY


def made(receipt: Receipt, head: Letterhead, day: date, address: str = "") -> Document:
    """The paper of a receipt. `address` is where anybody can see that it is the agency's."""
    return Document(
        name=stem("receipt", receipt.number),
        title=_("Receipt of erasure"),
        subtitle=_("Number %(number)s") % {"number": receipt.number},
        facts=(
            (_("Erased on"), receipt.at.strftime("%Y-%m-%d %H:%M UTC")),
            (_("On the word of"), _(ASKED_BY[receipt.asked_by])),
            (_("Reason"), receipt.reason),
            *([(_("To be checked at"), address)] if address else []),
        ),
        blocks=(
            Text(
                _(
                    "What was held of one person was erased for good. So that it is not held again,"
                    " nothing of who that was stands here or is kept with this receipt."
                )
            ),
            Table(
                caption=_("What was erased"),
                columns=columns(_("What"), (_("How many"), NUMBER)),
                rows=tuple(
                    (_(what), receipt.counts[kind])
                    for kind, what in COUNTED.items()
                    if receipt.counts.get(kind)
                ),
                empty=_("Nothing was held."),
            ),
            Text(
                _(
                    "Backups made before are overwritten as they grow old. What was handed to"
                    " others before stays with them; ask them, too."
                ),
                "note",
            ),
        ),
        letterhead=head,
        day=day,
        signed=True,
    )
