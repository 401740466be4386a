"""Which addresses show every page, on the agency of `tests/furnished.py`: the map of the tour on
which browsers look at each (`tests/e2e/test_every_page.py`).

Every address that the service answers with GET is here by its endpoint: in `STOPS` with addresses
that show it, or in `NO_PAGES` with the reason why nobody looks at it.
`tests/guards/test_every_page_is_on_the_tour.py` fails for a page that is in neither.
"""

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from urllib.parse import urlencode

from lrs.practice import names
from lrs.web.hooks import EXAMPLE, SAMPLE
from lrs.web.reports import REPORTS
from lrs.web.rooms import LIMIT
from tests.agency import ANSWERS, IRI
from tests.furnished import Furnished

#: For whom an address is looked at: nobody who is signed in.
NOBODY = ""
ADMIN = "admin"

#: Looked at by the admin of an agency that has nothing yet.
BARE = "admin-baru"


@dataclass(frozen=True)
class Stop:
    """An address, who looks at it, when (None: now), and what the service answers.

    With `sends`, what is looked at is the answer to a form of that page: sent to the address `to`
    (none: to the page's own) with these fields.
    """

    path: str
    by: str = ADMIN
    at: datetime | None = None
    status: int = 200
    to: str = ""
    sends: Mapping[str, str] | None = None


Stops = Callable[[Furnished], Iterator[Stop]]

STOPS: dict[str, Stops] = {}
"""Endpoint → its stops."""

#: Endpoint → why nobody looks at it.
NO_PAGES: Mapping[str, str] = {
    "web.static": "a file that browsers keep",
    "web.agency.logo": "a picture",
    "web.agency.sheets": "a download",
    "web.copies.file": "a download",
    "web.rights.receipt_file": "a download",
    "web.programmes.in_force": "a download",
    "web.refusals.as_file": "a download",
    "web.evidence.file": "a download",
    "web.evidence.picture": "a picture",
    "web.imports.report_page": "a picture",
    "web.invitations.stack_page": "a picture",
    "web.mine.letter": "a download",
    "web.reports.file": "a download",
    "web.reports.figure_file": "a download",
    "web.statements.file": "a download",
    "web.signing.leave": "a redirect to the identity provider",
    "web.signing.come_back": "a redirect from the identity provider",
    "signed.offline.asset": "a file that browsers keep",
    "signed.offline.worker": "a script",
}


def _stops(endpoint: str) -> Callable[[Stops], Stops]:
    def add(stops: Stops) -> Stops:
        STOPS[endpoint] = stops
        return stops

    return add


def _at(*paths: str, by: str = ADMIN, empty: str = "", status: int = 200) -> Stops:
    """These addresses, of which `{word}` is an id that the furnished agency tells of; `empty` is
    looked at in the agency that has nothing, too."""

    def stops(made: Furnished) -> Iterator[Stop]:
        for path in paths:
            yield Stop(path.format_map(_Ids(made)), by, status=status)
        if empty:
            yield Stop(empty, BARE)

    return stops


def _list(path: str, *more: str) -> Stops:
    """A list, and the same with nothing in it; `more` are queries that narrow it."""
    return _at(path, *(f"{path}?{query}" for query in more), empty=path)


def _led(page: str, pattern: str, by: str = ADMIN) -> Stops:
    """Where the first link of this kind on a page leads."""

    def stops(made: Furnished) -> Iterator[Stop]:
        html = made.read(page, by)
        ways = [unescape(each) for each in re.findall(r'href="([^"]+)"', html)]
        found = [each for each in ways if re.fullmatch(pattern, each)]
        assert found, f"no link like {pattern} on {page}: the furnished agency has nothing of it"
        yield Stop(found[0], by)

    return stops


class _Ids(dict[str, str]):
    def __init__(self, made: Furnished) -> None:
        super().__init__(made.told)
        self.made = made

    def __missing__(self, word: str) -> str:
        return _FOUND[word](self.made)


PART = urlencode({"programme": IRI, "cohort": "Angkatan I"})

#: Word → an id of something of the agency.
_FOUND: Mapping[str, Callable[[Furnished], str]] = {
    "person": lambda made: str(uuid.UUID(bytes=made.office.staff["Staf 01"])),
    "unit": lambda made: made.office.unit.hex(),
    "part": lambda made: PART,
    "programme": lambda made: names.programme(made.cast.tenant.id, IRI).hex(),
    "behaviour": lambda made: names.behaviour(made.cast.tenant.id, ANSWERS).hex(),
}

