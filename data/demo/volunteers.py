"""The demo city's volunteers: homes, ages, professions, training, insurance, habits, teams."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data import baotou
from data.demo.shifts import MONDAY, TEMPLATES, is_weekend
from grid.risk import apportion

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from data.demo.ground import Ground
    from data.demo.programme import Programme

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

YOUNGEST, OLDEST = 18, 75
_AGE_STEPS = (18, 23, 35, 55, 60)
_MAX_SHIFTS = {1: 0.28, 2: 0.35, 3: 0.27, 4: 0.07, 5: 0.03}
_HOME_SCATTER_M = 150.0
_METRES_A_DEGREE = 111_195.0
_CONVENIENT = 0.2


@dataclass(frozen=True, slots=True)
class People:
    """People of some tiers and when they can come.

    Attributes
    ----------
    table : DataFrame
        As `dispatch.scenario.Scenario.people`.
    extra : DataFrame
        ``name, sex, age, team_id``, row by row.
    available : (people, 35) bool
    dislike : (people, 35) int64
    """

    table: pd.DataFrame
    extra: pd.DataFrame
    available: NDArray[np.bool_]
    dislike: Integers


def build_volunteers(
    ground: Ground, programme: Programme, count: int, num_teams: int, seed: int
) -> tuple[People, pd.DataFrame]:
    """Make volunteers and their teams.

    Returns
    -------
    People, DataFrame
        The volunteers, and ``team_id, name, station_id, specialism``.
    """
    rng = np.random.default_rng([seed, 3])
    home = _homes(ground, programme, count, rng)
    habits = _load("habits").astype(_HABIT_TYPES)
    sex, age = _ages(ground.district[home], rng)
    profession = _professions(age, habits, rng)
    teams, team = _teams(ground, home, num_teams, rng)
    lat, lng = _scatter(ground, home, rng)
    ids = pd.Series([f"v{n:05d}" for n in range(1, count + 1)], dtype="str")
    table = pd.DataFrame(
        {
            "person_id": ids,
            "tier": pd.Series(["volunteer"] * count, dtype="str"),
            "station_id": ground.stations["station_id"].take(ground.station[home]).array,
            "profession": habits["profession"].take(profession).array,
            "qualifications": _training(habits["profession"].to_numpy()[profession], rng),
            "lng": lng,
            "lat": lat,
            "max_shifts": rng.choice(list(_MAX_SHIFTS), count, p=list(_MAX_SHIFTS.values())),
            "travel_limit_m": _limits(ground, home, habits["limit_m"].to_numpy()[profession], rng),
            "insured_until": _insurance(count, rng),
            "show_up": _show_up(habits["show_up"].to_numpy()[profession], rng),
        }
    )
    extra = pd.DataFrame(
        {
            "name": "义警" + ids.str[1:],
            "sex": pd.Series(np.where(sex, "male", "female"), dtype="str"),
            "age": age,
            "team_id": teams["team_id"].take(team).array,
        }
    )
    available, dislike = _availability(habits, profession, rng)
    return People(table, extra, available, dislike), teams


_HABIT_TYPES = {
    **{f"age_{step}": float for step in _AGE_STEPS},
    **{f"{day}_{name}": float for day in ("workday", "weekend") for name in TEMPLATES},
    "show_up": float,
    "limit_m": float,
}


def _load(name: str) -> pd.DataFrame:
    with files(__package__).joinpath(f"{name}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype="str", keep_default_na=False)


def _homes(ground: Ground, programme: Programme, count: int, rng: np.random.Generator) -> Integers:
    """Draw home cells where people live; some stations' people join in more than others'."""
    chance = np.cumsum(ground.population * programme.joining[ground.station])
    drawn = np.searchsorted(chance, rng.random(count) * chance[-1], side="right")
    return np.asarray(drawn, np.int64)


def _scatter(ground: Ground, home: Integers, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Move each home off its cell's centre, by less than the cell's inner radius."""
    angle = rng.random(len(home)) * 2 * np.pi
    away = _HOME_SCATTER_M * np.sqrt(rng.random(len(home))) / _METRES_A_DEGREE
    lat = ground.lat[home] + away * np.sin(angle)
    lng = ground.lng[home] + away * np.cos(angle) / np.cos(np.radians(ground.lat[home]))
    return lat.round(5), lng.round(5)


def _ages(
    district: NDArray[np.str_], rng: np.random.Generator
) -> tuple[NDArray[np.bool_], Integers]:
    """Draw sex (true: male) and age after the census of each one's district."""
    census = baotou.load_census()
    years = np.arange(YOUNGEST, OLDEST + 1)
    male = np.empty(len(district), np.bool_)
    age = np.empty(len(district), np.int64)
    for code in np.unique(district):
        own = census[census["district_code"] == code]
        counts = np.zeros((2, len(years)))
        for row in own.itertuples():
            inside = (years >= row.age_low) & (years <= row.age_high)
            counts[int(row.sex == "male"), inside] = row.population / (
                row.age_high - row.age_low + 1
            )
        here = district == code
        drawn = rng.choice(counts.size, int(here.sum()), p=counts.ravel() / counts.sum())
        male[here], age[here] = drawn >= len(years), years[drawn % len(years)]
    return male, age


