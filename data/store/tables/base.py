"""What all tables share: names of constraints, column types, small helpers.

Times are aware `datetime` in UTC, days are `date`, H3 cells are positive 64-bit integers (bit 63
of an H3 index is 0, so an unsigned cell fits a signed column). ``id`` is what the database makes,
``code`` what people read.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Double,
    Integer,
    LargeBinary,
    MetaData,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Dialect

BIG_ID = BigInteger().with_variant(Integer(), "sqlite")  # only INTEGER is SQLite's own row id
DOCUMENT = JSON().with_variant(JSONB(), "postgresql")


class Instant(TypeDecorator[datetime]):
    """A point in time: an aware datetime on the way in, one in UTC on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the database UTC; a naive datetime is a bug and refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"Expected a time with offset, got {value.isoformat()}.")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give an aware datetime, whatever the database keeps."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of every table; constraints are named by one pattern, the same on both databases."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - read by SQLAlchemy
        str: Text(),
        datetime: Instant(),
        float: Double(),
        bytes: LargeBinary(),
        dict[str, Any]: DOCUMENT,
    }


Id = Annotated[int, mapped_column(BIG_ID, primary_key=True, autoincrement=True)]
Big = Annotated[int, mapped_column(BigInteger)]
Ref = Annotated[int, mapped_column(BIG_ID)]
Cell = Annotated[int, mapped_column(BigInteger)]
Code = Annotated[str, mapped_column(Text, unique=True)]


def kept(*items: Any) -> tuple[Any, ...]:
    """Give the table arguments of a table whose ids are never used twice."""
    return (*items, {"sqlite_autoincrement": True})


def compact(*items: Any) -> tuple[Any, ...]:
    """Give the table arguments of a table that is stored in the order of its own key."""
    return (*items, {"sqlite_with_rowid": False})


def one_of(column: str, words: Iterable[str]) -> CheckConstraint:
    """Allow only the listed words in a column."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def at_least(column: str, low: float) -> CheckConstraint:
    """Allow only numbers from `low` on in a column."""
    return CheckConstraint(f"{column} >= {low}", name=column)


def ordered(first: str, last: str, *, strictly: bool = False) -> CheckConstraint:
    """Allow only rows in which one column does not lie after another."""
    return CheckConstraint(f"{first} {'<' if strictly else '<='} {last}", name=f"{first}_{last}")


def on_globe(prefix: str = "") -> tuple[CheckConstraint, CheckConstraint]:
    """Allow only degrees of latitude and longitude in the columns ``lat`` and ``lng``."""
    return (
        CheckConstraint(f"{prefix}lat BETWEEN -90 AND 90", name=f"{prefix}lat"),
        CheckConstraint(f"{prefix}lng BETWEEN -180 AND 180", name=f"{prefix}lng"),
    )
