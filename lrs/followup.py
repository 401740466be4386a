"""The follow-up of cohorts, one verb a function: begin, plan, hand over, answer, name, confirm.

`lrs/practice/followup.py` says who is to be asked; here that is written into the ledger, and what
people answer on their pages goes to `lrs/casework.py`. A cohort is followed up once somebody says
so (`begin`), so that importing years of records floods nobody with letters; from then on windows,
reminders and escalations come by themselves (`lrs/reminders.py` sends).

Functions take a connection first and never commit.
"""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from lrs import casework, units
from lrs.auth import links
from lrs.casework import Filled
from lrs.errors import Conflict, NotFound, Problem, Refused
from lrs.practice import followup, forms, names, records
from lrs.practice.cases import ZONE, date_of, days
from lrs.practice.followup import (
    ANSWERED,
    DISOWNED,
    DUE,
    EVALUATOR,
    GRACE,
    NAMED,
    NO_CASE,
    SENT,
    SKIPPED,
    UNDELIVERABLE,
    WAITING,
    Change,
    Followed,
    Invitation,
    Plan,
    Rules,
    Staff,
)
from lrs.practice.forms import FORMS
from lrs.practice.people import Units, canonical
from lrs.practice.programmes import Programme, Window
from lrs.practice.records import SELF, STAND_IN, SUPERIOR, Meeting
from lrs.programmes import staff as staff_of
from lrs.settings import Settings
from lrs.store import accounts, invitations, practice, register
from lrs.store.accounts import Tenant
from lrs.store.cases import record
from lrs.store.invitations import FilledForm, Held
from lrs.store.register import Fact

#: The longest that a case is looked at after its clock began.
LONGEST: Final = 800

#: What is asked before there is a case: at enrolment, and of who was invited or enrolled and
#: never came. Each is a window of its own, counted from the day of that.
_AT_ENROLMENT: Final = Window(name="G", opens=0, closes=14, raters=(SELF, SUPERIOR), forms=("G",))
_NEVER_CAME: Final = Window(name="H", opens=30, closes=60, raters=(SELF,), forms=("H",))

#: For how many days after a window closed its learner's page still takes evidence.
_HANDING_IN: Final = 180

