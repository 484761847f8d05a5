"""Teams and specialist groups, who is in them, and who works a beat."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Code, Id, Ref, kept, one_of, ordered

BEAT_DUTIES = ("community_officer", "auxiliary", "volunteer")


class Team(Base):
    """A team (义警队伍); one with a ``specialism`` is a specialist group (专业小组)."""

    __tablename__ = "team"
    __table_args__ = kept()
    id: Mapped[Id]
    code: Mapped[Code]
    name: Mapped[str]
    station_id: Mapped[Ref | None] = mapped_column(ForeignKey("station.id"), index=True)
    specialism: Mapped[str | None] = mapped_column(ForeignKey("duty_role.code"), index=True)
    is_active: Mapped[bool] = mapped_column(default=True)


class TeamMember(Base):
    """A membership in a team; a person may be in several."""

    __tablename__ = "team_member"
    __table_args__ = kept(
        ordered("since", "until"),
        Index(
            "uq_team_member_team_id_person_id_since", "team_id", "person_id", "since", unique=True
        ),
    )
    id: Mapped[Id]
    team_id: Mapped[Ref] = mapped_column(ForeignKey("team.id"))
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    is_leader: Mapped[bool] = mapped_column(default=False)
    since: Mapped[date]
    until: Mapped[date | None]


class BeatMember(Base):
    """Somebody of a beat's three-tier team (三级警格); the community officer leads it."""

    __tablename__ = "beat_member"
    __table_args__ = kept(
        one_of("duty", BEAT_DUTIES),
        ordered("since", "until"),
        Index(
            "uq_beat_member_beat_id_person_id_since", "beat_id", "person_id", "since", unique=True
        ),
    )
    id: Mapped[Id]
    beat_id: Mapped[Ref] = mapped_column(ForeignKey("beat.id"))
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    duty: Mapped[str]
    since: Mapped[date]
    until: Mapped[date | None]
