"""Every page is in one language: walked as each role in both, it holds no word of the other but
what people typed."""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.test import Client, TestResponse

from lrs.context import Context
from lrs.settings import Settings
from lrs.store import accounts
from schemas.accounts import ROLES
from tests import make
from tests.agency import CONTACT, Agency, mail_server, path_in, text_of
from tests.conftest import NOW, Cast, application
from tests.web.conftest import PASSWORD, hashed

#: Words that hardly a sentence does without, and that the other language has not.
WORDS = {
    "en": "the of is was not with are by from this that it for and nothing nobody has have will can"
    " may must only each every who what which when where how why there then",
    "id": "yang dan di ke dari untuk dengan tidak belum adalah ini itu pada oleh atau akan sudah"
    " dalam sebagai karena agar bila hanya anda kami ada bukan juga setiap semua sampai setelah",
}

#: What is the same in both: names, abbreviations, words that both have, codes of the software.
ALIKE = re.compile(
    r"Jejak|English|Bahasa Indonesia|UTC|WITA? .*|WIB .*|PDF|Excel|CSV|Word|[Aa]lumni|Logo|Menu"
    r"|Label|OpenID|Moodle|NIP|NI PPPK|JSON|Coach|Operator|Unit|Status|H5P|cmi|SCORM|LMS|Total"
    r"|SQLite .*|PostgreSQL .*|MariaDB .*|.*\.(?:go\.id|org)\S*|https?:\S+|mailto:\S+|[A-Z_]+"
    r"|Asia/\w+|choices-object|result-response-null|admin"
    r"|(?:imported|declared|moodle|h5p|cmi5|scorm|openedx|adl|work)"
)

#: Months that are written alike, in a day or before one.
DAY = re.compile(r"\d+ (?:Jan|Feb|Mar|Apr|Jun|Jul|Sep|Nov|April|September|November) \d{4}")

#: Pages that show what was sent, or a file as it is written.
AS_IT_CAME = {"web.programmes.as_yaml", "web.statements.one"}

#: What people of this agency typed.
TYPED = re.compile(
    r"Pelayanan Prima|Angkatan I+|Menjawab keluhan dalam satu hari kerja"
    r"|Membantu rekan melayani warga|Dinas Kominfo(?: / Bidang Layanan)?|Bidang Layanan|Analis"
    r"|Rina Kepala|Tono Kontak|Staf \d\d|[\w.]+@example\.go\.id|agency|lms|(?:user:)?crawl-\w+"
)


class Text(HTMLParser):
    """What a page says, piece by piece, and where it leads."""

    ALOUD = ("title", "alt", "placeholder", "aria-label", "data-label", "label")

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.ways: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.said += [str(named[each]) for each in self.ALOUD if named.get(each)]
        if tag == "a" and named.get("href"):
            self.ways.append(str(named["href"]))
        if tag in ("script", "style", "pre", "code", "textarea"):
            self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._within:
            self.said.append(" ".join(data.split()))


def pieces(answer: TestResponse) -> Text:
    """Of a page, or of a document or workbook to go on with."""
    text = Text()
    kind = answer.content_type or ""
    if answer.status_code >= 300:
        pass
    elif "html" in kind:
        text.feed(answer.get_data(as_text=True))
    elif "openxmlformats" in kind:
        with zipfile.ZipFile(io.BytesIO(answer.get_data())) as packed:
            for name in packed.namelist():
                if re.search(r"word/document|sharedStrings", name):
                    text.feed(packed.read(name).decode())
    return text


def foreign(said: str, language: str) -> bool:
    """Whether a piece of a page in this language holds a word of the other."""
    other = "id" if language == "en" else "en"
    # Without names of settings and folders, and what a server calls itself.
    own = re.sub(r"`[^`]*`|/\S+|PostgreSQL \d.*", " ", TYPED.sub(" ", said))
    words = set(re.findall(r"[a-z]+", own.lower()))
    return bool(words & set(WORDS[other].split()))


