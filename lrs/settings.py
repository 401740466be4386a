"""Every setting once: its name, what it may be, its default, what it means.

The table is the class `Settings` below. A setting `page_size` is read from the environment
variable `JEJAK_PAGE_SIZE`; `docs/settings.md` is printed from here (`jejak settings --markdown`).
A value that cannot be right stops the program with a sentence instead of being guessed at.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

PREFIX = "JEJAK_"

DATABASES = ("sqlite", "postgresql", "postgres", "mariadb", "mysql")


class BadSetting(ValueError):
    """A setting holds what it cannot hold; the sentence names the variable and the mend.

    Not one of `lrs.errors`: that family is about requests, and the two modules stand side by
    side on the lowest floor.
    """

    def __init__(self, variable: str, why: str) -> None:
        self.variable, self.why = variable, why
        super().__init__(variable, why)

    def __str__(self) -> str:
        return f"{self.variable} {self.why}."


def text(value: str) -> str:
    return value


def whole(least: int, most: int) -> Callable[[str], int]:
    """A whole number from `least` to `most`, both included."""

    def read(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", value) or not least <= int(value) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}, not {value!r}")
        return int(value)

    return read


def size(value: str) -> int:
    """A number of bytes: `1048576`, `1024k`, `1m`, `1g` (powers of 1024)."""
    match = re.fullmatch(r"([0-9]{1,15})([kmg]?)", value.lower())
    if match is None or int(match[1]) == 0:
        raise ValueError(f"must be a number of bytes such as 65536, 512k, 16m or 1g, not {value!r}")
    return int(match[1]) * {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}[match[2]]


def content_types(value: str) -> str:
    """Content types separated by spaces; empty: all that are known."""
    for word in value.split():
        if not re.fullmatch(r"[a-z]+/[a-z0-9.+-]+", word):
            raise ValueError(f"must be content types such as application/pdf, not {word!r}")
    return " ".join(value.split())


def one_of(*words: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value.lower() not in words:
            raise ValueError(f"must be one of {', '.join(words)}, not {value!r}")
        return value.lower()

    return read


def web_address(value: str) -> str:
    """An http or https address without a slash at its end; empty means not set."""
    if value and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
        raise ValueError(f"must be an address such as https://lrs.example.org, not {value!r}")
    return value.rstrip("/")


def issuer(value: str) -> str:
    """The address of an issuer, letter by letter as it names itself, a slash at its end too."""
    web_address(value)
    return value


def time_zone(value: str) -> str:
    """The name of a time zone."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"must be a time zone such as Asia/Jakarta, not {value!r}") from None
    return value


def origins(value: str) -> str:
    """`*`, or origins (scheme, host, port) separated by spaces; empty means none."""
    words = value.split()
    if value.strip() != "*" and not all(re.fullmatch(r"https?://[^\s/*]+", w) for w in words):
        raise ValueError(
            "must be * or origins such as https://course.example.org separated by spaces,"
            f" not {value!r}"
        )
    return " ".join(words)


def database_address(value: str) -> str:
    """A database URL that `store.engine` can open; empty means the default.

    The value is never repeated in the refusal: it may hold a password.
    """
    if not value:
        return value
    parts = urlsplit(value)
    if parts.scheme not in DATABASES:
        raise ValueError(
            "must begin with sqlite:///, postgresql:// or mariadb:// (its value is not shown)"
        )
    if parts.scheme == "sqlite":
        if parts.netloc or parts.path in ("", "/") or ":memory:" in value:
            raise ValueError(
                "must name a file, such as sqlite:///data/jejak.db or sqlite:////var/lib/jejak.db"
            )
    elif not parts.hostname or not parts.path.strip("/"):
        raise ValueError("must name a host and a database, such as postgresql://user@host/jejak")
    return value


def mail_server(value: str) -> str:
    """`smtp://` or `smtps://` with a host; empty: no mail. It may hold a password: never shown."""
    parts = urlsplit(value)
    if value and (parts.scheme not in ("smtp", "smtps") or not parts.hostname):
        raise ValueError(
            "must be an address such as smtp://user:password@mail.example.org:587 or smtps://…"
            " (its value is not shown)"
        )
    return value


def mail_address(value: str) -> str:
    """A mail address; empty means not set."""
    if value and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", value):
        raise ValueError(f"must be a mail address such as diklat@example.go.id, not {value!r}")
    return value


def day_numbers(value: str) -> str:
    """Numbers of days, rising, separated by spaces; empty: none."""
    words = value.split()
    if not all(re.fullmatch(r"[0-9]{1,3}", word) and int(word) > 0 for word in words):
        raise ValueError(f"must be numbers of days such as 7 14, not {value!r}")
    if [int(word) for word in words] != sorted({int(word) for word in words}):
        raise ValueError(f"must be rising numbers of days, not {value!r}")
    return " ".join(words)


