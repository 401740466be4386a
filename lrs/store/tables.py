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
#: so that keys rotate and `statements/read/mine` goes on meaning the same statements.
sources = Table(
    "sources",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("name", String(200), nullable=False),
    Column("authority", blob(), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("last_seen", BigInteger),  # NULL: has never sent anything
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

#: A person who signs in. `password` is an argon2 hash; NULL: only through an issuer.
users = Table(
    "users",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("tenant_id", Integer, nullable=False),
    Column("login", String(200), nullable=False),
    Column("password", String(200)),
    Column("role", String(40), nullable=False),
    Column("created", BigInteger, nullable=False),
    UniqueConstraint("tenant_id", "login", name="users_of_tenant"),
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

#: One statement: where it stands in the log and the bytes to be returned. `position` is unique
#: over all stores and `stored` is its rendering. `voided` is 1 when a voiding statement holds.
statements = Table(
    "statements",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
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
