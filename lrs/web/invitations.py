"""Invitations: which cohorts are followed up, who was asked and is still silent, and how they are
reached without mail: a text for WhatsApp, a list for a unit's contact, or a sheet of paper with a
code."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Response, redirect, render_template, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response as Answer

from lrs import channels, followup, programmes
from lrs.channels import ROLES, Message
from lrs.errors import NotFound, Problem, Refused
from lrs.followup import Waiting
from lrs.i18n import N_, _, ngettext
from lrs.papers.sheets import CSV
from lrs.practice import names
from lrs.practice.followup import DUE, VACANT, windows
from lrs.practice.programmes import Programme
from lrs.store import cases, invitations, register
from lrs.web import listing, mobile, reach, sheets, site
from lrs.web.forms import Form
from lrs.web.people import hex_of, unit_choices
from lrs.web.rooms import Here, Room, here

ROOM = Room("invitations")

Page = str | tuple[str, int] | Answer

#: So many texts or sheets are made at once; who has more goes unit by unit.
MOST: Final = 200

STATES: Final = {
    "due": ("calm", N_("to be asked")),
    "sent": ("good", N_("asked")),
    "undeliverable": ("bad", N_("letter came back")),
    "disowned": ("bad", N_("says it was not them")),
}
CHANNELS: Final = {
    "mail": N_("by mail"),
    "whatsapp": N_("by WhatsApp"),
    "list": N_("by the contact of the unit"),
    "paper": N_("on paper"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A cohort, or (`cohort` empty) all who are in none: how many are in follow-up, and whether
    they are asked by themselves when it is time."""

    programme: Programme
    id: str
    cohort: str
    alumni: int
    on: bool
    whole: bool
    """That it is on because the whole programme is."""


@ROOM.page("/invitations", "invitations/read")
def every() -> Page:
    """Every cohort that can be followed up, and whether it is."""
    there = here()
    tenant = there.tenant
    with there.read() as connection:
        force = [each for each in programmes.in_force(connection, tenant.id) if windows(each)]
        followed = followup.followed(connection, tenant)
        found = invitations.alumni(connection, tenant.id, there.today - followup.LONGEST)
    counts = Counter({(digest, cohort or ""): n for (digest, cohort), n in found.items()})
    lines = []
    for programme in force:
        digest = names.programme(tenant.id, programme.iri)
        whole = (programme.iri, "") in followed
        cohorts = [each.name for each in programme.cohorts]
        if counts[digest, ""] or not cohorts:
            cohorts.append("")
        for cohort in cohorts:
            on = whole or (programme.iri, cohort) in followed
            alumni = counts[digest, cohort]
            lines.append(Line(programme, digest.hex(), cohort, alumni, on, whole))
    return render_template("invitations.html", lines=lines, mail=site.mails())


def _programme(connection: Connection, there: Here, text: str) -> Programme:
    wanted = hex_of(text, "programme")
    for each in programmes.in_force(connection, there.tenant.id):
        if names.programme(there.tenant.id, each.iri) == wanted:
            return each
    raise NotFound(f"a programme {text}")


# A cohort ---------------------------------------------------------------------------------------


@ROOM.page("/invitations/cohort", "invitations/write")
def cohort() -> Page:
    """Who would be asked today, and how they can be reached. Asks nobody."""
    there = here()
    wanted, run = listing.asked("programme"), listing.asked("cohort")
    tenant = there.tenant
    rules = followup.rules(there.context.settings)
    with there.read() as connection:
        programme = _programme(connection, there, wanted)
        on = bool(
            {(programme.iri, ""), (programme.iri, run)} & followup.followed(connection, tenant)
        )
        also = [(programme.iri, run)]
        made, gathered = followup.plan(connection, tenant, there.now, rules, also)
        mine = [
            each
            for each in made.new
            if (about := gathered.about.get(each.case)) is not None
            and about.programme.iri == programme.iri
            and (not run or about.cohort == run)
            and each.state == DUE
        ]
        raters = sorted({each.rater for each in mine if each.rater is not None})
        known = invitations.facts(connection, tenant.id, raters)
    reached = Counter(
        "mail" if told.get("mail") else "phone" if told.get("phone") else "neither"
        for told in (known.get(each, {}) for each in raters)
    )
    asked = Counter((each.window, each.role) for each in mine)
    stages = {each.name: sheets.stage(each) for each in windows(programme)}
    return render_template(
        "invitations_cohort.html",
        programme=programme,
        wanted=wanted,
        run=run,
        on=on,
        asked=[
            (stages.get(window, window), role, n) for (window, role), n in sorted(asked.items())
        ],
        people=len(raters),
        reached=reached,
        roles={word: _(told) for word, told in ROLES.items()},
        mail=site.mails(),
    )


