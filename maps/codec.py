"""A body a shift: one byte a cell, so written that gzip and brotli make it small.

Neighbouring cells are alike, so what is sent is each byte minus a guess from the neighbours before
it in the lattice's order: the median edge detector of LOCO-I (Weinberger, Seroussi and Sapiro,
2000, doi:10.1109/83.855427), whose three pixels west, north and north-west are true neighbours on
the hexagonal lattice. Owners (which beat a cell belongs to) are no quantities: they are sent as
"same as west, north, north-west", or named. `maps/assets/lattice.js` undoes both.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from maps.geometry import varints

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grid.lattice import Lattice

NAMED: Final = 3
"""Code of an owner that equals none of the three neighbours before it."""


PLAIN: Final = 0
RESIDUAL: Final = 1
RUNS: Final = 2
"""First byte of a body: how the others are written."""

_CELLS_A_RUN: Final = 8
"""Runs are sent where they are at least so long on average: then nothing packs better."""


def encode_body(lattice: Lattice | None, values: NDArray[np.uint8]) -> bytes:
    """Return a body: as runs where they are long, else plain or residuals, which gzip decides.

    Coverage has few levels in large patches: runs of the lattice's order are a fiftieth of the
    bytes, and the browser keeps a week of them. Weights and risk change from cell to cell, where
    residuals save a quarter.

    Parameters
    ----------
    lattice : Lattice or None
        None where the cells lie on no lattice: then the body is plain.
    values : ndarray of uint8, shape (n,)
    """
    runs = encode_runs(values)
    if len(values) >= _CELLS_A_RUN * runs.number:
        return bytes([RUNS]) + runs.body
    plain = bytes([PLAIN]) + values.tobytes()
    if lattice is None:
        return plain
    residual = bytes([RESIDUAL]) + encode_bytes(lattice, values)
    return min(plain, residual, key=lambda body: len(zlib.compress(body, 1)))


class Runs(NamedTuple):
    """Runs of equal bytes: their number as a varint, their values, their lengths as varints."""

    number: int
    body: bytes


def encode_runs(values: NDArray[np.uint8]) -> Runs:
    """Return the runs of some values, in their order; reversible.

    Parameters
    ----------
    values : ndarray of uint8, shape (n,)
    """
    starts = np.flatnonzero(np.diff(values, prepend=values[:1] ^ 1)) if len(values) else values[:0]
    lengths = np.diff(starts, append=len(values)).astype(np.int64)
    head = varints(np.array([len(starts)]))
    return Runs(len(starts), head + values[starts].tobytes() + varints(lengths))


def decode_runs(runs: bytes) -> NDArray[np.uint8]:
    """Return the values that `encode_runs` was given."""
    numbers = np.frombuffer(runs, dtype=np.uint8)
    (count,), rest = _read_varints(numbers, 1)
    lengths, _ = _read_varints(rest[count:], int(count))
    return np.repeat(rest[:count], lengths)


def _read_varints(raw: NDArray[np.uint8], count: int) -> tuple[list[int], NDArray[np.uint8]]:
    numbers, at = [], 0
    for _ in range(count):
        value = shift = 0
        while True:
            byte = int(raw[at])
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        numbers.append(value)
    return numbers, raw[at:]


def encode_bytes(lattice: Lattice, values: NDArray[np.uint8]) -> bytes:
    """Return the residuals of one byte a cell, in the lattice's order; reversible.

    Parameters
    ----------
    values : ndarray of uint8, shape (n,)
    """
    west, north, corner = _before(lattice, values.astype(np.int16), outside=0)
    low, high = np.minimum(west, north), np.maximum(west, north)
    guess = np.where(corner >= high, low, np.where(corner <= low, high, west + north - corner))
    return bytes(((values - guess) & 0xFF).astype(np.uint8))


def decode_bytes(lattice: Lattice, residuals: bytes) -> NDArray[np.uint8]:
    """Return the values that `encode_bytes` was given. Slow: for tests and tools."""
    frame = np.zeros((lattice.shape[0] + 1, lattice.shape[1] + 1), dtype=np.int64)
    values = np.empty(len(lattice.cells), dtype=np.uint8)
    for k, (row, col, residual) in enumerate(
        zip(lattice.row.tolist(), lattice.col.tolist(), residuals, strict=True)
    ):
        west, north, corner = frame[row + 1, col], frame[row, col + 1], frame[row, col]
        low, high = min(west, north), max(west, north)
        guess = low if corner >= high else high if corner <= low else west + north - corner
        values[k] = frame[row + 1, col + 1] = (residual + guess) & 0xFF
    return values


def encode_owners(lattice: Lattice, owners: NDArray[np.uint16]) -> bytes:
    """Return one code a cell, then the named owners as two bytes each, low byte first.

    Parameters
    ----------
    owners : ndarray of uint16, shape (n,)
        Position of the beat that each cell belongs to.
    """
    own = owners.astype(np.int32)
    codes = np.full(len(own), NAMED, dtype=np.uint8)
    for code, before in reversed(list(enumerate(_before(lattice, own, outside=-1)))):
        codes[before == own] = code
    named = owners[codes == NAMED].astype("<u2")
    return bytes(codes) + bytes(named.view(np.uint8))


def _before(
    lattice: Lattice, values: NDArray[np.signedinteger], *, outside: int
) -> tuple[NDArray[np.signedinteger], ...]:
    """Return each cell's western, northern and north-western neighbour's value."""
    frame = np.full((lattice.shape[0] + 1, lattice.shape[1] + 1), outside, dtype=values.dtype)
    row, col = lattice.row, lattice.col
    frame[row + 1, col + 1] = values
    return frame[row + 1, col], frame[row, col + 1], frame[row, col]
