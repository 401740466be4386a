"""Follow-up for machines: who was asked, who is to be asked today, which cohorts are followed."""

from collections import Counter
from typing import Any

from sqlalchemy import Connection

from lrs import channels, followup
from lrs.api import cases
from lrs.api.cases import called
from lrs.api.practice import Call, Resource, Use
from lrs.api.programmes import the_programme
from lrs.errors import Conflict
from lrs.store import cases as lists
from schemas import practice as shapes


def list_invitations(call: Call) -> Any:
    with call.context.database.read() as connection:
        return lists.invitations(
            connection,
            call.tenant.id,
            cases.which(call),
            case=call.query.get("case"),
            round=call.query.get("round"),
            whose=call.whose_of(connection, call.query.get("person")),
            after=call.place,
            limit=call.query["limit"],
        )


def plan(call: Call) -> Any:
    """What is to be asked today. Enters nothing."""
    rules = followup.rules(call.context.settings)
    with call.context.database.read() as connection:
        made, _ = followup.plan(connection, call.tenant, call.now, rules)
    counted = Counter((each.role, each.window, each.state) for each in made.new)
    return {
        "new": [
            {"role": role, "window": window, "state": state, "invitations": count}
            for (role, window, state), count in sorted(counted.items())
        ],
        "no_longer_needed": len(made.changes),
    }


def carry_out(call: Call) -> Any:
    """Enter what is to be asked today, and have letters go out. May be done at any time."""
    rules = followup.rules(call.context.settings)
    done = call.context.database.write(
        lambda c: followup.carry_out(c, call.tenant, call.now, rules)
    )
    return {"made": dict(done.made), "settled": done.settled, "letters": done.letters}


def follow(call: Call) -> Any:
    """Have a cohort followed up, or no more."""
    told = call.body
    work = followup.begin if told["follow"] else followup.stop
    call.context.database.write(
        lambda c: work(c, call.tenant, told["programme"], told.get("cohort"), call.by())
    )
    return {"programme": told["programme"], "cohort": told.get("cohort"), "follow": told["follow"]}


# Rounds --------------------------------------------------------------------------------------


def hand_over(call: Call) -> Any:
    """Have the link of a round, to be passed on by another way than mail; no letter goes out."""
    base = _base(call)

    def write(connection: Connection) -> dict[str, Any]:
        page = followup.page(connection, call.tenant, call.parts["round"], call.now)
        if page.rater is None:
            raise Conflict("Nobody is there to be asked.", "Say who it is first.")
        done = followup.hand_over(
            connection, call.tenant, page.round, call.body["channel"], call.now
        )
        language = call.context.settings.language
        told = channels.message(connection, call.tenant, page, base, language, call.now)
        return {
            "invitations": done,
            "link": followup.link_to(connection, call.tenant, page, base, call.now),
            "closes": page.closes,
            "text": told.text,
            "address": told.address or None,
        }

    made = call.context.database.write(write)
    told: dict[str, Any] = shapes.HandedOverOut().dump(made)
    return told


def _base(call: Call) -> str:
    if not call.context.settings.public_url:
        raise Conflict(
            "A link needs our own address.", "Set JEJAK_PUBLIC_URL to what people's phones reach."
        )
    return call.context.settings.public_url


def revoke(call: Call) -> Any:
    """End the links of a round: whoever has one sees that the page was closed."""

    def write(connection: Connection) -> int:
        page = followup.page(connection, call.tenant, call.parts["round"], call.now)
        return followup.revoke(connection, call.tenant, page.round, call.now)

    return {"links": call.context.database.write(write)}


def again(call: Call) -> Any:
    """Ask a round anew, with a new letter and a new link; the old links end."""
    round_ = call.parts["round"]
    call.context.database.write(lambda c: followup.again(c, call.tenant, round_, call.now))
    return {"round": round_.hex()}


