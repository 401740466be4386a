"""Column types that hold bytes as bytes on every database, for tables and migrations alike."""

from typing import Any

from sqlalchemy import LargeBinary
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

#: Text compares as bytes on MariaDB too, trailing spaces included.
MARIADB: dict[str, Any] = {
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_nopad_bin",
    "mariadb_engine": "InnoDB",
}


def fixed(length: int) -> TypeEngine[bytes]:
    """Bytes of one length: a digest, a UUID, a hash."""
    return LargeBinary(length).with_variant(mysql.BINARY(length), "mysql", "mariadb")


def short(length: int) -> TypeEngine[bytes]:
    """Bytes up to `length`, where a unique key or an index needs a bound."""
    return LargeBinary(length).with_variant(mysql.VARBINARY(length), "mysql", "mariadb")


def blob() -> TypeEngine[bytes]:
    """Bytes of any length. MariaDB's plain BLOB ends at 64 kB and truncates or refuses."""
    return LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")
