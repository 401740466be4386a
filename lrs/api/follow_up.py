"""Follow-up for machines: who was asked, who is to be asked today, which cohorts are followed."""

from collections import Counter
from typing import Any

from lrs import followup
from lrs.api import cases
from lrs.api.practice import Call, Resource, Use
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
            whose=call.whose(connection),
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


RESOURCES = (
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
