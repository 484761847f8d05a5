"""Training: courses, their runs, who is enrolled and how it went."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, model_validator

from api.schemas.base import Count, Model
from api.schemas.days import Day, Moment
from api.schemas.inputs import Body, Code, Line, Name, Number
from api.schemas.pages import PageQuery, Word

Mode = Literal["shadowing", "class", "online"]
AttendanceState = Literal["enrolled", "attended", "absent", "passed", "failed"]
Result = Literal["attended", "absent", "passed", "failed"]
Months = Annotated[int, Field(ge=1, le=1200)]
Capacity = Annotated[int, Field(ge=1, le=100_000)]


class CourseValues(Body):
    """What a course is for, and what passing it grants."""

    profession: Code | None = Field(None, description="For this profession; null: for all.")
    role: Code | None = Field(None, description="For this duty role; null: for all.")
    grants: Code | None = Field(None, description="The qualification of those who pass.")
    valid_months: Months | None = Field(None, description="How long it is held; null: for good.")


class NewCourse(CourseValues):
    """A course (培训班)."""

    code: Code = Field(examples=["mediation-basics"])
    name: Name = Field(examples=["矛盾调解基础"])
    mode: Mode


class CourseEdit(CourseValues):
    """A change of a course; qualifications that were granted stay as they are."""

    name: Name | None = None
    mode: Mode | None = None
    is_active: bool | None = None

    @model_validator(mode="after")
    def _some_cannot_be_cleared(self) -> CourseEdit:
        for name in ("name", "mode", "is_active"):
            if name in self.model_fields_set and getattr(self, name) is None:
                raise ValueError(f"expected a value of {name}, got null")
        return self


class NewRun(Body):
    """One run of a course; without a station it is the whole city's."""

    course: Code
    batch: Name = Field(examples=["2026-12 第一期"])
    starts_at: Moment
    ends_at: Moment
    station: Code | None = None
    instructor: Line | None = None
    place: Line | None = None
    capacity: Capacity | None = None


class NewEnrolments(Body):
    """Who is to be enrolled; who is enrolled already stays so."""

    people: Annotated[list[Code], Field(min_length=1, max_length=1000)]


class OwnEnrolment(Body):
    """A run in which one wants to take part."""

    run: Number


class ResultLine(Body):
    """How a run went for somebody."""

    person: Code
    state: Result
    score: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] | None = None


class Results(Body):
    """How a run went; sent again it changes nothing."""

    results: Annotated[list[ResultLine], Field(min_length=1, max_length=1000)]


class NewQualification(Body):
    """A qualification from outside."""

    qualification: Code
    granted_on: Day
    expires_on: Day | None = None
    certificate_no: Line | None = None


class CourseQuery(PageQuery):
    """Which runs are listed."""

    course: Word = Field(None, description="Of this course.")
    person: Word = Field(None, description="In which this person is.")
    since: Moment | None = Field(None, description="That end then or later.")


class Course(Model):
    """A course."""

    code: str
    name: str
    mode: Mode
    profession: str | None
    role: str | None
    grants: str | None
    valid_months: int | None
    is_active: bool


class Courses(Model):
    """The courses by code."""

    items: list[Course]


class ListedRun(Model):
    """A run of a course."""

    run: int
    course: str
    course_name: str
    mode: Mode
    batch: str
    instructor: str | None
    place: str | None
    station: str | None
    starts_at: datetime
    ends_at: datetime
    capacity: int | None
    num_enrolled: Count
    num_attended: Count
    num_passed: Count


class Runs(Model):
    """A page of runs, the newest first."""

    items: list[ListedRun]
    next: str | None


class Attended(Model):
    """Somebody in a run."""

    code: str
    state: AttendanceState
    score: float | None
    recorded_at: datetime
    name: str | None = None


class Run(ListedRun):
    """A run and those of one's jurisdiction who are in it."""

    people: list[Attended]


class MadeRun(Model):
    """The number of a run that was made."""

    run: int


class Enrolled(Model):
    """How many are newly enrolled."""

    num_new: Count


class Passed(Model):
    """Somebody who has passed now and had not before."""

    code: str
    qualification: str | None
    expires_on: date | None
    points: Count = Field(description="Awarded by the city's table.")


class Recorded(Model):
    """What recording the results did."""

    passed: list[Passed]