#: The channels by which a round can be handed over besides mail.
CHANNELS: Final = ("whatsapp", "paper", "list")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What an invitation is about: a person's part in a programme, and their case, if any; `open`
    is not a case that was undone or voided."""

    person: bytes
    programme: Programme
    cohort: str | None
    case: bytes | None
    open: bool = True

    def window(self, name: str) -> Window | None:
        """The window of that name."""
        every = (*followup.windows(self.programme), _AT_ENROLMENT, _NEVER_CAME)
        return next((each for each in every if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that a plan is made of, and what each of its ids is about."""

    cases: list[Followed]
    about: dict[bytes, About]
    staff: Staff
    asked: list[Held]
    answered: set[followup.Answer]
    peers: dict[bytes, tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class Done:
    """What carrying out a plan came to: invitations by state, letters posted."""

    made: Mapping[str, int]
    settled: int
    letters: int


def rules(settings: Settings) -> Rules:
    """The rules that an operator chose."""
    return Rules(
        visits=settings.superior_visits,
        share=settings.superior_share / 100,
        reminders=tuple(int(word) for word in settings.reminder_days.split()),
        escalation=settings.escalation_days,
    )


def today(now: datetime) -> int:
    """The agency's day, for letters; what is observed is dated where its programme is."""
    return days(date_of(now))


def micros(moment: datetime) -> int:
    """A moment as the store counts it."""
    return int(moment.timestamp() * 1_000_000)


# Which cohorts ------------------------------------------------------------------------------


def begin(
    connection: Connection, tenant: Tenant, programme: str, cohort: str | None, by: str
) -> None:
    """Have a cohort followed up, or all of a programme. NotFound: there is none of that name."""
    _follow(connection, tenant, programme, cohort, by, True)


def stop(
    connection: Connection, tenant: Tenant, programme: str, cohort: str | None, by: str
) -> None:
    """Follow up a cohort no more: nobody is asked anew; who was asked may still answer."""
    _follow(connection, tenant, programme, cohort, by, False)


def _follow(
    connection: Connection, tenant: Tenant, programme: str, cohort: str | None, by: str, on: bool
) -> None:
    found = {each.iri: each for each in _programmes(connection, tenant)}.get(programme)
    if found is None:
        raise NotFound(f"a programme {programme}")
    if cohort and cohort not in {each.name for each in found.cohorts}:
        raise NotFound(f"a cohort {cohort} of {found.title}")
    if on and found.depth == "none":
        raise Conflict(
            f"{found.title} is not followed up: its depth is none.",
            "Give it the depth light or full first.",
        )
    subject = names.following(tenant.id, programme, cohort or "")
    if _is_on(connection, tenant, subject) != on:
        body = {"programme": programme, "cohort": cohort or "", "on": on}
        register.append(connection, tenant.id, [Fact(register.FOLLOW, subject, body)], by)


def _is_on(connection: Connection, tenant: Tenant, subject: bytes) -> bool:
    entries = register.entries(connection, tenant.id, [subject])
    return bool(entries) and bool(entries[-1].entry.body["on"])


def followed(connection: Connection, tenant: Tenant) -> set[tuple[str, str]]:
    """What is followed up: IRI of the programme, name of the cohort (empty: all of it)."""
    subjects = {
        names.following(tenant.id, each.iri, cohort): (each.iri, cohort)
        for each in _programmes(connection, tenant)
        for cohort in ("", *(c.name for c in each.cohorts))
    }
    on: dict[tuple[str, str], bool] = {}
    for held in register.entries(connection, tenant.id, subjects):
        on[subjects[held.subject]] = bool(held.entry.body["on"])
    return {which for which, yes in on.items() if yes}


def _programmes(connection: Connection, tenant: Tenant) -> list[Programme]:
    return [
        msgspec.json.decode(body, type=Programme)
        for body in practice.programmes(connection, tenant.id)
    ]


# Planning -----------------------------------------------------------------------------------


def plan(
    connection: Connection,
    tenant: Tenant,
    now: datetime,
    rules: Rules,
    also: Iterable[tuple[str, str]] = (),
) -> tuple[Plan, Gathered]:
    """What is to be asked today. Enters nothing. `also` are cohorts that are looked at as if they
    were followed up."""
    gathered = gather(connection, tenant, now, also)
    made = followup.plan(
        gathered.cases,
        gathered.staff,
        [each.told for each in gathered.asked],
        gathered.answered,
        gathered.peers,
        today(now),
        rules,
    )
    return made, gathered


def gather(
    connection: Connection, tenant: Tenant, now: datetime, also: Iterable[tuple[str, str]] = ()
) -> Gathered:
    """Read all that a plan is made of."""
    wanted = followed(connection, tenant) | set(also)
    programmes = {
        names.programme(tenant.id, each.iri): each for each in _programmes(connection, tenant)
    }
    digests = sorted(d for d, each in programmes.items() if any(i == each.iri for i, _ in wanted))
    day = today(now)
    teams = team(connection, tenant, programmes.values())
    kept = practice.restricted(connection, tenant.id)
    cases: list[Followed] = []
    about: dict[bytes, About] = {}
    for open_ in invitations.open_cases(connection, tenant.id, digests, day - LONGEST):
        programme = programmes[open_.programme]
        if open_.person not in kept and _wanted(wanted, programme, open_.cohort):
            about[open_.case] = About(
                person=open_.person, programme=programme, cohort=open_.cohort, case=open_.case
            )
            cases.append(
                Followed(
                    case=open_.case,
                    person=open_.person,
                    programme=programme,
                    clock_day=open_.clock_day,
                    ended_day=open_.ended_day,
                    evaluators=teams[programme.iri],
                )
            )
    parts = [
        part
        for part in invitations.enrolled(connection, tenant.id, digests)
        if programmes[part.programme].forms
        and part.person not in kept
        and _wanted(wanted, programmes[part.programme], part.cohort)
    ]
    teaching = _no_learners(connection, tenant, parts)
    for part in parts:
        programme = programmes[part.programme]
        if part.person not in teaching.get(programme.iri, ()):
            for id_, each, clock in _before_a_case(tenant, programme, part, day):
                about[id_] = About(
                    person=part.person, programme=programme, cohort=part.cohort, case=None
                )
                cases.append(
                    Followed(case=id_, person=part.person, programme=each, clock_day=clock)
                )
    evaluating = {each for case in cases for each in case.evaluators}
    staff = _staff(connection, tenant, {each.person for each in about.values()}, evaluating)
    superiors = {
        post.superior for each in staff.people.values() for post in each.posts if post.superior
    } | {
        found
        for each in staff.people.values()
        for post in each.posts
        if (found := staff.units.superior(post.unit))
    }
    # What was asked of a superior under an id that they had before is asked of them, too.
    superiors |= {gone for gone in staff.merged if staff.who(gone) in superiors}
    asked = {
        each.id: each
        for each in (
            *invitations.of_cases(connection, tenant.id, sorted(about)),
            *invitations.of_raters(connection, tenant.id, sorted(superiors)),
        )
    }
    return Gathered(
        cases,
        about,
        staff,
        [each if each.told.case in about else _as_history(each) for each in asked.values()],
        _answered(connection, tenant, about),
        peers_of(connection, tenant, about, confirmed=True),
    )


def _no_learners(
    connection: Connection, tenant: Tenant, parts: Sequence[invitations.Enrolled]
) -> dict[str, set[bytes]]:
    """Who of these teaches, by programme: many an LMS enrols its trainers like learners, and they
    are asked neither what they need nor why they never came."""
    if not parts:
        return {}
    found = staff_of(connection, tenant, sorted({part.person for part in parts}))
    return {iri: {each.subject for each in held} for iri, held in found.items()}


def _as_history(each: Held) -> Held:
    """An invitation about a case that is not looked at now: it counts as a visit, no more."""
    if each.told.state in WAITING:
        return replace(each, told=replace(each.told, state=ANSWERED))
    return each


def _wanted(wanted: set[tuple[str, str]], programme: Programme, cohort: str | None) -> bool:
    return (programme.iri, "") in wanted or (programme.iri, cohort or "") in wanted


def _before_a_case(
    tenant: Tenant, programme: Programme, part: invitations.Enrolled, day: int
) -> Iterable[tuple[bytes, Programme, int]]:
    """What somebody is asked who has no case: at enrolment (G), or why they never came (H)."""
    digest = names.programme(tenant.id, programme.iri)
    cohort = next((each for each in programme.cohorts if each.name == part.cohort), None)
    ends = days(cohort.ends) + cohort.grace if cohort and cohort.ends else None
    over = ends is not None and ends < day
    if "G" in programme.forms and part.enrolled_day is not None and not over:
        yield (
            names.enrolment(tenant.id, digest, part.person, "G"),
            replace(programme, windows=(_AT_ENROLMENT,), depth="full"),
            part.enrolled_day,
        )
    if "H" in programme.forms:
        never = part.invited_day if part.enrolled_day is None else ends if over else None
        if never is not None:
            yield (
                names.enrolment(tenant.id, digest, part.person, "H"),
                replace(programme, windows=(_NEVER_CAME,), depth="full"),
                never,
            )


def _staff(
    connection: Connection,
    tenant: Tenant,
    learners: set[bytes],
    others: Collection[bytes] = (),
) -> Staff:
    found = invitations.posts(connection, tenant.id, sorted(learners))
    led = invitations.led_by(connection, tenant.id, sorted(learners)) - learners
    more = {
        post.superior
        for each in found.values()
        for post in each.posts
        if post.superior and post.superior not in found
    } | {*led, *others}
    rows = register.units(connection, tenant.id)
    more |= {bytes.fromhex(told["superior"]) for _, told in rows.values() if told.get("superior")}
    found |= invitations.posts(connection, tenant.id, sorted(more - found.keys()))
    return Staff(found, Units(rows), practice.merged(connection, tenant.id))


def _answered(
    connection: Connection, tenant: Tenant, about: Mapping[bytes, About]
) -> set[followup.Answer]:
    people_ = sorted({each.person for each in about.values()})
    found: set[followup.Answer] = set()
    for person, case, programme, role, rater, window in invitations.answers(
        connection, tenant.id, people_
    ):
        if case == names.ZERO:
            case = names.enrolment(tenant.id, programme, person, window)
        found.add((case, role, rater, window))
    return found


# Carrying out -------------------------------------------------------------------------------


def carry_out(connection: Connection, tenant: Tenant, now: datetime, rules: Rules) -> Done:
    """Enter what is to be asked today, settle what needs no answer any more, and have letters go
    out: first ones, reminders, and word to a unit's contact about a superior who stays silent.

    May be done at any time and any number of times a day: what was entered stays entered.
    """
    made, _ = plan(connection, tenant, now, rules)
    return enter(connection, tenant, made, now, rules)


def enter(connection: Connection, tenant: Tenant, made: Plan, now: datetime, rules: Rules) -> Done:
    """Enter a plan that was made just now, perhaps on another connection; see `carry_out`."""
    at = micros(now)
    for change in (*made.changes, *_closed(connection, tenant, today(now))):
        invitations.overtake(connection, tenant.id, change, at)
    invitations.add(connection, tenant.id, made.new, at)
    letters = [
        (round_, invitations.INVITE, 0, rater)
        for round_, rater in sorted(
            {(each.round, each.rater) for each in made.new if each.state == DUE and each.rater}
        )
    ]
    invitations.post(connection, tenant.id, letters, at)
    # What joined a page whose letter went out earlier today needs no letter of its own.
    for letter in invitations.letters_of(connection, tenant.id, [each[0] for each in letters]):
        if letter.kind == invitations.INVITE and letter.state in ("sent", "unsure"):
            invitations.sent(connection, tenant.id, letter.round, "mail", letter.sent or at)
    more = remind(connection, tenant, now, rules)
    counted = Counter(each.state for each in made.new)
    return Done(counted, len(made.changes), len(letters) + more)


def _closed(connection: Connection, tenant: Tenant, day: int) -> Iterable[Change]:
    """Invitations that wait although their case was undone, voided, or became another's."""
    held = [
        each
        for each in invitations.in_states(connection, tenant.id, WAITING, day, kept=True)
        if each.told.window not in (_AT_ENROLMENT.name, _NEVER_CAME.name)
    ]
    open_ = invitations.still_open(connection, tenant.id, [each.told.case for each in held])
    return [Change(each.id, SKIPPED, NO_CASE) for each in held if each.told.case not in open_]


def remind(connection: Connection, tenant: Tenant, now: datetime, rules: Rules) -> int:
    """Have reminders and escalations go out that are due; answers how many letters.

    Who got the questions by another channel than mail is reminded by the same: they are on the
    admin's list (`waiting`).
    """
    day, at, posted = today(now), micros(now), 0
    for round_, rows in _rounds(
        invitations.in_states(connection, tenant.id, [SENT], day - GRACE)
    ).items():
        first = rows[0]
        if first.sent is None or first.told.rater is None:
            continue
        sent_day = day_of(first.sent)
        closes = max(row.told.closes_day for row in rows)
        # A row that joined later was not reminded as often as its round.
        number = max(row.reminded for row in rows)
        if followup.reminder_due(sent_day, number, closes, day, rules):
            invitations.reminded(connection, tenant.id, round_, number + 1)
            if first.channel == "mail":
                letter = (round_, invitations.REMIND, number + 1, first.told.rater)
                invitations.post(connection, tenant.id, [letter], at)
                posted += 1
        elif first.told.role in (SUPERIOR, EVALUATOR) and followup.escalation_due(
            sent_day, number, closes, day, rules
        ):
            unit = unit_of(connection, tenant, first.told.rater, now)
            contact = contact_of(connection, tenant, unit) if unit else None
            if contact is not None and contact != first.told.rater:
                letter = (round_, invitations.ESCALATE, 0, contact)
                if not _posted(connection, tenant, letter):
                    invitations.post(connection, tenant.id, [letter], at)
                    posted += 1
    return posted


def _posted(
    connection: Connection, tenant: Tenant, letter: tuple[bytes, str, int, bytes | None]
) -> bool:
    id_ = invitations.letter_id(tenant.id, *letter[:3])
    return any(
        each.id == id_ for each in invitations.letters_of(connection, tenant.id, [letter[0]])
    )


def _rounds(held: Iterable[Held]) -> dict[bytes, list[Held]]:
    found: dict[bytes, list[Held]] = {}
    for each in held:
        found.setdefault(each.round, []).append(each)
    return found


def hand_over(
    connection: Connection, tenant: Tenant, round_: bytes, channel: str, now: datetime
) -> int:
    """Note that a round was handed over by another channel than mail; its letters stay back.
    Answers for how many invitations. NotFound: there is no such round."""
    if channel not in CHANNELS:
        raise Refused(Problem("channel", f"It must be one of {', '.join(CHANNELS)}."))
    if not invitations.of_round(connection, tenant.id, round_):
        raise NotFound(f"a round {round_.hex()}")
    invitations.cancel(connection, tenant.id, round_, f"handed over by {channel}")
    return invitations.sent(connection, tenant.id, round_, channel, micros(now))


def again(connection: Connection, tenant: Tenant, round_: bytes, now: datetime) -> None:
    """Ask a round once more, with a new letter and a new link; the old links end.

    By an admin's word alone: for a letter that got lost, or an answer that was disowned.
    """
    rows = invitations.of_round(connection, tenant.id, round_)
    if not rows:
        raise NotFound(f"a round {round_.hex()}")
    if not invitations.again(connection, tenant.id, round_):
        raise Conflict("All of it is answered or needs no answer.", "There is nothing to ask.")
    at = micros(now)
    invitations.revoke_links(connection, tenant.id, round_, at)
    invitations.cancel(connection, tenant.id, round_, "asked again")
    letters = invitations.letters_of(connection, tenant.id, [round_])
    number = 1 + max(
        (each.number for each in letters if each.kind == invitations.INVITE), default=0
    )
    letter = (round_, invitations.INVITE, number, rows[0].told.rater)
    invitations.post(connection, tenant.id, [letter], at)


def send_now(connection: Connection, tenant: Tenant, round_: bytes, now: datetime) -> str:
    """Have a letter to a round go out now, by an admin's word: the first where none went yet, a new
    one where it came back, else a reminder, which counts as one. Answers the kind of letter.

    NotFound: there is no such round. Conflict: it is answered, was asked by another way than mail,
    or got a reminder today.
    """
    rows = invitations.of_round(connection, tenant.id, round_)
    if not rows:
        raise NotFound(f"a round {round_.hex()}")
    states = {row.told.state for row in rows}
    letters = invitations.letters_of(connection, tenant.id, [round_])
    at = micros(now)
    if states & {DUE, UNDELIVERABLE, DISOWNED}:
        first = [each for each in letters if each.kind == invitations.INVITE]
        last = max(first, key=lambda each: each.number, default=None)
        if last is None or not invitations.try_again(connection, tenant.id, last.id, at):
            again(connection, tenant, round_, now)
        return invitations.INVITE
    if SENT not in states:
        raise Conflict("All of it is answered or needs no answer.", "There is nothing to ask.")
    if rows[0].channel != "mail":
        raise Conflict(
            "They were asked by another way than mail.", "Remind them by the same: from the list."
        )
    for each in letters:
        if each.kind == invitations.REMIND and (
            each.state in ("due", "sending") or (each.sent and day_of(each.sent) == today(now))
        ):
            raise Conflict("They get a reminder today already.", "Give them a day to answer.")
    number = max(row.reminded for row in rows) + 1
    invitations.reminded(connection, tenant.id, round_, number)
    letter = (round_, invitations.REMIND, number, rows[0].told.rater)
    invitations.post(connection, tenant.id, [letter], at)
    return invitations.REMIND


def day_of(moment: int) -> int:
    """The day on which something was, at the agency's place, of microseconds since 1970."""
    return days(datetime.fromtimestamp(moment / 1e6, ZONE).date())


def revoke(connection: Connection, tenant: Tenant, round_: bytes, now: datetime) -> int:
    """End every link to a round, or to a unit's page; answers how many there were."""
    return invitations.revoke_links(connection, tenant.id, round_, micros(now))


# Pages --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One person on a page: what is asked about them, and the day the answer is about."""

    invitation: Invitation
    about: About
    name: str
    window: Window
    observed_on: date
    over: bool

    @property
    def key(self) -> str:
        """What names the row on its page."""
        return self.invitation.id.hex()

    @property
    def waits(self) -> bool:
        return self.invitation.state in WAITING and not self.over

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms of the row that somebody in this role has something to say on."""
        role = self.invitation.role
        return tuple(
            letter
            for letter in self.window.forms
            if letter in FORMS
            and (FORMS[letter].fields(role, each=True) or FORMS[letter].fields(role, each=False))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page: who is asked, in which role, with all rows of the round."""

    round: bytes
    role: str
    rater: bytes | None
    name: str
    closes: date
    rows: tuple[Row, ...]

    @property
    def waiting(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.waits)


def page(connection: Connection, tenant: Tenant, round_: bytes, now: datetime) -> Page:
    """The page of a round. NotFound: there is no such round."""
    held = invitations.of_round(connection, tenant.id, round_)
    if not held:
        raise NotFound(f"a round {round_.hex()}")
    told = held[0].told
    about = _abouts(connection, tenant, held)
    kept = practice.restricted(connection, tenant.id)
    people_ = {each.person for each in about.values()} | ({told.rater} if told.rater else set())
    known = invitations.facts(connection, tenant.id, people_)
    staff = _staff(connection, tenant, {each.person for each in about.values()})
    rows = []
    for each in held:
        what = about.get(each.told.case)
        window = what.window(each.told.window) if what else None
        if what is None or window is None:
            continue
        rows.append(
            Row(
                invitation=each.told,
                about=what,
                name=_name(known, what.person),
                window=window,
                observed_on=_observed(each.told, what, staff, now),
                over=not what.open
                or what.person in kept
                or today(now) > each.told.closes_day + GRACE,
            )
        )
    rows.sort(key=lambda r: (r.about.programme.title, r.window.name, r.name, r.invitation.id))
    return Page(
        round=round_,
        role=told.role,
        rater=told.rater,
        name=_name(known, told.rater) if told.rater else "",
        closes=_date(max(each.told.closes_day for each in held)),
        rows=tuple(rows),
    )


def _observed(told: Invitation, about: About, staff: Staff, now: datetime) -> date:
    """The day an answer is about: today, or the last day on which the rater could see them."""
    day = days(date_of(now, about.programme))
    rater = staff.who(told.rater)
    if told.role == SUPERIOR and rater is not None:
        known = staff.people.get(about.person)
        under = [
            post.last
            for post in (known.posts if known else ())
            if post.superior == rater and post.last is not None
        ]
        if under and staff.superior(about.person, day) != rater:
            day = min(day, max(under))
    return _date(day)


def _abouts(connection: Connection, tenant: Tenant, held: Sequence[Held]) -> dict[bytes, About]:
    programmes = {
        names.programme(tenant.id, each.iri): each for each in _programmes(connection, tenant)
    }
    found: dict[bytes, About] = {}
    rest: list[Held] = []
    for each in held:
        case = practice.case(connection, tenant.id, each.told.case)
        if case is None:
            rest.append(each)
        elif case.programme in programmes:
            found[each.told.case] = About(
                person=case.subject,
                programme=programmes[case.programme],
                cohort=None,
                case=case.id,
                open=case.state == "open",
            )
    asked = [each for each in rest if each.told.rater and each.told.window in ("G", "H")]
    for each in asked:
        rater = each.told.rater or b""
        near = {rater, *invitations.led_by(connection, tenant.id, [rater])}
        for digest, programme in programmes.items():
            for person in near:
                if names.enrolment(tenant.id, digest, person, each.told.window) == each.told.case:
                    found[each.told.case] = About(
                        person=person, programme=programme, cohort=None, case=None
                    )
    return found


def _name(known: Mapping[bytes, Mapping[str, Any]], person: bytes | None) -> str:
    told = known.get(person or b"", {})
    return str(told.get("name") or "?")


def _date(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)


def link_to(
    connection: Connection, tenant: Tenant, page_: Page, base_url: str, now: datetime
) -> str:
    """The address of a page, which holds until some days after its last window closes; a learner's
    longer, since they hand in evidence there."""
    expires = max(lasts(page_), now)
    token = links.make(connection, tenant, links.ROUND, page_.round, expires=expires, now=now)
    return f"{base_url}/f/{token}"


def lasts(page_: Page) -> datetime:
    """Until when a page is there to be opened."""
    closes = datetime.combine(page_.closes, datetime.min.time(), ZONE)
    return closes + timedelta(days=_HANDING_IN if page_.role == SELF else GRACE + 1)


# Answering ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledIn:
    """One form of one row, as it was filled in."""

    row: str
    form: str
    whole: Mapping[str, Any] = field(default_factory=dict)
    items: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What was handed in on a page at once. `submission` is a UUID that the page brought along;
    the same again changes nothing. `who` is empty where the person named is answering, else the
    name that somebody else gave. `keyed_by` typed it in from paper."""

    submission: str
    entries: tuple[FilledIn, ...]
    who: str = ""
    device: str | None = None
    keyed_by: str | None = None
    observed_on: date | None = None
    meeting: Meeting | None = None


#: What is wrong with what was handed in: row, form, problem.
Wrong = tuple[str, str, Problem]


def problems(page_: Page, sheet: Sheet) -> list[Wrong]:
    """What is wrong with what was handed in; nothing: it is sound."""
    rows = {row.key: row for row in page_.rows}
    found: list[Wrong] = []
    for each in sheet.entries:
        row = rows.get(each.row)
        if row is None or each.form not in row.forms:
            told = Problem("", "This page does not ask that; open it anew.")
            found.append((each.row, each.form, told))
            continue
        behaviours = [b.iri for b in row.about.programme.behaviours]
        form = FORMS[each.form]
        found += [
            (each.row, each.form, problem)
            for problem in forms.check(
                form, behaviours, each.whole, each.items, row.invitation.role
            )
        ]
    return found


def answer(
    connection: Connection, tenant: Tenant, page_: Page, sheet: Sheet, *, now: datetime
) -> int:
    """Keep what was handed in on a page; answers how many people it is about.

    Refused: something of it is not sound (`problems`); then nothing is kept. What was handed in
    before under the same submission is kept once.
    """
    wrong = problems(page_, sheet)
    if wrong:
        raise Refused([problem for _, _, problem in wrong])
    visit = uuid.UUID(sheet.submission)
    invitations.hold(connection, tenant.id, page_.round)
    if invitations.forms_of_visit(connection, tenant.id, visit.bytes):
        return 0
    rows = {row.key: row for row in page_.rows}
    rater = str(uuid.UUID(bytes=page_.rater)) if page_.rater and not sheet.who else None
    role = STAND_IN if sheet.who else page_.role
    at, done = micros(now), set[str]()
    for each in sheet.entries:
        row = rows[each.row]
        submission = uuid.uuid5(visit, f"{each.row} {each.form}")
        day = min(sheet.observed_on or row.observed_on, row.observed_on)
        filled = Filled(
            form=each.form,
            role=role,
            observed_on=day,
            submission=str(submission),
            case=row.about.case.hex() if row.about.case else None,
            person=str(uuid.UUID(bytes=row.about.person)),
            programme=row.about.programme.iri,
            window=row.window.name,
            rater=rater,
            whole=_asked_of(each.form, role, each.whole, behaviour=False),
            items={
                iri: _asked_of(each.form, role, item, behaviour=True)
                for iri, item in each.items.items()
            },
            device=sheet.device,
            # Who it was stands in the ledger: a name in a statement would outlive its erasure.
            keyed_by=sheet.keyed_by or ("somebody else" if sheet.who else None),
        )
        made = casework.answer(connection, tenant, filled, now=now)
        form = FilledForm(
            *(submission.bytes, visit.bytes, row.invitation.id, each.form, sheet.who, at),
            *(tuple(made), None),
        )
        invitations.note_form(connection, tenant.id, form)
        invitations.settle(connection, tenant.id, row.invitation.id, ANSWERED, answered=at)
        done.add(each.row)
    if sheet.meeting is not None:
        made_ = casework.meet(connection, tenant, sheet.meeting, now=now)
        id_ = uuid.uuid5(visit, "meeting").bytes
        note = FilledForm(id_, visit.bytes, names.ZERO, "J", sheet.who, at, (made_,), None)
        invitations.note_form(connection, tenant.id, note)
    invitations.drop_draft(connection, tenant.id, page_.round)
    if page_.rater and done and sheet.keyed_by is None:
        letter = (visit.bytes, invitations.RECEIPT, 0, page_.rater)
        invitations.post(connection, tenant.id, [letter], at)
    return len(done)


def _asked_of(form: str, role: str, given: Mapping[str, Any], *, behaviour: bool) -> dict[str, Any]:
    """What of the answers this role may give: a stand-in neither plans for the learner nor agrees
    for the superior."""
    names_ = {each.name for each in FORMS[form].fields(role, each=behaviour)}
    return {name: value for name, value in given.items() if name in names_}


def disown(connection: Connection, tenant: Tenant, visit: bytes, *, now: datetime) -> int:
    """Take back all that was answered in somebody's name at once, since they say that it was not
    them. The links of the page end; an admin may ask anew (`again`). Answers how many forms."""
    given = _standing(connection, tenant, visit)
    held = invitations.by_id(connection, tenant.id, [each.invitation for each in given])
    raters = {each.told.rater for each in held if each.told.rater}
    by = str(uuid.UUID(bytes=raters.pop())) if raters else "user:nobody"
    _disown(connection, tenant, given, by=by, why=_NOT_THEIRS, now=now)
    return len(given)


_NOT_THEIRS: Final = "The person named says that they did not give this answer."


def _disown(
    connection: Connection,
    tenant: Tenant,
    given: Sequence[FilledForm],
    *,
    by: str,
    why: str,
    now: datetime,
) -> dict[str, str]:
    """Take these forms back, and end the links of their pages; answers by which statement each of
    theirs is void."""
    voids: dict[str, str] = {}
    for form in given:
        voids |= _take_back(connection, tenant, form, by=by, why=why, now=now)
    held = invitations.by_id(connection, tenant.id, [each.invitation for each in given])
    for round_ in {each.round for each in held}:
        invitations.revoke_links(connection, tenant.id, round_, micros(now))
    return voids


def disown_answer(
    connection: Connection, tenant: Tenant, statement: bytes, *, by: str, why: str, now: datetime
) -> str:
    """Take back an answer that somebody says is not theirs: its rater, or an admin whom they told.
    What came on a page of ours goes with all that was answered at once, and is disowned (`disown`).
    Answers the statement by which it is void. NotFound: there is no such answer."""
    answer, named = record(connection, tenant.id, statement), str(uuid.UUID(bytes=statement))
    if not isinstance(answer, records.Answer):
        raise NotFound(f"an answer {named}")
    visit = _visit_of(connection, tenant, answer, named)
    if visit is None:
        return casework.take_back(connection, tenant, statement=statement, by=by, why=why, now=now)
    forms_ = _standing(connection, tenant, visit)
    return _disown(connection, tenant, forms_, by=by, why=why, now=now)[named]


def _visit_of(
    connection: Connection, tenant: Tenant, answer: records.Answer, statement: str
) -> bytes | None:
    """By which visit of a page an answer came; None: by none."""
    held = list[Held]()
    if answer.case is not None:
        held = invitations.of_cases(connection, tenant.id, [bytes.fromhex(answer.case)])
    elif answer.rater is not None and not answer.rater.startswith("user:"):
        held = invitations.of_raters(connection, tenant.id, [uuid.UUID(answer.rater).bytes])
    for each in held:
        for form in invitations.forms_of(connection, tenant.id, each.id):
            if statement in form.statements:
                return form.visit
    return None


def unanswer(
    connection: Connection, tenant: Tenant, visit: bytes, *, by: str, why: str, now: datetime
) -> int:
    """Take back all that was answered at once, since it was entered wrongly; its rows wait for an
    answer again, and links go on. Answers how many forms. Conflict: it was taken back already."""
    given = _standing(connection, tenant, visit)
    for form in given:
        _take_back(connection, tenant, form, by=by, why=why, now=now)
        invitations.settle(connection, tenant.id, form.invitation, SENT)
    return len(given)


def _standing(connection: Connection, tenant: Tenant, visit: bytes) -> list[FilledForm]:
    """What was answered at once and stands. Conflict: it was taken back already."""
    every = invitations.forms_of_visit(connection, tenant.id, visit)
    if given := [each for each in every if each.disowned is None]:
        return given
    raise Conflict("That was taken back already.", "Nothing is left to do.")


def _take_back(
    connection: Connection, tenant: Tenant, form: FilledForm, *, by: str, why: str, now: datetime
) -> dict[str, str]:
    voids: dict[str, str] = {}
    for statement in form.statements:
        try:
            voids[statement] = casework.take_back(
                connection,
                tenant,
                statement=uuid.UUID(statement).bytes,
                by=by,
                why=why,
                now=now,
            )
        except Conflict:
            continue  # taken back already, by a reviewer
    invitations.disown(connection, tenant.id, form, micros(now))
    return voids


# Peers --------------------------------------------------------------------------------------


def peers_of(
    connection: Connection, tenant: Tenant, cases: Iterable[bytes], *, confirmed: bool
) -> dict[bytes, tuple[bytes, ...]]:
    """The peers of these cases: those whom the unit confirmed, or those whom the learner named."""
    named: dict[bytes, tuple[bytes, ...]] = {}
    agreed: dict[bytes, tuple[bytes, ...]] = {}
    for held in register.entries(connection, tenant.id, cases):
        if held.entry.kind != register.PEERS:
            continue
        told = tuple(uuid.UUID(each).bytes for each in held.entry.body["people"])
        if held.entry.body["state"] == "confirmed":
            agreed[held.subject] = told
        else:
            named[held.subject] = told
            agreed.pop(held.subject, None)
    return agreed if confirmed else named


def name_peers(
    connection: Connection, tenant: Tenant, case: bytes, peers: Sequence[bytes], by: str
) -> None:
    """A learner names colleagues who see their work: five, of whom some are drawn later."""
    there = practice.case(connection, tenant.id, case)
    if there is None:
        raise NotFound(f"a case {case.hex()}")
    wrong = []
    if not 1 <= len(set(peers)) <= NAMED:
        wrong.append(Problem("peers", f"Name {NAMED} colleagues, or as many as there are."))
    if there.subject in peers:
        wrong.append(Problem("peers", "Nobody is their own colleague; name others."))
    if practice.known(connection, tenant.id, list(peers)) != set(peers):
        wrong.append(Problem("peers", "One of these people is not in the register."))
    if wrong:
        raise Refused(wrong)
    _enter_peers(connection, tenant, case, peers, "named", by)


def confirm_peers(
    connection: Connection, tenant: Tenant, case: bytes, peers: Sequence[bytes], by: str
) -> None:
    """The unit confirms which of those named do see the learner's work."""
    named = peers_of(connection, tenant, [case], confirmed=False).get(case, ())
    if not set(peers) <= set(named):
        raise Refused(Problem("peers", "Only who was named can be confirmed."))
    _enter_peers(connection, tenant, case, peers, "confirmed", by)


def _enter_peers(
    connection: Connection,
    tenant: Tenant,
    case: bytes,
    peers: Sequence[bytes],
    state: str,
    by: str,
) -> None:
    told = [str(uuid.UUID(bytes=each)) for each in dict.fromkeys(peers)]
    body = {"people": told, "state": state}
    register.append(connection, tenant.id, [Fact(register.PEERS, case, body)], by)


# Evaluators ---------------------------------------------------------------------------------


def evaluators(connection: Connection, tenant: Tenant, programme: str = "") -> tuple[bytes, ...]:
    """Who was named to evaluate a programme (its IRI), or, without one, all of the agency's."""
    return _named(connection, tenant, [programme])[programme]


def team(
    connection: Connection, tenant: Tenant, every: Iterable[Programme]
) -> dict[str, tuple[bytes, ...]]:
    """Who evaluates each of these programmes, by its IRI: whom it names, else whom the agency
    names, else who signs in as evaluator and is a person of the register."""
    iris = [each.iri for each in every]
    named = _named(connection, tenant, ["", *iris])
    usual = named[""] or tuple(
        each.person
        for each in accounts.users(connection, tenant)
        if "evaluator" in each.roles and each.person is not None and each.ended is None
    )
    return {iri: named[iri] or usual for iri in iris}


def _named(
    connection: Connection, tenant: Tenant, iris: Iterable[str]
) -> dict[str, tuple[bytes, ...]]:
    subjects = {names.evaluators(tenant.id, iri): iri for iri in iris}
    merged = practice.merged(connection, tenant.id)
    found: dict[str, tuple[bytes, ...]] = dict.fromkeys(subjects.values(), ())
    for held in register.entries(connection, tenant.id, subjects):
        told = (uuid.UUID(each).bytes for each in held.entry.body["people"])
        found[subjects[held.subject]] = tuple(
            dict.fromkeys(canonical(each, merged) for each in told)
        )
    return found


def name_evaluators(
    connection: Connection, tenant: Tenant, programme: str, people: Sequence[bytes], by: str
) -> None:
    """Say who evaluates a programme (its IRI), or, where that is empty, all of the agency's that
    name nobody of their own. Nobody: the programme has no team of its own any more.

    NotFound: no such programme, or no such person.
    """
    if programme and programme not in {each.iri for each in _programmes(connection, tenant)}:
        raise NotFound(f"a programme {programme}")
    for unknown in set(people) - practice.known(connection, tenant.id, list(people)):
        raise NotFound(f"a person {uuid.UUID(bytes=unknown)}")
    told = [str(uuid.UUID(bytes=each)) for each in dict.fromkeys(people)]
    body = {"programme": programme, "people": told}
    subject = names.evaluators(tenant.id, programme)
    register.append(connection, tenant.id, [Fact(register.EVALUATORS, subject, body)], by)


# Units and superiors ------------------------------------------------------------------------


def contact_of(connection: Connection, tenant: Tenant, unit: bytes) -> bytes | None:
    """Who speaks for a unit, or for the one above it."""
    return Units(register.units(connection, tenant.id)).contact(unit)


def ask_unit(connection: Connection, tenant: Tenant, unit: bytes, now: datetime) -> None:
    """Have a letter go to the contact of a unit, with the page on which they look through it.
    NotFound: there is no such unit. Conflict: it has no contact."""
    rows = register.units(connection, tenant.id)
    if unit not in rows:
        raise NotFound(f"a unit {unit.hex()}")
    contact = Units(rows).contact(unit)
    if contact is None:
        raise Conflict("The unit has no contact.", "Name one first (jejak units set).")
    number = today(now)  # one letter a day at most
    letter = (unit, invitations.UNIT, number, contact)
    invitations.post(connection, tenant.id, [letter], micros(now))


def unit_of(connection: Connection, tenant: Tenant, person: bytes, now: datetime) -> bytes | None:
    """Where somebody works today."""
    known = invitations.posts(connection, tenant.id, [person])[person]
    post = known.post(today(now))
    return post.unit if post else None


def superior_of(
    connection: Connection, tenant: Tenant, person: bytes, now: datetime
) -> bytes | None:
    """Who is somebody's superior today."""
    return _staff(connection, tenant, {person}).superior(person, today(now))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPage:
    """What a unit's contact looks through: superiors that learners named, peers that they named
    for a case, and superiors and evaluators of the unit who have not answered (name, number of
    people)."""

    unit: bytes
    path: str
    contact: bytes | None
    superiors: tuple[tuple[bytes, str, str], ...]
    peers: tuple[tuple[bytes, str, tuple[tuple[bytes, str], ...]], ...]
    silent: tuple[tuple[str, int], ...]


def unit_page(connection: Connection, tenant: Tenant, unit: bytes, now: datetime) -> UnitPage:
    """What the contact of a unit is asked. NotFound: there is no such unit."""
    rows = register.units(connection, tenant.id)
    if unit not in rows:
        raise NotFound(f"a unit {unit.hex()}")
    top = rows[unit][0]
    below = [id_ for id_, (path, _) in rows.items() if f"{path} / ".startswith(f"{top} / ")]
    day, kept = today(now), practice.restricted(connection, tenant.id)
    here = {
        person
        for each in below
        for person, _ in invitations.colleagues(connection, tenant.id, each, day)
    } - kept
    asked = [
        (each.person, each.name, each.superior_name)
        for each in units.named(connection, tenant.id)
        if each.unit in below and each.person not in kept
    ]
    open_cases = invitations.cases_of(connection, tenant.id, sorted(here))
    named = peers_of(connection, tenant, open_cases, confirmed=False)
    agreed = peers_of(connection, tenant, open_cases, confirmed=True)
    waiting = [
        each
        for each in invitations.of_raters(connection, tenant.id, sorted(here))
        if each.told.role in (SUPERIOR, EVALUATOR) and each.told.state in (SENT, UNDELIVERABLE)
    ]
    ids = {p for told in named.values() for p in told} | here
    known_ = invitations.facts(connection, tenant.id, ids)
    silent = Counter(_name(known_, each.told.rater) for each in waiting)
    return UnitPage(
        unit=unit,
        path=top,
        contact=contact_of(connection, tenant, unit),
        superiors=tuple(asked),
        peers=tuple(
            sorted(
                (
                    (
                        case,
                        _name(known_, open_cases[case]),
                        tuple((peer, _name(known_, peer)) for peer in told),
                    )
                    for case, told in named.items()
                    if case not in agreed
                ),
                key=lambda e: e[1],
            )
        ),
        silent=tuple(sorted(silent.items())),
    )


# Lists for the admin ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A round that waits: whom it asks, how to reach them, about how many people, until when. One
    of which all was disowned waits to be asked anew."""

    round: bytes
    role: str
    rater: bytes | None
    name: str
    mail: str | None
    phone: str | None
    unit: bytes | None
    about: int
    state: str
    channel: str | None
    reminded: int
    closes: date
    why: str

    @property
    def can_answer(self) -> bool:
        """Whether there is somebody to whom the link of the round may be given as it is."""
        return self.rater is not None and self.state != DISOWNED


def waiting(connection: Connection, tenant: Tenant, now: datetime) -> list[Waiting]:
    """Every round that waits for an answer, by name."""
    day = today(now)
    states = (*WAITING, DISOWNED)
    rounds = {
        round_: [row for row in rows if row.told.state in WAITING] or rows
        for round_, rows in _rounds(
            invitations.in_states(connection, tenant.id, states, day)
        ).items()
    }
    raters = sorted({rows[0].told.rater for rows in rounds.values() if rows[0].told.rater})
    known = invitations.facts(connection, tenant.id, raters)
    where = invitations.posts(connection, tenant.id, raters)
    found = []
    for round_, rows in rounds.items():
        told = rows[0].told
        facts = known.get(told.rater or b"", {})
        post = where[told.rater].post(day) if told.rater else None
        found.append(
            Waiting(
                round=round_,
                role=told.role,
                rater=told.rater,
                name=str(facts.get("name") or "?"),
                mail=facts.get("mail"),
                phone=facts.get("phone"),
                unit=post.unit if post else None,
                about=len(rows),
                state=told.state,
                channel=rows[0].channel,
                reminded=max(row.reminded for row in rows),
                closes=_date(max(row.told.closes_day for row in rows)),
                why=told.why,
            )
        )
    return sorted(found, key=lambda each: (each.name, each.round))


def rounds(connection: Connection, tenant: Tenant, begins: str, now: datetime) -> list[bytes]:
    """The rounds whose name begins so, in hexadecimal, of which some row can still be answered."""
    day = today(now) - GRACE
    held = invitations.in_states(connection, tenant.id, followup.STATES, day, kept=True)
    told = {each.round for each in held if each.round.hex().startswith(begins.casefold())}
    return sorted(told)