@ROOM.page("/invitations/begin", "invitations/write", methods=("POST",))
def begin() -> Page:
    """Follow a cohort up, and ask at once whom it is time to ask."""
    form, there = Form.sent(), here()
    tenant, now, who = there.tenant, there.now, there.who
    rules = followup.rules(there.context.settings)
    with there.read() as connection:
        programme = _programme(connection, there, form["programme"])
    run = form["cohort"]

    def follow(connection: Connection) -> None:
        followup.begin(connection, tenant, programme.iri, run or None, who)
        there.did(connection, "followup/begun", f"programme {form['programme']}")

    there.write(follow)
    with there.read() as connection:
        made, _gathered = followup.plan(connection, tenant, now, rules)
    done = there.write(lambda c: followup.enter(c, tenant, made, now, rules))
    number, vacant = done.made.get(DUE, 0), done.made.get(VACANT, 0)
    told = ngettext("One invitation is made.", "%(num)s invitations are made.", number)
    site.say(told % {"num": number})
    if vacant:
        site.say(_no_superior(vacant))
    there_to = url_for("web.invitations.waiting", programme=form["programme"], cohort=run or None)
    return redirect(there_to, 303)


def _no_superior(number: int) -> str:
    told = ngettext(
        "For one of the alumni no superior is known; as soon as one is, they are asked.",
        "For %(num)s alumni no superior is known; as soon as one is, they are asked.",
        number,
    )
    return told % {"num": number}


@ROOM.page("/invitations/stop", "invitations/write", methods=("POST",))
def stop() -> Page:
    """Ask nobody of a cohort anew."""
    form, there = Form.sent(), here()
    tenant, who = there.tenant, there.who
    with there.read() as connection:
        programme = _programme(connection, there, form["programme"])

    def work(connection: Connection) -> None:
        followup.stop(connection, tenant, programme.iri, form["cohort"] or None, who)
        there.did(connection, "followup/stopped", f"programme {form['programme']}")

    there.write(work)
    site.say(_("Nobody of them is asked anew. Who was asked may still answer."))
    return redirect(url_for("web.invitations.every"), 303)


# What is due ------------------------------------------------------------------------------------

#: What may be asked of the list of questions: which state, and which are late.
ASKED: Final = {"due": N_("to be asked"), "sent": N_("without an answer")}


@ROOM.page("/invitations/due", "invitations/read")
def due() -> Page:
    """Every question that is to be sent or has no answer, the first due first; those of windows
    that closed, too."""
    there = here()
    tenant, state, wanted = there.tenant, listing.asked("state"), listing.asked("programme")
    which = cases.Which(
        states=(state,) if state in ASKED else tuple(ASKED),
        programme=hex_of(wanted, "programme") if wanted else None,
        cohort=listing.asked("cohort") or None,
    )
    with there.read() as connection:
        page = cases.invitations(
            connection,
            tenant.id,
            which,
            late=there.today if listing.asked("late") else None,
            after=listing.place(),
            limit=listing.SIZE,
        )
        force = programmes.in_force(connection, tenant.id)
    digests = {names.programme(tenant.id, each.iri).hex(): each for each in force}
    chosen = digests.get(wanted)
    stages: dict[str, set[str]] = {}
    for each in force:
        for window in windows(each):
            stages.setdefault(window.name, set()).add(sheets.stage(window))
    there.saw("invitations", wanted or "due")
    return render_template(
        "invitations_due.html",
        listed=listing.of(page),
        programmes=[(digest, each.title) for digest, each in digests.items()],
        cohorts=[(each.name, each.name) for each in chosen.cohorts] if chosen else [],
        asked=[(word, _(told)) for word, told in ASKED.items()],
        roles={word: _(told) for word, told in ROLES.items()},
        # Windows of one name may lie otherwise in another programme.
        stages={name: told.pop() for name, told in stages.items() if len(told) == 1},
        today=there.today,
    )


# Who has not answered ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unit:
    """What is owed by the people of one unit: its path, who speaks for it, and the rounds."""

    id: str
    path: str
    contact: str
    owed: tuple[Waiting, ...]


def _owed(connection: Connection, there: Here, given: dict[str, str]) -> list[Waiting]:
    """The rounds that wait, of whom the reader may see, narrowed by programme, cohort, unit."""
    tenant = there.tenant
    found = followup.waiting(connection, tenant, there.now)
    some = reach.within(connection, there, "invitations/read")
    if some is not None:
        found = [each for each in found if each.rater in some]
    if given.get("unit"):
        rows = register.units(connection, tenant.id)
        path = rows.get(hex_of(given["unit"], "unit"), ("", {}))[0]
        below = {id_ for id_, (each, _f) in rows.items() if f"{each} / ".startswith(f"{path} / ")}
        found = [each for each in found if each.unit in below]
    if given.get("programme"):
        which = cases.Which(
            programme=hex_of(given["programme"], "programme"), cohort=given.get("cohort") or None
        )
        rounds: set[bytes] = set()
        place: cases.Place | None = None
        while True:
            page = cases.invitations(connection, tenant.id, which, after=place, limit=1000)
            rounds |= {each.round for each in page.rows}
            place = page.after
            if place is None:
                break
        found = [each for each in found if each.round in rounds]
    return found