STOPS |= {
    "web.home.overview": _at("/"),
    "web.summary.overview": _list("/summary", PART),
    "web.account.mine": _at("/account"),
    "web.account.second": _at("/account/second"),
    "web.alumni.every": _list("/alumni"),
    "web.audit.every": _list("/audit"),
    "web.cases.every": _list("/cases", "name=tidak+ada"),
    "web.participation.every": _list("/participation", "completed=no"),
    "web.participation.staff": _list("/participation/staff", "programme=0"),
    "web.cases.choose": _at("/cases/{case}/link", "/cases/{case}/link?evidence={evidence}"),
    "web.copies.one": _at("/copies/{person}"),
    "web.evidence.one": _at("/evidence/{evidence}"),
    "web.evidence.leaf": _at(*(f"/evidence/{{evidence}}/{n}/page/1" for n in range(3))),
    "web.identities.every": _list("/identities"),
    "web.identities.match": _led("/identities", r"/identities/match\?.+"),
    "web.identities.doubles": _list("/identities/doubles"),
    "web.imports.choose": _list("/imports", "kind=people"),
    "web.invitations.every": _list("/invitations"),
    "web.invitations.cohort": _led("/invitations", r"/invitations/cohort\?.+"),
    "web.invitations.due": _list("/invitations/due", "state=sent&late=yes"),
    "web.invitations.waiting": _list("/invitations/waiting"),
    "web.people.every": _list("/people", "name=zzz"),
    "web.people.superiors": _list("/people/superiors"),
    "web.people.one": _at("/people/{person}"),
    "web.rights.every": _list("/rights"),
    "web.rights.one": _at("/people/{person}/rights"),
    "web.rights.rectify": _at("/people/{person}/rectify"),
    "web.rights.erase": _at("/people/{person}/erase"),
    "web.rights.receipt": _led("/rights", r"/erasures/[0-9a-f-]+"),
    "web.programmes.every": _list("/programmes"),
    "web.programmes.one": _at("/programmes/{programme}"),
    "web.programmes.edit": _at("/programmes/{programme}/edit"),
    "web.programmes.as_yaml": _at("/programmes/{programme}/yaml"),
    "web.programmes.as_file": _at("/programmes/file"),
    "web.programmes.new": _at("/programmes/new"),
    "web.programmes.team": _at("/programmes/{programme}/team"),
    "web.programmes.usual_team": _at("/programmes/team"),
    "web.programmes.proposed": _list("/programmes/proposed"),
    "web.agency.head": _at("/agency", empty="/agency"),
    "web.agency.recommendations": _list("/recommendations"),
    "web.agency.recommendation": _at("/recommendations/{advice}"),
    "web.agency.recommendation_new": _at("/recommendations/new"),
    "web.agency.stories_of": _list("/stories", PART),
    "web.agency.story": _at("/stories/{case}"),
    "web.refusals.every": _list("/refused"),
    "web.refusals.one": _led("/refused", r"/refused/\d+"),
    "web.reports.every": _list("/reports"),
    "web.review.queue": _list("/review", "state=decided"),
    "web.review.edit_reasons": _at("/review-reasons"),
    "web.review.one": _at("/review/{held}", "/review/{waits}"),
    "web.review.second": _list("/review/second"),
    "web.review.second_one": _led("/review/second", r"/review/second/[0-9a-f]+", "tono"),
    "web.review.together": _at(
        "/review/together", "/review/together?programme={programme}&behaviour={behaviour}"
    ),
    "web.imports.reports_waiting": _list("/imports/reports"),
    "web.imports.report": _at("{waiting report}"),
    "web.imports.submissions": _list("/imports/submissions", "state=all"),
    "web.invitations.stacks": _list("/invitations/paper-back"),
    "web.invitations.stack": _at("{stack}", "{sheet}"),
    "web.webhooks.every": _list("/webhooks", "state=given_up"),
    "web.letters.every": _list("/letters", "state=sent"),
    "web.service.overview": _at("/service"),
    "web.setup.start": _at("/setup", empty="/setup"),
    "web.setup.wait": _at("/setup/wait/lms"),
    "web.sources.every": _list("/sources"),
    "web.sources.one": _at("/sources/lms"),
    "web.sources.new": _at("/sources/new"),
    "web.sources.one_key": _led("/sources/lms", r"/sources/lms/keys/[0-9a-f]+"),
    "web.sources.hooks": _list("/inbound"),
    "web.sources.new_hook": _at("/inbound/new"),
    "web.sources.one_hook": _at("/inbound/tiket"),
    "web.sources.dialects": _list("/dialects"),
    "web.sources.declare": _at("/dialects/declare", "/dialects/declare?of=kampus"),
    "web.sources.issuers": _list("/issuers"),
    "web.statements.every": _list("/statements"),
    "web.statements.one": _led("/statements", r"/statements/[0-9a-f-]+"),
    "web.units.every": _list("/units"),
    "web.units.one": _at("/units/{unit}"),
    "web.users.every": _list("/users"),
    "web.users.one": _at("/users/rina"),
    "web.users.new": _at("/users/new"),
    "web.signing.sign_in": _at("/sign-in", by=NOBODY),
    "web.signing.forgotten": _at("/sign-in/forgotten", by=NOBODY),
    "web.signing.no_link": _at("/sign-in/new/", by=NOBODY, status=410),
    "signed.without_line": _at("/f/assets/offline", by=NOBODY),
}


