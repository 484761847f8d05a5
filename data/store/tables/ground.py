"""The city's ground: bureau → sub-bureau → station → community → beat, and each beat's cells."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Cell, Code, Id, Ref, at_least, compact, kept, on_globe


class Bureau(Base):
    """The city's police bureau (市局)."""

    __tablename__ = "bureau"
    __table_args__ = kept()
    id: Mapped[Id]
    code: Mapped[Code]
    name: Mapped[str]


class SubBureau(Base):
    """A sub-bureau (分局) of a bureau."""

    __tablename__ = "sub_bureau"
    __table_args__ = kept()
    id: Mapped[Id]
    bureau_id: Mapped[Ref] = mapped_column(ForeignKey("bureau.id"), index=True)
    code: Mapped[Code]
    name: Mapped[str]


class Station(Base):
    """A police station (派出所) of a sub-bureau; its point is where it stands, if known."""

    __tablename__ = "station"
    __table_args__ = kept(*on_globe())
    id: Mapped[Id]
    sub_bureau_id: Mapped[Ref] = mapped_column(ForeignKey("sub_bureau.id"), index=True)
    code: Mapped[Code]
    name: Mapped[str]
    lat: Mapped[float | None]
    lng: Mapped[float | None]


class Community(Base):
    """A community (社区) of a station."""

    __tablename__ = "community"
    __table_args__ = kept(*on_globe())
    id: Mapped[Id]
    station_id: Mapped[Ref] = mapped_column(ForeignKey("station.id"), index=True)
    code: Mapped[Code]
    name: Mapped[str]
    lat: Mapped[float | None]
    lng: Mapped[float | None]


class Beat(Base):
    """A beat (警格) of a station, perhaps in a community; its point is where people report."""

    __tablename__ = "beat"
    __table_args__ = kept(*on_globe())
    id: Mapped[Id]
    station_id: Mapped[Ref] = mapped_column(ForeignKey("station.id"), index=True)
    community_id: Mapped[Ref | None] = mapped_column(ForeignKey("community.id"), index=True)
    code: Mapped[Code]
    name: Mapped[str]
    lat: Mapped[float]
    lng: Mapped[float]


class GroundCell(Base):
    """An H3 cell and the beat that answers for it; the key is the spatial index."""

    __tablename__ = "cell"
    __table_args__ = compact(at_least("weight", 0))
    cell: Mapped[Cell] = mapped_column(primary_key=True, autoincrement=False)
    beat_id: Mapped[Ref] = mapped_column(ForeignKey("beat.id"), index=True)
    weight: Mapped[float] = mapped_column(default=0.0)
