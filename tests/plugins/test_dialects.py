"""What H5P, SCORM content, cmi5, Open edX, Totara and our own imports say, as they send it."""

from typing import Any

import pytest

from lrs import learning
from lrs.adapters import Adapters, Reading
from lrs.learning import LearningEvent
from tests import make

ADAPTERS = Adapters.installed()
ADL = "http://adlnet.gov/expapi/"
CMI5 = "https://w3id.org/xapi/cmi5/"
AT = "2026-11-13T08:52:58.000Z"
Tree = dict[str, Any]


def read(statement: Tree) -> Reading:
    return ADAPTERS.read({"timestamp": AT} | statement, {})


def told(statement: Tree) -> list[LearningEvent]:
    return [each for each in read(statement).events if isinstance(each, LearningEvent)]


def said(statement: Tree) -> tuple[str | None, list[str]]:
    """Who spoke, and of what kind the events are."""
    reading = read(statement)
    return reading.adapter, [each.kind for each in reading.events]


def thing(iri: str, kind: str | None = None, name: str | None = None, **more: Any) -> Tree:
    definition = make.without_none({"type": kind, "name": {"id": name} if name else None}) | more
    return {"objectType": "Activity", "id": iri, "definition": definition}


# H5P --------------------------------------------------------------------------------------------

COURSE = thing("https://belajar.example.go.id/kursus/arsip", ADL + "activities/course", "Arsip")


def h5p(verb: str, *, sub: bool = False, course: Tree | None = None, **result: Any) -> Tree:
    """As H5P's player says it: the content's number under an extension, its library a category."""
    page = "https://belajar.example.go.id/wp-admin/admin-ajax.php?action=h5p_embed&id=12"
    known: Tree = {"http://h5p.org/x-api/h5p-local-content-id": 12}
    if sub:
        known["http://h5p.org/x-api/h5p-subContentId"] = "3ec3b9ed-0cd3-4b2f-9ad8-2ad6d3c4d0e5"
    content = thing(page + ("&subContentId=3ec3b9ed" if sub else ""), name="Kuis Arsip")
    content["definition"]["extensions"] = known
    around: Tree = {"category": [{"id": "http://h5p.org/libraries/H5P.QuestionSet-1.20"}]}
    if sub:
        around["parent"] = [{"id": page}]
    if course:
        around["grouping"] = [course]
    return make.statement(
        verb=make.verb(verb),
        object=content,
        context={"contextActivities": around},
        result=result or None,
    )


DONE = {"score": {"min": 0, "max": 4, "raw": 3, "scaled": 0.75}, "completion": True}


def test_an_h5p_content_is_no_course() -> None:
    assert said(h5p("completed", **DONE)) == ("h5p", [])
    [event] = told(h5p("completed", course=COURSE, **DONE))
    assert (event.kind, event.course, event.title) == ("progressed", COURSE["id"], "Arsip")
    assert (event.score, event.registration) == (0.75, None)


@pytest.mark.parametrize(
    ("verb", "kind"),
    [("attempted", "attended"), ("interacted", "attended"), ("answered", "progressed")],
)
def test_a_question_within_an_h5p_content_is_a_part_of_the_course(verb: str, kind: str) -> None:
    [event] = told(h5p(verb, sub=True, course=COURSE))
    assert (event.kind, event.part) == (kind, h5p(verb, sub=True)["object"]["id"])


# SCORM ------------------------------------------------------------------------------------------

WHOLE = thing("https://lms.example.go.id/kursus/pbj", ADL + "activities/course", "Pengadaan")


def scorm(verb: str, target: Tree | None = None, **result: Any) -> Tree:
    sco = thing(WHOLE["id"] + "/pelajaran/1", ADL + "activities/lesson", "Pelajaran 1")
    attempt = thing(sco["id"] + "?attemptId=50fd6961", ADL + "activities/attempt")
    profile = thing("https://w3id.org/xapi/scorm", ADL + "activities/profile")
    return make.statement(
        actor=make.account("500-627-490", "https://lms.example.go.id"),
        verb=make.verb(verb),
        object=target or sco,
        context={"contextActivities": {"grouping": [attempt, WHOLE], "category": [profile]}},
        result=result or None,
    )


