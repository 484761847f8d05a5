"""The demo city put together: ground, people, shifts, demand and pins as one scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.bundle import write_bundle
from data.catalogue import load_roles
from data.demo.demand import build_demand
from data.demo.ground import Ground, build_ground
from data.demo.pins import with_pins
from data.demo.programme import Programme, build_programme
from data.demo.shifts import TIMEZONE, build_shifts
from data.demo.signups import with_posts_by_signups
from data.demo.staff import build_staff
from data.demo.volunteers import People, build_volunteers
from data.files import check_directory
from dispatch.rules import Costs, Rules
from dispatch.scenario import Scenario
from grid.errors import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VOLUNTEERS, TEAMS, AUXILIARIES, OFFICERS = 37_289, 414, 2_500, 1_000
SEED = 20261130
FEWEST_VOLUNTEERS = 20


@dataclass(frozen=True, slots=True)
class Demo:
    """A made-up city.

    Attributes
    ----------
    scenario : Scenario
    teams : DataFrame
        ``team_id, name, station_id, specialism``.
    people_extra : DataFrame
        ``name, sex, age, team_id`` of each row of ``scenario.people``.
    ground, programme : Ground, Programme
        What the scenario was made from.
    """

    scenario: Scenario
    teams: pd.DataFrame
    people_extra: pd.DataFrame
    ground: Ground
    programme: Programme


def build_demo(volunteers: int = VOLUNTEERS, seed: int = SEED) -> Demo:
    """Make the demo city, or the piece of it about its centre that has so many volunteers.

    Parameters
    ----------
    volunteers : int
        At least 20. Stations, beats, staff and demand shrink in proportion.
    seed : int
        At least 0. The same seed gives the same city.
    """
    if volunteers < FEWEST_VOLUNTEERS or seed < 0:
        raise ScenarioError(
            f"Expected at least {FEWEST_VOLUNTEERS} volunteers and a seed >= 0, "
            f"got {volunteers} and {seed}."
        )
    part = volunteers / VOLUNTEERS
    ground = build_ground(min(part, 1.0), seed)
    shifts = build_shifts()
    few = len(ground.stations)
    programme = build_programme(ground, seed)
    num_teams = max(few, round(TEAMS * part))
    helpers, teams = build_volunteers(ground, programme, volunteers, num_teams, seed)
    groups = [
        build_staff(ground, programme, "officer", max(few, round(OFFICERS * part)), seed),
        build_staff(ground, programme, "auxiliary", max(few, round(AUXILIARIES * part)), seed),
        helpers,
    ]
    people = pd.concat([group.table for group in groups], ignore_index=True)
    availability = _availability(people, shifts, groups)
    demand = build_demand(ground, programme, shifts, seed)
    scenario = Scenario(
        name="包头警格演示周（合成数据）",
        timezone=TIMEZONE,
        cell_resolution=9,
        rules=Rules(),
        costs=Costs(),
        beats=ground.beats,
        cells=_cells(ground),
        shifts=shifts,
        roles=_roles(),
        people=people,
        availability=availability,
        demand=demand,
        pins=pd.DataFrame(),
    )
    extra = pd.concat([group.extra for group in groups], ignore_index=True)
    models = set(ground.stations["station_id"][programme.by_signups])
    scenario = with_pins(with_posts_by_signups(scenario, models), part, seed)
    return Demo(scenario, teams, extra, ground, programme)


def write_demo(
    directory: Path,
    volunteers: int = VOLUNTEERS,
    seed: int = SEED,
    progress: Callable[[str], None] | None = None,
) -> Demo:
    """Make the demo city and write it as a bundle, with ``teams.csv`` beside it.

    ``people.csv`` also gets ``name, sex, age, team_id``, which readers of bundles pass over.

    Parameters
    ----------
    directory : Path
    volunteers, seed : int
        As for `build_demo`.
    progress : callable, optional
        Told what is being done.

    Raises
    ------
    NotADirectoryError
        `directory` is a file; said before anything is made.
    """
    check_directory(directory)
    tell = progress or (lambda _: None)
    tell("making the city")
    demo = build_demo(volunteers, seed)
    tell("writing the bundle")
    write_bundle(
        demo.scenario, directory, extras={"people": demo.people_extra, "teams": demo.teams}
    )
    return demo


def _cells(ground: Ground) -> pd.DataFrame:
    """Weigh cells by incidents a week; where nobody lives and nothing happens, 0."""
    return pd.DataFrame(
        {
            "cell": ground.cells,
            "beat_id": ground.beats["beat_id"].take(ground.beat).array,
            "weight": ground.risk.a_week().round(4),
        }
    )


def _roles() -> pd.DataFrame:
    table = load_roles()
    for column in ("hazardous", "supervised"):
        table[column] = table[column] == "true"
    for column in ("professions", "qualifications"):
        split = [tuple(filter(None, text.split(";"))) for text in table[column]]
        table[column] = pd.Series(split, dtype=object)
    return table.drop(columns=["label_zh", "label_en"])


def _availability(people: pd.DataFrame, shifts: pd.DataFrame, groups: list[People]) -> pd.DataFrame:
    available = np.concatenate([group.available for group in groups])
    dislike = np.concatenate([group.dislike for group in groups])
    person, shift = np.nonzero(available)
    return pd.DataFrame(
        {
            "person_id": people["person_id"].take(person).array,
            "shift_id": shifts["shift_id"].take(shift).array,
            "dislike": dislike[person, shift],
        }
    )
