"""The application: the one place that knows every room."""

import threading
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from flask import Flask, Request, Response, current_app, request
from werkzeug.exceptions import HTTPException

from lrs.api import (
    about,
    activities,
    agents,
    cases,
    documents,
    figures,
    follow_up,
    handed_in,
    hooks,
    openapi,
    people,
    practice,
    programmes,
    rights,
    statements,
    webhooks,
    wire,
)
from lrs.context import Context
from lrs.papers.counted import Counted
from lrs.settings import Settings
from lrs.store import sessions
from lrs.web import mobile, pages, security, site

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

RESOURCES = (
    about.RESOURCE,
    statements.RESOURCE,
    activities.RESOURCE,
    agents.RESOURCE,
    *documents.RESOURCES,
)

#: What the practice side offers machines, and pages that have a script.
PRACTICE = (
    *cases.RESOURCES,
    *people.RESOURCES,
    *rights.RESOURCES,
    *programmes.RESOURCES,
    *figures.RESOURCES,
    *follow_up.RESOURCES,
    *handed_in.RESOURCES,
    *webhooks.RESOURCES,
)


def create_app(given: Settings | Context | None = None) -> Flask:
    """The WSGI application, on this context or one built from settings (the environment's).

    Opens the database and no more; who starts the service migrates it before.
    """
    if not isinstance(given, Context):
        given = Context.build(given or Settings.from_environ())
    app = Flask("lrs", static_folder=None)
    surround(app, given)
    app.url_map.merge_slashes = False  # else a POST to //statements is answered by a redirect
    app.register_blueprint(wire.blueprint("xapi", RESOURCES, practice=False), url_prefix="/xapi")
    practice_xapi = wire.blueprint("practice", RESOURCES, practice=True)
    app.register_blueprint(practice_xapi, url_prefix="/practice/xapi")
    app.wsgi_app = partial(_straight, app, _views(app), app.wsgi_app)  # type: ignore[method-assign]
    app.register_blueprint(practice.blueprint(PRACTICE), url_prefix=practice.PREFIX)
    app.add_url_rule(openapi.PATH, "openapi", openapi.view(PRACTICE), methods=["GET", "HEAD"])
    app.register_blueprint(hooks.HOOKS, url_prefix="/hooks")
    app.register_blueprint(mobile.PAGES, url_prefix="/f")
    site.equip(app)
    app.register_blueprint(pages.blueprint())
    app.add_url_rule("/health", "health", health, methods=["GET", "HEAD"])
    app.register_error_handler(Exception, failure)
    return app


def _views(app: Flask) -> dict[str, wire.View]:
    """The resources of the standard, by the paths under which they are registered."""
    found = {str(rule): app.view_functions[rule.endpoint] for rule in app.url_map.iter_rules()}
    return {path: view for path, view in found.items() if isinstance(view, wire.View)}


def _straight(
    app: Flask,
    views: dict[str, wire.View],
    inner: "WSGIApplication",
    environ: "WSGIEnvironment",
    start: "StartResponse",
) -> Iterable[bytes]:
    """Take a request of the standard straight to its resource, past all that pages need, which
    costs more than the resource does; and no path for the first page, instead of a redirect,
    which breaks on an odd query."""
    view = views.get(environ.get("PATH_INFO", ""))
    if view is not None:
        return view.answer(environ, app.extensions["jejak"])(environ, start)
    environ["PATH_INFO"] = environ.get("PATH_INFO") or "/"
    return inner(environ, start)


def surround(app: Flask, context: Context) -> None:
    """Put the application in these surroundings."""
    app.extensions["jejak"] = context
    app.extensions["jejak-counted"] = Counted(context.database, context.clock)
    app.extensions[practice.SIGNED_IN] = signed_in
    app.extensions["jejak-leaving"] = threading.Event()


def signed_in(asked: Request) -> practice.SignedIn | None:
    """Who signed in to the pages: their browsers ask the API with the cookie of the pages."""
    context: Context = current_app.extensions["jejak"]
    token = asked.cookies.get(security.cookie_name(context), "")
    if not token:
        return None
    idle = timedelta(minutes=context.settings.session_idle_minutes)
    with context.database.read() as connection:
        session = sessions.find(connection, token, now=context.clock(), idle=idle)
    if session is None or session.stage != sessions.IN:
        return None
    user = session.user
    return practice.SignedIn(session.tenant, user.login, user.roles, user.person)


def health() -> wire.Answer:
    """Whether requests can be answered: 200, or 503 where the database does not answer, or where
    this server will be stopped and balancers are to send requests elsewhere."""
    context: Context = current_app.extensions["jejak"]
    if current_app.extensions["jejak-leaving"].is_set():
        return wire.json_answer({"status": "this server is about to stop"}, 503)
    try:
        with context.database.read() as connection:
            connection.exec_driver_sql("SELECT 1")
    except Exception as error:
        wire.log.warning("database_not_answering", extra={"error": type(error).__name__})
        return wire.json_answer({"status": "the database does not answer"}, 503)
    return wire.json_answer({"status": "ok"})


def failure(error: Exception) -> Response | wire.Answer:
    """What no resource answered: unknown addresses, wrong methods, and defects of ours.

    A browser that asks for a page gets one; everybody else JSON.
    """
    if isinstance(error, HTTPException) and site.wants_page():
        return site.stray(error)
    context: Context = current_app.extensions["jejak"]
    if isinstance(error, HTTPException):
        told = wire.http_problem(error)
    else:
        told = wire.unexpected(error, request.method)
    if request.path.startswith(f"{practice.PREFIX}/"):
        told = practice.as_problem(told, told.status_code)
    return wire.finish(told, request.environ, context, wire.spoken(request.environ, context))
