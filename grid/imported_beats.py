"""Beats that a bureau already has, read as a table of cells instead of drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from grid.cells import as_cells, format_cells
from grid.districting_report import verify_districting
from grid.errors import BeatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grid.cells import Cells

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class ImportedBeats:
    """Beats of a table, on the city's cells.

    Attributes
    ----------
    beat : (n,) int32
        Row of `beat_ids` for each of the city's cells, -1 where the table has none.
    beat_ids : tuple of str
        In the order in which they first stand in the table.
    station_of_beat : (num_beats,) int32
    cells_without_beat : (p,) uint64
        Cells of the city that the table leaves out.
    broken_beats : tuple of str
        Beats that are not contiguous. Reported and not refused: real ones have such parts.
    """

    beat: NDArray[np.int32]
    beat_ids: tuple[str, ...]
    station_of_beat: NDArray[np.int32]
    cells_without_beat: Cells
    broken_beats: tuple[str, ...]


def beats_from_cells(
    table: pd.DataFrame,
    cells: Cells,
    station: NDArray[np.int32],
    neighbours: NDArray[np.int32],
) -> ImportedBeats:
    """Take beats from a table of cells and check them against the city's stations.

    Parameters
    ----------
    table : DataFrame
        ``cell`` (uint64), ``beat_id`` (str).
    cells : (n,) uint64
        The city's cells.
    station : (n,) int32
        Station of each of them.
    neighbours : (n, 6) int32, -1 where there is none

    Raises
    ------
    BeatError
        If the table is empty, names a cell twice or one outside the city, or has a beat that
        crosses stations; the first few are named.
    """
    if table.empty:
        raise BeatError("Expected at least one cell with a beat, got an empty table.")
    given = as_cells(table["cell"].to_numpy())
    row = pd.Index(cells).get_indexer(pd.Index(given))
    _refuse_cells("Expected cells of the city", given[row < 0])
    _refuse_cells("Expected every cell once", given[pd.Index(given).duplicated()])
    number, ids = pd.factorize(table["beat_id"])
    beat = np.full(len(cells), -1, np.int32)
    beat[row] = number
    check = verify_districting(beat, station, neighbours, len(ids))
    names = tuple(str(beat_id) for beat_id in ids)
    crossing = [names[b] for b in check.crossing_beats]
    if crossing:
        raise BeatError(
            f"Expected beats inside one station, got {len(crossing)} across: {_named(crossing)}."
        )
    station_of_beat = np.empty(len(ids), np.int32)
    station_of_beat[number] = station[row]
    return ImportedBeats(
        beat=beat,
        beat_ids=names,
        station_of_beat=station_of_beat,
        cells_without_beat=cells[check.cells_without_beat],
        broken_beats=tuple(names[b] for b in check.broken_beats),
    )


def _refuse_cells(expectation: str, bad: Cells) -> None:
    if bad.size:
        texts = format_cells(np.unique(bad)).tolist()
        raise BeatError(f"{expectation}, got {len(texts)} otherwise: {_named(texts)}.")


def _named(texts: list[str]) -> str:
    more = ", …" if len(texts) > _MOST_NAMED else ""
    return ", ".join(texts[:_MOST_NAMED]) + more
