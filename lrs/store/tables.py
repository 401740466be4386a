"""Every table, in one metadata.

Two stores per tenant, *learning* and *practice*, share these tables and are told apart by
`store_id`. A statement is a row that keeps the bytes to be returned; all else is an index over
it. Digests (16 bytes) are keyed with the salt of their store, so that the same person or
activity in two stores has nothing in common, and no look-up is needed to write one.

Bytes are bytes everywhere: text collations that hold 'a' and 'a ' to be equal never decide what
is the same. Times are microseconds since 1970 UTC, as BIGINT.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
)

from lrs.store.columns import MARIADB, blob, fixed, short

metadata = MetaData()

# Accounts -----------------------------------------------------------------------------------

#: An organisation. Nothing of one tenant is visible to another.
tenants = Table(
    "tenants",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("created", BigInteger, nullable=False),
    **MARIADB,
)

#: The two record stores of a tenant; `kind` is `learning` or `practice`.
#: `salt` keys every digest in the store; lost or changed, no index row finds its statement.
stores = Table(
    "stores",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("salt", fixed(16), nullable=False),
    UniqueConstraint("tenant_id", "kind", name="stores_of_tenant"),
    **MARIADB,
)

#: One LMS or other system that sends statements. It owns an authority and any number of keys,
#: so that keys rotate and `statements/read/mine` goes on meaning the same statements. After
#: `silent_days` without anything the alarm is raised (NULL: as usual; 0: never).
sources = Table(
    "sources",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("name", String(200), nullable=False),
    Column("authority", blob(), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("last_seen", BigInteger),  # NULL: has never sent anything
    Column("silent_days", Integer),
    UniqueConstraint("tenant_id", "name", name="sources_of_tenant"),
    **MARIADB,
)

#: A credential of a source. The secret is shown once and kept only as SHA-256: it is 32 random
#: bytes, so no slow hash is needed. `salvage`, `repairs`, `duplicates` are the kindnesses its
#: owner chose for a sender that cannot be mended.
keys = Table(
    "keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source_id", Integer, nullable=False, index=True),
    Column("public", String(64), nullable=False, unique=True),
    Column("secret_hash", fixed(32), nullable=False),
    Column("scopes", String(500), nullable=False),
    Column("salvage", SmallInteger, nullable=False),
    Column("repairs", String(500), nullable=False),
    Column("duplicates", String(20), nullable=False),
    Column("label", String(200), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger),  # NULL: never
    Column("revoked", BigInteger),  # NULL: in force
    **MARIADB,
)

#: An OpenID Connect issuer whose access tokens a tenant accepts. `prefix` stands before each of
#: our scopes in its tokens (`lrs:state`); empty: they are named as xAPI names them.
issuers = Table(
    "issuers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("issuer", String(500), nullable=False),
    Column("audience", String(200), nullable=False),
    Column("prefix", String(100), nullable=False),
    Column("source_id", Integer),  # NULL: only clients that are mapped to a source may come in
    Column("created", BigInteger, nullable=False),
    UniqueConstraint("issuer", "audience", name="issuers_by_audience"),
    **MARIADB,
)

#: A client of an issuer (`azp` or `client_id`), and the source it speaks for.
issuer_clients = Table(
    "issuer_clients",
    metadata,
    Column("issuer_id", Integer, primary_key=True, autoincrement=False),
    Column("client", String(200), primary_key=True),
    Column("source_id", Integer, nullable=False),
    **MARIADB,
)

#: A person who signs in. `password` is an argon2 hash; NULL: only through an issuer. `roles` are
#: words separated by blanks. `person` is whom of the register they are (NULL: nobody, or not said).
#: `locale`, `zone`, `theme`: as they chose (NULL: as their browser asks, as the service is set up).
#: `subject` is what the sign-in issuer calls them. `totp` is the secret of the second factor
#: (NULL: none), kept as it is since codes are reckoned from it; `totp_step` the last step whose
#: code was used, so that none counts twice; `recovery` hashes of the codes for who lost the phone,
#: as JSON. `ended`: since when they may no longer sign in (NULL: they may).
users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("login", String(200), nullable=False),
    Column("password", String(200)),
    Column("roles", String(200), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("person", fixed(16)),
    Column("mail", String(200)),
    Column("locale", String(10)),
    Column("zone", String(60)),
    Column("theme", String(10)),
    Column("subject", String(255)),
    Column("totp", String(64)),
    Column("totp_step", BigInteger),
    Column("recovery", blob()),
    Column("ended", BigInteger),
    UniqueConstraint("tenant_id", "login", name="users_of_tenant"),
    **MARIADB,
)

#: Where a system that knows no xAPI delivers events, and the mapping that makes statements of
#: them. `public` is in its address. The secret is kept as it is: checking a signature needs it,
#: unlike a key's, and it opens nothing but this one door. `earlier` is the one before, good until
#: `earlier_until` (microseconds); NULL: there is none.
hooks = Table(
    "hooks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("source_id", Integer, nullable=False),
    Column("name", String(40), nullable=False),
    Column("public", String(64), nullable=False, unique=True),
    Column("secret", blob(), nullable=False),
    Column("earlier", blob()),
    Column("earlier_until", BigInteger),
    Column("created", BigInteger, nullable=False),
    Column("mapping", blob(), nullable=False),  # JSON, as schemas/hooks.py accepts it
    UniqueConstraint("tenant_id", "name", name="hooks_of_tenant"),
    **MARIADB,
)

#: Who is signed in, by the SHA-256 of what the browser holds. `stage`: `in`; `second` (the
#: password was right, the second factor is awaited); `reset` (not a session: the one use of a link
#: that sets a new password). `seen` is written at most once a minute; past `ends` it counts for
#: nothing, however busy.
sessions = Table(
    "sessions",
    metadata,
    Column("digest", fixed(32), primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("user_id", Integer, nullable=False),
    Column("stage", String(10), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("ends", BigInteger, nullable=False),
    Column("body", blob()),  # NULL: nothing to remember
    Index("sessions_of_user", "user_id"),
    Index("sessions_by_end", "ends"),
    **MARIADB,
)

#: When the worker last did each of its duties (`done`, noted twice a minute at most), how many
#: milliseconds it took and how many things it changed; and when it last failed, with the kind of
#: error alone: what an error says may name people. NULL: never.
duties = Table(
    "duties",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("done", BigInteger),
    Column("took", Integer),
    Column("changed", BigInteger),
    Column("failed", BigInteger),
    Column("error", String(500)),
    **MARIADB,
)

#: Files that somebody handed in on a page and that wait for a human's word: a report (`kind`
#: `report`), the scan of sheets that are being keyed (`scan`). What becomes of one leaves here;
#: what nobody comes back to is dropped after a month. `told` is what was read of it, or how far one
#: came with it, as JSON (NULL: nothing yet); `person` whose it seems to be (NULL: not known), so
#: that it goes where that person's data goes.
waiting_files = Table(
    "waiting_files",
    metadata,
    Column("id", fixed(16), primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("name", String(300), nullable=False),
    Column("sha2", String(64), nullable=False),
    Column("by_whom", String(200), nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("person", fixed(16)),
    Column("told", blob()),
    Column("content", blob(), nullable=False),
    Index("waiting_files_in_order", "tenant_id", "kind", "made", "id"),
    **MARIADB,
)

#: Sign-ins that failed, by a digest of the login that was tried, be there such a one or not. No
#: name: what people mistype into the field is now and then a password.
attempts = Table(
    "attempts",
    metadata,
    Column("who", fixed(16), primary_key=True),
    Column("failed", Integer, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    **MARIADB,
)

#: Who saw and changed what. `who` is `user:<login>` or `key:<public>`, `action` a word such as
#: `person/seen`, `subject` the kind and id of what it was done to. Ids only, no names: the trail
#: outlives people's data. Rows are only ever added.
audit = Table(
    "audit",
    metadata,
    Column(
        "id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    ),
    Column("tenant_id", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("who", String(200), nullable=False),
    Column("action", String(60), nullable=False),
    Column("subject", String(200), nullable=False),
    Index("audit_of_tenant", "tenant_id", "id"),
    Index("audit_by_who", "tenant_id", "who", "id"),
    Index("audit_of_subject", "tenant_id", "subject", "id"),
    **MARIADB,
)

# The log and its indexes --------------------------------------------------------------------

#: The last position given out. One row, locked from stamp to commit, on SQLite and MariaDB;
#: PostgreSQL has a sequence of the same name, since there a lock held so long halves the pace.
log_clock = Table(
    "log_clock",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    info={"not_on": "postgresql"},
    **MARIADB,
)

#: One statement: where it stands in the log and the bytes to be returned, packed (`packing.py`).
#: `position` is unique over all stores and `stored` is its rendering. `voided` is 1 when a voiding
#: statement holds, 2 when the statement was erased: then `body` is empty, and nothing finds it but
#: its id.
statements = Table(
    "statements",
    metadata,
    Column(
        "position",
        BigInteger().with_variant(Integer, "sqlite"),  # there: the number of its row
        primary_key=True,
        autoincrement=False,
    ),
    Column("store_id", Integer, nullable=False),
    Column("source_id", Integer, nullable=False),
    Column("voided", SmallInteger, nullable=False),
    Column("id", fixed(16), nullable=False),
    Column("body", blob(), nullable=False),
    **MARIADB,
)

#: Which ids are taken, and by the statement at which position. Apart from `statements`, so that
#: an insert there only appends, whatever ids the senders choose.
statement_ids = Table(
    "statement_ids",
    metadata,
    Column("store_id", Integer, primary_key=True, autoincrement=False),
    Column("id", fixed(16), primary_key=True),
    Column("position", BigInteger, nullable=False),
    sqlite_with_rowid=False,
    **MARIADB,
)

#: What a statement can be found by: a term (see `xapi/statements.py`) and the position. `depth`
#: is 0 for the statement's own terms, n for those of the statement n references away, so that
#: two filters are met by one and the same statement. The key is in the order of the answer. One
#: more term finds every statement of a store (`statements.everything`).
postings = Table(
    "postings",
    metadata,
    Column("term", fixed(16), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("depth", SmallInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
    **MARIADB,
)

#: Which statements have a StatementRef to `target` for object, whether or not it is here yet.
#: By tenant, not store: a verdict in practice refers to a completion in learning.
statement_refs = Table(
    "statement_refs",
    metadata,
    Column("tenant_id", Integer, primary_key=True, autoincrement=False),
    Column("target", fixed(16), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
    **MARIADB,
)

#: Which ids are voided, and by the statement at which position, whether or not they are here.
statement_voids = Table(
    "statement_voids",
    metadata,
    Column("store_id", Integer, primary_key=True, autoincrement=False),
    Column("target", fixed(16), primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
    **MARIADB,
)

#: What was verified of a signed statement when it came in, as JSON.
signatures = Table(
    "signatures",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("facts", blob(), nullable=False),
    **MARIADB,
)

#: The merged definition of an activity, as JSON. Only activities that came with one.
activities = Table(
    "activities",
    metadata,
    Column("digest", fixed(16), primary_key=True),
    Column("store_id", Integer, nullable=False),
    Column("iri", blob(), nullable=False),
    Column("definition", blob(), nullable=False),
    sqlite_with_rowid=False,
    **MARIADB,
)

#: Under which names an agent was seen: one row for each. `name` is empty where none was given.
agent_names = Table(
    "agent_names",
    metadata,
    Column("agent", fixed(16), primary_key=True),
    Column("name_digest", fixed(16), primary_key=True),
    Column("store_id", Integer, nullable=False),
    Column("ifi", blob(), nullable=False),
    Column("name", blob(), nullable=False),
    sqlite_with_rowid=False,
    **MARIADB,
)

#: Attachments, in parts of at most `attachments.PART` bytes, once for each content in a store.
contents = Table(
    "contents",
    metadata,
    Column("store_id", Integer, primary_key=True, autoincrement=False),
    Column("sha2", fixed(32), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("data", blob(), nullable=False),
    **MARIADB,
)

# Documents ----------------------------------------------------------------------------------

#: State, agent profile and activity profile documents, without their content. `owner` is the
#: digest of kind, activity and agent, and `whose` these as JSON; `registration` is sixteen zero
#: bytes where there is none.
documents = Table(
    "documents",
    metadata,
    Column("store_id", Integer, primary_key=True, autoincrement=False),
    Column("owner", fixed(16), primary_key=True),
    Column("registration", fixed(16), primary_key=True),
    Column("name_digest", fixed(16), primary_key=True),
    Column("name", blob(), nullable=False),
    Column("content_type", blob(), nullable=False),
    Column("etag", short(64), nullable=False),
    Column("updated", BigInteger, nullable=False),
    Column("whose", blob()),  # NULL: written before this was kept
    sqlite_with_rowid=False,
    **MARIADB,
)

#: The content of a document, apart, so that lists do not read it.
document_contents = Table(
    "document_contents",
    metadata,
    Column("store_id", Integer, primary_key=True, autoincrement=False),
    Column("owner", fixed(16), primary_key=True),
    Column("registration", fixed(16), primary_key=True),
    Column("name_digest", fixed(16), primary_key=True),
    Column("content", blob(), nullable=False),
    **MARIADB,
)

# Refused ------------------------------------------------------------------------------------

#: What was refused, raw, with the reason. `index` is NULL where the whole body could not be
#: read as statements. `state`: `refused` (it has problems), `bystander` (good itself, refused
#: with its batch), `mended` (an operator gave it without its faults), `repaired` (stored after a
#: repair that the key's owner chose), then `replayed`, `delivered` (the sender itself sent it
#: again) or `dismissed`. The same bytes refused again only count up `times`. `raw` is what came;
#: `mended` what an operator made of it (NULL: nothing yet).
refused = Table(
    "refused",
    metadata,
    Column(
        "id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    ),
    Column("store_id", Integer, nullable=False),
    Column("source_id", Integer, nullable=False),
    Column("key_id", Integer),  # NULL: came with a bearer token
    Column("request", fixed(16), nullable=False),
    Column("index", Integer),
    Column("digest", fixed(16), nullable=False),
    Column("state", String(20), nullable=False),
    Column("version", String(20), nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("last_received", BigInteger, nullable=False),
    Column("times", Integer, nullable=False),
    Column("raw", blob(), nullable=False),
    Column("mended", blob()),
    Column("problems", blob(), nullable=False),
    Column("parts", blob(), nullable=False),  # its attachments: JSON of sha2, type, length
    Column("why", blob()),  # NULL: not dismissed
    UniqueConstraint("store_id", "source_id", "digest", name="refused_once"),
    Index("refused_by_state", "store_id", "state", "id"),
    Index("refused_by_request", "request"),
    **MARIADB,
)

# Sent again ---------------------------------------------------------------------------------

#: Which statements without ids came in which request, for keys whose owner asked to have notice
#: of duplicates. `request` is the first position given to the request, `copy` the number of the
#: statement among equal ones in it, `size` that of all statements without ids in it.
deliveries = Table(
    "deliveries",
    metadata,
    Column("source_id", Integer, primary_key=True, autoincrement=False),
    Column("fingerprint", fixed(16), primary_key=True),
    Column("request", BigInteger, primary_key=True, autoincrement=False),
    Column("copy", Integer, primary_key=True, autoincrement=False),
    Column("size", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    sqlite_with_rowid=False,
    **MARIADB,
)

#: Requests that looked like an earlier one sent again, and what was done.
duplicate_notices = Table(
    "duplicate_notices",
    metadata,
    Column("request", BigInteger, primary_key=True, autoincrement=False),
    Column("source_id", Integer, nullable=False),
    Column("earlier", BigInteger, nullable=False),
    Column("statements", Integer, nullable=False),
    Column("answered", SmallInteger, nullable=False),
    Index("duplicate_notices_of_source", "source_id", "request"),
    **MARIADB,
)

# Erased -------------------------------------------------------------------------------------

#: What must not come back, or not as it was, after a person was erased. `kind`: `redacted`, the id
#: of a statement that no longer is as its sender sent it; `document`, the place of one that is
#: gone; `identifier`, a digest of an identifier the person had, keyed with the salt of the store,
#: by which an import of them is told. `at` is the position of the erasure's receipt.
erased = Table(
    "erased",
    metadata,
    Column("store_id", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(20), primary_key=True),
    Column("digest", fixed(16), primary_key=True),
    Column("at", BigInteger, nullable=False),
    **MARIADB,
)

# The register -------------------------------------------------------------------------------

#: What an agency knows besides the log: dated, append-only. `position` is given by the log's
#: clock, so that log and register have one order and one as-of date. `kind` names the sort of
#: fact, `subject` what it is about (a person, a unit, a programme), `body` is JSON, `by` the one
#: who entered it. The tables below are worked out of these rows, and can be made anew.
register = Table(
    "register",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("tenant_id", Integer, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("subject", fixed(16), nullable=False),
    Column("by", String(200), nullable=False),
    Column("body", blob(), nullable=False),
    Index("register_of_tenant", "tenant_id", "position"),
    Index("register_of_subject", "tenant_id", "subject", "position"),
    **MARIADB,
)

#: A person, by UUID. `merged_into`: this person was found to be that one (NULL: stands).
#: `sort_name` is for search and order. `facts` is JSON: name, mail, phone, and what else came.
#: `restricted`: since which entry what is held of them is kept and not worked with (NULL: it is).
people = Table(
    "people",
    metadata,
    Column("id", fixed(16), primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("merged_into", fixed(16)),
    Column("sort_name", String(200), nullable=False),
    Column("facts", blob(), nullable=False),
    Column("restricted", BigInteger),
    Index("people_by_name", "tenant_id", "sort_name"),
    Index("people_restricted", "tenant_id", "restricted"),
    **MARIADB,
)

#: Which person an identifier means, from when to when (microseconds; NULL: open). `digest` is
#: of tenant, kind and text; kinds are those of xAPI (mbox, mbox_sha1sum, openid, account) and nip,
#: ni_pppk. `state`: `confirmed`, or `refused` where it was decided that it does not.
identifiers = Table(
    "identifiers",
    metadata,
    Column("tenant_id", Integer, primary_key=True, autoincrement=False),
    Column("digest", fixed(16), primary_key=True),
    Column("person", fixed(16), primary_key=True),
    Column("entry", BigInteger, primary_key=True, autoincrement=False),  # its register row
    Column("kind", String(20), nullable=False),
    Column("text", blob(), nullable=False),
    Column("valid_from", BigInteger),
    Column("valid_to", BigInteger),
    Column("state", String(20), nullable=False),
    Index("identifiers_of_person", "tenant_id", "person"),
    **MARIADB,
)

#: A unit of the agency. `path` is its name from the top, parts joined by " / ".
units = Table(
    "units",
    metadata,
    Column("id", fixed(16), primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("path", String(500), nullable=False),
    Column("facts", blob(), nullable=False),  # JSON: contact, default superior
    Index("units_by_path", "tenant_id", "path"),
    **MARIADB,
)

#: Where a person worked, as what, and under whom, from when to when (days since 1970; NULL:
#: open). `ended` tells why it ended (`moved`, `promoted`, `superior` where only that changed,
#: `retired`, `resigned`, `study`; NULL: it did not). `superior_state`: `confirmed`, `unconfirmed`
#: (the alumni said so).
employments = Table(
    "employments",
    metadata,
    Column("tenant_id", Integer, primary_key=True, autoincrement=False),
    Column("person", fixed(16), primary_key=True),
    Column("entry", BigInteger, primary_key=True, autoincrement=False),  # its register row
    Column("unit", fixed(16)),
    Column("position_title", String(200)),
    Column("superior", fixed(16)),
    Column("superior_state", String(20)),
    Column("first_day", Integer),
    Column("last_day", Integer),
    Column("ended", String(20)),
    Index("employments_by_unit", "tenant_id", "unit"),
    Index("employments_by_superior", "tenant_id", "superior"),
    **MARIADB,
)

#: The version of each programme now in force. `digest` is of tenant and IRI.
programmes = Table(
    "programmes",
    metadata,
    Column("digest", fixed(16), primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("entry", BigInteger, nullable=False),  # its register row
    Column("iri", blob(), nullable=False),
    Column("title", String(500), nullable=False),
    Column("body", blob(), nullable=False),  # JSON, as schemas/programmes.py writes it
    Index("programmes_of_tenant", "tenant_id", "title"),
    **MARIADB,
)

#: The version of each declared adapter now in force. `digest` is of tenant and name.
declared_adapters = Table(
    "declared_adapters",
    metadata,
    Column("digest", fixed(16), primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("entry", BigInteger, nullable=False),  # its register row
    Column("name", String(40), nullable=False),
    Column("body", blob(), nullable=False),  # JSON, as schemas/adapters.py accepts it
    Index("declared_adapters_of_tenant", "tenant_id", "name"),
    **MARIADB,
)

# Practice -----------------------------------------------------------------------------------
# Worked out by the projector from log and register; dropped and made anew by `jejak replay`.

#: How far the projector has come in a tenant's log. `generation` counts its writes: who would
#: write and finds another number than it read begins again.
projections = Table(
    "projections",
    metadata,
    Column("tenant_id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("generation", BigInteger, nullable=False),
    **MARIADB,
)

#: Whom to work out anew, since something other than the log changed. `since` is the register's
#: or rescan's position: a mark set again later outlives the work that was under way.
stale = Table(
    "stale",
    metadata,
    Column("tenant_id", Integer, primary_key=True, autoincrement=False),
    Column("subject", fixed(16), primary_key=True),
    Column("since", BigInteger, nullable=False),
    **MARIADB,
)

#: For which verbs the log is to be read again, since rules of programmes that name them changed;
#: how far that came, and up to where: what the projector read after the change, it read by the new
#: rules. An empty verb stands for every statement.
searches = Table(
    "searches",
    metadata,
    Column("tenant_id", Integer, primary_key=True, autoincrement=False),
    Column("digest", fixed(16), primary_key=True),
    Column("verb", blob(), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    **MARIADB,
)

#: What adapters said of statements: event `n` of the statement at `position`. `actor` is the
#: identifier's digest (as in `identifiers`), by which it finds its person. `course` is the digest
#: of a learning event's course, sixteen zero bytes for a practice event. `body` is JSON.
events = Table(
    "events",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("n", SmallInteger, primary_key=True, autoincrement=False),
    Column("tenant_id", Integer, nullable=False),
    Column("statement", fixed(16), nullable=False),
    Column("actor", fixed(16), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("course", fixed(16), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("voided", SmallInteger, nullable=False),
    Column("source_id", Integer, nullable=False),
    Column("adapter", String(40), nullable=False),
    Column("body", blob(), nullable=False),
    Index("events_of_actor", "tenant_id", "actor"),
    Index("events_of_course", "tenant_id", "course", "kind", "position", "n"),
    Index("events_of_statement", "statement"),
    **MARIADB,
)

#: Identifiers seen in the log, one row each: who they are, as JSON, and under what name they were
#: seen first and last. `person` NULL: nobody knows yet (*akun belum dikenali*).
identities = Table(
    "identities",
    metadata,
    Column("tenant_id", Integer, primary_key=True, autoincrement=False),
    Column("digest", fixed(16), primary_key=True),
    Column("ifi", blob(), nullable=False),
    Column("name", String(200)),
    Column("person", fixed(16)),
    Column("first_position", BigInteger, nullable=False),
    Column("events", Integer, nullable=False),
    Index("identities_of_person", "tenant_id", "person"),
    **MARIADB,
)

#: A practice case: one person's completion of one programme, and what became of it. `subject`
#: is the person, or, where `matched` is 0, the digest of an identifier nobody knows yet. Days
#: are counted since 1970 in the programme's time zone; NULL: not so. `programme` is sixteen zero
#: bytes for a course of no programme. `clock_day` is the day that windows count from,
#: `completed_at` that of the statement. `state`: `open`, `undone`, `voided`. `ended`:
#: why observation ended (`retired`, `resigned`, `moved`, `promoted`, `study`, `restructured`,
#: `other`). `body` is JSON: course, cohort, completions, and what else a page shows.
cases = Table(
    "cases",
    metadata,
    Column("id", fixed(16), primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("subject", fixed(16), nullable=False),
    Column("matched", SmallInteger, nullable=False),
    Column("programme", fixed(16), nullable=False),
    Column("cohort", String(200)),
    Column("state", String(20), nullable=False),
    Column("completed_at", BigInteger, nullable=False),
    Column("clock_day", Integer, nullable=False),
    Column("unit", fixed(16)),
    Column("ended", String(20)),
    Column("ended_day", Integer),
    Column("body", blob(), nullable=False),
    Index("cases_of_subject", "tenant_id", "subject"),
    Index("cases_of_programme", "tenant_id", "programme", "cohort"),
    Index("cases_of_unit", "tenant_id", "unit"),
    Index("cases_in_order", "tenant_id", "completed_at", "id"),
    # What figures read, in the order of the case, so that they need not read the bodies.
    Index(
        "cases_for_figures",
        *("tenant_id", "id", "programme", "cohort", "unit", "clock_day", "completed_at"),
        *("state", "matched", "ended", "ended_day", "subject"),
    ),
    **MARIADB,
)

#: What is known of a behaviour in a case; `behaviour` of sixteen zero bytes is the case as a
#: whole, by the programme's rule (any, all, most), of which there is a row for each case.
#: `applied_day`: first accepted performed_on; `applied_tier` its tier (7a, 7b); `lasting_day`: an
#: accepted observation at least 60 days after the first; `known_not_day`: the last day somebody who
#: could see said it is not applied; `contact_day`: the last day anybody answered or observed
#: anything. `decided_at` is when the last verdict was given that `applied_day` may rest on: to who
#: asks of a day since, it is what was known then.
#:
#: What figures count, here and in links and answers, carries what it is counted by: `programme` and
#: all after it repeat the case, so that one walk along one index is enough. `begun_day` is the
#: first day that anything was told of the person in this run of the programme, as in
#: `participation`.
outcomes = Table(
    "outcomes",
    metadata,
    Column("case_id", fixed(16), primary_key=True),
    Column("behaviour", fixed(16), primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("applied_day", Integer),
    Column("applied_tier", String(4)),
    Column("lasting_day", Integer),
    Column("known_not_day", Integer),
    Column("contact_day", Integer),
    Column("superior_confirmed_day", Integer),
    Column("decided_at", BigInteger),
    Column("programme", fixed(16)),
    Column("cohort", String(200)),
    Column("unit", fixed(16)),
    Column("clock_day", Integer),
    Column("completed_at", BigInteger),
    Column("state", String(20)),
    Column("matched", SmallInteger),
    Column("ended", String(20)),
    Column("ended_day", Integer),
    Column("begun_day", Integer),
    Index(
        "outcomes_for_figures",
        *("tenant_id", "behaviour", "programme", "cohort", "unit", "clock_day", "completed_at"),
        *("state", "matched", "ended", "ended_day", "applied_day", "applied_tier", "lasting_day"),
        *("known_not_day", "contact_day", "decided_at", "begun_day", "case_id"),
    ),
    **MARIADB,
)

#: A link: a case, a piece of evidence, a behaviour. Its state is that of `practice/review.py`.
#: `placed`: `after`, `during` (*penerapan dalam pelatihan*) or `before` (*praktik sebelumnya*) the
#: clock's start. `weight` is 0 to 1000. `body` is JSON: signals, verdicts, what a page shows.
#: `programme` and all after it repeat the case: see `outcomes`.
links = Table(
    "links",
    metadata,
    Column("id", fixed(16), primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("case_id", fixed(16), nullable=False),
    Column("subject", fixed(16), nullable=False),
    Column("evidence", fixed(16), nullable=False),
    Column("behaviour", fixed(16), nullable=False),
    Column("state", String(20), nullable=False),
    Column("placed", String(10), nullable=False),
    Column("performed_day", Integer, nullable=False),
    Column("weight", SmallInteger, nullable=False),
    Column("self_said", SmallInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    Column("body", blob(), nullable=False),
    Column("tier", String(4)),
    Column("first_move", String(20)),
    Column("first_decided_at", BigInteger),
    Column("second_move", String(20)),
    Column("programme", fixed(16)),
    Column("cohort", String(200)),
    Column("unit", fixed(16)),
    Column("clock_day", Integer),
    Column("completed_at", BigInteger),
    Index("links_of_case", "case_id", "state", "at", "id"),
    Index("links_of_subject", "tenant_id", "subject"),
    Index("links_of_evidence", "tenant_id", "evidence"),
    # What the queue is narrowed by, in its order; and for who asks for little of much.
    Index(
        "links_to_review",
        *("tenant_id", "state", "at", "id", "programme", "cohort", "unit", "behaviour"),
        *("completed_at", "self_said", "placed", "weight"),
    ),
    Index("links_of_programme", "tenant_id", "programme", "state", "at", "id"),
    Index("links_of_unit", "tenant_id", "unit", "state", "at", "id"),
    Index(
        "links_for_figures",
        *("tenant_id", "case_id", "behaviour", "state", "placed", "performed_day", "at"),
        *("decided_at", "first_move", "first_decided_at", "second_move", "tier"),
        *("programme", "cohort", "unit", "clock_day"),
    ),
    **MARIADB,
)

#: How far a person came in a course: days since 1970 UTC, NULL: not so, as far as we know.
#: `begun_day`: the first of all that is told of any course of this run of the programme.
participation = Table(
    "participation",
    metadata,
    Column("tenant_id", Integer, primary_key=True, autoincrement=False),
    Column("subject", fixed(16), primary_key=True),
    Column("course", fixed(16), primary_key=True),
    Column("programme", fixed(16), nullable=False),
    Column("cohort", String(200)),
    Column("unit", fixed(16)),
    Column("matched", SmallInteger, nullable=False),
    Column("invited_day", Integer),
    Column("enrolled_day", Integer),
    Column("attended_day", Integer),
    Column("progressed_day", Integer),
    Column("completed_day", Integer),
    Column("certified_day", Integer),
    Column("jp", Integer),  # tenths of an hour
    Column("begun_day", Integer),
    Index("participation_of_programme", "tenant_id", "programme", "cohort"),
    # Who got nowhere: few, looked for each time the funnel leaves staff out.
    Index(
        "participation_idle",
        *("tenant_id", "completed_day", "progressed_day", "certified_day", "subject"),
    ),
    Index("participation_of_course", "tenant_id", "course", "completed_day"),
    **MARIADB,
)

#: One answer to one item of a form (A to J). `subject` is whom it is about, `case_id` their case:
#: sixteen zero bytes where there is none, for what was asked at enrolment (G) or of who never came
#: (H); `programme`, that of the case where there is one, is of sixteen zero bytes for a course of
#: none. `behaviour` of sixteen zero bytes is the form as a whole. `role` is who answered (self,
#: superior, peer, subordinate, evaluator, …), `rater` that person (NULL: anonymous), `window_name`
#: of the window. `value` and `recalled` are 0 to 4; NULL: not said, and `observed` 0: *belum
#: mengamati*. `barriers` is a list of words separated by spaces. `frequency` of form E is `running`
#: or `stopped`. `flagged` 1: proxy signals say to look twice. `cohort` and all after it repeat the
#: case: see `outcomes`; `counts` is 1 where its completion counts: open, and of somebody known.
answers = Table(
    "answers",
    metadata,
    Column("statement", fixed(16), primary_key=True),
    Column("subject", fixed(16), primary_key=True),
    Column("behaviour", fixed(16), nullable=False),
    Column("tenant_id", Integer, nullable=False),
    Column("case_id", fixed(16), nullable=False),
    Column("programme", fixed(16), nullable=False),
    Column("form", String(4), nullable=False),
    Column("role", String(20), nullable=False),
    Column("rater", fixed(16)),
    Column("window_name", String(40), nullable=False),
    Column("day", Integer, nullable=False),
    Column("observed", SmallInteger, nullable=False),
    Column("value", SmallInteger),
    Column("recalled", SmallInteger),
    Column("frequency", String(20)),
    Column("barriers", String(500), nullable=False),
    Column("flagged", SmallInteger, nullable=False),
    Column("cohort", String(200)),
    Column("unit", fixed(16)),
    Column("clock_day", Integer),
    Column("counts", SmallInteger),
    Index("answers_of_subject", "tenant_id", "subject"),
    Index("answers_of_case", "case_id"),
    Index("answers_of_form", "tenant_id", "form", "programme"),
    Index(
        "answers_for_figures",
        *("tenant_id", "case_id", "behaviour", "role", "rater", "form", "window_name", "day"),
        *("observed", "value", "recalled", "frequency", "flagged"),
        *("programme", "cohort", "unit", "clock_day", "counts"),
    ),
    **MARIADB,
)

#: What citizens said of a unit's service at the counter: anonymous, 0 to 4, about no person.
citizens = Table(
    "citizens",
    metadata,
    Column("statement", fixed(16), primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("unit", fixed(16), nullable=False),
    Column("day", Integer, nullable=False),
    Column("value", SmallInteger, nullable=False),
    Index("citizens_by_unit", "tenant_id", "unit", "day"),
    **MARIADB,
)

#: How often a citizens' page was answered from one address within the hour that ends at `ends`, so
#: that nobody floods it. `who` is a digest under a salt of the day; a row goes when its hour ends.
heard = Table(
    "heard",
    metadata,
    Column("who", fixed(16), primary_key=True),
    Column("ends", BigInteger, nullable=False),
    Column("times", Integer, nullable=False),
    Index("heard_by_end", "ends"),
    **MARIADB,
)

#: Figures as they were counted, for the pages of whoever asks next (`lrs/papers/counted.py`); drop
#: them, and they are counted again. `digest` is of the `question`: which figure, of what part,
#: taken apart by what, as JSON; NULL: of a day gone by, so that it is not asked of the days that
#: follow. `state` is what it was counted of, `body` the figure. `asked` and `at`, when it was last
#: asked for and counted, are in microseconds; so is `took`.
held_figures = Table(
    "held_figures",
    metadata,
    Column("tenant_id", Integer, primary_key=True, autoincrement=False),
    Column("digest", fixed(16), primary_key=True),
    Column("asked", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("took", Integer, nullable=False),
    Column("state", blob(), nullable=False),
    Column("question", blob()),
    Column("body", blob(), nullable=False),
    **MARIADB,
)

# Follow-up ----------------------------------------------------------------------------------

#: Who was asked what, when and how: a ledger that replay never touches, so that no letter goes
#: out twice. One row for each case, rater and window. `round` groups what one page asks of one
#: person. `state`: `due`, `sent`, `undeliverable`, `vacant`, `answered`, `skipped` (with `why`),
#: `disowned`. `sampled` 1: drawn as a sample where asking all would have been too many visits.
invitations = Table(
    "invitations",
    metadata,
    Column("id", fixed(16), primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("round", fixed(16), nullable=False),
    Column("case_id", fixed(16), nullable=False),
    Column("role", String(20), nullable=False),
    Column("rater", fixed(16)),  # NULL: nobody in office
    Column("window_name", String(40), nullable=False),
    Column("state", String(20), nullable=False),
    Column("sampled", SmallInteger, nullable=False),
    Column("channel", String(20)),
    Column("due_day", Integer, nullable=False),
    Column("closes_day", Integer, nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("sent", BigInteger),
    Column("reminded", Integer, nullable=False),
    Column("answered", BigInteger),
    Column("why", String(500)),
    UniqueConstraint("case_id", "role", "rater", "window_name", name="invitations_once"),
    Index("invitations_of_round", "round"),
    Index("invitations_late", "tenant_id", "state", "due_day", "closes_day"),
    Index("invitations_in_order", "tenant_id", "due_day", "id"),
    Index("invitations_of_rater", "tenant_id", "rater"),
    Index(
        "invitations_for_figures",
        *("tenant_id", "case_id", "role", "window_name", "state", "rater", "sampled"),
        *("closes_day", "made", "sent", "answered"),
    ),
    **MARIADB,
)

#: Letters that are to go out or went: one for each round, kind (`invitation`, `reminder`,
#: `escalation`, `receipt`, `unit`) and number. `state`: `due`, `sending`, `sent`, `undeliverable`,
#: `cancelled`, `unsure` (claimed, and nothing known since: never sent again). `person` is whom it
#: goes to; NULL: nobody is known. `try_at` is when it may go out. `round` of a receipt is the
#: `visit` it is about, of a unit's letter the unit.
letters = Table(
    "letters",
    metadata,
    Column("id", fixed(16), primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("round", fixed(16), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("number", Integer, nullable=False),
    Column("person", fixed(16)),
    Column("state", String(20), nullable=False),
    Column("try_at", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("claimed", BigInteger),
    Column("sent", BigInteger),
    Column("why", String(500)),
    Index("letters_of_round", "round"),
    Index("letters_by_state", "tenant_id", "state", "try_at"),
    Index("letters_in_order", "tenant_id", "made", "id"),
    **MARIADB,
)

#: Links that open one page, without signing in: a `round`, a `unit`, `disown`, `citizen`.
#: `subject` is what they open; the token in the address is the id with a signature. NULL: not
#: revoked.
signed_links = Table(
    "signed_links",
    metadata,
    Column("id", fixed(16), primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("subject", fixed(16), nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("revoked", BigInteger),
    Index("signed_links_of_subject", "tenant_id", "subject"),
    **MARIADB,
)

#: What was typed on a signed page and not handed in yet, as JSON. Goes with the handing in.
drafts = Table(
    "drafts",
    metadata,
    Column("round", fixed(16), primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("saved", BigInteger, nullable=False),
    Column("body", blob(), nullable=False),
    **MARIADB,
)

#: Forms that were handed in on a signed page or keyed from paper: for which invitation, in which
#: statements (JSON), and who said they were answering (empty: the person named). `disowned` NULL:
#: stands. `visit` names what was handed in together.
filled_forms = Table(
    "filled_forms",
    metadata,
    Column("id", fixed(16), primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("visit", fixed(16), nullable=False),
    Column("invitation", fixed(16), nullable=False),
    Column("form", String(2), nullable=False),
    Column("who", String(200), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("statements", blob(), nullable=False),
    Column("disowned", BigInteger),
    Index("filled_forms_of_visit", "tenant_id", "visit"),
    Index("filled_forms_of_invitation", "invitation"),
    **MARIADB,
)

# Webhooks -----------------------------------------------------------------------------------

#: An address that wants to be told of events (words of `lrs/webhooks.py`, separated by spaces).
#: `since`: of the log's positions after it. The secret is kept as it is, since we sign with it.
webhooks = Table(
    "webhooks",
    metadata,
    Column("id", fixed(16), primary_key=True),
    Column("tenant_id", Integer, nullable=False, index=True),
    Column("url", String(1000), nullable=False),
    Column("events", String(200), nullable=False),
    Column("label", String(200), nullable=False),
    Column("secret", blob(), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("created", BigInteger, nullable=False),
    **MARIADB,
)

#: How far a tenant's practice log was read for events. No row: nobody ever wanted to be told.
webhook_places = Table(
    "webhook_places",
    metadata,
    Column("tenant_id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    **MARIADB,
)

#: Cases that were open at some time, and whether that was told (1). A ledger that replay never
#: touches, so that nobody is told of a case twice.
opened_cases = Table(
    "opened_cases",
    metadata,
    Column("case_id", fixed(16), primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("told", SmallInteger, nullable=False),
    Index("opened_cases_to_tell", "tenant_id", "told"),
    **MARIADB,
)

#: One event for one webhook; the id is the digest of the two, so that it is written once. `body`
#: is what is sent. `state`: `waiting`, `delivered`, `given_up`. `next_at` is when it is tried, or,
#: while somebody tries it, until when they have it. `status` and `error` are of the last try.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", fixed(16), primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("webhook", fixed(16), nullable=False),
    Column("event", String(40), nullable=False),
    Column("body", blob(), nullable=False),
    Column("state", String(20), nullable=False),
    Column("made", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger),
    Column("status", Integer),
    Column("error", String(500)),
    Column("delivered", BigInteger),
    Index("webhook_deliveries_due", "state", "next_at"),
    Index("webhook_deliveries_in_order", "tenant_id", "made", "id"),
    **MARIADB,
)
