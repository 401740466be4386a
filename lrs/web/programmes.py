"""Programmes: listed, shown, written, and proposed from the courses seen."""

from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

from flask import redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import followup, trials, units
from lrs import programmes as work
from lrs.adapters import Adapters
from lrs.errors import NotFound, Problem, Refused
from lrs.i18n import N_, _, ngettext
from lrs.practice import names
from lrs.practice.programmes import COUNTS, DEPTHS, Programme
from lrs.store import accounts, browse, invitations
from lrs.store.register import Applied
from lrs.web import listing, setup, sheets, site
from lrs.web.forms import Form, choices
from lrs.web.rooms import Here, Room, here
from schemas import packs
from schemas import programmes as written
from schemas import written as files

ROOM = Room("programmes")

Page = str | tuple[str, int] | Answer

#: How far a programme is followed up, and by which rule a completion counts as applied.
FOLLOWED: Final = {
    "none": N_("Not followed up"),
    "light": N_("Lightly: alumni once, superiors by sample"),
    "full": N_("Fully: all windows"),
}
COUNTED: Final = {
    "any": N_("when any behaviour is applied"),
    "all": N_("when all behaviours are applied"),
    "most": N_("when most behaviours are applied"),
}
RATERS: Final = {
    "self": N_("alumni"),
    "superior": N_("superior"),
    "peer": N_("peers"),
    "subordinate": N_("subordinates"),
    "evaluator": N_("evaluation team"),
}


def _find(connection: Connection, there: Here, programme: str) -> Programme:
    for each in work.in_force(connection, there.tenant.id):
        if names.programme(there.tenant.id, each.iri).hex() == programme:
            return each
    raise NotFound(f"a programme {programme}")


@ROOM.page("/programmes", "programmes/read")
def every() -> Page:
    """All programmes in force, and what courses belong to none."""
    there = here()
    with there.read() as connection:
        found = work.in_force(connection, there.tenant.id)
        counts = browse.cases_by_programme(connection, there.tenant.id)
        free = work.unclaimed(connection, there.tenant.id)
    rows = [(_id(there, each), each) for each in found]
    return render_template(
        "programmes.html",
        rows=rows,
        counts={key.hex(): value for key, value in counts.items()},
        unclaimed=free[: listing.SIZE],
        more=max(0, len(free) - listing.SIZE),
        followed={depth: _(word) for depth, word in FOLLOWED.items()},
    )


def _id(there: Here, programme: Programme) -> str:
    return names.programme(there.tenant.id, programme.iri).hex()


@ROOM.page("/programmes/<programme>", "programmes/read")
def one(programme: str) -> Page:
    """One programme: its cohorts, behaviours, windows and rules."""
    there = here()
    with there.read() as connection:
        found = _find(connection, there, programme)
        team = _called(connection, there, followup.evaluators(connection, there.tenant, found.iri))
    return render_template(
        "programme.html",
        team=team,
        id=programme,
        programme=found,
        courses=sorted(written.courses_of(found)),
        followed=_(FOLLOWED[found.depth]),
        counted=_(COUNTED[found.counts]),
        raters={word: _(told) for word, told in RATERS.items()},
        stage=sheets.stage,
    )


# Writing ------------------------------------------------------------------------------------


@ROOM.page("/programmes/new", "programmes/write", methods=("GET", "POST"))
def new() -> Page:
    """A programme from a pack: behaviours, windows and forms that are usable as they come."""
    there, form = here(), Form.sent()
    if request.method == "GET":
        form.values["pack"] = request.args.get("pack", "technical")
        form.values["courses"] = request.args.get("course", "")
        return _new_page(form)
    form.need("title")
    jp = _hours(form)
    courses = form["courses"].split()
    made: Programme | None = None
    if form.sound and form["pack"] in _pack_names():
        iri = f"{_base(there)}/programmes/{uuid4()}"
        tree = _dumped(packs.make(form["pack"], iri, form["title"], jp=jp))
        if courses:
            tree["courses"] = courses
        made = _one_of(form, tree)
    elif form.sound:
        form.wrong("pack", _("Choose one of the list."))
    if made is None or not enter_all(form, [made], {"programmes[0].title": "title"}):
        return _new_page(form), 400
    site.say(_("The programme is in force. Cases follow within seconds."))
    return redirect(url_for("web.programmes.one", programme=_id(there, made)), 303)


