"""Rosters as people read them: listed, one with its figures, its assignments within a scope."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select, true

from data.store.errors import ScenarioMissingError
from data.store.keyset import after
from data.store.tables.ground import Beat
from data.store.tables.jobs import Job, JobEvent
from data.store.tables.people import Person
from data.store.tables.rosters import Roster, RosterGap, RosterPrice, RosterReport
from data.store.tables.scenarios import (
    EditionBeat,
    Scenario,
    ScenarioRole,
    ScenarioShift,
)

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from data.store.scope import Scope

VERSIONS: Final = {"draft": 1, "published": 2, "archived": 3}
"""A roster goes one way only, so its state is its version."""
FIGURES: Final = (
    *("objective", "bound", "gap", "weighted_unmet", "unmet", "assigned"),
    *("travel_cost", "fairness_cost", "dislike_cost"),
)


@dataclass(frozen=True, slots=True)
class RosterView:
    """A roster with its figures; ``starts_at, ends_at`` are of its scenario."""

    roster_id: int
    scenario_id: int
    scenario_name: str
    predecessor_id: int | None
    state: str
    label: str
    starts_at: datetime | None
    ends_at: datetime | None
    created_at: datetime
    created_by: str
    published_at: datetime | None
    archived_at: datetime | None
    figures: dict[str, float] | None
    violations: dict[str, int]

    @property
    def version(self) -> int:
        """What an edit has to name."""
        return VERSIONS[self.state]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads rosters.

    Attributes
    ----------
    scope : Scope
    drafts : bool
        Whether drafts of others are shown, too.
    key : str
        Such as ``account:7``: one's own drafts are always shown.
    """

    scope: Scope
    drafts: bool
    key: str

    def rosters(self) -> ColumnElement[bool]:
        """Return the condition on `Roster`."""
        if self.drafts:
            return true()
        return or_(Roster.state != "draft", Roster.created_by == self.key)

    def beats(self) -> ColumnElement[bool]:
        """Return the condition on `EditionBeat`: beats that one answers for."""
        if self.scope.city:
            return true()
        places = replace(self.scope, person=None)
        return EditionBeat.code.in_(select(Beat.code).where(places.beats_()))

    def people(self) -> Select[int]:
        """Select the ids of the records that one answers for, one's own among them.

        Who has but their own record sees their own turns, not those of the beat they live in.
        """
        return select(Person.id).where(self.scope.people())


def list_rosters(
    session: Session,
    reader: Reader,
    *,
    state: str | None = None,
    scenario_id: int | None = None,
    before: tuple[Any, ...] | None = None,
    limit: int = 100,
) -> list[RosterView]:
    """List rosters, the newest first."""
    query = (
        _rosters()
        .where(reader.rosters(), after([Roster.id], before, descending=True))
        .order_by(Roster.id.desc())
        .limit(limit)
    )
    if state is not None:
        query = query.where(Roster.state == state)
    if scenario_id is not None:
        query = query.where(Roster.scenario_id == scenario_id)
    return [_view(*row) for row in session.execute(query)]


def roster_view(session: Session, reader: Reader, roster_id: int) -> RosterView:
    """Give a roster.

    Raises
    ------
    ScenarioMissingError
        Where there is none, or one that the reader may not see.
    """
    row = session.execute(_rosters().where(Roster.id == roster_id, reader.rosters())).first()
    if row is None:
        raise ScenarioMissingError(f"Expected the number of a stored roster, got {roster_id}.")
    return _view(*row)


