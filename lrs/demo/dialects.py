"""How each system of the demonstration agency says in xAPI what happened.

Plain makers of statements for `lrs/demo/agency.py`: a Moodle with logstore_xapi, an academy that
speaks cmi5 and ADL's vocabulary, and the workplace. `at` is always aware, in UTC.
"""

from datetime import datetime
from typing import Any

from lrs.demo.words import (
    ACADEMY,
    LETTERS,
    MOODLE,
    PLATFORMS,
    SIGN_ON,
    SPEECH,
    TICKETS,
)

Tree = dict[str, Any]

ADL = "http://adlnet.gov/expapi/"
EDLM = "https://xapi.edlm/profiles/edlm-lms/concepts/"
COURSE = "https://w3id.org/xapi/cmi5/activitytype/course"
COMPETENCY = "https://w3id.org/xapi/tla/activity-types/competency"
PAGE = "https://w3id.org/xapi/acrossx/activities/page"
QUIZ = f"{ADL}activities/assessment"
ATTEMPT = f"{ADL}activities/attempt"
ASSIGNMENT = f"{EDLM}activity-types/assignment"
SUBMISSION = f"{EDLM}activity-types/submission"
LMS = "http://id.tincanapi.com/activitytype/lms"

COMPLETED = f"{ADL}verbs/completed"
UNCOMPLETED = f"{EDLM}verbs/uncompleted"
ENROLLED = f"{EDLM}verbs/enrolled"
VIEWED = "http://id.tincanapi.com/verb/viewed"
SCORED = "https://w3id.org/xapi/tla/verbs/scored"
SUBMITTED = "http://activitystrea.ms/schema/1.0/submit"
STARTED = "http://activitystrea.ms/schema/1.0/start"
VOIDED = f"{ADL}verbs/voided"

_CMI5 = "https://w3id.org/xapi/cmi5/context/"
_INFO = "http://lrs.learninglocker.net/define/extensions/info"
_HERE = {"objectType": "Activity", "id": MOODLE}
_SITE = _HERE | {"definition": {"type": LMS, "name": {"en": "LMS Diklat ASN"}}}


def instant(at: datetime) -> str:
    """A moment as the agency's systems write it, in UTC with milliseconds."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


# Moodle -----------------------------------------------------------------------------------------


def moodle_user(number: int, name: str) -> Tree:
    """A Moodle user as logstore_xapi names them by default: by the internal id."""
    return {"name": name, "account": {"homePage": MOODLE, "name": str(number)}}


def moodle_course(number: int, title: str) -> Tree:
    """A Moodle course."""
    return activity(f"{MOODLE}/course/view.php?id={number}", COURSE, title)


def activity(iri: str, kind: str, title: str) -> Tree:
    """An activity with a name in Indonesian."""
    return {
        "objectType": "Activity",
        "id": iri,
        "definition": {"type": kind, "name": {"id": title}},
    }


def moodle(
    event: str,
    at: datetime,
    actor: Tree,
    verb: str,
    thing: Tree,
    *,
    parents: tuple[Tree, ...] = (),
    result: Tree | None = None,
    instructor: Tree | None = None,
    enrolment: bool = False,
) -> Tree:
    """What logstore_xapi makes of one event: no id, and no registration yet (`registered`).

    `event` is such as `core/course_completed`.
    """
    component, name = event.split("/")
    extensions: Tree = {
        _INFO: {
            "http://moodle.org": "4.5.6 (Build: 20250811)",
            "https://github.com/xAPI-vle/moodle-logstore_xapi": "5.0.1",
            "event_name": f"\\{component}\\event\\{name}",
            "event_function": f"\\src\\transformer\\events\\{component}\\{name}",
        }
    }
    if enrolment:
        extensions[f"{EDLM}context-extensions/enrolment-type"] = "manual"
    context: Tree = {"platform": "Moodle", "language": "id", "extensions": extensions}
    around: Tree = {"parent": list(parents)} if parents else {}
    context["contextActivities"] = around | {"category": [_SITE]}
    if instructor:
        context["instructor"] = instructor
    tree: Tree = {
        "context": context,
        "timestamp": instant(at),
        "actor": actor,
        "verb": {"id": verb, "display": {"en": verb.rsplit("/", 1)[1].capitalize()}},
        "object": thing,
    }
    if result is not None:
        tree["result"] = result
    return tree


def registered(tree: Tree, registration: str) -> Tree:
    """A Moodle statement as one cron run sends it, with the run's registration."""
    return tree | {"context": tree["context"] | {"registration": registration}}


