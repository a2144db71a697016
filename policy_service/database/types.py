"""Column types: the same Python value on SQLite and on PostgreSQL, refused early when wrong.

`frozen` is the plain SQLAlchemy expression that migrations write in place of the class, so that
an old migration never changes its meaning when this file does.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import Enum
from typing import Any, ClassVar

from sqlalchemy import LargeBinary, String
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Fixed width, so that the order of the text is the order of time.
_ISO = "%Y-%m-%dT%H:%M:%S.%fZ"
_ISO_LENGTH = 27
ENUM_LENGTH = 40


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC: timestamptz on PostgreSQL, fixed-width ISO 8601 text on SQLite.

    A naive datetime raises ValueError; any zone is accepted and stored as UTC; microseconds stay.
    """

    impl = String(_ISO_LENGTH)
    cache_ok = True
    frozen: ClassVar[str] = (
        f"sa.String({_ISO_LENGTH}).with_variant(sa.TIMESTAMP(timezone=True), 'postgresql')"
    )

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Pick the column type of this database."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(String(_ISO_LENGTH))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse what has no zone, then turn to UTC."""
        if value is None:
            return None
        if value.tzinfo is None or value.utcoffset() is None:
            raise ValueError(f"a datetime needs a time zone here, got naive {value.isoformat()}")
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else iso(moment)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Always aware, always UTC."""
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return datetime.strptime(value, _ISO).replace(tzinfo=UTC)


def iso(moment: datetime) -> str:
    """The stored text of an aware moment, for statements that go straight to the SQLite driver."""
    # strftime would drop the leading zeros of a year under 1000; isoformat keeps them.
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


class EnumText(TypeDecorator[Enum]):
    """An enum whose values are short words, stored as the word; unknown words raise."""

    impl = String(ENUM_LENGTH)
    cache_ok = True
    frozen: ClassVar[str] = f"sa.String({ENUM_LENGTH})"

    def __init__(self, enum_class: type[Enum]) -> None:
        for member in enum_class:
            if not isinstance(member.value, str) or len(member.value) > ENUM_LENGTH:
                raise TypeError(f"{member}: the value must be text of up to {ENUM_LENGTH} letters")
        self.enum_class = enum_class
        super().__init__()

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Takes a member, or the word of one."""
        return None if value is None else str(self.enum_class(value).value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Enum | None:
        """The member of that word."""
        return None if value is None else self.enum_class(value)


def is_id(text: str) -> bool:
    """Whether it is spelled as ids are here; what is not can be nobody's id."""
    return _UUID.fullmatch(text) is not None


class UuidText(TypeDecorator[str]):
    """An id: a UUID in its canonical lower-case text of 36 letters, on both databases."""

    impl = String(36)
    cache_ok = True
    frozen: ClassVar[str] = "sa.String(36)"

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Refuse any other spelling: equal ids must be equal bytes."""
        if value is not None and not is_id(value):
            raise ValueError(f"an id is a lower-case UUID, got {value!r}")
        return value


class CanonicalBytes(TypeDecorator[bytes]):
    """Canonical JSON (or sealed bytes) exactly as written; never parsed or re-spelled here.

    The caller encodes: what is hashed, sealed and replayed must be the very bytes that are stored.
    """

    impl = LargeBinary
    cache_ok = True
    frozen: ClassVar[str] = "sa.LargeBinary()"

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Refuse text and parsed JSON, which would be encoded who knows how."""
        if value is not None and not isinstance(value, bytes):
            raise TypeError(f"bytes are stored here, got {type(value).__name__}")
        return value
