"""The layer of a city's cells as a Folium element, and the bodies that it draws.

The element itself holds nothing but a call: geometry and values come from addresses of ours (or
from the file itself), as bytes. What each byte means is said here, once for both sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from branca.element import MacroElement
from folium.template import Template

from grid.lattice import Lattice
from maps.codec import encode_body

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grid.lattice import CellIndex

NOBODY: Final = 0
"""Byte of a cell that nobody reaches; otherwise 1 + whole percent, rounded down, up to 99 %."""

NEARLY_CERTAIN: Final = 101
"""Byte of at least 99.9 %: where a plan is good most cells are, and 99 % is ten times worse."""

CERTAIN: Final = 102
"""Byte of 100 %."""

TOP: Final = 255
"""Byte of the heaviest cell; 0 is a cell without weight."""


class CellLayer(MacroElement):
    """Starts `maps/assets/city_map.js` on the map that this element is added to."""

    _template = Template("""
        {% macro script(this, kwargs) %}
Jingge.start({{ this._parent.get_name() }});
        {% endmacro %}
    """)

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca
        self._name = "CellLayer"


@dataclass(frozen=True, slots=True)
class WeightScale:
    """Logarithmic scale of the weights' bytes: ``max * 10 ** (decades * (byte - 255) / 254)``."""

    max: float
    decades: float


def coverage_bytes(coverage: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Return a byte a cell: 0 where nobody comes, else 1 + whole percent, rounded down.

    At the top stand 99.9 % (`NEARLY_CERTAIN`) and 100 % (`CERTAIN`).

    Rounding down keeps ``coverage < level`` exact for every level in whole percent, but for values
    within 1e-6 under one, which single precision cannot tell from it.

    Parameters
    ----------
    coverage : ndarray of float, shape (n,)
        0..1.
    """
    percent = np.asarray(coverage, dtype=np.float64) * 100 + 1e-4
    found = np.where(np.asarray(coverage) > 0, np.floor(percent) + 1, NOBODY).astype(np.uint8)
    found[percent >= 99.9] = NEARLY_CERTAIN
    found[percent >= 100] = CERTAIN
    return found


def weight_bytes(weight: NDArray[np.floating]) -> tuple[NDArray[np.uint8], WeightScale]:
    """Return a byte a cell and the scale to read it by; within 2 % over four decades.

    Parameters
    ----------
    weight : ndarray of float, shape (n,)
        >= 0.
    """
    values = np.asarray(weight, dtype=np.float64)
    positive = values > 0
    if not positive.any():
        return np.zeros(len(values), dtype=np.uint8), WeightScale(1.0, 1.0)
    top, low = float(values.max()), float(values[positive].min())
    # Six decades are enough for any map; what is lighter still is drawn as the lightest.
    decades = min(max(float(np.log10(top / low)), 0.01), 6.0)
    steps = np.full(len(values), -np.inf)
    steps[positive] = np.log10(values[positive] / top) * (TOP - 1) / decades
    found = np.clip(np.rint(TOP + np.where(positive, steps, 0)), 1, TOP)
    return np.where(positive, found, 0).astype(np.uint8), WeightScale(top, decades)


def body(index: CellIndex, values: NDArray[np.uint8]) -> bytes:
    """Return what is sent for one byte a cell, in the order of the index's cells."""
    return encode_body(index if isinstance(index, Lattice) else None, values)