@pytest.mark.parametrize(
    ("statement", "kinds"),
    [
        (scorm("initialized"), ["attended"]),
        (scorm("resumed"), ["attended"]),
        (scorm("completed"), ["progressed"]),
        (scorm("passed", success=True, score={"scaled": 0.8}), ["progressed"]),
        (scorm("failed", success=False), ["failed"]),
        (scorm("terminated", completion=True, success=True), ["progressed"]),
        (scorm("terminated", completion=False, success=False), ["failed"]),
        (scorm("suspended", completion=False), []),
        (scorm("commented"), []),
        (scorm("completed", WHOLE), ["completed"]),
        (scorm("completed", WHOLE, completion=False), []),
        (scorm("passed", WHOLE, success=True), ["passed"]),
        (scorm("passed", WHOLE, success=True, completion=True), ["completed"]),
    ],
    ids=lambda value: value["verb"]["id"].rpartition("/")[2] if isinstance(value, dict) else None,
)
def test_a_sco_is_no_course_whatever_it_says(statement: Tree, kinds: list[str]) -> None:
    assert said(statement) == ("scorm", kinds)
    for event in told(statement):
        assert event.course == WHOLE["id"]
        assert (event.part is None) == (statement["object"] is WHOLE)


# cmi5 -------------------------------------------------------------------------------------------

REGISTRATION = "0b4a9f2e-8c51-4c3d-9d3c-6a2f8f0b7c11"
KELAS = thing("https://lms.example.go.id/cmi5/kelas/7", CMI5 + "activitytype/course", "Kelas 7")
BLOCK = thing("https://lms.example.go.id/cmi5/blok/1", CMI5 + "activitytype/block")
UNIT = thing("https://penerbit.example.org/au/1", name="Unit 1")
SATISFIED = "https://w3id.org/xapi/adl/verbs/satisfied"
WAIVED = "https://w3id.org/xapi/adl/verbs/waived"


def cmi5(
    verb: str,
    target: Tree,
    *categories: str,
    within: Tree | None = KELAS,
    extensions: Tree | None = None,
    **result: Any,
) -> Tree:
    """As an LMS or an assignable unit says it: the grouping also has the publisher's unit."""
    session = {CMI5 + "context/extensions/sessionid": "sesi-1"}
    grouping = [{"id": "https://penerbit.example.org/au/1/terbit"}]
    return make.statement(
        actor=make.account("198605022008091780", "https://asn.example.go.id/nip"),
        verb={"id": verb},
        object=target,
        context={
            "registration": REGISTRATION,
            "contextActivities": {
                "category": [{"id": CMI5 + f"context/categories/{each}"} for each in categories],
                "grouping": [*grouping, *([within] if within else [])],
            },
            "extensions": session | (extensions or {}),
        },
        result=result or None,
    )


PASSED = ADL + "verbs/passed"
COMPLETED = ADL + "verbs/completed"


@pytest.mark.parametrize(
    ("statement", "kinds"),
    [
        (cmi5(SATISFIED, KELAS, "cmi5", within=None), ["completed"]),
        (cmi5(SATISFIED, BLOCK, "cmi5"), ["progressed"]),
        (cmi5(COMPLETED, UNIT, "cmi5", "moveon", completion=True), ["progressed"]),
        (cmi5(PASSED, UNIT, "cmi5", "moveon", success=True), ["progressed"]),
        (cmi5(WAIVED, UNIT, "cmi5", "moveon", success=True, completion=True), ["progressed"]),
        (cmi5(ADL + "verbs/failed", UNIT, "cmi5", "moveon", success=False), ["failed"]),
        (cmi5(ADL + "verbs/launched", UNIT, "cmi5"), ["attended"]),
        (cmi5(ADL + "verbs/initialized", UNIT, "cmi5"), ["attended"]),
        (cmi5(ADL + "verbs/terminated", UNIT, "cmi5"), []),
        (cmi5("https://w3id.org/xapi/adl/verbs/abandoned", UNIT, "cmi5"), []),
        (cmi5(COMPLETED, UNIT, "cmi5", "moveon", within=None, completion=True), []),
    ],
    ids=lambda value: value["verb"]["id"].rpartition("/")[2] if isinstance(value, dict) else None,
)
def test_only_what_the_lms_says_is_satisfied_completes_a_cmi5_course(
    statement: Tree, kinds: list[str]
) -> None:
    assert said(statement) == ("cmi5", kinds)
    for event in told(statement):
        assert (event.course, event.registration) == (KELAS["id"], REGISTRATION)


