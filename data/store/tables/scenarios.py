"""Scenarios: one horizon's planning problem, as a bundle holds it, row for row.

A scenario is a snapshot: it must stay as it was when people, beats and shifts change, so its rows
hold the bundle's own ids as ``code`` and refer to each other by ``position`` in the bundle's
files (0, 1, …). ``person_id`` links to the living record where there is one. ``extra`` holds the
values of columns that we do not know, as a JSON list in the order of ``scenario_table.columns``.

Beats and cells are the same week after week: scenarios with equal ground share an *edition*,
found by the hash of its rows.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import (
    Base,
    Cell,
    Id,
    Ref,
    at_least,
    compact,
    kept,
    one_of,
    ordered,
)
from data.store.tables.demand import PIN_KINDS
from dispatch.rules import Tier


def _within(parent: str, owner: str, column: str) -> ForeignKeyConstraint:
    """Refer to a row of another table of the same scenario or edition by its position."""
    return ForeignKeyConstraint([owner, column], [f"{parent}.{owner}", f"{parent}.position"])


class GroundEdition(Base):
    """Beats and cells as they stood; ``sha256`` of their rows makes equal ones one."""

    __tablename__ = "ground_edition"
    __table_args__ = kept(CheckConstraint("cell_resolution BETWEEN 0 AND 15", name="resolution"))
    id: Mapped[Id]
    sha256: Mapped[str] = mapped_column(unique=True)
    cell_resolution: Mapped[int]
    num_beats: Mapped[int]
    num_cells: Mapped[int]


class EditionBeat(Base):
    """A row of ``beats``."""

    __tablename__ = "edition_beat"
    __table_args__ = compact(UniqueConstraint("edition_id", "code"))
    edition_id: Mapped[Ref] = mapped_column(ForeignKey("ground_edition.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str]
    station_code: Mapped[str]
    sub_bureau_code: Mapped[str]
    name: Mapped[str]
    lng: Mapped[float]
    lat: Mapped[float]
    station_name: Mapped[str]
    sub_bureau_name: Mapped[str]
    extra: Mapped[str | None]


class EditionCell(Base):
    """A row of ``cells``, stored in the order of the cells."""

    __tablename__ = "edition_cell"
    __table_args__ = compact(
        at_least("weight", 0),
        _within("edition_beat", "edition_id", "beat"),
        Index("ix_edition_cell_edition_id_beat", "edition_id", "beat"),
    )
    edition_id: Mapped[Ref] = mapped_column(ForeignKey("ground_edition.id"), primary_key=True)
    cell: Mapped[Cell] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int]
    beat: Mapped[int]
    weight: Mapped[float]
    extra: Mapped[str | None]


class Scenario(Base):
    """A scenario: ``settings`` is the text of ``scenario.json``, ``sha256`` the bundle's hash."""

    __tablename__ = "scenario"
    __table_args__ = kept()
    id: Mapped[Id]
    edition_id: Mapped[Ref] = mapped_column(ForeignKey("ground_edition.id"), index=True)
    name: Mapped[str]
    settings: Mapped[str]
    sha256: Mapped[str] = mapped_column(index=True)
    source_sha256: Mapped[str | None]
    starts_at: Mapped[datetime | None] = mapped_column(index=True)
    ends_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    erased_at: Mapped[datetime | None]


class ScenarioTable(Base):
    """A table of the bundle that has columns of its own, or is one of its own."""

    __tablename__ = "scenario_table"
    __table_args__ = compact()
    scenario_id: Mapped[Ref] = mapped_column(
        ForeignKey("scenario.id", ondelete="CASCADE"), primary_key=True
    )
    table: Mapped[str] = mapped_column("table_name", primary_key=True)
    columns: Mapped[str]


