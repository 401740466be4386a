"""Letters by mail: written from templates in the reader's language, sent by SMTP.

A letter is a template of `lrs/letters/`, said once and laid out twice, as text and as simple HTML.
Sending ends in one of four ways, and which of them decides whether a letter may be tried again:
it went; it cannot be delivered (`Undeliverable`); it surely did not go (`NotSent`); nobody knows,
since the connection broke after the letter was handed over (`Unsure`).
"""

import re
import smtplib
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import formatdate
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import unquote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lrs import i18n
from lrs.settings import Settings

LETTERS: Final = Path(__file__).parent / "letters"

#: Where a password may go without TLS: it does not leave the machine.
_HERE: Final = ("localhost", "127.0.0.1", "::1")

#: How long a mail server may take for each step.
PATIENCE: Final = 30.0


class Undeliverable(Exception):
    """The mail server says that this letter cannot be delivered: nobody is at that address."""


class NotSent(Exception):
    """The letter surely did not go out, and may be tried again later."""


class Unsure(Exception):
    """The letter was handed over and nothing was answered: it may have gone, or not."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter ready to be sent. `reference` names it for good, so that a mail system can tell
    that it has seen it before."""

    to: str
    name: str
    subject: str
    text: str
    html: str
    reference: str
    locale: str


class Mailer(Protocol):
    """Sends letters, or raises `Undeliverable`, `NotSent`, `Unsure`."""

    def send(self, letter: Letter) -> None: ...


def write(
    template: str, to: str, name: str, reference: str, locale: str, facts: Mapping[str, Any]
) -> Letter:
    """Write a letter from `lrs/letters/<template>.letter`."""
    told = {"name": name, **facts}
    with i18n.speaking(locale):
        subject = _block(_environment(False), template, "subject", told)
        text = _whole(_environment(False), template, "txt", told)
        html = _whole(_environment(True), template, "html", {**told, "subject": subject})
    return Letter(to, name, subject, text, html, reference, locale)


def _whole(there: Environment, template: str, form: str, told: Mapping[str, Any]) -> str:
    layout = {"layout": f"base.{form}", "marks": f"marks.{form}"}
    return there.get_template(f"{template}.letter").render({**told, **layout}).strip() + "\n"


def _block(there: Environment, template: str, block: str, told: Mapping[str, Any]) -> str:
    found = there.get_template(f"{template}.letter")
    context = found.new_context({**told, "layout": "base.txt", "marks": "marks.txt"})
    return " ".join("".join(found.blocks[block](context)).split())


@cache
def _environment(html: bool) -> Environment:
    made = Environment(
        loader=FileSystemLoader(LETTERS),
        autoescape=html,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    i18n.equip(made)
    return made


@dataclass(frozen=True, slots=True)
class Post:
    """A mail server, as `JEJAK_SMTP_URL` names it: `smtp://` takes up TLS where the server offers
    it, `smtps://` insists on it from the first byte."""

    url: str
    sender: str

    @classmethod
    def from_settings(cls, settings: Settings) -> "Post | None":
        """The mail server that the settings name; None where they name none."""
        if not settings.smtp_url:
            return None
        return cls(settings.smtp_url, settings.mail_from)

    def send(self, letter: Letter) -> None:
        message = self._message(letter)
        try:
            server = self._connect()
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(_told(error)) from error
        try:
            self._hand_over(server, letter, message)
        finally:
            try:
                server.quit()
            except (OSError, smtplib.SMTPException):
                server.close()

    def _connect(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host, secure = parts.hostname or "localhost", parts.scheme == "smtps"
        context = ssl.create_default_context()
        server: smtplib.SMTP
        if secure:
            server = smtplib.SMTP_SSL(host, parts.port or 465, timeout=PATIENCE, context=context)
        else:
            server = smtplib.SMTP(host, parts.port or 25, timeout=PATIENCE)
        try:
            server.ehlo()
            if not secure and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
                secure = True
            if parts.username and not secure and host not in _HERE:
                raise NotSent("the mail server offers no TLS; a password is not sent openly")
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
        except BaseException:
            server.close()
            raise
        return server

    def _hand_over(self, server: smtplib.SMTP, letter: Letter, message: bytes) -> None:
        try:
            for code, said in (server.mail(self.sender), server.rcpt(letter.to)):
                if code >= 500:
                    raise Undeliverable(f"{code} {said.decode(errors='replace')}")
                if code >= 400:
                    raise NotSent(f"{code} {said.decode(errors='replace')}")
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(_told(error)) from error
        try:
            code, said = server.data(message)
        except smtplib.SMTPDataError as error:  # the server would not even begin to listen
            raise NotSent(_told(error)) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unsure(_told(error)) from error
        if code >= 500:
            raise Undeliverable(f"{code} {said.decode(errors='replace')}")
        if code >= 400:
            raise NotSent(f"{code} {said.decode(errors='replace')}")

    def _message(self, letter: Letter) -> bytes:
        message = EmailMessage(policy=SMTP_POLICY)
        message["From"] = self.sender
        user, _, domain = letter.to.rpartition("@")
        if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", letter.to):
            raise Undeliverable(f"{letter.to} is no mail address")
        try:
            message["To"] = Address(" ".join(letter.name.split()), user, domain)
        except (ValueError, IndexError) as error:
            raise Undeliverable(f"{letter.to} is no mail address") from error
        message["Subject"] = letter.subject
        message["Date"] = formatdate(localtime=False)
        message["Message-ID"] = f"<{letter.reference}@{self.sender.rpartition('@')[2]}>"
        message["Content-Language"] = letter.locale
        # Machines that answer letters need not answer this one.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        return bytes(message)


def _told(error: Exception) -> str:
    if isinstance(error, socket.timeout):
        return "the mail server does not answer"
    return f"{type(error).__name__}: {error}"