def _new_page(form: Form) -> str:
    return render_template("programme_new.html", form=form, packs=_packs())


def _packs() -> list[tuple[str, str]]:
    locale = here().locale
    return [(each.name, each.about[locale]) for each in packs.every()]


def _pack_names() -> list[str]:
    return [each.name for each in packs.every()]


def _base(there: Here) -> str:
    return there.context.settings.public_url or accounts.HOME_PAGE


def _hours(form: Form) -> float | None:
    return _number(form, "jp") if form["jp"] else None


def _number(form: Form, name: str) -> float | None:
    try:
        return float(form[name].replace(",", "."))
    except ValueError:
        form.wrong(name, _("This must be a number of hours (JP)."))
        return None


def _hours_of(form: Form, each: work.Suggestion) -> float | None:
    """The hours that somebody wrote for a proposed programme, else those that records told."""
    name = f"jp-{each.proposal.key}"
    return _number(form, name) if form[name] else each.jp


def _one_of(form: Form, tree: Any) -> Programme | None:
    """The one programme of this tree; None where it is not sound, told in the form."""
    loaded = form.try_(lambda: written.load({"programmes": [tree]}), _PATHS)
    return None if loaded is None else loaded[0]


_PATHS: Final = {
    "programmes[0].title": "title",
    "programmes[0].jp": "jp",
    "programmes[0].courses": "courses",
    "programmes[0].depth": "depth",
    "programmes[0].zone": "zone",
}


def enter_all(form: Form, made: list[Programme], fields: dict[str, str]) -> bool:
    """Put these in force; whether they may be, else it is told in the form."""
    there = here()

    def enter(connection: Connection) -> Applied:
        done = work.apply(connection, there.tenant.id, made, there.who)
        for iri in (*done.new, *done.changed):
            name = names.programme(there.tenant.id, iri).hex()
            there.did(connection, "programme/entered", f"programme {name}")
        return done

    return form.try_(lambda: there.write(enter), {**_PATHS, **fields}) is not None


@ROOM.page("/programmes/<programme>/edit", "programmes/write", methods=("GET", "POST"))
def edit(programme: str) -> Page:
    """What changes most, in a form: title, hours, follow-up, cohorts, behaviours."""
    there = here()
    with there.read() as connection:
        found = _find(connection, there, programme)
    if request.method == "GET":
        form = Form.of(
            title=found.title,
            jp=None if found.jp is None else f"{found.jp:g}",
            depth=found.depth,
            counts=found.counts,
            zone=found.zone,
            courses="\n".join(sorted(found.courses)),
        )
        return _edit_page(found, programme, form)
    form = Form.sent()
    form.need("title")
    jp = _hours(form)
    tree = written.dump(found)
    tree |= {"title": form["title"], "depth": form["depth"], "counts": form["counts"]}
    tree |= {"zone": form["zone"], "courses": form["courses"].split()}
    tree.pop("jp", None)
    if jp is not None:
        tree["jp"] = jp
    tree["behaviours"] = _behaviours(form, found)
    tree["cohorts"] = _cohorts(form, found)
    kept = {each["iri"] for each in tree["behaviours"]}
    rules = [
        rule | {"behaviours": [each for each in rule["behaviours"] if each in kept]}
        for rule in tree.get("rules", [])
    ]
    tree["rules"] = [rule for rule in rules if rule["behaviours"]]
    made = _one_of(form, tree) if form.sound else None
    if made is None or not enter_all(form, [made], {}):
        return _edit_page(found, programme, form), 400
    site.say(_("The programme is in force. Cases follow within seconds."))
    return redirect(url_for("web.programmes.one", programme=programme), 303)


