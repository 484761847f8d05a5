"""Cities that share nothing with the demo: own ground, people, shifts and demand, all made up.

No census, no outlines: stations are points drawn after a layout, beats and homes lie about them.
What a decomposition could lean on in the demo is turned around: few large stations, homes between
two stations, villages from which one beat is in reach, shifts that touch, posts of three.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dispatch.rules import Costs, Rules
from dispatch.scenario import Scenario
from grid.cells import cells_at

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

TIMEZONE = "Asia/Shanghai"
CENTRE = (38.0, 101.0)
"""Open steppe: nobody's city."""
WHOLE = 38_000
_METRES_A_DEGREE = 111_195.0
_MONDAY = datetime(2026, 11, 30, tzinfo=ZoneInfo(TIMEZONE))
_DAYS = 7
_PROFESSIONS = ("student", "retired", "shop_owner", "security_guard", "medical_worker", "other")
_PROFESSION_CHANCE = (0.22, 0.25, 0.18, 0.1, 0.05, 0.2)
_ROLES: tuple[tuple[str, str, bool, bool, tuple[str, ...], tuple[str, ...]], ...] = (
    ("officer", "officer", False, True, (), ()),
    ("auxiliary", "auxiliary", False, True, (), ()),
    ("hazard_response", "auxiliary", True, True, (), ("hazard_training",)),
    ("patrol_guard", "volunteer", False, True, ("security_guard",), ("patrol_course",)),
    ("relief_worker", "volunteer", False, True, ("medical_worker",), ("first_aid",)),
    ("service_helper", "volunteer", False, True, (), ()),
    ("civility_inspector", "volunteer", False, True, ("student", "retired"), ()),
    ("school_guard", "volunteer", False, False, ("retired",), ("school_guard_course",)),
)
_DUTY = tuple(role[0] for role in _ROLES[3:])


@dataclass(frozen=True, slots=True)
class Layout:
    """What a made city looks like; sizes are those of the whole one.

    Attributes
    ----------
    ground : {"compact", "villages", "valley"}
    stations, beats, officers, auxiliaries : int
    shift_hours : tuple of (float, float)
        Start and length of each shift of a day; a start of 24 and more is the next day's.
    posts : float
        Part of all (beat, shift) pairs that are posts.
    places : (int, int)
        Fewest and most places of a duty line.
    come : float
        Chance that a volunteer can come to a shift.
    limit_m : (float, float)
        Least and greatest travel limit of a volunteer.
    max_shifts : (int, int)
        Of a volunteer a week.
    rules : Rules
    """

    ground: str
    stations: int
    beats: int
    officers: int
    auxiliaries: int
    shift_hours: tuple[tuple[float, float], ...]
    posts: float
    places: tuple[int, int]
    come: float
    limit_m: tuple[float, float]
    max_shifts: tuple[int, int]
    rules: Rules = field(default_factory=Rules)


def build_city(layout: Layout, name: str, volunteers: int, seed: int) -> Scenario:
    """Make a city after a layout, or a smaller one of the same kind.

    Parameters
    ----------
    layout : Layout
    name : str
        What people call it.
    volunteers : int
        At least 20; everything else shrinks in proportion.
    seed : int
        The same gives the same city.
    """
    rng = np.random.default_rng([seed, 11])
    part = min(1.0, volunteers / WHOLE)
    num_stations = max(2, round(layout.stations * part))
    num_beats = max(2 * num_stations, round(layout.beats * part))
    station_xy = _GROUNDS[layout.ground](num_stations, part, rng)
    owner = np.sort(np.concatenate([
        np.arange(num_stations), rng.integers(0, num_stations, num_beats - num_stations)
    ]))  # fmt: skip
    spread = _SPREAD_M[layout.ground]
    beat_xy = station_xy[owner] + rng.normal(0, spread, (num_beats, 2))
    beats = _beats(owner, beat_xy)
    shifts = _shifts(layout)
    staff = [
        _staff(tier, max(num_stations, round(count * part)), station_xy, rng)
        for tier, count in (("officer", layout.officers), ("auxiliary", layout.auxiliaries))
    ]
    helpers = _volunteers(layout, volunteers, beat_xy, owner, rng)
    people = pd.concat([*staff, helpers], ignore_index=True)
    return Scenario(
        name=name,
        timezone=TIMEZONE,
        cell_resolution=9,
        rules=layout.rules,
        costs=Costs(),
        beats=beats,
        cells=_cells(beats, rng),
        shifts=shifts,
        roles=_roles(),
        people=people,
        availability=_availability(layout, people, shifts, rng),
        demand=_demand(layout, beats, shifts, rng),
        pins=pd.DataFrame(),
    )


