"""What a city sets: rules and costs of its plans, its points table."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from api.schemas.base import Count, Model
from api.schemas.inputs import Body, Name

Rest = Annotated[float, Field(ge=6, le=48, allow_inf_nan=False)]
Lead = Annotated[int, Field(ge=1, le=50)]
Company = Annotated[int, Field(ge=2, le=20)]
Factor = Annotated[float, Field(ge=1, le=3, allow_inf_nan=False)]
Metres = Annotated[float, Field(ge=100, le=50_000, allow_inf_nan=False)]
Unmet = Annotated[int, Field(ge=100, le=1_000_000)]
Travel = Annotated[int, Field(ge=0, le=1_000)]
Points = Annotated[int, Field(ge=0, le=100_000)]
Cap = Annotated[int, Field(ge=0, le=1_000_000)]


def _rising(steps: list[int]) -> list[int]:
    if any(later < earlier for earlier, later in pairwise(steps)):
        raise ValueError("expected steps that do not fall")
    return steps


Steps = Annotated[
    list[Annotated[int, Field(ge=0, le=100_000)]],
    Field(min_length=1, max_length=21),
    AfterValidator(_rising),
]


class RuleNumbers(Body):
    """Numbers behind the hard rules; nobody stands alone and nobody goes without rest."""

    min_rest_hours: Rest = Field(description="Hours between two shifts of a person.", examples=[8])
    volunteers_per_supervisor: Lead = Field(examples=[8])
    min_volunteers_per_post: Company = Field(examples=[2])
    travel_factor: Factor = Field(description="Way on the ground by the straight line.")
    volunteer_travel_limit_m: Metres = Field(examples=[3000])


class CostNumbers(Body):
    """Weights of the objective; an unfilled place of weight 1 is the measure."""

    unmet: Unmet
    travel_per_100m: Travel
    extra_shift: Steps = Field(
        description="Of a person's first, second, third … shift; the last repeats.",
        examples=[[0, 20, 60, 120, 200]],
    )


class WantedPlanning(Body):
    """What plans are to be made by."""

    rules: RuleNumbers
    costs: CostNumbers


class ToldRules(Model):
    """Numbers behind the hard rules."""

    min_rest_hours: float
    volunteers_per_supervisor: int
    min_volunteers_per_post: int
    travel_factor: float
    volunteer_travel_limit_m: float


class ToldCosts(Model):
    """Weights of the objective."""

    unmet: int
    travel_per_100m: int
    extra_shift: list[int]


class Planning(Model):
    """What plans are made by from now on."""

    rules: ToldRules
    costs: ToldCosts
    changed_at: datetime | None
    changed_by: str | None


class PointRuleEdit(Body):
    """A change of a row of the points table; what is awarded stays."""

    label_zh: Name | None = None
    label_en: Name | None = None
    points: Points | None = None
    monthly_cap: Cap | None = Field(None, description="Null: as the month's cap of all allows.")
    is_active: bool | None = None


class PointNumber(Body):
    """A number of the points."""

    value: Cap


class PointRule(Model):
    """A row of the points table."""

    code: str
    source: Literal["tip", "service", "course", "event", "other"]
    category: str | None
    label_zh: str
    label_en: str
    points: Count
    unit: Literal["each", "hour"]
    monthly_cap: Count | None
    is_active: bool


class PointSetting(Model):
    """A number that the city sets."""

    code: str
    label_zh: str
    label_en: str
    value: Count


class PointsTable(Model):
    """The city's points table."""

    rules: list[PointRule]
    numbers: list[PointSetting]