def list_gaps(
    session: Session,
    reader: Reader,
    roster_id: int,
    *,
    behind: tuple[Any, ...] | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """List the short lines of the beats that one answers for, in the plan's order."""
    g = RosterGap
    names = (
        *("missing", "weight", "cause", "in_reach", "qualified", "insured", "available"),
        *("free", "supervised", "remedy", "remedy_en"),
    )
    return _lines(session, reader, g, names, roster_id, behind=behind, limit=limit)


def list_prices(
    session: Session,
    reader: Reader,
    roster_id: int,
    *,
    behind: tuple[Any, ...] | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """List what one more suitable person is worth to the lines of the beats one answers for."""
    return _lines(session, reader, RosterPrice, ("price",), roster_id, behind=behind, limit=limit)


def moves_of(session: Session, roster_id: int) -> list[dict[str, Any]] | None:
    """Give who changes by a repair and why, as its job told; None for what is no repair."""
    query = (
        select(JobEvent.content)
        .join(Job, Job.id == JobEvent.job_id)
        .where(Job.roster_id == roster_id, Job.kind == "repair")
        .order_by(JobEvent.id.desc())
        .limit(1)
    )
    content = session.scalar(query)
    return None if content is None else content.get("moves")


def _lines(
    session: Session,
    reader: Reader,
    table: Any,
    names: tuple[str, ...],
    roster_id: int,
    *,
    behind: tuple[Any, ...] | None,
    limit: int,
) -> list[dict[str, Any]]:
    columns = (getattr(table, name) for name in names)
    ground = ground_of(session, roster_id)
    if ground is None:
        return []
    query = (
        placed(ground, table, table.position, *columns)
        .where(table.roster_id == roster_id, reader.beats(), after([table.position], behind))
        .order_by(table.position)
        .limit(limit)
    )
    return [dict(row._mapping) for row in session.execute(query)]


class Ground(NamedTuple):
    """What a roster was planned on: its scenario and the edition of the ground."""

    scenario_id: int
    edition_id: int


def ground_of(session: Session, roster_id: int) -> Ground | None:
    """Give the ground of a roster; None where there is no such roster."""
    row = session.execute(
        select(Scenario.id, Scenario.edition_id)
        .join(Roster, Roster.scenario_id == Scenario.id)
        .where(Roster.id == roster_id)
    ).one_or_none()
    return None if row is None else Ground(*row)


def placed(ground: Ground, table: Any, *columns: Any) -> Select[*tuple[Any, ...]]:
    """Select rows of a roster with the codes of their beat, shift and role.

    The ground is given as numbers: PostgreSQL takes 40 ms to find an order for eight tables, and a
    few for six.
    """
    scenario_id, edition_id = ground
    return (
        select(
            *columns,
            *(EditionBeat.code.label("beat_id"), EditionBeat.name.label("beat_name")),
            *(EditionBeat.station_code.label("station_id"), ScenarioShift.code.label("shift_id")),
            *(ScenarioShift.starts_at, ScenarioShift.ends_at, ScenarioRole.code.label("role")),
        )
        .select_from(table)
        .join(
            EditionBeat,
            and_(EditionBeat.edition_id == edition_id, EditionBeat.position == table.beat),
        )
        .join(
            ScenarioShift,
            and_(ScenarioShift.scenario_id == scenario_id, ScenarioShift.position == table.shift),
        )
        .join(
            ScenarioRole,
            and_(ScenarioRole.scenario_id == scenario_id, ScenarioRole.position == table.role),
        )
    )


def _rosters() -> Select[*tuple[Any, ...]]:
    return (
        select(Roster, Scenario, RosterReport)
        .join(Scenario, Scenario.id == Roster.scenario_id)
        .outerjoin(RosterReport, RosterReport.roster_id == Roster.id)
    )


def _view(row: Roster, scenario: Scenario, report: RosterReport | None) -> RosterView:
    return RosterView(
        roster_id=row.id,
        scenario_id=row.scenario_id,
        scenario_name=scenario.name,
        predecessor_id=row.predecessor_id,
        state=row.state,
        label=row.label,
        starts_at=scenario.starts_at,
        ends_at=scenario.ends_at,
        created_at=row.created_at,
        created_by=row.created_by,
        published_at=row.published_at,
        archived_at=row.archived_at,
        figures=None if report is None else {name: getattr(report, name) for name in FIGURES},
        violations={} if report is None else json.loads(report.violations),
    )


def live_rosters(session: Session) -> list[int]:
    """Give the numbers of the rosters that are published, by their beginning."""
    query = (
        select(Roster.id)
        .join(Scenario, Scenario.id == Roster.scenario_id)
        .where(Roster.state == "published")
        .order_by(Scenario.starts_at, Roster.id)
    )
    return list(session.scalars(query))


def roster_of_shift(session: Session, code: str, beat: str) -> int | None:
    """Give the published roster, the last one published, that has a shift and a beat (codes)."""
    return session.scalar(
        select(Roster.id)
        .join(Scenario, Scenario.id == Roster.scenario_id)
        .join(ScenarioShift, ScenarioShift.scenario_id == Scenario.id)
        .join(EditionBeat, EditionBeat.edition_id == Scenario.edition_id)
        .where(Roster.state == "published", ScenarioShift.code == code, EditionBeat.code == beat)
        .order_by(Roster.published_at.desc(), Roster.id.desc())
        .limit(1)
    )


def beats_within(session: Session, reader: Reader, scenario_id: int) -> set[str]:
    """Give the codes of a scenario's beats that a reader answers for."""
    query = (
        select(EditionBeat.code)
        .join(Scenario, Scenario.edition_id == EditionBeat.edition_id)
        .where(Scenario.id == scenario_id, reader.beats())
    )
    return set(session.scalars(query))
