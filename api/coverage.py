"""Coverage of a served city: how likely somebody on duty reaches its cells in time.

Means by beat are made once for every ring, tier and shift; a single cell's are made when asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from dispatch.on_duty import TIERS as DUTY_TIERS
from grid.coverage import RINGS_MIN, TIER_MODES, Ring, reach, weighted_coverage

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray
    from scipy import sparse

    from dispatch.on_duty import OnDuty
    from grid.lattice import CellIndex

TIERS: Final = tuple(tier.value for tier in DUTY_TIERS)
ALL: Final = "all"
TIERS_AND_ALL: Final = (*TIERS, ALL)


@dataclass(frozen=True, slots=True)
class CoverageTable:
    """Mean coverage by ring, tier, shift and beat.

    Attributes
    ----------
    by_beat : NDArray[float32], (rings, tiers + 1, shifts, beats)
        In the order of `RINGS_MIN` and `TIERS_AND_ALL`; NaN for a beat whose cells weigh nothing.
    beat_weight : NDArray[float64], (beats,)
        Sum of the weights of a beat's cells.
    reached : dict
        (ring, tier) → 0/1 matrix of cells × beats.
    log_absence : NDArray[float64], (tiers, shifts, beats)
        Logarithm of the chance that nobody of a tier comes.
    """

    by_beat: NDArray[np.float32]
    beat_weight: NDArray[np.float64]
    reached: dict[tuple[int, str], sparse.csr_array]
    log_absence: NDArray[np.float64]

    def of_cell(self, position: int, shift: int) -> Iterator[tuple[int, str, float]]:
        """Yield ring, tier and coverage of one cell in one shift, all tiers together last."""
        for minutes in RINGS_MIN:
            total = 0.0
            for number, tier in enumerate(TIERS):
                row = self.reached[minutes, tier][[position]]
                absence = float(self.log_absence[number, shift][row.indices].sum())
                total += absence
                yield minutes, tier, float(-np.expm1(absence))
            yield minutes, ALL, float(-np.expm1(total))

    def by_area(
        self, ring: int, tier: str, area: NDArray[np.integer], num_areas: int
    ) -> NDArray[np.float64]:
        """Return the coverage of groups of beats, (shifts, areas); NaN where nothing weighs.

        Parameters
        ----------
        ring, tier : int, str
            Of `RINGS_MIN` and `TIERS_AND_ALL`.
        area : NDArray of int, (beats,)
            The group of each beat.
        """
        values = self.by_beat[RINGS_MIN.index(ring), TIERS_AND_ALL.index(tier)]
        return weighted_coverage(values, self.beat_weight, area, num_areas)


def build_coverage(
    lattice: CellIndex,
    beats: pd.DataFrame,
    duty: OnDuty,
    cell_beat: NDArray[np.int32],
    cell_weight: NDArray[np.float32],
) -> CoverageTable:
    """Return the coverage table of the people on duty."""
    log_absence = duty.log_absence
    lat, lng = beats["lat"].to_numpy(float), beats["lng"].to_numpy(float)
    reached = {
        (minutes, tier): reach(lattice, lat, lng, Ring(minutes, TIER_MODES[tier]).radius_m())
        for minutes in RINGS_MIN
        for tier in TIERS
    }
    num_shifts, num_beats = log_absence.shape[1:]
    by_beat = np.empty(
        (len(RINGS_MIN), len(TIERS_AND_ALL), num_shifts, num_beats), dtype=np.float32
    )
    weights = np.bincount(cell_beat, cell_weight, num_beats).astype(np.float64)
    for i, minutes in enumerate(RINGS_MIN):
        matrices = [reached[minutes, tier].astype(np.float64) for tier in TIERS]
        for shift in range(num_shifts):
            absence = [m @ log_absence[t, shift] for t, m in enumerate(matrices)]
            covered = -np.expm1(np.stack([*absence, np.sum(absence, axis=0)]))
            by_beat[i, :, shift] = weighted_coverage(covered, cell_weight, cell_beat, num_beats)
    return CoverageTable(by_beat, weights, reached, log_absence)