def _professions(age: Integers, habits: pd.DataFrame, rng: np.random.Generator) -> Integers:
    group = np.searchsorted(_AGE_STEPS, age, side="right") - 1
    shares = np.cumsum(habits[[f"age_{step}" for step in _AGE_STEPS]].to_numpy(), axis=0)
    shares /= shares[-1]
    drawn: Integers = (rng.random(len(age)) >= shares[:, group]).sum(axis=0)
    return drawn


def _training(profession: NDArray[np.object_], rng: np.random.Generator) -> pd.Series:
    """Draw qualifications after professions; lists of them are shared, as few differ."""
    plan = _load("training")
    has = np.empty((len(profession), len(plan)), np.bool_)
    for column, row in enumerate(plan.to_dict("records")):
        inside = np.isin(profession, str(row["professions"]).split(";"))
        chance = np.where(inside, float(row["among_them"]), float(row["everybody"]))
        has[:, column] = rng.random(len(profession)) < chance
    names = plan["qualification"].to_numpy()
    kinds, code = np.unique(has, axis=0, return_inverse=True)
    pool = np.empty(len(kinds), object)
    for i, kind in enumerate(kinds):
        pool[i] = tuple(str(name) for name in names[kind])
    return pd.Series(pool[code.ravel()], dtype=object)


def _limits(ground: Ground, home: Integers, usual: Floats, rng: np.random.Generator) -> Floats:
    """Give own travel limits: most people's after their profession, far ones in the country."""
    rare = ground.risk.a_week()[home] < np.median(ground.risk.a_week()[home]) / 10
    own = rng.random(len(home)) < 0.7
    limit = np.where(own, usual, np.nan)
    far = rng.choice([5_000.0, 8_000.0, 15_000.0], len(home))
    return np.where(rare, far, limit)


def _insurance(count: int, rng: np.random.Generator) -> pd.Series:
    """Insure 92 %: of the others most not at all, some until a day before or within the week."""
    monday = np.datetime64(MONDAY, "D")
    until = monday + rng.integers(10, 365, count)
    fate = rng.random(count)
    until = np.where(fate < 0.08, monday + rng.integers(0, 6, count), until)
    until = np.where(fate < 0.065, monday - rng.integers(1, 120, count), until)
    until = np.where(fate < 0.05, np.datetime64("NaT"), until)
    return pd.Series(until.astype("datetime64[s]"))


def _show_up(usual: Floats, rng: np.random.Generator) -> Floats:
    return np.clip(rng.beta(usual * 12, (1 - usual) * 12), 0.5, 0.98).round(2)


def _availability(
    habits: pd.DataFrame, profession: Integers, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], Integers]:
    columns = [
        f"{'weekend' if weekend else 'workday'}_{TEMPLATES[shift % len(TEMPLATES)]}"
        for shift, weekend in enumerate(is_weekend())
    ]
    usual = habits[columns].to_numpy()[profession]
    keenness = 0.5 + rng.beta(2, 2, len(profession))
    available = rng.random(usual.shape) < np.minimum(usual * keenness[:, None], 0.95)
    dislike = rng.integers(1, 7, usual.shape) * 5
    return available, np.where(usual >= _CONVENIENT, 0, dislike).astype(np.int64)


def _teams(
    ground: Ground, home: Integers, count: int, rng: np.random.Generator
) -> tuple[pd.DataFrame, Integers]:
    """Spread teams over stations by volunteers; a volunteer joins one of the home station's."""
    station = ground.station[home]
    members = np.bincount(station, minlength=len(ground.stations))
    per_station = 1 + apportion(count - len(members), members.astype(np.float64))
    owner = np.repeat(np.arange(len(members)), per_station)
    first = np.cumsum(per_station) - per_station
    team = first[station] + (rng.random(len(home)) * per_station[station]).astype(np.int64)
    number = np.arange(count) - first[owner] + 1
    short = ground.stations["name"].str.removesuffix("派出所")
    special = np.where(number == 1, "", rng.choice(_SPECIALISMS, count))
    teams = pd.DataFrame(
        {
            "team_id": pd.Series([f"t{n:03d}" for n in range(1, count + 1)], dtype="str"),
            "name": [f"{short[s]}义警{n}队" for s, n in zip(owner, number, strict=True)],
            "station_id": ground.stations["station_id"].take(owner).array,
            "specialism": pd.Series(special, dtype="str"),
        }
    )
    return teams, team


_SPECIALISMS = (
    *("community_reporter", "mediator", "patrol_guard", "relief_worker", "order_steward"),
    *("law_educator", "civility_inspector", "service_helper", "incident_responder"),
)