def test_a_verdict_without_its_category_is_none() -> None:
    assert said(cmi5(PASSED, UNIT, "cmi5")) == ("cmi5", ["attended"])


def test_who_only_looks_around_was_not_there() -> None:
    for mode, kinds in (("Normal", ["attended"]), ("Browse", []), ("Review", [])):
        launched = cmi5(
            ADL + "verbs/launched",
            UNIT,
            "cmi5",
            extensions={CMI5 + "context/extensions/launchmode": mode},
        )
        assert said(launched) == ("cmi5", kinds)


def test_content_in_a_session_completes_no_course_by_words_of_its_own() -> None:
    """Authoring tools send ADL's `completed` on a course beside cmi5's statements."""
    own = thing("https://penerbit.example.org/au/1", ADL + "activities/course", "Isi")
    assert said(cmi5(COMPLETED, own, completion=True)) == ("cmi5", ["attended"])
    assert said(cmi5(COMPLETED, own, within=None, completion=True)) == ("cmi5", [])


# Open edX ---------------------------------------------------------------------------------------

EDX = thing(
    "https://mooc.example.go.id/course/course-v1:LAN+PP01+2026",
    ADL + "activities/course",
    "Pelayanan Prima",
)


def openedx(verb: str, target: Tree | None = None, **result: Any) -> Tree:
    block = "block-v1:LAN+PP01+2026+type@problem+block@7c54b16c8ed34f9f8772015178c7a175"
    within = target is None
    context: Tree = {
        "extensions": {
            "https://w3id.org/xapi/openedx/extension/transformer-version": "erb@9.0.1",
            "https://w3id.org/xapi/openedx/extensions/session-id": "056aca2a",
        }
    }
    if within:
        context["contextActivities"] = {"parent": [EDX]}
    return make.statement(
        actor=make.account("32e08e30-f8ae-4ce2-94a8-c2bfe38a70cb", "https://mooc.example.go.id"),
        verb={"id": verb},
        object=target or thing(f"https://mooc.example.go.id/xblock/{block}"),
        context=context,
        result=result or None,
    )


@pytest.mark.parametrize(
    ("statement", "kinds"),
    [
        (openedx(ADL + "verbs/registered", EDX), ["enrolled"]),
        (openedx("http://id.tincanapi.com/verb/unregistered", EDX), ["withdrawn"]),
        (openedx(PASSED, EDX), ["passed", "completed"]),
        (openedx(ADL + "verbs/failed", EDX), ["failed", "uncompleted"]),
        (openedx("http://id.tincanapi.com/verb/earned", EDX), ["progressed"]),
        (openedx(ADL + "verbs/progressed", EDX, completion=False), ["progressed"]),
        (openedx(ADL + "verbs/progressed", EDX, completion=True), ["completed"]),
        (openedx(COMPLETED, EDX), ["completed"]),
        (openedx(COMPLETED), ["progressed"]),
        (openedx(PASSED), ["progressed"]),
        (openedx(ADL + "verbs/progressed", completion=True), ["progressed"]),
        (openedx("https://w3id.org/xapi/video/verbs/played"), ["attended"]),
    ],
)
def test_the_grade_of_an_open_edx_course_completes_it_and_no_exercise_does(
    statement: Tree, kinds: list[str]
) -> None:
    assert said(statement) == ("openedx", kinds)
    assert {each.course for each in told(statement)} == {EDX["id"]}


def test_a_course_of_an_older_open_edx_is_known_by_its_type() -> None:
    old = thing("https://mooc.example.go.id/course/LAN/PP01/2014", ADL + "activities/course")
    assert said(openedx(PASSED, old)) == ("openedx", ["passed", "completed"])


# Totara, and what Moodle says besides -----------------------------------------------------------

SITE = "https://lms.example.go.id"
EDLM = "https://xapi.edlm/profiles/edlm-lms/concepts/"
RUANG = thing(SITE + "/course/view.php?id=5", CMI5 + "activitytype/course", "Ruang 5")


