"""How likely somebody who is called to a place is there in time.

A person who is called accepts with chance ``a``; the answer comes after a delay that is lognormal;
they get ready, and travel for a lognormal time whose median is the travel time of `grid.travel`::

    P(there within T) = a · k · P(answer + ready + travel ≤ T)

``k`` is the chance that who accepted does come. The sum of the two lognormals is integrated over
the travel time by Gauss-Hermite quadrature. ``a`` is a Beta posterior of the person's own answers,
pooled by tier and by whether they are on duty, times a factor for each call of the last thirty
days. Silence tells something, too: who has not answered after s minutes is less and less likely to
accept (`chance_left`).

The parameters are stated in docs/alerts.md with their sources; a city re-estimates them from its
own calls (`fitted`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import ndtr

from dispatch.alerts import AlertError
from dispatch.rules import Tier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

Pool = tuple[Tier, bool]
"""A tier, and whether the person is on duty."""

PRIORS: Final[Mapping[Pool, tuple[float, float]]] = MappingProxyType(
    {
        (Tier.OFFICER, True): (19.0, 1.0),
        (Tier.OFFICER, False): (12.0, 8.0),
        (Tier.AUXILIARY, True): (18.0, 2.0),
        (Tier.AUXILIARY, False): (10.0, 10.0),
        (Tier.VOLUNTEER, True): (12.0, 8.0),
        (Tier.VOLUNTEER, False): (3.0, 9.0),
    }
)
"""Beta(α, β) of acceptance before anything is known of a person.