def _compact(count: int, part: float, rng: np.random.Generator) -> Floats:
    """Lay stations in a disc: everybody lives near several of them."""
    angle, away = rng.random(count) * 2 * np.pi, np.sqrt(rng.random(count))
    radius = 7_000 * np.sqrt(part)
    return np.stack([away * np.cos(angle), away * np.sin(angle)], axis=1) * radius


def _villages(count: int, part: float, rng: np.random.Generator) -> Floats:
    """Lay stations far apart over open country."""
    return rng.uniform(-60_000, 60_000, (count, 2)) * np.sqrt(part)


def _valley(count: int, part: float, rng: np.random.Generator) -> Floats:
    """Lay stations along one winding line: each has two neighbours, and half its people too."""
    along = (np.arange(count) + 0.5) / count * 90_000 * part
    across = 1_500 * np.sin(along / 6_000) + rng.normal(0, 200, count)
    return np.stack([along, across], axis=1)


_GROUNDS: dict[str, Callable[[int, float, np.random.Generator], Floats]] = {
    "compact": _compact,
    "villages": _villages,
    "valley": _valley,
}
_SPREAD_M = {"compact": 1_600.0, "villages": 2_200.0, "valley": 650.0}
_HOME_SCATTER_M = {"compact": 600.0, "villages": 350.0, "valley": 500.0}


def _degrees(xy: Floats) -> tuple[Floats, Floats]:
    lat = CENTRE[0] + xy[:, 1] / _METRES_A_DEGREE
    lng = CENTRE[1] + xy[:, 0] / (_METRES_A_DEGREE * np.cos(np.radians(CENTRE[0])))
    return lat.round(6), lng.round(6)


def _texts(values: Sequence[str] | NDArray[Any]) -> pd.Series:
    return pd.Series(values, dtype="str")


def _beats(owner: Integers, xy: Floats) -> pd.DataFrame:
    lat, lng = _degrees(xy)
    station = [f"s{at:03d}" for at in owner]
    bureau = [f"d{at // 10:02d}" for at in owner]
    return pd.DataFrame(
        {
            "beat_id": _texts([f"b{at:04d}" for at in range(len(owner))]),
            "station_id": _texts(station),
            "sub_bureau_id": _texts(bureau),
            "name": _texts([f"警格{at}" for at in range(len(owner))]),
            "lng": lng,
            "lat": lat,
            "station_name": _texts(station),
            "sub_bureau_name": _texts(bureau),
        }
    )


