"""What the agency adds to its reports: its letterhead, its recommendations, and its stories."""

from datetime import date
from typing import Any, Final
from uuid import uuid4

from flask import Response, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import advice, agency, casework, stories
from lrs.advice import Advice
from lrs.agency import Letterhead
from lrs.auth import relations
from lrs.casework import Filled
from lrs.errors import NotFound, Problem
from lrs.i18n import _
from lrs.papers import stories as paper
from lrs.practice import forms
from lrs.store import cases
from lrs.store.cases import Case
from lrs.stories import Story
from lrs.web import reach, sentences, site
from lrs.web.forms import Form, file_of
from lrs.web.listing import asked
from lrs.web.reports import handed
from lrs.web.rooms import Here, Room, here
from lrs.web.slices import choices, given, today

ROOM = Room("agency")

Page = str | tuple[str, int] | Answer


# Letterhead ---------------------------------------------------------------------------------


@ROOM.page("/agency", "programmes/write", methods=("GET", "POST"))
def head() -> Page:
    """What stands at the head of papers."""
    there = here()
    with there.read() as connection:
        stands = agency.letterhead(connection, there.tenant.id, there.tenant.name)
    if request.method == "GET":
        form = Form.of(**{word: getattr(stands, word) for word in agency.WORDS})
        return render_template("agency.html", form=form, stands=stands)
    form = Form.sent()
    sent = file_of("logo")
    logo = stands.logo if form["without"] != "yes" else b""
    if sent is not None:
        logo = sent.stream.read(agency.LOGO_BYTES + 1)
    told = Letterhead(**{word: form[word] for word in agency.WORDS}, logo=logo)
    if logo:
        kind = agency.kind_of(logo)
        if isinstance(kind, Problem):
            form.wrong("logo", sentences.told(kind.message))
    if form.sound:
        tenant, who = there.tenant.id, there.who

        def work(connection: Any) -> None:
            agency.enter(connection, tenant, told, who)
            there.did(connection, "letterhead/changed", "letterhead")

        form.try_(lambda: there.write(work))
    if not form.sound:
        return render_template("agency.html", form=form, stands=stands), 400
    site.say(_("Saved. Papers carry it from now on."))
    return redirect(url_for("web.agency.head"), 303)


@ROOM.page("/agency/logo", "figures/read", narrowed=True)
def logo() -> Response:
    """The logo."""
    there = here()
    with there.read() as connection:
        stands = agency.letterhead(connection, there.tenant.id)
    if not stands.logo:
        raise NotFound("a logo")
    kind = {"png": "image/png", "jpg": "image/jpeg"}[stands.logo_type]
    return Response(stands.logo, content_type=kind)


# Recommendations ----------------------------------------------------------------------------


@ROOM.page("/recommendations", "answers/read")
def recommendations() -> str:
    """All of them, the open first."""
    there = here()
    with there.read() as connection:
        found = advice.every(connection, there.tenant.id)
        titles = {each.iri: each.title for each in given(connection).programmes}
    return render_template(
        "recommendations.html", found=found, titles=titles, states=advice.STATES, today=today()
    )


@ROOM.page("/recommendations/new", "programmes/write", methods=("GET", "POST"))
def recommendation_new() -> Page:
    """Enter one."""
    start = Form.of(programme=asked("programme"), cohort=asked("cohort"), state=advice.OPEN)
    return _recommendation(start, advice.new_id())


@ROOM.page("/recommendations/<id>", "programmes/write", methods=("GET", "POST"))
def recommendation(id: str) -> Page:
    """Change one, or say what came of it."""
    there = here()
    with there.read() as connection:
        stands = advice.one(connection, there.tenant.id, id)
    names = ("text", "owner", "state", "outcome", "programme", "cohort")
    start = Form.of(**{name: getattr(stands, name) for name in names}, due=stands.due.isoformat())
    return _recommendation(start, id, new=False)