def is_word(said: str) -> bool:
    """Whether a piece that reads alike in both languages is a word that should not."""
    left = DAY.sub(" ", TYPED.sub(" ", said)).replace("· Jejak", " ").strip(" ·/,:–()0123456789")
    return bool(re.search(r"[^\W\d_]{3}", left)) and not ALIKE.fullmatch(left)


class Walker:
    """Somebody who goes everywhere they may, in both languages at once."""

    def __init__(self, app: Flask, login: str) -> None:
        self.app = app
        self.match = app.url_map.bind("localhost").match
        self.at = {each: Client(app, TestResponse) for each in ("id", "en")}
        for language in self.at:
            page = self.get(language, "/sign-in").get_data(as_text=True)
            found = re.search(r'name="token" value="([^"]+)"', page)
            assert found is not None
            data = {"login": login, "password": PASSWORD, "token": found[1]}
            headers = {"Accept-Language": language}
            assert self.at[language].post("/sign-in", data=data, headers=headers).status_code == 303

    def get(self, language: str, address: str) -> TestResponse:
        headers = {"Accept-Language": language, "Accept": "text/html"}
        answer = self.at[language].get(address, headers=headers)
        if answer.status_code in (301, 302, 303) and answer.location.startswith("/"):
            return self.at[language].get(answer.location, headers=headers)
        return answer

    def endpoint(self, path: str) -> str | None:
        try:
            return str(self.match(path)[0])
        except HTTPException:
            return None

    def walk(
        self, been: Counter[tuple[str, bool]], most: int = 2
    ) -> Iterator[tuple[str, str, Text, Text]]:
        """(endpoint, address, what it says in Indonesian, in English): each kind of page once, and
        none that was seen so often already."""
        mine: set[tuple[str, bool]] = set()
        waiting = ["/"] + [
            str(rule)
            for rule in self.app.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and not rule.arguments
        ]
        while waiting:
            address = waiting.pop(0)
            there = self.endpoint(urlsplit(address).path) or ""
            key = (there, "?" in address)
            if not there.startswith("web.") or there == "web.static" or key in mine:
                continue
            mine.add(key)
            if been[key] >= most:
                continue
            if "pdf" in address:  # the same document as in Word, and slow to set
                continue
            been[key] += 1
            answers = {language: self.get(language, address) for language in self.at}
            assert answers["id"].status_code == answers["en"].status_code < 500, address
            said = {language: pieces(answer) for language, answer in answers.items()}
            yield there, address, said["id"], said["en"]
            for way in said["id"].ways:
                parts = urlsplit(urljoin(f"http://localhost{address}", way))
                if parts.netloc == "localhost":
                    waiting.append(f"{parts.path}?{parts.query}" if parts.query else parts.path)


@pytest.fixture
def agency(cast: Cast, settings: Settings) -> Iterator[Agency]:
    """In follow-up, with letters out, an unknown account, and something refused."""
    there = Agency(cast, settings)
    there.setup()
    there.complete()
    there.begin()
    there.speak_for_the_unit(CONTACT)
    with mail_server() as (sink, mailer):
        there.sink, there.mailer = sink, mailer
        there.after(90)
        there.plan()
        there.post(mailer)
        yield there


@pytest.fixture
def app(agency: Agency, cast: Cast) -> Flask:
    made = application(Context(agency.settings, agency.database, lambda: agency.now))
    headers = {"Authorization": cast.key("all"), "X-Experience-API-Version": "1.0.3"}
    client = Client(made, TestResponse)
    for actor, verb in (
        ({"account": {"homePage": "https://lms.example.go.id", "name": "77"}}, None),
        ({"mbox": "staf.01@example.go.id"}, "http://adlnet.gov/expapi/verbs/completed"),
        ({"name": "7"}, "completed"),
    ):
        told = make.statement(actor={"objectType": "Agent", **actor})
        told |= {"verb": {"id": verb}} if verb else {}
        client.post("/xapi/statements", json=[told], headers=headers)
    agency.catch_up()
    return made