Volunteers off duty: mean 0.25, in the middle of the 17 to 47 % that Khalemsky et al. (2023,
doi:10.2196/41551) report of volunteer responders. The others are assumptions.
"""

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@dataclass(frozen=True, slots=True)
class ResponseModel:
    """Parameters of the response to a call.

    Attributes
    ----------
    answer_median_min, answer_sigma : float
        Lognormal delay of an answer that is yes: median in minutes, standard deviation of the log.
    ready_min : float
        From the answer until they are on their way.
    travel_sigma : float
        Spread of the log of the travel time about its median.
    keeps : float
        Chance that who accepted comes.
    says_no : float
        Share of those who will not come who say so; the others are silent.
    fatigue : float
        Factor on the acceptance for each call of the last thirty days.
    priors : mapping
        Beta(α, β) of acceptance by tier and duty.
    """

    answer_median_min: float = 0.6
    answer_sigma: float = 0.8
    ready_min: float = 0.5
    travel_sigma: float = 0.25
    keeps: float = 0.9
    says_no: float = 0.5
    fatigue: float = 0.97
    priors: Mapping[Pool, tuple[float, float]] = field(default_factory=lambda: PRIORS)

    def __post_init__(self) -> None:
        for name in ("answer_median_min", "answer_sigma", "travel_sigma"):
            if not 0 < getattr(self, name) < np.inf:
                raise AlertError(f"Expected {name} > 0, got {getattr(self, name)}.")
        if not self.ready_min >= 0:
            raise AlertError(f"Expected ready_min >= 0, got {self.ready_min}.")
        for name in ("keeps", "says_no", "fatigue"):
            if not 0 < getattr(self, name) <= 1:
                raise AlertError(f"Expected {name} in (0, 1], got {getattr(self, name)}.")

    def acceptance(
        self, pool: Pool, accepted: ArrayLike, called: ArrayLike, recent: ArrayLike
    ) -> NDArray[np.float64]:
        """Return the chance that people of a pool accept their next call.

        Parameters
        ----------
        accepted, called : array_like of float
            Of their earlier calls, how many they accepted.
        recent : array_like of float
            Calls of the last thirty days.
        """
        alpha, beta = self.priors[pool]
        mean = (alpha + np.asarray(accepted)) / (alpha + beta + np.asarray(called))
        return np.asarray(mean * self.fatigue ** np.asarray(recent, float))

    def chance(
        self, accept: ArrayLike, travel_min: ArrayLike, within_min: ArrayLike
    ) -> NDArray[np.float64]:
        """Return the chance that people called now are there within so many minutes."""
        come = np.asarray(accept) * self.keeps
        return np.asarray(come * self._in_time(travel_min, within_min, since=0.0))

    def reach_min(self, within_min: float, least: float) -> float:
        """Return minutes of travel beyond which nobody is there in time with a chance of `least`.

        Not even who surely accepts; the true limit lies at most a hundredth below.
        """
        farthest = max(within_min - self.ready_min, 0.0) * np.exp(-self.travel_sigma * _NODES.min())
        travel = np.linspace(0.0, farthest, 101)
        is_use = self.chance(np.ones(101), travel, within_min) >= least
        return float(travel[min(int(is_use.sum()), 100)])

    def chance_left(
        self, accept: ArrayLike, travel_min: ArrayLike, since_min: ArrayLike, within_min: ArrayLike
    ) -> NDArray[np.float64]:
        """Return the chance that people who have not answered are there within so many minutes.

        Parameters
        ----------
        since_min : array_like of float
            Minutes since they were called.
        within_min : array_like of float
            Minutes from now.
        """
        a, since = np.asarray(accept, float), np.asarray(since_min, float)
        waiting = 1 - self._answered(since)
        yes = a * waiting
        no = (1 - a) * (self.says_no * waiting + 1 - self.says_no)
        still = np.divide(yes, yes + no, out=np.zeros_like(yes + no), where=(yes + no) > 0)
        in_time = self._in_time(travel_min, since + np.asarray(within_min, float), since=since)
        return np.asarray(still * self.keeps * in_time)

    def chance_on_way(
        self, travel_min: ArrayLike, gone_min: ArrayLike, within_min: ArrayLike
    ) -> NDArray[np.float64]:
        """Return the chance that people who accepted are there within so many minutes.

        Parameters
        ----------
        gone_min : array_like of float
            Minutes since they set out; negative where they still get ready.
        """
        gone = np.asarray(gone_min, float)
        before = self._travelled(travel_min, gone)
        after = self._travelled(travel_min, gone + np.asarray(within_min, float))
        left = 1 - before
        share = np.divide(after - before, left, out=np.ones_like(left), where=left > 1e-9)
        return np.asarray(self.keeps * np.clip(share, 0, 1))

    def _answered(self, minutes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of yes-answers given after so many minutes."""
        return _lognormal(minutes, self.answer_median_min, self.answer_sigma)

    def _travelled(self, travel_min: ArrayLike, minutes: ArrayLike) -> NDArray[np.float64]:
        return _lognormal(minutes, np.maximum(travel_min, 1e-3), self.travel_sigma)

    def _in_time(
        self, travel_min: ArrayLike, within_min: ArrayLike, *, since: ArrayLike
    ) -> NDArray[np.float64]:
        """Return P(answer + ready + travel ≤ within | answer > since), minutes from the call."""
        spread = np.exp(self.travel_sigma * _NODES)
        travel = np.multiply.outer(np.asarray(travel_min, float), spread)
        latest = np.asarray(within_min, float)[..., None] - self.ready_min - travel
        before = self._answered(np.asarray(since, float))
        after = self._answered(latest) @ _WEIGHTS
        left = 1 - before
        share = np.divide(after - before, left, out=np.zeros(np.shape(after)), where=left > 1e-12)
        return np.clip(share, 0, 1)


def fitted(model: ResponseModel, answer_min: ArrayLike) -> ResponseModel:
    """Return the model with the delay of the city's own answers (maximum likelihood).

    Parameters
    ----------
    answer_min : array_like of float
        Minutes from call to acceptance, at least thirty of them; otherwise nothing changes.
    """
    minutes = np.asarray(answer_min, float)
    logs = np.log(np.maximum(minutes[minutes > 0], 1 / 600))
    if len(logs) < 30:
        return model
    return replace(
        model,
        answer_median_min=float(np.exp(logs.mean())),
        answer_sigma=float(max(logs.std(), 0.1)),
    )


def _lognormal(minutes: ArrayLike, median: ArrayLike, sigma: float) -> NDArray[np.float64]:
    """Return the distribution function of a lognormal time; 0 up to time 0."""
    t = np.asarray(minutes, float)
    ratio = np.maximum(t, 1e-12) / np.asarray(median, float)
    return np.where(t > 0, ndtr(np.log(ratio) / sigma), 0.0)