def _recommendation(start: Form, id: str, *, new: bool = True) -> Page:
    there = here()
    with there.read() as connection:
        offered = given(connection).programmes
    form = start if request.method == "GET" else Form.sent()
    if request.method == "POST":
        form.need("text", "owner", "due")
        due = _day(form, "due")
        if form.sound and due is not None:
            told = Advice(
                id=id,
                text=form["text"],
                owner=form["owner"],
                due=due,
                state=form["state"] or advice.OPEN,
                outcome=form["outcome"],
                programme=form["programme"],
                cohort=form["cohort"] if form["programme"] else "",
            )
            tenant, who = there.tenant.id, there.who

            def work(connection: Any) -> None:
                advice.enter(connection, tenant, told, who)
                there.did(connection, "recommendation/entered", f"recommendation {id}")

            form.try_(lambda: there.write(work))
        if form.sound:
            site.say(_("Saved. It comes back in the next report."))
            return redirect(url_for("web.agency.recommendations"), 303)
    page = render_template(
        "recommendation.html",
        form=form,
        new=new,
        programmes=[(each.iri, each.title) for each in offered],
        states=[(word, _(said)) for word, said in advice.STATES.items()],
    )
    return page if form.sound else (page, 400)


def _day(form: Form, name: str) -> date | None:
    if not form[name]:
        return None
    try:
        return date.fromisoformat(form[name])
    except ValueError:
        form.wrong(name, _("Write the day as 2026-12-31."))
        return None


# Stories ------------------------------------------------------------------------------------

_SHEET: Final = "interview"


@ROOM.page("/stories", "answers/write")
def stories_of() -> str:
    """Draw, print sheets, write down, and note who agreed."""
    there = here()
    with there.read() as connection:
        asked_for = given(connection)
        programme, cohort = asked_for.slice.programme or "", asked_for.slice.cohort or ""
        drawn = stories.drawn(connection, there.tenant.id, programme, cohort) if programme else None
        told = {
            each.case: each
            for each in stories.told(connection, there.tenant.id, programme or None, cohort)
        }
        rows = []
        if drawn is not None:
            for kind, ids in (("best", drawn.best), ("worst", drawn.hard)):
                for case in ids:
                    found = _case(connection, there, bytes.fromhex(case))
                    if found is not None:
                        rows.append((kind, found, told.pop(found.id, None)))
        for each in told.values():
            found = _case(connection, there, each.case)
            if found is not None:
                rows.append((str(each.fields.get("chosen", "")), found, each))
        offered = choices(asked_for)
    there.saw("stories", programme or "all")
    return render_template(
        "stories.html",
        drawn=drawn,
        rows=rows,
        choices=offered,
        programme=programme,
        cohort=cohort,
        kinds=_kinds(),
    )


def _case(connection: Connection, there: Here, case: bytes) -> Case | None:
    """A case that the reader may see; None: there is none."""
    found = cases.case(connection, there.tenant.id, case)
    seen = found is not None and relations.may_see(connection, reach.viewer(there), found.person)
    return found if seen else None


@ROOM.page("/stories/draw", "answers/write", methods=("POST",))
def draw() -> Answer:
    """Draw a lot for a cohort; each is kept."""
    there = here()
    form = Form.sent()
    programme, cohort = form["programme"], form["cohort"]
    with there.read() as connection:
        if programme not in given(connection).by_iri:
            raise NotFound("a programme")
    tenant, who, day = there.tenant.id, there.who, today()

    def work(connection: Any) -> None:
        stories.draw(connection, tenant, programme, cohort, day=day, by=who)
        there.did(connection, "stories/drawn", f"programme {programme}")

    there.write(work)
    site.say(_("Drawn. The seed stands beside it, so that anybody can draw it again."))
    there_on = url_for("web.agency.stories_of", programme=programme, cohort=cohort or None)
    return redirect(there_on, 303)