PEOPLE = {"learner": "Staf 01", "superior": "Rina Kepala", "unit_contact": "Tono Kontak"}


def test_every_page_is_in_the_language_that_was_asked_for(app: Flask, agency: Agency) -> None:
    wrong: set[str] = set()
    been: Counter[tuple[str, bool]] = Counter()
    for role in ("admin", *PEOPLE, *sorted(set(ROLES) - {"admin", *PEOPLE})):
        login = f"crawl-{role.replace('_', '')}"
        roles = (role, "operator") if role == "admin" else (role,)
        agency.database.write(
            lambda c, login=login, roles=roles: accounts.create_user(
                c, agency.tenant, login, hashed(), roles, NOW
            )
        )
        if role in PEOPLE:
            person = agency.staff[PEOPLE[role]]
            agency.database.write(
                lambda c, login=login, person=person: accounts.change_user(
                    c, agency.tenant, login, person=person
                )
            )
        for endpoint, address, indonesian, english in Walker(app, login).walk(been):
            if endpoint in AS_IT_CAME:
                continue
            told = {"id": indonesian, "en": english}
            for language, text in told.items():
                wrong |= {
                    f"{language} {address}: {said}" for said in text.said if foreign(said, language)
                }
            wrong |= {
                f"both {address}: {said}"
                for said in set(indonesian.said) & set(english.said)
                if is_word(said)
            }
    assert "\n".join(sorted(wrong)) == ""
    assert len(been) > 60, "the walk saw too little to say anything"


@pytest.mark.parametrize("language", ["id", "en"])
def test_signed_pages_and_letters_are_in_one_language(
    app: Flask, agency: Agency, language: str
) -> None:
    client = Client(app, TestResponse)
    for name in ("Staf", "Rina"):
        letter = agency.sink.to(name)[-1]
        assert not [each for each in text_of(letter).splitlines() if foreign(each, "id")]
        page = client.get(path_in(letter), headers={"Accept-Language": language})
        assert page.status_code == 200
        assert [each for each in pieces(page).said if foreign(each, language)] == []
        assert f'<html lang="{language}"' in page.get_data(as_text=True)


def test_a_signed_page_is_one_press_from_the_other_language_and_remembers_it(
    app: Flask, agency: Agency
) -> None:
    client = Client(app, TestResponse)
    path = path_in(agency.sink.to("Rina")[-1])
    asked = {"Accept-Language": "id"}
    page = client.get(path, headers=asked).get_data(as_text=True)
    assert 'href="?language=en"' in page
    answer = client.get(f"{path}?language=en", headers=asked)
    assert (answer.status_code, answer.location) == (303, path)
    assert '<html lang="en">' in client.get(path, headers=asked).get_data(as_text=True)


@pytest.mark.parametrize(
    ("zone", "clock"),
    [
        ("Asia/Jakarta", "12.00 WIB"),
        ("Asia/Makassar", "13.00 WITA"),
        ("Asia/Jayapura", "14.00 WIT"),
    ],
)
def test_moments_are_told_in_the_zone_of_who_looks_and_say_which_it_is(
    app: Flask, agency: Agency, zone: str, clock: str
) -> None:
    agency.database.write(
        lambda c: accounts.create_user(c, agency.tenant, "ani", hashed(), ("admin",), NOW)
    )
    agency.database.write(lambda c: accounts.change_user(c, agency.tenant, "ani", zone=zone))
    page = Walker(app, "ani").get("id", "/audit").get_data(as_text=True)
    assert f"14 Mei 2026, {clock}" in page


def test_the_walk_would_see_what_is_not_translated() -> None:
    assert foreign("Nothing of it was stored", "id")
    assert foreign("Belum ada yang dimasukkan", "en")
    assert not foreign("Menjawab keluhan dalam satu hari kerja", "en")
    assert is_word("Draft")
    assert not is_word("Staf 01 · Jejak")