@_stops("web.signing.second")
def _second_factor(made: Furnished) -> Iterator[Stop]:
    yield Stop("/sign-in/second", by="half:rina")


@_stops("web.signing.new_password")
def _new_password(made: Furnished) -> Iterator[Stop]:
    yield Stop(f"/sign-in/new/{made.session('reset:rina')}", NOBODY)


@_stops("web.imports.look")
def _a_list_that_waits(made: Furnished) -> Iterator[Stop]:
    for name in ("graduates", "people"):
        yield Stop(made.told[f"list of {name}"])


@_stops("web.reports.show")
def _reports(made: Furnished) -> Iterator[Stop]:
    for report in REPORTS:
        yield Stop(f"/reports/{report.name}")
        yield Stop(f"/reports/{report.name}", BARE)
    yield Stop(f"/reports/evaluation?{PART}")
    yield Stop("/reports/one-page", "kepala")


@_stops("web.reports.figure")
def _figures(made: Furnished) -> Iterator[Stop]:
    # Each kind of block once: bars of parts, a curve, a table alone, the steps of the funnel.
    for figure, by in (("M1", "unit"), ("M2", "programme"), ("M8", "window"), ("funnel", "cohort")):
        yield Stop(f"/figures?figure={figure}&by={by}")
    yield Stop("/figures", BARE)
    yield Stop(f"/figures?figure=M1&by=tier&window=W2&{PART}", "kepala")
    yield Stop("/figures?figure=M11&by=cohort&tier=7a")


@_stops("web.mine.overview")
def _mine(made: Furnished) -> Iterator[Stop]:
    yield Stop("/mine", "alumni")
    yield Stop("/mine", "tamu")


@_stops("web.mine.bring")
def _bring(made: Furnished) -> Iterator[Stop]:
    yield Stop(f"/mine/cases/{made.told['case']}/evidence", "alumni")


@_stops("web.cases.one")
def _cases(made: Furnished) -> Iterator[Stop]:
    yield Stop(f"/cases/{made.told['case']}")
    # While somebody who was asked by mail may be reminded.
    yield Stop(f"/cases/{made.told['case']}", at=made.mailed + timedelta(days=1))


@_stops("web.cases.bring")
def _bring_for(made: Furnished) -> Iterator[Stop]:
    yield Stop(f"/cases/{made.told['case']}/evidence")


@_stops("web.staff.every")
def _staff(made: Furnished) -> Iterator[Stop]:
    yield Stop("/staff", "atasan")
    yield Stop("/staff", "tamu")


@_stops("web.check.one")
def _letters_checked(made: Furnished) -> Iterator[Stop]:
    yield Stop(made.told["letter"], NOBODY)
    yield Stop(made.told["receipt"], NOBODY)
    yield Stop(made.told["fallen letter"], NOBODY)
    yield Stop("/cek/tidak-ada", NOBODY, status=404)


