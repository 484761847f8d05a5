"""Posts set by sign-ups: a model station asks for no more people than it can expect."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from data.demo.eligible import capacity, come_and_insured, may_fill, reach
from dispatch.rules import Tier

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from numpy.typing import NDArray

    from dispatch.scenario import Scenario

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

_STAFF_A_WEEK, _STAFF_A_SHIFT = 0.9, 0.5
"""Parts that are planned with: of the shifts that staff may work, of those who can come to one."""


def with_posts_by_signups(scenario: Scenario, stations: Collection[str]) -> Scenario:
    """Give the scenario with the demand of some stations cut to what their people can do.

    Such a station gives its staff's shifts to its heaviest lines first. At each post the volunteers
    to expect bound the places of a line and of the post: everybody's shifts are shared evenly over
    all the posts of the city that they could serve, and what they may do is summed up by post.
    Places that nobody leads (H6), or where one volunteer would stand alone (H7), are given up.
    No line grows.

    Parameters
    ----------
    scenario : Scenario
    stations : collection of str
        Their ids.
    """
    lines = _Lines.of(scenario)
    own = scenario.demand["beat_id"].map(scenario.beats.set_index("beat_id")["station_id"])
    cut = own.isin(list(stations)).to_numpy(bool)
    asked = scenario.demand["required"].to_numpy(np.int64)
    led = _staff(scenario, lines, asked)
    possible = np.where(lines.staff, led, _volunteers(scenario, lines, led))
    required = np.where(cut, possible, asked)
    weights = zip(scenario.demand["weight"], required.tolist(), strict=True)
    table = scenario.demand.assign(
        required=required, weight=pd.Series([places[:n] for places, n in weights], dtype=object)
    )
    return replace(scenario, demand=table[required > 0].reset_index(drop=True))


@dataclass(frozen=True, slots=True)
class _Lines:
    """Demand lines as arrays: rows of their tables, and what they ask for."""

    beat: Integers
    shift: Integers
    station: Integers
    post: Integers
    role: NDArray[np.object_]
    tier: NDArray[np.object_]
    supervised: Bools
    weight: Integers

    @property
    def staff(self) -> Bools:
        """Which lines ask for officers or auxiliaries."""
        return np.asarray(self.tier != Tier.VOLUNTEER, np.bool_)

    @classmethod
    def of(cls, scenario: Scenario) -> _Lines:
        demand, roles = scenario.demand, scenario.roles.set_index("role")
        beat = pd.Index(scenario.beats["beat_id"]).get_indexer(demand["beat_id"])
        shift = pd.Index(scenario.shifts["shift_id"]).get_indexer(demand["shift_id"])
        station, _ = pd.factorize(scenario.beats["station_id"])
        return cls(
            beat=beat.astype(np.int64),
            shift=shift.astype(np.int64),
            station=station[beat].astype(np.int64),
            post=(beat * len(scenario.shifts) + shift).astype(np.int64),
            role=demand["role"].to_numpy(object),
            tier=demand["role"].map(roles["tier"]).to_numpy(object),
            supervised=demand["role"].map(roles["supervised"]).to_numpy(bool),
            weight=np.array([max(places, default=0) for places in demand["weight"]], np.int64),
        )


def granted(asked: Integers, group: Integers, limit: NDArray[Any], weight: Integers) -> Integers:
    """Grant a group's places to its heaviest lines first, up to the group's limit.

    Parameters
    ----------
    asked, group, weight : (n,) int64
        Places, group and weight of each line.
    limit : (n,) number
        Limit of the group of each line; its whole part counts.

    Returns
    -------
    (n,) int64
    """
    order = np.lexsort((-weight, group))
    so_far = np.cumsum(asked[order]) - asked[order]
    before = so_far - so_far[np.searchsorted(group[order], group[order])]
    result = np.empty_like(asked)
    result[order] = np.clip(np.floor(limit[order]).astype(np.int64) - before, 0, asked[order])
    return result


def _staff(scenario: Scenario, lines: _Lines, asked: Integers) -> Integers:
    """Grant staff lines what their station's people can do: the specialists' first, then a tier's.

    A shift may use half of those who could come to it, as nobody can work all of a day's.
    """
    names = scenario.beats["station_id"].unique()
    station = pd.Index(names).get_indexer(scenario.people["station_id"])
    comes, able = come_and_insured(scenario), capacity(scenario)
    result = asked.copy()
    for able_to, asking in _staff_groups(scenario, lines):
        fits = able_to & (station >= 0)
        heads = np.zeros((len(names), len(scenario.shifts)))
        np.add.at(heads, station[fits], comes[fits])
        week = np.bincount(station[fits], able[fits], minlength=len(names))
        where, post_shift = lines.station[asking], lines.shift[asking]
        weight, some = lines.weight[asking], result[asking]
        group = where * len(scenario.shifts) + post_shift
        some = granted(some, group, _STAFF_A_SHIFT * heads[where, post_shift], weight)
        result[asking] = granted(some, where, _STAFF_A_WEEK * week[where], weight)
    return result


def _staff_groups(scenario: Scenario, lines: _Lines) -> Iterator[tuple[Bools, Bools]]:
    """Yield who fits and which lines ask: for each staff role that wants training, then a tier."""
    roles = scenario.roles
    for row in roles[roles["tier"] != Tier.VOLUNTEER].itertuples():
        if row.qualifications:
            yield may_fill(scenario, str(row.role)), np.asarray(lines.role == row.role, np.bool_)
    for tier in (Tier.OFFICER, Tier.AUXILIARY):
        of_tier = (scenario.people["tier"] == tier).to_numpy(bool)
        yield of_tier, np.asarray(lines.tier == tier, np.bool_)


def _volunteers(scenario: Scenario, lines: _Lines, asked: Integers) -> Integers:
    """Grant volunteers' lines what H6, H7 and the volunteers to expect allow.

    `asked` holds what staff lines were granted: those lead.
    """
    staff = lines.staff
    leaders = np.bincount(lines.post[staff], asked[staff], minlength=int(lines.post.max()) + 1)
    seats = scenario.rules.volunteers_per_supervisor * leaders[lines.post]
    result = np.where(staff, 0, asked)
    led = np.flatnonzero(lines.supervised & ~staff)
    result[led] = granted(result[led], lines.post[led], seats[led], lines.weight[led])
    expected = _Expected(scenario, lines)
    for role in np.unique(lines.role[~staff]):
        at = lines.role == role
        some = expected.at_posts(may_fill(scenario, role), at)
        limit = np.floor(some[lines.beat[at], lines.shift[at]])
        result[at] = np.minimum(result[at], limit.astype(np.int64))
    anybody = (scenario.people["tier"] == Tier.VOLUNTEER).to_numpy(bool)
    limit = expected.at_posts(anybody, ~staff)[lines.beat, lines.shift]
    result = granted(result, lines.post, limit, lines.weight)
    together = np.bincount(lines.post, result)[lines.post]
    return np.where(together < scenario.rules.min_volunteers_per_post, 0, result)


class _Expected:
    """Counts the volunteers whom a post may expect when everybody is shared out evenly."""

    def __init__(self, scenario: Scenario, lines: _Lines) -> None:
        self._lines = lines
        self._comes = come_and_insured(scenario)
        self._able = capacity(scenario)
        self._reach = reach(scenario)

    def at_posts(self, fits: Bools, asking: Bools) -> Floats:
        """Share the shifts of those who fit over the posts with lines that ask for them.

        Returns
        -------
        (beats, shifts) float64
        """
        wanted = np.zeros((self._reach.shape[1], self._comes.shape[1]))
        wanted[self._lines.beat[asking], self._lines.shift[asking]] = 1
        near, comes = self._reach[fits], self._comes[fits]
        choices = ((near @ wanted) * comes).sum(axis=1)
        each = self._able[fits] / np.maximum(choices, 1)
        return np.asarray(near.T @ (comes * each[:, None]), np.float64)
