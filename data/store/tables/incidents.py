"""Past incidents, and the risk surfaces that are estimated of them.

A surface is kept in the form in which it was estimated (`grid.incident_risk`): one row a cell with
incidents, with what its neighbourhood adds up to and its 168 hours; so any cell's week can be told
exactly without keeping cells × hours. What a cell gets a week is kept for every cell, as weights.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import (
    Base,
    Cell,
    Code,
    Id,
    Ref,
    at_least,
    compact,
    kept,
    on_globe,
    one_of,
    ordered,
)

INCIDENT_SOURCES = ("reported", "patrol")


class Incident(Base):
    """A past incident (历史警情); only reported ones count as risk."""

    __tablename__ = "incident"
    __table_args__ = kept(one_of("source", INCIDENT_SOURCES), *on_globe())
    id: Mapped[Id]
    code: Mapped[Code]
    occurred_at: Mapped[datetime] = mapped_column(index=True)
    source: Mapped[str]
    category: Mapped[str | None]
    community_id: Mapped[Ref | None] = mapped_column(ForeignKey("community.id"), index=True)
    address: Mapped[str | None]
    lat: Mapped[float | None]
    lng: Mapped[float | None]
    cell: Mapped[Cell | None] = mapped_column(index=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class RiskSurface(Base):
    """Expected reported incidents by cell and hour of the week, with what it was made of."""

    __tablename__ = "risk_surface"
    __table_args__ = kept(
        CheckConstraint("bandwidth_m > 0", name="bandwidth_m"),
        CheckConstraint("weeks > 0", name="weeks"),
        at_least("hours", 0),
        ordered("since", "until"),
    )
    id: Mapped[Id]
    since: Mapped[date]
    until: Mapped[date]
    weeks: Mapped[float]
    bandwidth_m: Mapped[float]
    hours: Mapped[float]
    timezone: Mapped[str]
    num_cells: Mapped[int]
    num_events: Mapped[int]
    num_patrol: Mapped[int]
    num_unplaced: Mapped[int]
    num_undated: Mapped[int]
    num_outside: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class RiskSite(Base):
    """A cell with incidents: ``norm`` its kernel's sum over the city, ``hours`` 168 float32."""

    __tablename__ = "risk_site"
    __table_args__ = compact(Index("ix_risk_site_surface_id_lat", "surface_id", "lat"))
    surface_id: Mapped[Ref] = mapped_column(
        ForeignKey("risk_surface.id", ondelete="CASCADE"), primary_key=True
    )
    cell: Mapped[Cell] = mapped_column(primary_key=True, autoincrement=False)
    lat: Mapped[float]
    lng: Mapped[float]
    norm: Mapped[float]
    hours: Mapped[bytes]


class RiskCell(Base):
    """What a cell expects a week; cells that expect nothing have no row."""

    __tablename__ = "risk_cell"
    __table_args__ = compact(at_least("a_week", 0))
    surface_id: Mapped[Ref] = mapped_column(
        ForeignKey("risk_surface.id", ondelete="CASCADE"), primary_key=True
    )
    cell: Mapped[Cell] = mapped_column(primary_key=True, autoincrement=False)
    a_week: Mapped[float]
