"""Bodies come back as they were, and repeats or residuals are chosen by size."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from portions import portion

from grid.cells import cells_at, uncompact
from grid.lattice import build_lattice
from maps.codec import (
    NAMED,
    PLAIN,
    RESIDUAL,
    RUNS,
    decode_bytes,
    decode_runs,
    encode_body,
    encode_bytes,
    encode_owners,
    encode_runs,
)

if TYPE_CHECKING:
    from grid.lattice import Lattice

SMALL = build_lattice(uncompact(cells_at([40.6572], [109.8403], 7), 9))


@given(st.binary(min_size=49, max_size=49))
@settings(max_examples=portion(60))
def test_bytes_come_back(data: bytes) -> None:
    values = np.frombuffer(data, dtype=np.uint8)
    np.testing.assert_array_equal(decode_bytes(SMALL, encode_bytes(SMALL, values)), values)


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(1, 40_000)), max_size=12))
def test_runs_come_back(runs: list[tuple[int, int]]) -> None:
    pieces = [np.full(length, value, np.uint8) for value, length in runs]
    values = np.concatenate(pieces) if pieces else np.empty(0, np.uint8)
    found = encode_runs(values)
    np.testing.assert_array_equal(decode_runs(found.body), values)
    assert found.number == (len(values) > 0) + np.count_nonzero(np.diff(values))


def test_slopes_become_residuals_and_patches_stay(lattice: Lattice) -> None:
    slope = ((lattice.row.astype(int) * 3 + lattice.col * 5) & 255).astype(np.uint8)
    assert encode_body(lattice, slope)[0] == RESIDUAL
    noise = np.random.default_rng(5).integers(0, 256, len(lattice.cells)).astype(np.uint8)
    assert encode_body(lattice, noise)[0] == PLAIN
    patches = (lattice.row // 12).astype(np.uint8)
    assert encode_body(lattice, patches)[0] == RUNS
    assert encode_body(None, slope) == bytes([PLAIN]) + slope.tobytes()
    assert len(zlib.compress(encode_body(lattice, slope))) < len(slope) / 5


def test_owners_are_named_once_a_patch(lattice: Lattice) -> None:
    owners = (lattice.row // 20).astype(np.uint16)
    body = encode_owners(lattice, owners)
    codes = np.frombuffer(body[: len(owners)], dtype=np.uint8)
    assert len(body) == len(owners) + 2 * (codes == NAMED).sum()
    assert (codes == NAMED).sum() < 0.05 * len(owners)