@ROOM.page("/stories/sheets", "answers/write")
def sheets() -> Response:
    """Interview sheets of the cases drawn, to print."""
    there = here()
    with there.read() as connection:
        asked_for = given(connection)
        programme, cohort = asked_for.slice.programme or "", asked_for.slice.cohort or ""
        drawn = stories.drawn(connection, there.tenant.id, programme, cohort)
        people = []
        for kind, ids in () if drawn is None else (("best", drawn.best), ("worst", drawn.hard)):
            for case in ids:
                found = _case(connection, there, bytes.fromhex(case))
                if found is not None:
                    told = (found.name or "", found.unit_path or "", _(_kinds()[kind]))
                    people.append(told)
        document = paper.sheet(asked_for, people)
    there.seen.append(("report/exported", f"report {_SHEET}.pdf"))
    return handed(document, "pdf")


@ROOM.page("/stories/<case>", "answers/write", methods=("GET", "POST"))
def story(case: str) -> Page:
    """Write down what was told, and whether it may be shown."""
    there = here()
    try:
        id = bytes.fromhex(case)
    except ValueError:
        raise NotFound("a case") from None
    with there.read() as connection:
        found = _case(connection, there, id)
        if found is None or found.programme is None:
            raise NotFound("a case")
        if not relations.may_read_answers(connection, reach.viewer(there), found.person):
            raise NotFound("a case")  # one's own, or one's staff's
        told = stories.told(connection, there.tenant.id, found.programme.iri, None)
    stands = next((each for each in told if each.case == id), None)
    there.saw("case", case)
    if request.method == "GET":
        form = Form.of(submission=str(uuid4()), chosen=asked("kind"))
        if stands is not None:
            for name, value in stands.fields.items():
                if isinstance(value, list):
                    form.lists[name] = [str(each) for each in value]
                else:
                    form.values[name] = str(value)
            form.lists["agreed"] = ["yes"] if stands.agreed else []
            form.lists["named"] = ["yes"] if stands.named else []
    else:
        form = Form.sent()
        _keep(form, case, id, stands)
        if form.sound:
            site.say(_("Saved."))
            there_on = url_for(
                "web.agency.stories_of", programme=found.programme.iri, cohort=found.cohort
            )
            return redirect(there_on, 303)
    page = render_template(
        "story.html", form=form, case=found, fields=forms.FORMS["F"].whole, stands=stands
    )
    return page if form.sound else (page, 400)


def _keep(form: Form, case: str, id: bytes, stands: Story | None) -> None:
    there = here()
    whole: dict[str, Any] = {}
    for field in forms.FORMS["F"].whole:
        if field.kind == forms.SEVERAL:
            if form.all(field.name):
                whole[field.name] = form.all(field.name)
        elif form[field.name]:
            whole[field.name] = form[field.name]
    tenant, who, now, day = there.tenant, there.who, there.now, today()
    agreed, named = bool(form.all("agreed")), bool(form.all("named"))
    filled = Filled(
        form="F",
        role="evaluator",
        observed_on=day,
        submission=form["submission"],
        case=case,
        rater=who,
        whole=whole,
    )

    def work(connection: Any) -> None:
        if stands is not None and dict(stands.fields) != whole:  # written anew
            casework.take_back(
                connection, tenant, statement=stands.statement, by=who, why="corrected", now=now
            )
        if stands is None or dict(stands.fields) != whole:
            casework.answer(connection, tenant, filled, now=now)
        stories.agree(connection, tenant.id, id, agreed=agreed, named=named, by=who)
        there.did(connection, "story/written", f"case {case}")

    form.try_(lambda: there.write(work), {field.name: field.name for field in _fields()})


def _fields() -> Any:
    return forms.FORMS["F"].whole


def _kinds() -> dict[str, str]:
    return dict(next(each for each in _fields() if each.name == "chosen").choices or {})
