"""`POST /hooks/<address>`: where a system that knows no xAPI delivers events, signed.

No key, no version of xAPI: what an event means is in the mapping of the hook, and who sends it in
the signature. Answers 200 with the ids of the statements that stand for its events, also where
they stood already, so that a sender may always send again.
"""

from dataclasses import asdict

from flask import Blueprint, current_app, request

from lrs import errors, hooks
from lrs.api import wire
from lrs.context import Context

HOOKS = Blueprint("hooks", __name__)


@HOOKS.route("/<address>", methods=["POST"])
def deliver(address: str) -> wire.Answer:
    """Take in one delivery."""
    context: Context = current_app.extensions["jejak"]
    settings = context.settings
    try:
        body = wire.Body(request.environ).all(
            "The delivery", settings.body_limit, "JEJAK_BODY_LIMIT"
        )
        done = hooks.deliver(
            context.database,
            address,
            request.headers.get,
            body,
            context.clock(),
            settings.batch_limit,
        )
        answer = wire.json_answer(asdict(done))
    except errors.JejakError as error:
        answer = wire.refusal(error)
        if isinstance(error, errors.Unauthenticated):
            answer.headers["WWW-Authenticate"] = "Signature"
    except Exception as error:
        answer = wire.unexpected(error, request.method)
    return wire.finish(answer, request.environ, context, wire.spoken(request.environ, context))