def moodle(event: str, verb: str, target: Tree, *, course: Tree | None = None) -> Tree:
    info = {
        "http://totaralearning.com": "20231213.00",
        "https://github.com/xAPI-vle/moodle-logstore_xapi": "5.0.1",
        "event_name": event,
    }
    context: Tree = {"extensions": {"http://lrs.learninglocker.net/define/extensions/info": info}}
    if course:
        context["contextActivities"] = {"parent": [course]}
    return make.statement(
        actor=make.account("3", SITE), verb={"id": verb}, object=target, context=context
    )


def test_a_program_of_totara_invites_and_completes_like_a_course() -> None:
    program = thing(
        SITE + "/totara/program/view.php?id=9",
        "http://id.tincanapi.com/activitytype/lms/program",
        "PKP",
    )
    event = "\\totara_program\\event\\program_assigned"
    [assigned] = told(moodle(event, "http://activitystrea.ms/schema/1.0/assign", program))
    assert (assigned.kind, assigned.course, assigned.title) == ("invited", program["id"], "PKP")
    assert said(moodle(event, COMPLETED, program)) == ("moodle", ["completed"])


def test_attendance_at_a_seminar_is_attendance_of_its_course() -> None:
    seminar = thing(
        SITE + "/mod/facetoface/view.php?id=1",
        "https://w3id.org/xapi/acrossx/activities/face-to-face-discussion",
    )
    event = "\\mod_facetoface\\event\\take_attendance"
    [there] = told(moodle(event, ADL + "verbs/attended", seminar, course=RUANG))
    assert (there.kind, there.course, there.part) == ("attended", RUANG["id"], seminar["id"])
    booked = moodle(event, ADL + "verbs/registered", seminar, course=RUANG)
    assert said(booked) == ("moodle", [])


def test_a_certificate_counts_where_its_course_is_known() -> None:
    paper = thing(
        SITE + "/admin/tool/certificate/index.php?code=4303209428AU",
        EDLM + "activity-types/certificate",
    )
    event, tla = "\\tool_certificate\\event\\certificate_issued", "https://w3id.org/xapi/tla/verbs/"
    assert said(moodle(event, tla + "achieved", paper, course=RUANG)) == ("moodle", ["certified"])
    assert said(moodle(event, tla + "forfeited", paper, course=RUANG))[1] == ["decertified"]
    assert said(moodle(event, tla + "achieved", paper)) == ("moodle", [])


def test_an_ims_package_shares_the_type_of_courses_and_is_none() -> None:
    package = thing(SITE + "/mod/imscp/view.php?id=78", CMI5 + "activitytype/course", "Paket")
    event = "\\core\\event\\course_module_completion_updated"
    [part] = told(moodle(event, COMPLETED, package, course=RUANG))
    assert (part.kind, part.course, part.part) == ("progressed", RUANG["id"], package["id"])
    # Should the plug-in ever give the course's own address to a module's event: still no course.
    assert said(moodle(event, COMPLETED, RUANG)) == ("moodle", [])


def test_a_failed_quiz_is_completed_and_no_more_than_progress() -> None:
    """The plug-in sends `completed` with `success: false`; no course is complete by it."""
    quiz = thing(SITE + "/mod/quiz/attempt.php?attempt=39&cmid=45", ADL + "activities/attempt")
    event = "\\mod_quiz\\event\\attempt_submitted"
    failed = moodle(event, COMPLETED, quiz, course=RUANG) | {
        "result": {
            "success": False,
            "completion": True,
            "score": {"raw": 40, "min": 0, "max": 100, "scaled": -0.2},
        }
    }
    [event_] = told(failed)
    assert (event_.kind, event_.score) == ("progressed", 0.4)


def test_who_looks_at_reports_and_notes_is_not_there_to_learn() -> None:
    viewed = "http://id.tincanapi.com/verb/viewed"
    for iri, kind in (
        ("/notes/index.php", "https://w3id.org/xapi/acrossx/activities/webpage"),
        ("/mod/questionnaire/report.php?instance=1", EDLM + "activity-types/report"),
        ("/mod/forum/user.php?id=16&course=5", "http://id.tincanapi.com/activitytype/user-profile"),
    ):
        looked = moodle("\\x", viewed, thing(SITE + iri, kind), course=RUANG)
        assert said(looked) == ("moodle", []), iri


