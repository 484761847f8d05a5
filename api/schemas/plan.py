"""The roster, coverage, shortfalls and the week's figures."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import BeatId, Count, Model, ShiftId, TierName

_NEXT = Field(
    description="Give it back as `cursor` for what follows; null at the end.",
    examples=["1f0c9a3be5d24471.100"],
)
_TOTAL = Field(ge=0, description="How many there are in all.", examples=[1834])
_ROLE = Field(description="A duty role.", examples=["patrol_guard"])


class Assignment(Model):
    """Somebody on a post. People appear by code alone."""

    person_id: str = Field(examples=["V-012345"])
    tier: TierName
    role: str = _ROLE
    beat_id: BeatId
    shift_id: ShiftId


class Roster(Model):
    """A page of assignments, sorted by person, beat, shift, role."""

    items: list[Assignment]
    next: str | None = _NEXT
    total: int = _TOTAL


class CoverageRow(Model):
    """Mean coverage of an area's cells in a shift, weighted by how much each cell matters."""

    id: str = Field(description="Of the city, district, station or beat.", examples=["150203"])
    shift_id: ShiftId
    ring_min: int = Field(examples=[3])
    tier: str = Field(examples=["all"])
    coverage: float | None = Field(
        ge=0, le=1, description="Null where no cell of the area weighs anything.", examples=[0.64]
    )


class Coverage(Model):
    """A page of coverage."""

    items: list[CoverageRow]
    next: str | None = _NEXT
    total: int = _TOTAL


class Gap(Model):
    """A demand line that is short, why, and what would help."""

    rank: int = Field(ge=1, description="1 is the heaviest.")
    beat_id: BeatId
    beat_name: str
    station_id: str
    shift_id: ShiftId
    role: str = _ROLE
    missing: int = Field(ge=1, description="Unfilled places.")
    weight: int = Field(ge=0, description="Sum of the weights of the unfilled places.")
    cause: str = Field(examples=["available"])
    in_reach: Count
    qualified: Count
    insured: Count
    available: Count
    free: Count
    supervised: Count
    remedy: str = Field(description="The cheapest single change that would fill one more place.")


class Gaps(Model):
    """A page of short lines, heaviest first."""

    items: list[Gap]
    next: str | None = _NEXT
    total: int = _TOTAL


class TierFigures(Model):
    """Places of a tier."""

    tier: TierName
    people: Count
    on_roster: int = Field(ge=0, description="People with at least one assignment.")
    required: Count
    assigned: Count
    weight_required: Count
    weight_filled: Count


class ShiftFigures(Model):
    """Places of a shift."""

    shift_id: ShiftId
    required: Count
    assigned: Count
    weight_required: Count
    weight_filled: Count


class StationFigures(Model):
    """Places of a station."""

    station_id: str
    name: str
    district_id: str
    required: Count
    assigned: Count
    weight_required: Count
    weight_filled: Count


class Summary(Model):
    """The week in figures, with the proof of how good the plan is."""

    name: str
    scenario_sha256: str
    people: Count
    posts: int = Field(ge=0, description="Beats × shifts with demand.")
    beats: Count
    stations: Count
    cells: Count
    required: Count
    assigned: Count
    unmet: Count
    weight_required: Count
    weight_filled: Count
    filled_share: float = Field(ge=0, le=1, description="Weighted demand that is filled.")
    filled_share_bound: float = Field(
        ge=0, le=1, description="Proven: no roster that keeps the rules fills a larger share."
    )
    objective: Count
    bound: Count
    gap: float = Field(ge=0, le=1)
    violations: dict[str, int]
    tiers: list[TierFigures]
    shifts: list[ShiftFigures]
    stations_by_shortfall: list[StationFigures]


class Readiness(Model):
    """What the service needs to work."""

    database: bool = Field(description="It answers.")
    schema_: bool = Field(alias="schema", description="It is the one of this version.")
    jobs: bool = Field(description="Somebody sees to it that jobs are worked off.")


class Health(Model):
    """The service answers, and which checked plan it holds."""

    status: str = Field(examples=["ok"])
    version: str = Field(description="Of Jingge.", examples=["0.1.0"])
    city: str | None = Field(
        description="Changes with the scenario or the roster; null before one is published."
    )
