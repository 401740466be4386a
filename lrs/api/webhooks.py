"""Webhooks for operators: who is told of events, and what became of it. Not for keys."""

from typing import Any

from lrs import webhooks
from lrs.api.practice import Call, Resource, Use
from lrs.store import webhooks as store
from lrs.store.cases import Page
from schemas import practice as shapes


def list_webhooks(call: Call) -> Any:
    with call.context.database.read() as connection:
        return Page(tuple(store.of_tenant(connection, call.tenant.id)), None)


def add_webhook(call: Call) -> Any:
    """Tell an address of events from now on. Its secret is told this once."""
    told = call.body
    return webhooks.add(
        call.context.database,
        call.tenant,
        told["url"],
        told.get("events", ()),
        told.get("label", ""),
        targets=call.context.settings.webhook_targets,
        now=call.now,
    )


def remove_webhook(call: Call) -> Any:
    webhooks.remove(call.context.database, call.tenant, call.parts["webhook"])
    return {"removed": True}


def list_deliveries(call: Call) -> Any:
    with call.context.database.read() as connection:
        return store.deliveries(
            connection,
            call.tenant.id,
            states=call.query["states"],
            webhook=call.query.get("webhook"),
            after=call.place,
            limit=call.query["limit"],
        )


def retry(call: Call) -> Any:
    webhooks.again(call.context.database, call.tenant, call.parts["delivery"], call.now)
    return {"retried": True}


RESOURCES = (
    Resource(
        "/webhooks",
        {
            "GET": Use(
                list_webhooks,
                "webhooks/write",
                "Who is told of events.",
                query=shapes.NothingQuery,
                answers=shapes.WebhookOut,
                paged=True,
            ),
            "POST": Use(
                add_webhook,
                "webhooks/write",
                "Tell an address of events; its secret is told this once.",
                body=shapes.WebhookBody,
                answers=shapes.NewWebhookOut,
                status=201,
            ),
        },
    ),
    Resource(
        "/webhooks/deliveries",
        {
            "GET": Use(
                list_deliveries,
                "webhooks/write",
                "What was told, is to be told, or was given up, the newest first.",
                query=shapes.DeliveriesQuery,
                answers=shapes.DeliveryOut,
                paged=True,
            )
        },
    ),
    Resource(
        "/webhooks/deliveries/<delivery>",
        {
            "POST": Use(
                retry,
                "webhooks/write",
                "Try a delivery anew.",
                answers=shapes.AnythingOut,
            )
        },
    ),
    Resource(
        "/webhooks/<webhook>",
        {
            "DELETE": Use(
                remove_webhook,
                "webhooks/write",
                "Tell an address no more.",
                answers=shapes.AnythingOut,
            )
        },
    ),
)
