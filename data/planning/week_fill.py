"""How full a roster is: places wanted and filled by station and shift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select

from data.store.errors import ScenarioMissingError
from data.store.tables.rosters import Assignment
from data.store.tables.scenarios import EditionBeat, ScenarioDemand, ScenarioShift

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.planning.rosters import Reader
    from data.store.tables.rosters import Roster
    from data.store.tables.scenarios import Scenario


@dataclass(frozen=True, slots=True)
class Turn:
    """A shift of a roster's week; `number` is its position in the scenario."""

    number: int
    code: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class StationWeek:
    """A station's week: ``required`` and ``filled`` places by the number of the shift."""

    code: str
    name: str
    sub_bureau: str
    required: dict[int, int]
    filled: dict[int, int]

    def missing(self, shift: int) -> int:
        """Places of a shift that nobody fills."""
        return max(self.required.get(shift, 0) - self.filled.get(shift, 0), 0)


@dataclass(frozen=True, slots=True)
class WeekFill:
    """The stations that a reader answers for, and the shifts in the order of time."""

    turns: tuple[Turn, ...]
    stations: tuple[StationWeek, ...]


def week_fill(session: Session, reader: Reader, roster: Roster, scenario: Scenario) -> WeekFill:
    """Count places by station and shift, as far as the reader answers for the beats."""
    table = ScenarioShift
    shifts = session.scalars(
        select(table).where(table.scenario_id == scenario.id).order_by(table.starts_at, table.code)
    )
    turns = tuple(Turn(row.position, row.code, row.starts_at, row.ends_at) for row in shifts)
    mine = and_(EditionBeat.edition_id == scenario.edition_id, reader.beats())
    names = session.execute(
        select(EditionBeat.station_code, EditionBeat.station_name, EditionBeat.sub_bureau_name)
        .where(mine)
        .group_by(EditionBeat.station_code, EditionBeat.station_name, EditionBeat.sub_bureau_name)
        .order_by(func.min(EditionBeat.position))
    ).all()
    of = session.execute(select(EditionBeat.position, EditionBeat.station_code).where(mine))
    station_of: dict[int, str] = dict(of.all())
    d, a = ScenarioDemand, Assignment
    wanted = _by_station(
        session,
        select(d.beat, d.shift, func.sum(d.required))
        .where(d.scenario_id == scenario.id)
        .group_by(d.beat, d.shift),
        station_of,
    )
    filled = _by_station(
        session,
        select(a.beat, a.shift, func.count())
        .where(a.roster_id == roster.id)
        .group_by(a.beat, a.shift),
        station_of,
    )
    return WeekFill(
        turns,
        tuple(
            StationWeek(code, name, bureau, wanted.get(code, {}), filled.get(code, {}))
            for code, name, bureau in names
        ),
    )


def _by_station(
    session: Session, query: object, station_of: dict[int, str]
) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = {}
    for beat, shift, count in session.execute(query):  # type: ignore[call-overload]
        station = station_of.get(beat)
        if station is not None:
            of_station = found.setdefault(station, {})
            of_station[shift] = of_station.get(shift, 0) + int(count)
    return found


def find_turn(session: Session, scenario_id: int, code: str) -> Turn:
    """Give a shift of a scenario by its code.

    Raises
    ------
    ScenarioMissingError
        Where it has none of that code.
    """
    table = ScenarioShift
    row = session.scalars(
        select(table).where(table.scenario_id == scenario_id, table.code == code)
    ).one_or_none()
    if row is None:
        raise ScenarioMissingError(f"Expected the code of a shift of scenario {scenario_id}.")
    return Turn(row.position, row.code, row.starts_at, row.ends_at)
