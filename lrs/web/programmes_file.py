"""Programmes as a file: all in force to take along, and several to be tried and put in force."""

from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from lrs import programmes, trials
from lrs.adapters import Adapters
from lrs.errors import Refused
from lrs.i18n import _
from lrs.store.register import Applied
from lrs.web import site
from lrs.web.forms import Form, take_file
from lrs.web.programmes import ROOM, enter_all
from lrs.web.rooms import here
from schemas import programmes as schema
from schemas import written

Page = str | tuple[str, int] | Answer


@ROOM.page("/programmes/file", "programmes/write", methods=("GET", "POST"))
def as_file() -> Page:
    """Several programmes at once, as YAML or JSON: tried, then in force. What is not named stays as
    it is."""
    there, form = here(), Form.sent()
    if request.method == "GET":
        return render_template("programmes_file.html", form=form)
    take_file(form, "file", "programmes")
    try:
        given = schema.load(written.read(form["programmes"]))
    except Refused as refused:
        form.found("programmes", refused.problems)
        return render_template("programmes_file.html", form=form), 400
    done: Applied | None = None
    trial: trials.Trial | None = None
    try:
        with there.read() as connection:
            done = programmes.plan(connection, there.tenant.id, given)
            if form["do"] == "try":
                trial = trials.try_rules(connection, there.tenant, Adapters.installed(), given)
    except Refused as refused:
        form.found("programmes", refused.problems)
    if form["do"] == "enter" and form.sound and enter_all(form, given, {}):
        site.say(_("In force. Cases follow within seconds."))
        return redirect(url_for("web.programmes.every"), 303)
    titles = {each.iri: each.title for each in given}
    page = render_template("programmes_file.html", form=form, done=done, trial=trial, titles=titles)
    return page, 200 if form.sound else 400


@ROOM.page("/programmes/in-force", "programmes/write")
def in_force() -> Response:
    """All programmes in force as one file, to be kept, changed, and put in force again."""
    there = here()
    with there.read() as connection:
        found = programmes.in_force(connection, there.tenant.id)
    text = written.as_yaml({"programmes": [schema.dump(each) for each in found]})
    answer = Response(text, content_type="application/yaml; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="programmes.yaml"'
    return answer
