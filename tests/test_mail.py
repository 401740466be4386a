"""A letter is said once, in two languages, and arrives as text and as HTML."""

import pytest

from lrs import mail
from lrs.mail import NotSent, Post, Undeliverable
from lrs.settings import BadSetting, Settings
from tests.agency import mail_server, text_of

ROWS = [{"name": "Siti <b>Aminah</b>", "programme": "PKP & Latsar"}]
URL = "https://lrs.example.go.id/f/abc"
FACTS = {
    "invitation": {"role": "superior", "rows": ROWS, "url": URL, "closes": 20_000},
    "reminder": {"role": "superior", "rows": ROWS, "url": URL, "closes": 20_000},
    "escalation": {"about": "Rina", "role": "superior", "rows": ROWS, "url": URL},
    "receipt": {"who": "", "rows": ROWS, "url": URL},
    "unit": {"unit": "Dinas <i>", "url": URL},
}


def letter(kind: str = "invitation", locale: str = "id", **changes: str) -> mail.Letter:
    told = {"to": "rina@example.go.id", "name": "Rina Kepala", **changes}
    return mail.write(
        kind, told["to"], told["name"], "r1", locale, {"agency": "BPSDM", **FACTS[kind]}
    )


@pytest.mark.parametrize("kind", FACTS)
@pytest.mark.parametrize("locale", ["id", "en"])
def test_every_letter_is_written_in_both_languages_and_both_forms(kind: str, locale: str) -> None:
    told = letter(kind, locale)
    assert told.subject
    assert "\n" not in told.subject
    assert URL in told.text
    assert f'href="{URL}"' in told.html
    assert f'<html lang="{locale}">' in told.html
    assert ("Yth." in told.text) == (locale == "id")
    assert "BPSDM" in told.text


@pytest.mark.parametrize("kind", FACTS)
def test_a_name_is_shown_as_it_is_and_never_taken_for_markup(kind: str) -> None:
    told = letter(kind, name="Rina <script>")
    assert "Rina <script>" in told.text
    assert "<script>" not in told.html
    assert "<b>" not in told.html
    assert "<i>" not in told.html


def test_a_letter_arrives_with_what_mail_systems_need() -> None:
    with mail_server() as (sink, post):
        post.send(letter(name="Rina\r\nBcc: all@example.org"))
    (came,) = sink.letters
    assert came["From"] == "diklat@example.go.id"
    assert came["To"] == '"Rina Bcc: all@example.org" <rina@example.go.id>'
    assert came["Bcc"] is None
    assert came["Message-ID"] == "<r1@example.go.id>"
    assert came["Auto-Submitted"] == "auto-generated"
    assert "Siti <b>Aminah</b> – PKP & Latsar" in text_of(came)
    assert came.get_content_type() == "multipart/alternative"


@pytest.mark.parametrize("address", ["rina", "rina@", "@example.org", "ri na@x y", "a@b@c\n"])
def test_what_is_no_address_is_undeliverable(address: str) -> None:
    with mail_server() as (sink, post), pytest.raises((Undeliverable, NotSent)):
        post.send(letter(to=address))
    assert sink.letters == []


def test_a_server_that_knows_nobody_of_that_name_or_is_busy() -> None:
    with mail_server() as (sink, post):
        sink.unknown.add("rina@example.go.id")
        with pytest.raises(Undeliverable, match="550"):
            post.send(letter())
        sink.unknown.clear()
        sink.busy = True
        with pytest.raises(NotSent, match="451"):
            post.send(letter())


def test_a_password_is_not_sent_openly() -> None:
    with mail_server() as (_, post):
        port = post.url.rpartition(":")[2]
        # A name that leads here, but is not one of those that surely do.
        open_ = Post(f"smtp://user:secret@127.0.0.2:{port}", "diklat@example.go.id")
        with pytest.raises(NotSent):
            open_.send(letter())


def test_settings_name_the_server_and_who_writes_and_never_show_the_password() -> None:
    assert Post.from_settings(Settings()) is None
    chosen = Settings.from_environ(
        {
            "JEJAK_SMTP_URL": "smtp://user:kucing77@mail.example.go.id:587",
            "JEJAK_MAIL_FROM": "diklat@example.go.id",
        }
    )
    assert Post.from_settings(chosen) is not None
    assert "kucing77" not in str(list(chosen.lines()))
    for wrong in (
        {"JEJAK_SMTP_URL": "http://mail"},
        {"JEJAK_SMTP_URL": "smtp://mail.example.org"},
        {"JEJAK_MAIL_FROM": "diklat"},
        {"JEJAK_REMINDER_DAYS": "14 7"},
        {"JEJAK_REMINDER_DAYS": "soon"},
    ):
        with pytest.raises(BadSetting):
            Settings.from_environ(wrong)
