"""Courses, their runs, who attended, and the qualifications that people hold."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from data.store.tables.base import Base, Code, Id, Ref, at_least, compact, kept, one_of, ordered

MODES = ("shadowing", "class", "online")
ATTENDANCE_STATES = ("enrolled", "attended", "absent", "passed", "failed")


class Course(Base):
    """A course (培训班): for a profession or a duty role, and what passing it grants."""

    __tablename__ = "course"
    __table_args__ = kept(one_of("mode", MODES), at_least("valid_months", 1))
    id: Mapped[Id]
    code: Mapped[Code]
    name: Mapped[str]
    mode: Mapped[str]
    profession: Mapped[str | None] = mapped_column(ForeignKey("profession.code"), index=True)
    role: Mapped[str | None] = mapped_column(ForeignKey("duty_role.code"), index=True)
    grants: Mapped[str | None] = mapped_column(ForeignKey("qualification.code"), index=True)
    valid_months: Mapped[int | None]
    is_active: Mapped[bool] = mapped_column(default=True)


class CourseRun(Base):
    """One run of a course: its batch, instructor, time and place."""

    __tablename__ = "course_run"
    __table_args__ = kept(ordered("starts_at", "ends_at"), at_least("capacity", 1))
    id: Mapped[Id]
    course_id: Mapped[Ref] = mapped_column(ForeignKey("course.id"), index=True)
    station_id: Mapped[Ref | None] = mapped_column(ForeignKey("station.id"), index=True)
    batch: Mapped[str]
    instructor: Mapped[str | None]
    place: Mapped[str | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    capacity: Mapped[int | None]


class Attendance(Base):
    """A person in a run of a course, and how it went."""

    __tablename__ = "attendance"
    __table_args__ = compact(one_of("state", ATTENDANCE_STATES))
    course_run_id: Mapped[Ref] = mapped_column(ForeignKey("course_run.id"), primary_key=True)
    person_id: Mapped[Ref] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    state: Mapped[str]
    score: Mapped[float | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class PersonQualification(Base):
    """A qualification that a person holds, from a course or from outside, until it expires."""

    __tablename__ = "person_qualification"
    __table_args__ = kept(
        ordered("granted_on", "expires_on"),
        Index(
            "uq_person_qualification_person_id_qualification_granted_on",
            *("person_id", "qualification", "granted_on"),
            unique=True,
        ),
        Index("ix_person_qualification_expires_on", "expires_on"),
    )
    id: Mapped[Id]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    qualification: Mapped[str] = mapped_column(ForeignKey("qualification.code"), index=True)
    granted_on: Mapped[date]
    expires_on: Mapped[date | None]
    course_run_id: Mapped[Ref | None] = mapped_column(ForeignKey("course_run.id"), index=True)
    certificate_no: Mapped[str | None]
    revoked_on: Mapped[date | None]
