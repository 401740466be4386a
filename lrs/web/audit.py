"""The audit trail: who saw and changed what."""

from typing import Final

from flask import render_template

from lrs.i18n import N_, _
from lrs.store import audit
from lrs.web import imports, listing
from lrs.web.rooms import Room, here

ROOM = Room("audit")

THINGS: Final = {
    "adapter": N_("Declared dialect"),
    "alumni": N_("List of alumni"),
    "answer": N_("Answer"),
    "case": N_("Follow-up"),
    "cases": N_("List of follow-up"),
    "certificate": N_("Letter on the application of training"),
    "copy": N_("Copy of personal data"),
    "erasure of person": N_("What erasing somebody would do"),
    "evaluators": N_("Evaluation team"),
    "evidence": N_("Evidence"),
    "file": N_("File"),
    "followup": N_("Follow-up of a cohort"),
    "hook": N_("Hook"),
    "identifier": N_("Identifier"),
    "import": N_("Import"),
    "invitations": N_("Invitations"),
    "issuer": N_("Sign-in service"),
    "key": N_("Key"),
    "letter": N_("Letter"),
    "letterhead": N_("Letterhead"),
    "letters": N_("List of letters"),
    "link": N_("Link of evidence"),
    "links of case": N_("Links of a follow-up"),
    "participation": N_("Who took part"),
    "people": N_("List of people"),
    "person": N_("Person"),
    "programme": N_("Programme"),
    "reasons": N_("Reasons of verdicts"),
    "recommendation": N_("Recommendation"),
    "refused": N_("Refused record"),
    "report": N_("Report"),
    "sheet": N_("Sheet of paper"),
    "request": N_("Request about personal data"),
    "requests": N_("Requests about personal data"),
    "requests of person": N_("Requests of a person"),
    "source": N_("Source"),
    "stack": N_("Stack of sheets"),
    "statement": N_("Activity record"),
    "statements": N_("List of activity records"),
    "stories": N_("Stories"),
    "story": N_("Story"),
    "submission": N_("Handed in to the LMS"),
    "submissions": N_("List of what was handed in to the LMS"),
    "superior": N_("Superior"),
    "unit": N_("Unit"),
    "user": N_("Account"),
    "waiting report": N_("Report that waits"),
    "waiting reports": N_("Reports that wait"),
    "webhook": N_("Webhook"),
}
"""Kinds of things that the audit trail speaks of."""

DEEDS: Final = {
    "accept": N_("accepted"),
    "again": N_("asked anew"),
    "asked": N_("contact asked"),
    "begun": N_("begun"),
    "changed": N_("changed"),
    "confirmed": N_("confirmed"),
    "confirmed-sure": N_("confirmed, as it was sure"),
    "created": N_("created"),
    "dismissed": N_("left out"),
    "distinct": N_("said to be two"),
    "done": N_("done"),
    "drawn": N_("drawn by chance"),
    "dropped": N_("dropped"),
    "ended": N_("ended"),
    "entered": N_("entered"),
    "erased": N_("erased"),
    "exported": N_("taken out"),
    "handed in": N_("handed in"),
    "handed-over": N_("handed over"),
    "issued": N_("issued"),
    "keyed": N_("keyed"),
    "lifted": N_("restriction lifted"),
    "link-made": N_("link for a new password made"),
    "merged": N_("merged"),
    "named": N_("named"),
    "not_seen": N_("not observed yet"),
    "parted": N_("parted"),
    "password-set": N_("password set"),
    "poster-made": N_("poster made"),
    "proposed": N_("proposed by hand"),
    "recorded": N_("recorded"),
    "rectified": N_("put right"),
    "refused": N_("said not to be theirs"),
    "reject": N_("rejected"),
    "released": N_("released"),
    "removed": N_("removed"),
    "replayed": N_("sent again"),
    "restricted": N_("restricted"),
    "resumed": N_("taken up again"),
    "return": N_("returned"),
    "revoked": N_("revoked"),
    "rotated": N_("renewed"),
    "second-factor-set": N_("second factor set up"),
    "second-factor-taken-off": N_("second factor taken off"),
    "second-opinion": N_("second opinion"),
    "seen": N_("looked at"),
    "sent-now": N_("asked and reminded at once"),
    "signed-in": N_("signed in"),
    "stopped": N_("stopped"),
    "taken": N_("taken for review"),
    "tested": N_("tried"),
    "turned-down": N_("refused"),
    "undone": N_("taken back"),
    "written": N_("written"),
}
"""What was done with them."""


def deed(action: str) -> str:
    """What an entry of the audit trail tells, in words: `user/signed-in` is that somebody did.
    What the API did is called by the permission that it took, and what is not known as it is."""
    kind, _slash, done = action.partition("/")
    if kind == "import":
        called = _(imports.KINDS[done].called) if done in imports.KINDS else done
        return _("Import: %(kind)s") % {"kind": called}
    if kind == "api":
        return _("By the API: %(permission)s") % {"permission": done}
    if kind not in THINGS or done not in DEEDS:
        return action
    return f"{_(THINGS[kind])}: {_(DEEDS[done])}"


@ROOM.page("/audit", "audit/read")
def every() -> str:
    """Newest first; narrowed to one who did it, one thing, or one kind of thing."""
    there = here()
    with there.read() as connection:
        rows = audit.page(
            connection,
            there.tenant.id,
            who=listing.asked("who"),
            subject=listing.asked("subject"),
            action=listing.asked("action"),
            before=listing.after(int),
            limit=listing.SIZE + 1,
        )
    return render_template(
        "audit.html", listed=listing.page(rows, lambda row: row.number), deed=deed
    )
