"""What the reviewer's maps read besides coverage: lists, tables by beat, another roster."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Final

import numpy as np

from api.coverage import ALL, TIERS, TIERS_AND_ALL
from api.layers import pack_bytes, pack_json
from api.review_change import change_bytes
from api.review_equity import HOURS, equity_tables
from api.review_gaps import gap_list
from api.review_prices import price_list
from api.review_workload import workload_tables
from grid.coverage import RINGS_MIN
from maps.cell_layer import body

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from api.layers import MapLayers, Packed
    from api.review_change import Baseline
    from api.review_teams import Teams
    from dispatch.wording import Language

LANGUAGES: Final = ("zh", "en")
_LOG: Final = logging.getLogger(__name__)


@dataclass(slots=True)
class ReviewLayers:
    """The reviewer's bodies of one city. Shared between threads.

    Attributes
    ----------
    layers : MapLayers
        Keeps what is made.
    teams : Teams
        Who bears the work together.
    """

    layers: MapLayers
    teams: Teams
    _thread: ThreadPoolExecutor = field(init=False)
    _prices: Future[Packed] | None = field(init=False, default=None)
    _lock: Lock = field(init=False, default_factory=Lock)

    def __post_init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="prices")

    def gaps(self, shift: int | None, language: Language) -> Packed:
        """Return the short lines of a shift, or of the week, with remedies in a language.

        Raises
        ------
        KeyError
            Where there is no such shift or language.
        """
        if language not in LANGUAGES or (shift is not None and not self._has_shift(shift)):
            raise KeyError((shift, language))
        city = self.layers.city
        return self.layers.keep(
            ("gaps", shift, language), lambda: pack_json(gap_list(city, language, shift))
        )

    def equity(self, ring: int, tier: str) -> Packed:
        """Return how evenly areas are served and teams work; ring `HOURS` is person-hours.

        Raises
        ------
        KeyError
            Where there is no such ring or tier.
        """
        if ring not in (HOURS, *RINGS_MIN) or tier not in TIERS_AND_ALL:
            raise KeyError((ring, tier))
        return self.layers.keep(
            ("equity", ring, tier),
            lambda: pack_json(equity_tables(self.layers.city, self.teams, ring, tier)),
        )

    def workload(self) -> Packed:
        """Return the week's work by beat."""
        return self.layers.keep(("workload",), lambda: pack_json(workload_tables(self.layers.city)))

    def prices(self) -> Packed:
        """Return where one more person helps, and wait for it: seconds for a city."""
        return self._pricing().result()

    def prices_so_far(self) -> Packed | None:
        """Return the same; None while it is being made, which the first who asks begins."""
        pricing = self._pricing()
        return pricing.result() if pricing.done() else None

    def change(
        self, base: Baseline, number: int, ring: int, tier: str, shift: int, *, would: bool = False
    ) -> Packed:
        """Return a byte a cell: what coverage has gained since another roster.

        Parameters
        ----------
        base : Baseline
        number : int
            Of the other roster, under which the body is kept.
        would : bool
            Turn it round: what the other roster would gain.

        Raises
        ------
        KeyError
            Where there is no such ring, tier or shift.
        """
        if ring not in RINGS_MIN or tier not in TIERS_AND_ALL or not self._has_shift(shift):
            raise KeyError((ring, tier, shift))
        layers = self.layers

        def make() -> Packed:
            now = layers.cell_coverage(ring, tier, shift)
            before = self._coverage_of(base, ring, tier, shift)
            pair = (before, now) if would else (now, before)
            return pack_bytes(body(layers.city.lattice, change_bytes(*pair)))

        return layers.keep(("change", would, number, ring, tier, shift), make)

    def close(self) -> None:
        """Stop the thread; what it is at is finished first."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _coverage_of(self, base: Baseline, ring: int, tier: str, shift: int) -> NDArray[np.float64]:
        reached = self.layers.city.coverage.reached
        chosen = TIERS if tier == ALL else (tier,)
        absence = sum(
            (reached[ring, name] @ base.log_absence[TIERS.index(name), shift] for name in chosen),
            start=np.zeros(len(self.layers.city.lattice.cells)),
        )
        return -np.expm1(absence)

    def _has_shift(self, shift: int) -> bool:
        return 0 <= shift < self.layers.num_shifts

    def _pricing(self) -> Future[Packed]:
        with self._lock:
            if self._prices is None or (self._prices.done() and self._prices.exception()):
                self._prices = self._thread.submit(self._make_prices)
            return self._prices

    def _make_prices(self) -> Packed:
        try:
            return pack_json(price_list(self.layers.city))
        except Exception:
            _LOG.exception("shadow prices cannot be found")
            raise
