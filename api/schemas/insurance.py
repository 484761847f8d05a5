"""Accident insurance: policies, covers, and whose runs out."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from api.schemas.base import Count, Model
from api.schemas.days import Day
from api.schemas.inputs import Body, Code, Name
from api.schemas.pages import PageQuery, Word
from api.schemas.people import Duty, State


class NewPolicy(Body):
    """A policy; the same one again is no new one."""

    insurer: Name = Field(examples=["某财产保险"])
    policy_no: Code = Field(examples=["PAXY2026000123"])
    starts_on: Day
    ends_on: Day
    sum_insured_fen: Annotated[int, Field(ge=0, lt=2**53)] | None = Field(
        None, description="The sum insured, in hundredths of a yuan."
    )


class NewCovers(Body):
    """Whom a policy covers; without days: as long as it runs."""

    people: Annotated[list[Code], Field(min_length=1, max_length=5000)]
    starts_on: Day | None = None
    ends_on: Day | None = None


class LastDay(Body):
    """The last day of a cover that ends early."""

    last_day: Day


class PolicyQuery(PageQuery):
    """Which policies are listed."""

    ending_from: Day | None = Field(None, description="That end then or later.")


class WarningQuery(PageQuery):
    """Which warnings are listed."""

    within_days: Annotated[int, Field(ge=0, le=366)] = 30
    station: Word = Field(None, description="Of this station.")
    only_on_duty: bool = Field(
        False, description="Only whom a published roster has on a shift that is not covered."
    )


class Policy(Model):
    """A policy; `num_covered` counts those of one's jurisdiction."""

    policy: int
    insurer: str
    policy_no: str
    starts_on: date
    ends_on: date
    sum_insured_fen: int | None
    num_covered: Count


class Policies(Model):
    """A page of policies, the newest first."""

    items: list[Policy]
    next: str | None


class Renewed(Model):
    """What covering people did."""

    policy: int
    num_added: Count
    num_already: Count


class Warned(Model):
    """A volunteer whose insurance runs out, and the shifts that this leaves uncovered."""

    code: str
    name: str | None = None
    state: State | None = None
    station: str | None = None
    station_name: str | None = None
    insured_until: date | None = Field(None, description="Null: not insured today.")
    starts_again_on: date | None
    uncovered: list[Duty]


class Warnings(Model):
    """A page: on duty uncovered first, then by the last insured day."""

    items: list[Warned]
    next: str | None
    total: Count
