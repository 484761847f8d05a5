"""How the programme fares at each station: why some are well covered and some are short."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from grid.risk import apportion

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from data.demo.ground import Ground

KINDS = ("model", "ordinary", "stretched")
"""示范所, 普通所, 紧张所."""
_SHARES = np.array([0.38, 0.38, 0.24])
# By kind: staff and volunteers as multiples of what risk and population bring, posts of what risk
# asks for.
_STAFFING = np.array([1.4, 1.05, 0.78])
_JOINING = np.array([1.05, 1.0, 0.9])
_CAMPAIGN = np.array([1.0, 1.05, 1.1])
_STAFFING_SPREAD, _JOINING_SPREAD = 0.15, 0.2


@dataclass(frozen=True, slots=True)
class Programme:
    """Standing of each station; every array has one entry a station.

    Attributes
    ----------
    kind : (stations,) int64
        Position in `KINDS`.
    staffing : (stations,) float64
        Officers and auxiliaries as a multiple of what its risk would bring.
    joining : (stations,) float64
        Volunteers as a multiple of what its population would bring.
    campaign : (stations,) float64
        How many posts it sets, as a multiple of what its risk would ask for.
    """

    kind: NDArray[np.int64]
    staffing: NDArray[np.float64]
    joining: NDArray[np.float64]
    campaign: NDArray[np.float64]

    @property
    def by_signups(self) -> NDArray[np.bool_]:
        """Which stations set posts by the people who signed up: the model ones."""
        return np.asarray(self.kind == KINDS.index("model"), np.bool_)


def build_programme(ground: Ground, seed: int) -> Programme:
    """Draw which stations are models, ordinary and stretched, and how well each one recruits.

    The shares hold among the small and among the large stations alike (by risk), so that neither
    kind is all of one sort.
    """
    rng = np.random.default_rng([seed, 7])
    num = len(ground.stations)
    risk = np.bincount(ground.station, ground.risk.a_week(), minlength=num)
    kind = np.empty(num, np.int64)
    counts = apportion(num, _SHARES)
    # Every kind is spread evenly over the stations ordered by size, with a random start.
    places = np.concatenate([(np.arange(n) + rng.random()) / n for n in counts.tolist() if n])
    kinds = np.repeat(np.arange(len(KINDS)), counts)
    kind[np.argsort(risk, kind="stable")] = kinds[np.argsort(places, kind="stable")]
    return Programme(
        kind=kind,
        staffing=_STAFFING[kind] * np.exp(_STAFFING_SPREAD * rng.standard_normal(num)),
        joining=_JOINING[kind] * np.exp(_JOINING_SPREAD * rng.standard_normal(num)),
        campaign=_CAMPAIGN[kind],
    )