def _behaviours(form: Form, found: Programme) -> list[dict[str, Any]]:
    """Those of the form: what stands by its place, a new one for a new text. One whose text was
    taken away is gone."""
    made = []
    for n, each in enumerate(found.behaviours):
        text = form.values.get(f"behaviour-{n}", each.text)
        if text:
            made.append(_dumped(each) | {"text": text})
    for text in form.all("new-behaviour"):
        if text.strip():
            made.append({"iri": f"{found.iri}#{uuid4()}", "text": text.strip()})
    return made


def _cohorts(form: Form, found: Programme) -> list[dict[str, Any]]:
    made = []
    for n, each in enumerate(found.cohorts):
        name = form.values.get(f"cohort-{n}", each.name)
        if not name:
            continue
        tree = _dumped(each) | {"name": name}
        for member in ("starts", "ends"):
            tree.pop(member, None)
            value = form[f"cohort-{n}-{member}"]
            if value:
                tree[member] = value
        made.append(tree)
    name, starts, ends = form["new-cohort"], form["new-cohort-starts"], form["new-cohort-ends"]
    if name:
        told = {"starts": starts, "ends": ends}
        made.append({"name": name} | {key: value for key, value in told.items() if value})
    return made


def _dumped(part: Any) -> dict[str, Any]:
    """A part of a programme as `written.dump` writes it."""
    tree = written.dump(part)
    return {
        key: value.isoformat() if hasattr(value, "isoformat") else value
        for key, value in tree.items()
    }


def _edit_page(found: Programme, programme: str, form: Form) -> str:
    return render_template(
        "programme_edit.html",
        id=programme,
        programme=found,
        form=form,
        depths=choices({each: FOLLOWED[each] for each in DEPTHS}),
        counts=choices({each: COUNTED[each] for each in COUNTS}),
    )


@ROOM.page("/programmes/<programme>/yaml", "programmes/write", methods=("GET", "POST"))
def as_yaml(programme: str) -> Page:
    """All of it as YAML: windows, anchors, rules. Tried before it is entered."""
    there = here()
    with there.read() as connection:
        found = _find(connection, there, programme)
    if request.method == "GET":
        text = files.as_yaml({"programmes": [written.dump(found)]})
        return _yaml_page(found, programme, Form({"yaml": text}), None)
    form = Form.sent()
    loaded = form.try_(lambda: _loaded(form.values["yaml"], found.iri), {"": "yaml"})
    trial: trials.Trial | None = None
    if loaded is not None:
        with there.read() as connection:
            trial = form.try_(
                lambda: trials.try_rules(connection, there.tenant, Adapters.installed(), loaded)
            )
    if form["do"] == "enter" and form.sound and loaded is not None and enter_all(form, loaded, {}):
        site.say(_("The programme is in force. Cases follow within seconds."))
        return redirect(url_for("web.programmes.one", programme=programme), 303)
    page = _yaml_page(found, programme, form, trial)
    return page, 200 if form.sound else 400


def _loaded(text: str, iri: str) -> list[Programme]:
    loaded = written.load(files.read(text))
    if [each.iri for each in loaded] != [iri]:
        raise Refused(
            Problem("", "Here this one programme is written; its iri must stay as it is.")
        )
    return loaded


def _yaml_page(found: Programme, programme: str, form: Form, trial: trials.Trial | None) -> str:
    return render_template(
        "programme_yaml.html", id=programme, programme=found, form=form, trial=trial
    )


# The evaluation team ------------------------------------------------------------------------


@ROOM.page("/programmes/team", "programmes/write", methods=("GET", "POST"))
def usual_team() -> Page:
    """Who evaluates the programmes that name nobody of their own."""
    return _team(None, url_for("web.programmes.every"))