Paths = Mapping[bytes, str]


def _path(paths: Paths, unit: bytes | None) -> str:
    return "" if unit is None else paths.get(unit, "")


def _by_unit(
    connection: Connection, there: Here, found: Sequence[Waiting], paths: Paths
) -> list[Unit]:
    held: dict[bytes | None, list[Waiting]] = {}
    for each in found:
        held.setdefault(each.unit, []).append(each)
    contacts = {unit: followup.contact_of(connection, there.tenant, unit) for unit in held if unit}
    known = register.people(
        connection, there.tenant.id, sorted({each for each in contacts.values() if each})
    )
    made = [
        Unit(
            unit.hex() if unit else "",
            _path(paths, unit),
            known[contact].name if (contact := contacts.get(unit or b"")) in known else "",
            tuple(rows),
        )
        for unit, rows in held.items()
    ]
    return sorted(made, key=lambda each: (not each.path, each.path))


def _page(found: Sequence[Waiting], paths: Paths) -> listing.Listed[Waiting]:
    """A page of them, unit by unit; who is in none comes first."""

    def key(each: Waiting) -> tuple[str, str, str]:
        return _path(paths, each.unit), each.name, each.round.hex()

    after = listing.after(tuple[str, str, str])
    left = [each for each in sorted(found, key=key) if after is None or key(each) > after]
    return listing.page(left[: MOST + 1], key, MOST)


@ROOM.page("/invitations/waiting", "invitations/read", narrowed=True)
def waiting() -> Page:
    """Who was asked and has not answered, by unit: to be handed to its contact."""
    there = here()
    given = {name: listing.asked(name) for name in ("programme", "cohort", "unit")}
    with there.read() as connection:
        found = _owed(connection, there, given)
        vacant = sum(each.about for each in found if each.rater is None)
        found = [each for each in found if each.rater is not None]
        units = register.units(connection, there.tenant.id)
        paths = {unit: path for unit, (path, _facts) in units.items()}
        listed = _page(found, paths)
        by_unit = _by_unit(connection, there, listed.rows, paths)
        force = programmes.in_force(connection, there.tenant.id)
    there.saw("invitations", given["programme"] or given["unit"] or "all")
    digests = {names.programme(there.tenant.id, each.iri).hex(): each for each in force}
    chosen = digests.get(given["programme"])
    return render_template(
        "invitations_waiting.html",
        by_unit=by_unit,
        listed=listed,
        total=len(found),
        no_superior=_no_superior(vacant) if vacant else "",
        given=given,
        may_write=there.may("invitations/write"),
        programmes=[(digest, each.title) for digest, each in digests.items()],
        cohorts=[(each.name, each.name) for each in chosen.cohorts] if chosen else [],
        units=unit_choices(units),
        roles={word: _(told) for word, told in ROLES.items()},
        states={state: (kind, _(told)) for state, (kind, told) in STATES.items()},
        by={word: _(told) for word, told in CHANNELS.items()},
        mail=site.mails(),
        today=there.today,
    )


def _meant(there: Here, form: Form, *, to_answer: bool = True) -> list[Waiting]:
    """The rounds that a form of the list means, of those whose links can be given away as they are,
    or (`to_answer` False) of all. Refused: they are too many at once."""
    with there.read() as connection:
        found = _owed(connection, there, form.values)
    found = [each for each in found if each.can_answer or not (to_answer or each.rater is None)]
    if form["round"]:
        found = [each for each in found if each.round.hex() == form["round"]]
        if not found:
            raise NotFound("a round that waits")
    if len(found) > MOST:
        told = _("More than %(most)s at once: choose a unit or a cohort.") % {"most": MOST}
        raise Refused(Problem("", told))
    return found


@ROOM.page("/invitations/messages", "invitations/write", methods=("POST",))
def messages() -> Page:
    """A text for WhatsApp for each, to be sent from the reader's own phone."""
    form, there = Form.sent(), here()
    tenant, now, base = there.tenant, there.now, site.base()
    language = there.context.settings.language
    told: list[Message] = []
    for each in _meant(there, form):

        def work(connection: Connection, round_: bytes = each.round) -> Message:
            page = followup.page(connection, tenant, round_, now)
            return channels.message(connection, tenant, page, base, language, now)

        told.append(there.write(work))
    there.saw("invitations", "messages")
    return render_template(
        "invitations_messages.html",
        messages=told,
        given=form.values,
        base=base,
        known=_known(there),
    )


