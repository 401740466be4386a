"""Every room of the pages: the one list to add a new room to."""

from flask import Blueprint

from lrs.web import (  # noqa: F401
    account,
    agency,
    alumni,
    audit,
    case,  # adds to the room of `cases`
    cases,
    check,
    copies,
    dialects,  # adds to the room of `sources`
    evidence,
    figures,  # adds to the room of `reports`
    home,
    hooks,  # adds to the room of `sources`
    identities,
    imports,
    imports_reports,  # adds to the room of `imports`
    imports_submissions,  # adds to the room of `imports`
    invitations,
    issuers,  # adds to the room of `sources`
    keying,  # adds to the room of `invitations`
    letters,
    mine,
    participation,
    people,
    programmes,
    programmes_file,  # adds to the room of `programmes`
    reasons,  # adds to the room of `review`
    refusals,
    reports,
    review,
    rights,
    service,
    setup,
    signing,
    site,
    sources,
    staff,
    statements,
    summary,
    superiors,  # adds to the room of `people`
    units,
    users,
    webhooks,
)

ROOMS = (
    home.ROOM,
    summary.ROOM,
    signing.ROOM,
    account.ROOM,
    mine.ROOM,
    staff.ROOM,
    check.ROOM,
    setup.ROOM,
    review.ROOM,
    evidence.ROOM,
    cases.ROOM,
    reports.ROOM,
    agency.ROOM,
    alumni.ROOM,
    participation.ROOM,
    copies.ROOM,
    programmes.ROOM,
    people.ROOM,
    rights.ROOM,
    units.ROOM,
    identities.ROOM,
    imports.ROOM,
    invitations.ROOM,
    statements.ROOM,
    refusals.ROOM,
    sources.ROOM,
    users.ROOM,
    webhooks.ROOM,
    letters.ROOM,
    audit.ROOM,
    service.ROOM,
)


def blueprint() -> Blueprint:
    """All pages as one blueprint."""
    made = site.blueprint(ROOMS)
    made.context_processor(lambda: {"case_badge": cases.badge_of})
    return made
