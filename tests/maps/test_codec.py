"""Bodies come back as they were, and repeats or residuals are chosen by size."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from grid.cells import cells_at, uncompact
from grid.lattice import build_lattice
from maps.codec import (
    NAMED,
    PLAIN,
    RESIDUAL,
    decode_bytes,
    encode_body,
    encode_bytes,
    encode_owners,
)

if TYPE_CHECKING:
    from grid.lattice import Lattice

SMALL = build_lattice(uncompact(cells_at([40.6572], [109.8403], 7), 9))


@given(st.binary(min_size=49, max_size=49))
@settings(max_examples=60)
def test_bytes_come_back(data: bytes) -> None:
    values = np.frombuffer(data, dtype=np.uint8)
    np.testing.assert_array_equal(decode_bytes(SMALL, encode_bytes(SMALL, values)), values)


def test_slopes_become_residuals_and_patches_stay(lattice: Lattice) -> None:
    slope = ((lattice.row.astype(int) * 3 + lattice.col * 5) & 255).astype(np.uint8)
    assert encode_body(lattice, slope)[0] == RESIDUAL
    patches = np.random.default_rng(5).integers(0, 256, 40)[lattice.row % 40].astype(np.uint8)
    assert encode_body(lattice, patches)[0] == PLAIN
    assert encode_body(None, slope) == bytes([PLAIN]) + slope.tobytes()
    assert len(zlib.compress(encode_body(lattice, slope))) < len(slope) / 5


def test_owners_are_named_once_a_patch(lattice: Lattice) -> None:
    owners = (lattice.row // 20).astype(np.uint16)
    body = encode_owners(lattice, owners)
    codes = np.frombuffer(body[: len(owners)], dtype=np.uint8)
    assert len(body) == len(owners) + 2 * (codes == NAMED).sum()
    assert (codes == NAMED).sum() < 0.05 * len(owners)
