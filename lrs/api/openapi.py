"""The OpenAPI 3.1 document of the practice API, written off the table of its resources."""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final

import msgspec
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from lrs.api import wire
from lrs.api.practice import PREFIX, PROBLEM, Resource, Use
from lrs.auth import roles
from schemas import practice as shapes

PATH: Final = "/practice/api/openapi.json"

_SAID: Final = (
    "Cases, evidence, links, people, programmes, follow-up and figures. Keys sign in by HTTP Basic"
    " or a bearer token, with scopes practice/*. Lists go on at `next`, as it is. Errors are"
    " problem+json."
)


def view(resources: Iterable[Resource]) -> Callable[[], wire.Answer]:
    """The document as a route, open to everybody: it tells nothing of anybody."""
    every = tuple(resources)

    @cache
    def written() -> bytes:
        return msgspec.json.encode(document(every))

    def answer() -> wire.Answer:
        made = wire.json_answer(written())
        made.headers.update(wire.INERT)
        return made

    return answer


def document(resources: Iterable[Resource]) -> dict[str, Any]:
    """The document as JSON would have it."""
    spec = APISpec(
        title="Jejak, the practice side",
        version="1",
        openapi_version="3.1.0",
        info={"description": _SAID},
        plugins=[MarshmallowPlugin(schema_name_resolver=_name)],
    )
    spec.components.security_scheme("key", {"type": "http", "scheme": "basic"})
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    for resource in resources:
        spec.path(
            path=PREFIX + re.sub(r"<(\w+)>", r"{\1}", resource.path),
            operations={
                method.lower(): _operation(resource, method, use)
                for method, use in resource.uses.items()
            },
            parameters=[
                {"in": "path", "name": name, "required": True, "schema": {"type": "string"}}
                for name in re.findall(r"<(\w+)>", resource.path)
            ],
        )
    written: dict[str, Any] = spec.to_dict()
    return written


def _operation(resource: Resource, method: str, use: Use) -> dict[str, Any]:
    scope = roles.SCOPES_FOR[use.action]
    asked = f"A key needs the scope {scope}." if scope else "Not for keys."
    made: dict[str, Any] = {
        "operationId": f"{method.lower()}{re.sub(r'[^a-z]+', '_', resource.path)}".rstrip("_"),
        "summary": use.says,
        "description": f"Action {use.action}. {asked}",
        "security": [{"key": []}, {"token": []}],
        "responses": {
            str(use.status): {"description": "Done.", "content": _answered(use)},
            "default": {
                "description": "Not done, and why.",
                "content": {PROBLEM: {"schema": shapes.ErrorOut}},
            },
        },
    }
    if use.query is not None:
        made["parameters"] = [{"in": "query", "schema": use.query}]
    if use.raw:
        anything = {"schema": {"type": "string", "format": "binary"}}
        made["requestBody"] = {
            "required": True,
            "content": dict.fromkeys(use.takes, anything),
        }
    elif use.body is not None:
        content: dict[str, Any] = {wire.JSON: {"schema": use.body}}
        if use.files:
            form = {
                "type": "object",
                "required": [use.part],
                "properties": {
                    use.part: {"type": "string", "description": "The body, as JSON."},
                    "file": {"type": "array", "items": {"type": "string", "format": "binary"}},
                },
            }
            content["multipart/form-data"] = {"schema": form}
        made["requestBody"] = {"required": True, "content": content}
    return made


def _answered(use: Use) -> dict[str, Any]:
    if use.answers is None:
        return {}
    schema: Any = use.answers
    if use.paged:
        schema = {
            "type": "object",
            "required": ["items", "next"],
            "properties": {
                "items": {"type": "array", "items": use.answers},
                "next": {"type": ["string", "null"], "description": "Where the list goes on."},
            },
        }
    return {wire.JSON: {"schema": schema}}


def _name(schema: Any) -> str:
    made: type[Schema] = schema if isinstance(schema, type) else type(schema)
    return made.__name__.removesuffix("Out").removesuffix("Schema")