class ScenarioRow(Base):
    """A row of a table that only the bundle knows (``teams.csv``), as a JSON list of texts."""

    __tablename__ = "scenario_row"
    __table_args__ = compact(
        ForeignKeyConstraint(
            ["scenario_id", "table_name"],
            ["scenario_table.scenario_id", "scenario_table.table_name"],
            ondelete="CASCADE",
        )
    )
    scenario_id: Mapped[Ref] = mapped_column(primary_key=True)
    table: Mapped[str] = mapped_column("table_name", primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[str]


class ScenarioShift(Base):
    """A row of ``shifts``."""

    __tablename__ = "scenario_shift"
    __table_args__ = compact(
        UniqueConstraint("scenario_id", "code"), ordered("starts_at", "ends_at", strictly=True)
    )
    scenario_id: Mapped[Ref] = mapped_column(
        ForeignKey("scenario.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    extra: Mapped[str | None]


class ScenarioRole(Base):
    """A row of ``roles``; lists joined by ``;`` as in the file."""

    __tablename__ = "scenario_role"
    __table_args__ = compact(UniqueConstraint("scenario_id", "code"), one_of("tier", Tier))
    scenario_id: Mapped[Ref] = mapped_column(
        ForeignKey("scenario.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str]
    tier: Mapped[str]
    hazardous: Mapped[bool]
    supervised: Mapped[bool]
    professions: Mapped[str]
    qualifications: Mapped[str]
    extra: Mapped[str | None]


class ScenarioPerson(Base):
    """A row of ``people``, and the record it was made from."""

    __tablename__ = "scenario_person"
    __table_args__ = compact(
        UniqueConstraint("scenario_id", "code"),
        one_of("tier", Tier),
        at_least("max_shifts", 0),
        # Who is near enough to a post, and how far anybody may be sent.
        Index(
            "ix_scenario_person_scenario_id_tier_lat_lng",
            *("scenario_id", "tier", "lat", "lng", "travel_limit_m"),
        ),
        Index(
            "ix_scenario_person_scenario_id_travel_limit_m",
            *("scenario_id", "travel_limit_m"),
            sqlite_where=text("travel_limit_m IS NOT NULL"),
            postgresql_where=text("travel_limit_m IS NOT NULL"),
        ),
    )
    scenario_id: Mapped[Ref] = mapped_column(
        ForeignKey("scenario.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str]
    person_id: Mapped[Ref | None] = mapped_column(
        ForeignKey("person.id", ondelete="SET NULL"), index=True
    )
    tier: Mapped[str]
    station_code: Mapped[str]
    profession: Mapped[str]
    qualifications: Mapped[str]
    lng: Mapped[float]
    lat: Mapped[float]
    max_shifts: Mapped[int]
    travel_limit_m: Mapped[float | None]
    insured_until: Mapped[date | None]
    show_up: Mapped[float]
    extra: Mapped[str | None]


class ScenarioAvailability(Base):
    """A row of ``availability``, stored in the order of people and shifts."""

    __tablename__ = "scenario_availability"
    __table_args__ = compact(
        at_least("dislike", 0),
        _within("scenario_person", "scenario_id", "person"),
        _within("scenario_shift", "scenario_id", "shift"),
    )
    scenario_id: Mapped[Ref] = mapped_column(
        ForeignKey("scenario.id", ondelete="CASCADE"), primary_key=True
    )
    person: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shift: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int]
    dislike: Mapped[int]
    extra: Mapped[str | None]


class ScenarioDemand(Base):
    """A row of ``demand``; the beat is a position in the scenario's edition."""

    __tablename__ = "scenario_demand"
    __table_args__ = compact(
        at_least("required", 0),
        _within("scenario_shift", "scenario_id", "shift"),
        _within("scenario_role", "scenario_id", "role"),
    )
    scenario_id: Mapped[Ref] = mapped_column(
        ForeignKey("scenario.id", ondelete="CASCADE"), primary_key=True
    )
    beat: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    shift: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    role: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int]
    required: Mapped[int]
    weights: Mapped[str]
    extra: Mapped[str | None]


class ScenarioPin(Base):
    """A row of ``pins``."""

    __tablename__ = "scenario_pin"
    __table_args__ = compact(
        one_of("kind", PIN_KINDS),
        _within("scenario_person", "scenario_id", "person"),
        _within("scenario_shift", "scenario_id", "shift"),
        _within("scenario_role", "scenario_id", "role"),
    )
    scenario_id: Mapped[Ref] = mapped_column(
        ForeignKey("scenario.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person: Mapped[int]
    beat: Mapped[int]
    shift: Mapped[int]
    role: Mapped[int]
    kind: Mapped[str]
    extra: Mapped[str | None]