def _known(there: Here) -> bool:
    """Whether the service was told under what address phones reach it."""
    return bool(there.context.settings.public_url)


@ROOM.page("/invitations/paper", "invitations/write", methods=("POST",))
def paper() -> Page:
    """A sheet of paper for each, with the code of their page: for printing."""
    form, there = Form.sent(), here()
    tenant, now, base = there.tenant, there.now, site.base()
    made: list[dict[str, Any]] = []
    for each in _meant(there, form):

        def work(connection: Connection, round_: bytes = each.round) -> dict[str, Any]:
            page = followup.page(connection, tenant, round_, now)
            url = followup.link_to(connection, tenant, page, base, now)
            return {"page": page, "groups": sheets.groups(page), "url": url}

        made.append(there.write(work))
    there.saw("invitations", "paper")
    return mobile.paper(tenant.name, made, there.locale, linked=True)


@ROOM.page("/invitations/list", "invitations/write", methods=("POST",))
def list_file() -> Page:
    """The list that a unit's contact passes on, as CSV: each with the link to their page."""
    form, there = Form.sent(), here()
    tenant, now, base = there.tenant, there.now, site.base()
    lines = []
    for each in _meant(there, form):

        def work(connection: Connection, waits: Waiting = each) -> tuple[str, ...]:
            return channels.listed(connection, tenant, waits, base, now)

        lines.append(there.write(work))
    there.saw("invitations", "list")
    answer = Response(channels.list_file(lines), content_type=CSV)
    answer.headers["Content-Disposition"] = f'attachment; filename="{_("not-answered")}.csv"'
    return answer


@ROOM.page("/invitations/handed", "invitations/write", methods=("POST",))
def handed() -> Page:
    """Note that these were sent by WhatsApp, given to a unit's contact, or handed over on paper."""
    form, there = Form.sent(), here()
    tenant, now = there.tenant, there.now
    channel = form["channel"]
    found = _meant(there, form)

    def work(connection: Connection) -> int:
        done = sum(
            followup.hand_over(connection, tenant, each.round, channel, now) for each in found
        )
        there.did(connection, "invitations/handed-over", f"{channel} {len(found)}")
        return done

    there.write(work)
    told = ngettext("Noted for one person.", "Noted for %(num)s people.", len(found))
    site.say(told % {"num": len(found)})
    return _back(form)


@ROOM.page("/invitations/again", "invitations/write", methods=("POST",))
def again() -> Page:
    """Ask a round anew: a new letter, a new link; the old link ends."""
    form, there = Form.sent(), here()
    tenant, now = there.tenant, there.now
    one = next(iter(_meant(there, form, to_answer=False)), None)
    if one is None:
        raise NotFound("a round that waits")

    def work(connection: Connection) -> None:
        followup.again(connection, tenant, one.round, now)
        there.did(connection, "invitations/again", f"round {one.round.hex()[:10]}")

    there.write(work)
    site.say(_("They are asked anew. The link they had before opens nothing any more."))
    return _back(form)


@ROOM.page("/invitations/revoke", "invitations/write", methods=("POST",))
def revoke() -> Page:
    """End the links of a round: whoever has one sees that the page was closed."""
    form, there = Form.sent(), here()
    tenant, now = there.tenant, there.now
    one = next(iter(_meant(there, form, to_answer=False)), None)
    if one is None:
        raise NotFound("a round that waits")

    def work(connection: Connection) -> int:
        there.did(connection, "invitations/revoked", f"round {one.round.hex()[:10]}")
        return followup.revoke(connection, tenant, one.round, now)

    ended = there.write(work)
    told = ngettext("One link ended.", "%(num)s links ended.", ended)
    site.say(told % {"num": ended})
    return _back(form)


@ROOM.page("/invitations/ask-unit", "invitations/write", methods=("POST",))
def ask_unit() -> Page:
    """Have a letter go to the contact of a unit, with the page on which they look through it."""
    form, there = Form.sent(), here()
    tenant, now, unit = there.tenant, there.now, hex_of(form["unit"], "unit")

    def work(connection: Connection) -> None:
        followup.ask_unit(connection, tenant, unit, now)
        there.did(connection, "unit/asked", f"unit {form['unit']}")

    there.write(work)
    site.say(_("A letter goes to the contact of the unit."))
    return _back(form)


def _back(form: Form) -> Answer:
    unit = form["narrowed"] if "narrowed" in form.values else form["unit"]
    there_to = url_for(
        "web.invitations.waiting",
        programme=form["programme"] or None,
        cohort=form["cohort"] or None,
        unit=unit or None,
    )
    return redirect(there_to, 303)