# The academy ------------------------------------------------------------------------------------


def signed_on(number: str, name: str) -> Tree:
    """A user of single sign-on, by NIP or NI PPPK: what cmi5 asks for is an account."""
    account = {"homePage": SIGN_ON, "name": number}
    return {"objectType": "Agent", "name": name, "account": account}


def by_mail(mail: str, name: str) -> Tree:
    """An agent known by a mailbox."""
    return {"objectType": "Agent", "name": name, "mbox": f"mailto:{mail}"}


def cmi5(
    statement: str,
    at: datetime,
    actor: Tree,
    verb: str,
    thing: Tree,
    *,
    registration: str,
    session: str,
    course: Tree,
    result: Tree | None = None,
) -> Tree:
    """A cmi5 statement; with a result it is one by which the AU moves on."""
    categories = [{"id": f"{_CMI5}categories/cmi5"}]
    if result is not None:
        categories.append({"id": f"{_CMI5}categories/moveon"})
    tree: Tree = {
        "id": statement,
        "actor": actor,
        "verb": {"id": verb, "display": {"en": verb.rsplit("/", 1)[1]}},
        "object": thing,
        "timestamp": instant(at),
        "context": {
            "registration": registration,
            "contextActivities": {
                "category": categories,
                "grouping": [{"objectType": "Activity", "id": course["id"]}],
            },
            "extensions": {f"{_CMI5}extensions/sessionid": session},
        },
    }
    if result is not None:
        tree["result"] = result
    return tree


def adl(
    statement: str,
    at: datetime,
    actor: Tree,
    verb: str,
    thing: Tree,
    *,
    parent: Tree | None = None,
    group: str | None = None,
    result: Tree | None = None,
) -> Tree:
    """A statement in ADL's vocabulary, as a small course tool writes it."""
    context: Tree = {"platform": "Akademi Contoh"}
    if parent is not None:
        context["contextActivities"] = {"parent": [parent]}
    if group:
        context["extensions"] = {f"{ACADEMY}/xapi/angkatan": group}
    tree: Tree = {
        "id": statement,
        "actor": actor,
        "verb": {"id": verb, "display": {"en": verb.rsplit("/", 1)[1]}},
        "object": thing,
        "timestamp": instant(at),
        "context": context,
    }
    if result is not None:
        tree["result"] = result
    return tree


def voiding(statement: str, at: datetime, target: str) -> Tree:
    """The academy's withdrawal of a statement of its own."""
    return {
        "id": statement,
        "actor": {
            "objectType": "Agent",
            "account": {"homePage": ACADEMY, "name": "admin"},
        },
        "verb": {"id": VOIDED, "display": {"en": "voided"}},
        "object": {"objectType": "StatementRef", "id": target},
        "timestamp": instant(at),
    }


# The workplace ----------------------------------------------------------------------------------


def worker(system: str, username: str, mail: str, name: str) -> Tree:
    """Somebody as a workplace system knows them: by user name, or by mailbox."""
    if system == TICKETS:
        account = {"homePage": TICKETS, "name": username}
        return {"objectType": "Agent", "name": name, "account": account}
    return by_mail(mail, name)


def work(
    statement: str,
    at: datetime,
    actor: Tree,
    system: str,
    folder: str,
    number: int,
    title: str,
    *,
    text: str = "",
    about: Tree | None = None,
    behaviour: Tree | None = None,
    refers: str | None = None,
    registration: str | None = None,
) -> Tree:
    """Work that a workplace system saw.

    `about` is the course it says it follows from, `behaviour` the one it says it shows, `refers`
    the id of a completion's statement.
    """
    verb, said, kind = SPEECH[system]
    thing = activity(f"{system}/{folder}/{number}", kind, title)
    if text:
        thing["definition"]["description"] = {"id": text}
    context: Tree = {"platform": PLATFORMS[system]}
    around: Tree = {}
    if about is not None:
        around["grouping"] = [about]
    if behaviour is not None:
        around["other"] = [behaviour]
    if around:
        context["contextActivities"] = around
    if refers is not None:
        context["statement"] = {"objectType": "StatementRef", "id": refers}
    if registration is not None:
        context["registration"] = registration
    if system == LETTERS:
        context["language"] = "id"
    return {
        "id": statement,
        "actor": actor,
        "verb": {"id": verb, "display": {"id": said}},
        "object": thing,
        "timestamp": instant(at),
        "context": context,
    }