def ask_unit(call: Call) -> Any:
    """Have a letter go to the contact of a unit, with the page on which they look through it."""
    unit = call.parts["unit"]
    call.context.database.write(lambda c: followup.ask_unit(c, call.tenant, unit, call.now))
    return {"unit": unit.hex()}


# Who evaluates -------------------------------------------------------------------------------


def get_team(call: Call) -> Any:
    """Who was named to evaluate a programme, or all of the agency's."""
    with call.context.database.read() as connection:
        iri = _programme(call, connection)
        team = followup.evaluators(connection, call.tenant, iri)
        return {"people": called(call, connection, team)}


def put_team(call: Call) -> Any:
    """Say who evaluates a programme, or all of the agency's that name nobody of their own."""

    def write(connection: Connection) -> list[dict[str, str]]:
        iri = _programme(call, connection)
        followup.name_evaluators(connection, call.tenant, iri, call.body["people"], call.by())
        return called(call, connection, followup.evaluators(connection, call.tenant, iri))

    return {"people": call.context.database.write(write)}


def _programme(call: Call, connection: Connection) -> str:
    """The IRI of the programme of the path; empty where the path names none."""
    digest = call.parts.get("programme")
    return "" if digest is None else the_programme(call, connection, digest).iri


RESOURCES = (
    Resource(
        "/rounds/<round>/hand-over",
        {
            "POST": Use(
                hand_over,
                "invitations/write",
                "Have the link of a round, to be passed on by another way than mail.",
                body=shapes.HandOverBody,
                answers=shapes.HandedOverOut,
            )
        },
    ),
    Resource(
        "/rounds/<round>/revoke",
        {
            "POST": Use(
                revoke, "invitations/write", "End the links of a round.", answers=shapes.RevokedOut
            )
        },
    ),
    Resource(
        "/rounds/<round>/again",
        {
            "POST": Use(
                again,
                "invitations/write",
                "Ask a round anew, with a new letter and a new link.",
                answers=shapes.RoundOut,
            )
        },
    ),
    Resource(
        "/units/<unit>/ask",
        {
            "POST": Use(
                ask_unit,
                "invitations/write",
                "Ask the contact of a unit to look through its people: superiors and peers whom"
                " learners named, and who has not answered.",
                answers=shapes.AnythingOut,
            )
        },
    ),
    Resource(
        "/evaluators",
        {
            "GET": Use(
                get_team,
                "invitations/write",
                "Who evaluates the programmes that name nobody of their own.",
                answers=shapes.TeamOut,
            ),
            "PUT": Use(
                put_team,
                "invitations/write",
                "Say who evaluates the programmes that name nobody of their own.",
                body=shapes.TeamBody,
                answers=shapes.TeamOut,
            ),
        },
    ),
    Resource(
        "/programmes/<programme>/evaluators",
        {
            "GET": Use(
                get_team,
                "invitations/write",
                "Who was named to evaluate a programme.",
                answers=shapes.TeamOut,
            ),
            "PUT": Use(
                put_team,
                "invitations/write",
                "Say who evaluates a programme.",
                body=shapes.TeamBody,
                answers=shapes.TeamOut,
            ),
        },
    ),
    Resource(
        "/invitations",
        {
            "GET": Use(
                list_invitations,
                "invitations/read",
                "Who was or is to be asked, the first due first.",
                query=shapes.InvitationsQuery,
                answers=shapes.InvitationOut,
                paged=True,
            ),
            "POST": Use(
                carry_out,
                "invitations/write",
                "Ask whom it is time to ask: enter invitations, and have letters go out.",
                answers=shapes.AnythingOut,
            ),
        },
    ),
    Resource(
        "/invitations/plan",
        {
            "GET": Use(
                plan,
                "invitations/write",
                "Whom it is time to ask. Enters nothing.",
                answers=shapes.AnythingOut,
            )
        },
    ),
    Resource(
        "/follow-up",
        {
            "POST": Use(
                follow,
                "invitations/write",
                "Have a cohort followed up, or no more.",
                body=shapes.FollowBody,
                answers=shapes.AnythingOut,
            )
        },
    ),
)