def _cells(beats: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    cells, first = np.unique(
        cells_at(beats["lat"].to_numpy(), beats["lng"].to_numpy(), 9), return_index=True
    )
    weight = rng.gamma(1, 1, len(cells)).round(4)
    return pd.DataFrame(
        {"cell": cells, "beat_id": beats["beat_id"].take(first).array, "weight": weight}
    )


def _shifts(layout: Layout) -> pd.DataFrame:
    rows = [
        (_MONDAY + timedelta(days=day, hours=start), length)
        for day in range(_DAYS)
        for start, length in layout.shift_hours
    ]
    return pd.DataFrame(
        {
            "shift_id": _texts([f"{start:%m%d-%H%M}" for start, _ in rows]),
            "starts_at": pd.to_datetime([start for start, _ in rows], utc=True).as_unit("us"),
            "ends_at": pd.to_datetime(
                [start + timedelta(hours=length) for start, length in rows], utc=True
            ).as_unit("us"),
        }
    )


def _roles() -> pd.DataFrame:
    table = pd.DataFrame(
        _ROLES,
        columns=["role", "tier", "hazardous", "supervised", "professions", "qualifications"],
    )
    return table.astype({"role": "str", "tier": "str"})


def _people(tier: str, xy: Floats, station: Integers, **columns: object) -> pd.DataFrame:
    count = len(xy)
    lat, lng = _degrees(xy)
    return pd.DataFrame(
        {
            "person_id": _texts([f"{tier[0]}{at:05d}" for at in range(count)]),
            "tier": _texts([tier] * count),
            "station_id": _texts([f"s{at:03d}" for at in station]),
            **{
                name: columns[name]
                for name in ("profession", "qualifications")
            },
            "lng": lng,
            "lat": lat,
            **{
                name: columns[name]
                for name in ("max_shifts", "travel_limit_m", "insured_until", "show_up")
            },
        }
    )  # fmt: skip


def _trained(count: int, chances: dict[str, float], rng: np.random.Generator) -> pd.Series:
    has = {name: rng.random(count) < chance for name, chance in chances.items()}
    kinds = [tuple(name for name in has if has[name][at]) for at in range(count)]
    return pd.Series(kinds, dtype=object)


def _staff(tier: str, count: int, station_xy: Floats, rng: np.random.Generator) -> pd.DataFrame:
    """Spread staff unevenly: some stations have three times what others have."""
    few = len(station_xy)
    share = rng.lognormal(0, 0.4, few)
    more = rng.choice(few, count - few, p=share / share.sum())
    station = np.sort(np.concatenate([np.arange(few), more]))
    return _people(
        tier,
        station_xy[station],
        station,
        profession=_texts([""] * count),
        qualifications=_trained(count, {"hazard_training": 0.2}, rng),
        max_shifts=rng.integers(4, 7, count),
        travel_limit_m=np.full(count, np.nan),
        insured_until=pd.Series(np.full(count, "NaT", "datetime64[s]")),
        show_up=np.full(count, 0.98),
    )


def _volunteers(
    layout: Layout, count: int, beat_xy: Floats, owner: Integers, rng: np.random.Generator
) -> pd.DataFrame:
    """Let volunteers live about beats, some beats having ten times as many as others."""
    share = rng.lognormal(0, 0.9, len(beat_xy))
    home = rng.choice(len(beat_xy), count, p=share / share.sum())
    xy = beat_xy[home] + rng.normal(0, _HOME_SCATTER_M[layout.ground], (count, 2))
    until = np.datetime64("2026-11-25") + rng.integers(0, 300, count)
    until = np.where(rng.random(count) < 0.04, np.datetime64("NaT"), until)
    low, high = layout.limit_m
    profession = rng.choice(_PROFESSIONS, count, p=_PROFESSION_CHANCE)
    training = {"patrol_course": 0.25, "first_aid": 0.12, "school_guard_course": 0.1}
    return _people(
        "volunteer",
        xy,
        owner[home],
        profession=_texts(profession),
        qualifications=_trained(count, training, rng),
        max_shifts=rng.integers(layout.max_shifts[0], layout.max_shifts[1] + 1, count),
        travel_limit_m=rng.uniform(low, high, count).round(-1),
        insured_until=pd.Series(until.astype("datetime64[s]")),
        show_up=rng.uniform(0.6, 0.95, count).round(2),
    )


def _availability(
    layout: Layout, people: pd.DataFrame, shifts: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Let staff have two days off; volunteers come when it suits them, on days of their own."""
    shape = (len(people), _DAYS, len(layout.shift_hours))
    helper = (people["tier"] == "volunteer").to_numpy()[:, None, None]
    free_day = rng.random((len(people), _DAYS, 1))
    comes = rng.random(shape) < np.minimum(1.0, 2 * layout.come * (free_day < 0.5))
    works = (free_day > 2 / 7) & (rng.random(shape) < 0.95)
    person, day, slot = np.nonzero(np.where(helper, comes, works))
    shift = day * shape[2] + slot
    dislike = rng.choice([0, 0, 0, 10, 40], len(person))
    return pd.DataFrame(
        {
            "person_id": people["person_id"].take(person).array,
            "shift_id": shifts["shift_id"].take(shift).array,
            "dislike": dislike.astype(np.int64),
        }
    )


def _demand(
    layout: Layout, beats: pd.DataFrame, shifts: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    heat = rng.random(len(beats))[:, None] + rng.random((len(beats), len(shifts)))
    beat, shift = np.nonzero(heat >= np.quantile(heat, 1 - layout.posts))
    rows: list[tuple[int, str, int, int]] = []
    for post in range(len(beat)):
        urgency = 1 + int(9 * min(1.0, (heat[beat[post], shift[post]] / 2) ** 3))
        leader = "officer" if rng.random() < 0.25 else "auxiliary"
        rows.append((post, leader, 1 + int(rng.random() < 0.12), urgency))
        if rng.random() < 0.03:
            rows.append((post, "hazard_response", 1, 9))
        duties = rng.choice(len(_DUTY), 1 + int(rng.random() < 0.5), replace=False)
        for duty in np.sort(duties):
            places = int(rng.integers(layout.places[0], layout.places[1] + 1))
            rows.append((post, _DUTY[duty], places, max(1, urgency - int(rng.integers(0, 3)))))
    post_of, role, required, weight = (np.array(part) for part in zip(*rows, strict=True))
    falling = [
        tuple(max(1, int(first) - nth // 2) for nth in range(int(places)))
        for first, places in zip(weight, required, strict=True)
    ]
    return pd.DataFrame(
        {
            "beat_id": beats["beat_id"].take(beat[post_of]).array,
            "shift_id": shifts["shift_id"].take(shift[post_of]).array,
            "role": _texts(role),
            "required": required.astype(np.int64),
            "weight": pd.Series(falling, dtype=object),
        }
    )
