"""How full a roster is: places wanted and filled by station and shift."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Protocol

import numpy as np
from sqlalchemy import func, select

from data.store.errors import ScenarioMissingError
from data.store.tables.rosters import Assignment
from data.store.tables.scenarios import EditionBeat, Scenario, ScenarioDemand, ScenarioShift

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray
    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from data.planning.rosters import Reader
    from data.store.tables.rosters import Roster


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


class Counter(Protocol):
    """Gives the places of a scenario and of a roster: read anew, or kept while they stand."""

    def __call__(self, session: Session, roster: Roster, scenario: Scenario) -> PlaceCounts:
        """Give the counts as they are now."""


@dataclass(frozen=True, slots=True)
class PlaceCounts:
    """Places by position of beat and shift, shape ``(beats, shifts)``, of the whole city."""

    required: NDArray[np.int32]
    filled: NDArray[np.int32]


def count_required(session: Session, scenario: Scenario) -> NDArray[np.int32]:
    """Count the places that a scenario wants; they never change."""
    d = ScenarioDemand
    query = select(d.beat, d.shift, d.required).where(d.scenario_id == scenario.id)
    return _counted(session, query, scenario)


def count_filled(session: Session, roster: Roster, scenario: Scenario) -> NDArray[np.int32]:
    """Count the places that are filled; they change with each step of a draft only."""
    a = Assignment
    query = (
        select(a.beat, a.shift, func.count())
        .where(a.roster_id == roster.id)
        .group_by(a.beat, a.shift)
    )
    return _counted(session, query, scenario)


def count_places(session: Session, roster: Roster, scenario: Scenario) -> PlaceCounts:
    """Count a roster's places, wanted and filled."""
    return PlaceCounts(count_required(session, scenario), count_filled(session, roster, scenario))


def _counted(
    session: Session, query: Select[int, int, int], scenario: Scenario
) -> NDArray[np.int32]:
    beats = select(func.max(EditionBeat.position)).where(
        EditionBeat.edition_id == scenario.edition_id
    )
    table = ScenarioShift
    shifts = select(func.max(table.position)).where(table.scenario_id == scenario.id)
    sizes = (session.scalar(one) for one in (beats, shifts))
    found = np.zeros([0 if last is None else last + 1 for last in sizes], np.int32)
    # numpy takes a second to look into rows; numbers one after another it takes as they come.
    numbers = np.fromiter(chain.from_iterable(session.execute(query)), np.int32)
    rows = numbers.reshape(-1, 3)
    np.add.at(found, (rows[:, 0], rows[:, 1]), rows[:, 2])
    return found


def week_fill(
    session: Session,
    reader: Reader,
    roster: Roster,
    scenario: Scenario,
    counter: Counter = count_places,
) -> WeekFill:
    """Count places by station and shift, as far as the reader answers for the beats."""
    turns = tuple(all_turns(session, scenario.id))
    beat = EditionBeat
    names = (beat.station_code, beat.station_name, beat.sub_bureau_name)
    beats_of: dict[tuple[str, str, str], list[int]] = {}
    mine = select(beat.position, *names).where(
        beat.edition_id == scenario.edition_id, reader.beats()
    )
    for position, *station in session.execute(mine.order_by(beat.position)):
        beats_of.setdefault((station[0], station[1], station[2]), []).append(position)
    counts = counter(session, roster, scenario)
    stations = (
        StationWeek(*station, _by_shift(counts.required, beats), _by_shift(counts.filled, beats))
        for station, beats in beats_of.items()
    )
    return WeekFill(turns, tuple(stations))


def _by_shift(places: NDArray[np.int32], beats: list[int]) -> dict[int, int]:
    return {shift: n for shift, n in enumerate(places[beats].sum(axis=0).tolist()) if n}


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


def all_turns(session: Session, scenario_id: int) -> list[Turn]:
    """Give all shifts of a scenario in the order of time."""
    table = ScenarioShift
    query = select(table).where(table.scenario_id == scenario_id)
    rows = session.scalars(query.order_by(table.starts_at, table.code))
    return [Turn(row.position, row.code, row.starts_at, row.ends_at) for row in rows]


def beat_names(session: Session, scenario_id: int) -> dict[str, str]:
    """Give what the beats of a scenario are called, by code."""
    query = (
        select(EditionBeat.code, EditionBeat.name)
        .join(Scenario, Scenario.edition_id == EditionBeat.edition_id)
        .where(Scenario.id == scenario_id, EditionBeat.name != "")
    )
    return dict(session.execute(query).all())
