"""The demo city's officers and auxiliaries, spread over the stations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from data.demo.shifts import NUM_SHIFTS, TEMPLATES
from data.demo.volunteers import People
from grid.risk import apportion

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from data.demo.ground import Ground
    from data.demo.programme import Programme

_LABELS = {"officer": ("o", "民警"), "auxiliary": ("a", "辅警")}
_MAX_SHIFTS = {4: 0.1, 5: 0.5, 6: 0.4}
_TEMPLATE_DISLIKE = np.array([0, 0, 0, 5, 15])
_ON_LEAVE, _ON_COURSE = 0.03, 0.10
_HAZARD_TRAINED = 0.3


def build_staff(ground: Ground, programme: Programme, tier: str, count: int, seed: int) -> People:
    """Make the people of a staff tier.

    A station gets staff by its risk to the power 0.8, times its staffing: some have too few.
    Everybody has two days off; some are on leave all week or on a course for a day.
    """
    rng = np.random.default_rng([seed, 4, sorted(_LABELS).index(tier)])
    station = _stations(ground, programme, count)
    letter, label = _LABELS[tier]
    ids = pd.Series([f"{letter}{n:04d}" for n in range(1, count + 1)], dtype="str")
    hazard = (rng.random(count) < _HAZARD_TRAINED) & (tier == "officer")
    qualifications = np.empty(count, object)
    for value in (True, False):
        for row in np.flatnonzero(hazard == value):
            qualifications[row] = ("hazard_training",) if value else ()
    table = pd.DataFrame(
        {
            "person_id": ids,
            "tier": pd.Series([tier] * count, dtype="str"),
            "station_id": ground.stations["station_id"].take(station).array,
            "profession": pd.Series([""] * count, dtype="str"),
            "qualifications": pd.Series(qualifications, dtype=object),
            "lng": ground.stations["lng"].to_numpy()[station].round(6),
            "lat": ground.stations["lat"].to_numpy()[station].round(6),
            "max_shifts": rng.choice(list(_MAX_SHIFTS), count, p=list(_MAX_SHIFTS.values())),
            "travel_limit_m": np.full(count, np.nan),
            "insured_until": pd.Series(np.full(count, "NaT", "datetime64[s]")),
            "show_up": np.clip(rng.normal(0.985, 0.01, count), 0.95, 1).round(3),
        }
    )
    extra = pd.DataFrame(
        {
            "name": label + ids.str[1:],
            "sex": pd.Series(np.where(rng.random(count) < 0.8, "male", "female"), dtype="str"),
            "age": rng.integers(22, 56, count),
            "team_id": pd.Series([""] * count, dtype="str"),
        }
    )
    available = _availability(count, rng)
    template = np.arange(NUM_SHIFTS) % len(TEMPLATES)
    dislike = np.broadcast_to(_TEMPLATE_DISLIKE[template], available.shape).astype(np.int64)
    return People(table, extra, available, dislike)


def _stations(ground: Ground, programme: Programme, count: int) -> NDArray[np.int64]:
    risk = np.bincount(ground.station, ground.risk.a_week(), minlength=len(ground.stations))
    least = min(3, count // len(risk))
    shares = np.asarray(risk**0.88 * programme.staffing, np.float64)
    parts = least + apportion(count - least * len(risk), shares)
    return np.repeat(np.arange(len(risk)), parts)


def _availability(count: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    days = NUM_SHIFTS // len(TEMPLATES)
    works = np.ones((count, days), np.bool_)
    off = rng.permuted(np.tile(np.arange(days), (count, 1)), axis=1)[:, :2]
    works[np.arange(count)[:, None], off] = False
    course = rng.random(count) < _ON_COURSE
    works[course, rng.integers(0, 5, int(course.sum()))] = False
    works[rng.random(count) < _ON_LEAVE] = False
    per_shift = rng.random((count, days, len(TEMPLATES))) < 0.95
    return (works[:, :, None] & per_shift).reshape(count, NUM_SHIFTS)