def setting(
    default: str,
    read: Callable[[str], Any],
    meaning: str,
    *,
    shown: str = "",
    secret: Callable[[str], str] | None = None,
) -> Any:
    """One line of the table.

    `default` is written as the environment would; `shown` replaces it in the documentation where
    it is worked out; `secret` turns the value into what may be printed.
    """
    return field(
        default=read(default),
        metadata={
            "default": shown or default,
            "read": read,
            "meaning": " ".join(meaning.split()),
            "secret": secret,
        },
    )


def without_password(url: str) -> str:
    return re.sub(r"(//[^:@/]*):[^@/]*@", r"\1:***@", url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the operator chose, checked; everything else takes it as an argument."""

    data_dir: str = setting("data", text, "Folder of the SQLite store. Made when it is not there.")
    database_url: str = setting(
        "",
        database_address,
        """Where the records are: `sqlite:///file`, `postgresql://user:password@host/name` or
        `mariadb://user:password@host/name` (`mysql://` means the same).""",
        shown="sqlite:///<JEJAK_DATA_DIR>/jejak.db",
        secret=without_password,
    )
    host: str = setting("127.0.0.1", text, "Address that `jejak serve` listens on.")
    port: int = setting("8080", whole(1, 65535), "Port that `jejak serve` listens on.")
    workers: int = setting(
        "0",
        whole(0, 64),
        """Server processes. 0 chooses: one per core, at most 4, and always 1 on SQLite, which
        takes one write at a time.""",
    )
    threads: int = setting(
        "8",
        whole(1, 256),
        """Requests that one server process may have under way at once. Quick ones go one after
        another, or four at a time where the database is on another machine; more are begun where
        some wait for a write or take long.""",
    )
    drain_seconds: int = setting(
        "0",
        whole(0, 300),
        """How long a server that is told to stop goes on taking requests, while `/health` answers
        503 so that a balancer sends them elsewhere. For several hosts; see docs/scaling.md.""",
    )
    public_url: str = setting(
        "",
        web_address,
        """Address that clients use when it is not the one the server sees, such as
        `https://lrs.example.org` behind a proxy. Used wherever an answer names this service.""",
        shown="the request's own",
    )
    page_size: int = setting(
        "100", whole(1, 100_000), "Statements in an answer when the request sets no limit."
    )
    page_max: int = setting(
        "500", whole(1, 100_000), "Statements in an answer at most, whatever limit is asked."
    )
    body_limit: int = setting(
        "32m", size, "Largest JSON body of statements, in bytes, unpacked when it came gzipped."
    )
    batch_limit: int = setting(
        "10000",
        whole(1, 1_000_000),
        """Statements in one request at most. A batch is stored whole, so others wait for a large
        one.""",
    )
    attachment_limit: int = setting(
        "1g", size, "Largest request with attachments, all parts together, in bytes."
    )
    evidence_limit: int = setting(
        "20m", size, "Largest file that is handed in as evidence, in bytes."
    )
    evidence_types: str = setting(
        "",
        content_types,
        """Content types of files that may be handed in, separated by spaces. Empty: PDF, pictures,
        office documents, text, sound and video.""",
    )
    document_limit: int = setting(
        "16m", size, "Largest state or profile document, in bytes, also after a merge."
    )
    memory_limit: int = setting(
        "1m", size, "An attachment larger than this waits on disk, not in memory, in bytes."
    )
    assumed_version: str = setting(
        "2.0.0",
        one_of("1.0.3", "2.0.0"),
        """xAPI version named on the refusal of a request that names none. Nothing else is
        assumed: such a request stays refused.""",
    )
    cors_origins: str = setting(
        "*",
        origins,
        """Origins whose pages may send from a browser: `*`, or a list separated by spaces.
        Empty: none.""",
    )
    key_cache_seconds: int = setting(
        "5",
        whole(0, 3600),
        "How long a key that was looked up is trusted; so long a revoked key may still work.",
    )
    smtp_url: str = setting(
        "",
        mail_server,
        """Mail server for letters, `smtp://user:password@host:587` (takes up TLS where it is
        offered) or `smtps://…`. Empty: no mail goes out; other channels remain.""",
        secret=without_password,
    )
    mail_from: str = setting(
        "", mail_address, "Address that letters come from. Needed with `JEJAK_SMTP_URL`."
    )
    language: str = setting(
        "id",
        one_of("id", "en"),
        """Language of letters, and of the pages for browsers that ask for none: `id` or `en`.
        Whoever is signed in chooses their own.""",
    )
    reminder_days: str = setting(
        "7 14", day_numbers, "How many days after a letter who has not answered is reminded."
    )
    escalation_days: int = setting(
        "7",
        whole(1, 365),
        """How many days after the last reminder the contact of a unit is told that a superior
        stays silent.""",
    )
    superior_visits: int = setting(
        "4",
        whole(1, 12),
        """Letters with questions that a superior gets in any 365 days at most, whatever the number
        of staff; beyond that a recorded sample is asked.""",
    )
    superior_share: int = setting(
        "20",
        whole(0, 100),
        "Of how many of 100 lightly followed alumni the superior is asked: a recorded sample.",
    )
    citizen_answers: int = setting(
        "30",
        whole(0, 100_000),
        """Answers that the page of one code at a counter takes in an hour from one address, of
        which only a digest is kept, until the hour ends. 0: as many as come.""",
    )
    proxies: int = setting(
        "0",
        whole(0, 9),
        """How many proxies of the agency's own a request passes. Each is to add the address that
        asked it to `X-Forwarded-For`; who asks is then told by the outermost of them.""",
    )
    zone: str = setting(
        "Asia/Jakarta", time_zone, "Time zone of the pages, until somebody chooses their own."
    )
    second_opinions: int = setting(
        "10",
        whole(0, 100),
        "Of how many of 100 decided links a second reviewer is asked too: drawn by chance.",
    )
    session_idle_minutes: int = setting(
        "120", whole(5, 1440), "How long somebody stays signed in without asking for a page."
    )
    session_hours: int = setting(
        "12", whole(1, 720), "How long somebody stays signed in at most, however busy."
    )
    sign_in_issuer: str = setting(
        "",
        issuer,
        """OpenID Connect provider through which people may sign in to the pages, as its
        `iss` names it. Its redirect address is `<JEJAK_PUBLIC_URL>/sign-in/back`.""",
    )
    sign_in_client: str = setting("", text, "Client id of these pages at that provider.")
    sign_in_secret: str = setting(
        "",
        text,
        "Client secret; empty for a client that is known by PKCE alone.",
        secret=lambda value: "***" if value else "",
    )
    sign_in_claim: str = setting(
        "email",
        one_of("email", "preferred_username"),
        """By which claim the provider's people are known here: it must be a login of `jejak
        users`. `email` counts only when the provider has verified it.""",
    )
    sign_in_name: str = setting("SSO", text, "What the button to sign in there says.")
    review_days: int = setting(
        "14",
        whole(0, 365),
        """Days that a review may take. Figures count a completion only once it is so much older
        than what they ask about, so that a young cohort is not a bad one.""",
    )
    webhook_targets: str = setting(
        "public",
        one_of("public", "any"),
        """Where events may be sent: `public` addresses by https alone, or `any`, also in the
        agency's own network and by http. With `any`, who may add a webhook can have this service
        ask machines that only it can reach.""",
    )
    log_level: str = setting(
        "info", one_of("debug", "info", "warning", "error"), "Least grave event that is logged."
    )
    log_format: str = setting(
        "logfmt", one_of("logfmt", "json"), "How events are written to standard error."
    )

    def __post_init__(self) -> None:
        if self.smtp_url and not self.mail_from:
            raise BadSetting(variable("mail_from"), f"must be set where {variable('smtp_url')} is")
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{self.data_dir}/jejak.db")
        if self.page_size > self.page_max:
            raise BadSetting(
                variable("page_size"),
                f"must not be larger than {variable('page_max')} ({self.page_max})",
            )

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """What the environment says, the defaults for the rest.

        Raises `BadSetting`, also for a variable that begins as ours do and names no setting: a
        misspelt limit must not silently leave the default in force.
        """
        ours = {name for name in environ if name.startswith(PREFIX)}
        known = {variable(line.name) for line in fields(cls)}
        for name in sorted(ours - known):
            if not name.startswith(f"{PREFIX}TEST_"):
                raise BadSetting(name, "is no setting; `jejak settings` lists them all")
        return cls(
            **{
                line.name: _value(line, environ[variable(line.name)])
                for line in fields(cls)
                if variable(line.name) in ours
            }
        )

    def changed(self, chosen: Mapping[str, str]) -> "Settings":
        """These settings with some others, by name and as the environment would write them.

        Raises `BadSetting`.
        """
        lines = {line.name: line for line in fields(self)}
        return replace(self, **{name: _value(lines[name], text) for name, text in chosen.items()})

    def lines(self) -> Iterator[tuple[str, str, str, str]]:
        """(variable, value as it may be printed, default, meaning) of every setting."""
        for line in fields(self):
            value = str(getattr(self, line.name))
            secret = line.metadata["secret"]
            yield (
                variable(line.name),
                secret(value) if secret else value,
                line.metadata["default"],
                line.metadata["meaning"],
            )

    @property
    def on_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")


def _value(line: Field[Any], written: str) -> Any:
    try:
        return line.metadata["read"](written.strip())
    except ValueError as wrong:
        raise BadSetting(variable(line.name), str(wrong)) from None


def variable(name: str) -> str:
    """The environment variable of a setting: `page_size` → `JEJAK_PAGE_SIZE`."""
    return PREFIX + name.upper()


def markdown() -> str:
    """The settings as the page `docs/settings.md`."""
    rows = [
        f"| `{name}` | {f'`{default}`' if default else 'none'} | {meaning} |"
        for name, _, default, meaning in Settings().lines()
    ]
    return "\n".join(
        [
            "# Settings",
            "",
            "Printed by `jejak settings --markdown`; change `lrs/settings.py`, not this page.",
            "All are environment variables. `jejak settings` shows the values in force. A value",
            "that cannot be right, or a variable that begins with `JEJAK_` and is not in this",
            "table, stops the program with a sentence.",
            "",
            "| Variable | Default | Meaning |",
            "| --- | --- | --- |",
            *rows,
            "",
        ]
    )