def test_a_course_is_undone_whatever_event_that_came_of() -> None:
    for event in (
        "\\core\\event\\course_module_completion_updated",
        "\\totara_core\\event\\course_completion_reset",
    ):
        assert said(moodle(event, EDLM + "verbs/uncompleted", RUANG)) == (
            "moodle",
            ["uncompleted"],
        )


def test_an_older_plug_in_enrols_by_another_word() -> None:
    event = "\\core\\event\\user_enrolment_created"
    for verb in (
        ADL + "verbs/registered",
        "http://www.tincanapi.co.uk/verbs/enrolled_onto_learning_plan",
    ):
        assert said(moodle(event, verb, RUANG)) == ("moodle", ["enrolled"])


def test_a_suspended_enrolment_is_one_that_was_left() -> None:
    verb = "https://w3id.org/xapi/tla/verbs/suspended"
    event = "\\core\\event\\user_enrolment_updated"
    assert said(moodle(event, verb, RUANG)) == ("moodle", ["withdrawn"])


# Imported, and the words of ADL -----------------------------------------------------------------

JEJAK = "https://w3id.org/xapi/jejak/"
FROM_SHEET = {
    JEJAK + "extensions/imported": {"file": "alumni.xlsx", "row": 7},
    JEJAK + "extensions/jp": 20,
    JEJAK + "extensions/group": "Angkatan II",
}


@pytest.mark.parametrize(
    ("verb", "kind"),
    [
        (JEJAK + "verbs/invited", "invited"),
        (ADL + "verbs/registered", "enrolled"),
        (ADL + "verbs/attended", "attended"),
        (ADL + "verbs/completed", "completed"),
        ("https://w3id.org/xapi/tla/verbs/achieved", "certified"),
        ("https://w3id.org/xapi/tla/verbs/forfeited", "decertified"),
    ],
)
def test_what_was_imported_says_so_also_of_a_course_of_moodle(verb: str, kind: str) -> None:
    for course in (RUANG, WHOLE):
        row = make.statement(verb={"id": verb}, object=course, context={"extensions": FROM_SHEET})
        assert read(row).adapter == "imported"
        [event] = told(row)
        assert (event.kind, event.course, event.imported) == (kind, course["id"], True)
        assert (event.jp, event.group) == (20.0, "Angkatan II")


def test_a_plain_sender_may_tell_hours_cohort_invitation_and_certificate() -> None:
    extensions = {name: value for name, value in FROM_SHEET.items() if "imported" not in name}
    for verb, kind in (
        (JEJAK + "verbs/invited", learning.INVITED),
        ("https://w3id.org/xapi/tla/verbs/achieved", learning.CERTIFIED),
        ("https://adlnet.gov/expapi/verbs/completed", learning.COMPLETED),
    ):
        row = make.statement(verb={"id": verb}, object=WHOLE, context={"extensions": extensions})
        assert read(row).adapter == "adl"
        [event] = told(row)
        assert (event.kind, event.jp, event.group) == (kind, 20.0, "Angkatan II")
        assert not event.imported


def test_a_course_that_ends_with_a_test_is_complete_where_passing_says_so() -> None:
    """Storyline and its like send one `passed`, with a result that says `completion: true`."""
    passed = make.statement(verb=make.verb("passed"), object=WHOLE, result={"success": True})
    assert said(passed) == ("adl", ["passed"])
    passed["result"]["completion"] = True
    assert said(passed) == ("adl", ["passed", "completed"])
    failed = passed | {"verb": make.verb("failed")}
    assert said(failed) == ("adl", ["failed"])


def test_a_class_that_completes_together_is_one_event_a_member() -> None:
    together = make.group(make.agent("a"), make.agent("b"), mbox="mailto:kelas@example.org")
    events = told(make.statement(actor=together, verb=make.verb("completed"), object=WHOLE))
    assert [each.actor["mbox"] for each in events] == [
        "mailto:a@example.org",
        "mailto:b@example.org",
    ]