@_stops("signed.see")
def _signed(made: Furnished) -> Iterator[Stop]:
    """Every form as it is first seen; begun, sent, closed, too late, wrong; and the other pages."""
    seen: set[tuple[str, frozenset[str]]] = set()
    for letter in made.letters:
        if (letter.role, letter.forms) not in seen:
            seen.add((letter.role, letter.forms))
            yield Stop(letter.path, NOBODY, letter.at)
    on = {letter.path: letter.at for letter in made.letters}
    for state in ("draft", "send"):
        path = made.told[state]
        yield Stop(path, NOBODY, on[path])
        yield Stop(f"{path}?done={'answer' if state == 'send' else state}", NOBODY, on[path])
    yield Stop(made.told["revoked"], NOBODY, on[made.told["revoked"]], 410)
    late = made.letters[0]
    yield Stop(late.path, NOBODY, late.at + timedelta(days=900), 410)
    yield Stop("/f/tidak-ada", NOBODY, status=404)
    for page in ("page of a unit", "citizen", "disown", "disowned"):
        yield Stop(made.told[page], NOBODY)
    yield Stop(f"{made.told['citizen']}?done=citizen", NOBODY)


@_stops("other roles")
def _as_others_see_it(made: Furnished) -> Iterator[Stop]:
    """The first page of every role, and what is not for them."""
    for login in ("rina", "kepala", "operator", "evaluator", "kontak", "tamu"):
        yield Stop("/", login)
    yield Stop("/summary", "kepala")
    yield Stop("/users", "rina", status=403)
    yield Stop("/sign-out", status=405)
    yield Stop("/tidak-ada", status=404)
    yield Stop("/tidak-ada", NOBODY, status=404)


@_stops("answers to forms")
def _answers(made: Furnished) -> Iterator[Stop]:
    """What is shown by the answer to a form, and at no address: secrets that are shown once, texts
    to pass on, trials, and what is wrong with what was sent."""
    told, unit = made.told, made.office.unit.hex()
    programme = f"/programmes/{names.programme(made.cast.tenant.id, IRI).hex()}"
    hook = {"mapping": EXAMPLE, "sample": SAMPLE, "do": "try"}
    yield Stop("/account", "operator", to="/account/second/codes", sends={})
    yield Stop("/users/rina", to="/users/rina/link", sends={})
    yield Stop("/setup", to="/setup/moodle", sends={})
    yield Stop("/sources/lms", to="/sources/lms/keys", sends={"scopes": "state"})
    yield Stop("/inbound/tiket", to="/inbound/tiket/rotate", sends={})
    yield Stop("/inbound/tiket", sends=hook)
    yield Stop(
        "/webhooks", to="/webhooks/new", sends={"url": "https://8.8.8.8/", "events": "case.opened"}
    )
    yield Stop("/invitations/waiting", to="/invitations/messages", sends={"unit": unit})
    yield Stop("/invitations/waiting", to="/invitations/paper", sends={"unit": unit})
    yield Stop(f"/units/{unit}", to=f"/units/{unit}/poster", sends={})
    yield Stop(
        "/review/together",
        to="/review/together",
        sends={"link": told["waits"], "verdict": "accept 1"},
    )
    yaml = made.read(f"{programme}/yaml", ADMIN)
    yield Stop(
        f"{programme}/yaml",
        sends={
            "yaml": unescape(re.findall("<textarea[^>]*>(.*?)</textarea>", yaml, re.S)[0]),
            "do": "try",
        },
    )
    # What is wrong with what was sent, on each kind of form.
    yield Stop("/sign-in", NOBODY, status=401, sends={"login": "rina", "password": "salah"})
    yield Stop("/sources/lms", to="/sources/lms/keys", status=400, sends={"label": "kedua"})
    yield Stop("/users/new", status=400, sends={"login": "?"})
    yield Stop(f"{programme}/yaml", status=400, sends={"yaml": "programmes: ["})
    yield Stop(told["stack"], to=f"{told['stack']}/find", status=400, sends={"sheet": "tidak ada"})
    form = made.letters[0]
    yield Stop(
        form.path,
        NOBODY,
        form.at,
        400,
        sends={"part": "answer", "submission": str(uuid.UUID(int=1, version=4))},
    )
    # Of no form of ours, and more than a form may have.
    yield Stop("/account", to="/account/choices", status=400, sends={"token": "lama"})
    yield Stop("/account", to="/account/choices", status=413, sends={"theme": "x" * (LIMIT + 1)})