@ROOM.page("/programmes/<programme>/team", "programmes/write", methods=("GET", "POST"))
def team(programme: str) -> Page:
    """Who evaluates one programme."""
    there = here()
    with there.read() as connection:
        found = _find(connection, there, programme)
    return _team(found, url_for("web.programmes.one", programme=programme))


def _team(found: Programme | None, back: str) -> Page:
    there, form = here(), Form.sent()
    iri = found.iri if found else ""
    with there.read() as connection:
        there_now = followup.evaluators(connection, there.tenant, iri)
        held = _called(connection, there, there_now)
        added = []
        for text in form["add"].splitlines():
            try:
                if text.strip():
                    added.append(units.who(connection, there.tenant.id, text.strip()))
            except NotFound:
                form.wrong("add", _("Nobody in the register has this number."))
    if request.method == "GET" or not form.sound:
        page = render_template("programme_team.html", programme=found, team=held, form=form)
        return page, 200 if form.sound else 400
    gone = form.all("gone")
    kept = [each for each in there_now if each.hex() not in gone]

    def enter(connection: Connection) -> None:
        chosen = [*kept, *added]
        followup.name_evaluators(connection, there.tenant, iri, chosen, there.who)
        name = names.evaluators(there.tenant.id, iri).hex()
        there.did(connection, "evaluators/named", f"evaluators {name}")

    there.write(enter)
    site.say(_("Saved."))
    return redirect(back, 303)


def _called(
    connection: Connection, there: Here, people: tuple[bytes, ...]
) -> list[tuple[str, str, bool]]:
    """People by id and name, and whether a letter can reach them."""
    known = invitations.facts(connection, there.tenant.id, people)
    told = [(each.hex(), known.get(each, {})) for each in people]
    return [(id, str(facts.get("name") or "?"), bool(facts.get("mail"))) for id, facts in told]


# Proposed -----------------------------------------------------------------------------------


@ROOM.page("/programmes/proposed", "programmes/write", methods=("GET", "POST"))
def proposed() -> Page:
    """What programmes and cohorts the courses seen may be, confirmed in bulk."""
    there, form = here(), Form.sent()
    with there.read() as connection:
        found = work.suggest(connection, there.tenant)
        beginning = setup.unfinished(connection, there.tenant.id)
    if request.method == "POST":
        # By what they are called, not by number: others come while one decides.
        chosen = [
            replace(each, jp=_hours_of(form, each))
            for each in found
            if each.proposal.key in form.all("take")
        ]
        if not chosen:
            form.wrong("", _("Tick at least one."))
        elif form.sound:
            done = _confirm(form, chosen)
            if done is not None:
                site.say(
                    ngettext(
                        "%(num)s programme is in force.", "%(num)s programmes are in force.", done
                    )
                    % {"num": done}
                )
                on = "web.setup.start" if beginning else "web.programmes.every"
                return redirect(url_for(on), 303)
    page = render_template(
        "programmes_proposed.html",
        found=found,
        form=form,
        packs=_packs(),
        hours={each.name: f"{each.body['jp']:g}" for each in packs.every() if "jp" in each.body},
        sent=request.method == "POST",
        beginning=beginning,
    )
    return page, 200 if form.sound else 400


def _confirm(form: Form, chosen: list[work.Suggestion]) -> int | None:
    """How many programmes came of it; None where it was refused, told in the form."""
    there = here()
    base = f"{_base(there)}/programmes"
    known = _pack_names()

    def enter(connection: Connection) -> int:
        number = 0
        for each in chosen:
            pack = form.values.get(f"pack-{each.proposal.key}")
            made = work.confirmed(
                connection, there.tenant.id, [each], base, pack if pack in known else None
            )
            done = work.apply(connection, there.tenant.id, made, there.who)
            for iri in (*done.new, *done.changed):
                number += 1
                name = names.programme(there.tenant.id, iri).hex()
                there.did(connection, "programme/entered", f"programme {name}")
        return number

    done: int | None = form.try_(lambda: there.write(enter))
    return done
