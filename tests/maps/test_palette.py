"""Neighbouring classes can be told apart, whatever colours the eye can see."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from maps.palette import (
    MIN_STEP,
    PRICES,
    WORKLOAD,
    Colour,
    CoverageColours,
    DivergingColours,
    GapColours,
    RingColours,
)

# Machado, Oliveira and Fernandes (2009), severity 1.0, applied to linear RGB.
SIGHT = {
    "all colours": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
    "greys": np.tile([0.2126, 0.7152, 0.0722], (3, 1)),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
     [0.0193339, 0.1191920, 0.9503041]]
)  # fmt: skip
WHITE = TO_XYZ.sum(axis=1)


def lab(colour: Colour, sight: np.ndarray) -> np.ndarray:
    """CIELAB (D65) of an sRGB colour as an eye of some kind sees it."""
    part = np.array(colour) / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    ratio = TO_XYZ @ np.clip(sight @ linear, 0, 1) / WHITE
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


COVERAGE, RINGS, GAPS = CoverageColours(), RingColours(), GapColours()
CHANGE = DivergingColours()
RAMPS = {
    "price": (PRICES.none, *PRICES.colours),
    "workload": WORKLOAD.colours,
    "no workload": (WORKLOAD.none, WORKLOAD.colours[0]),
    "change": CHANGE.colours,
    "no change or nobody": (CHANGE.none, CHANGE.colours[3]),
    "stripes of the greatest loss": (CHANGE.colours[0], CHANGE.stripes[0]),
    "stripes of a loss": (CHANGE.colours[1], CHANGE.stripes[1]),
    "coverage": (COVERAGE.none, *COVERAGE.colours),
    "rings": (RINGS.none, RINGS.unlikely, *RINGS.colours),
    "gaps": (GAPS.none, *GAPS.colours),
    "covered or a gap": (GAPS.colours[0], GAPS.covered, GAPS.none),
    "stripes of the heaviest": (GAPS.colours[4], GAPS.stripes[4]),
    "stripes of the second": (GAPS.colours[3], GAPS.stripes[3]),
}


@pytest.mark.parametrize("ramp", RAMPS)
@pytest.mark.parametrize("sight", SIGHT)
def test_neighbouring_classes_differ(ramp: str, sight: str) -> None:
    seen = [lab(colour, SIGHT[sight]) for colour in RAMPS[ramp]]
    steps = [np.linalg.norm(a - b) for a, b in pairwise(seen)]
    assert min(steps) >= (MIN_STEP if sight != "greys" else MIN_STEP / 2), steps


@pytest.mark.parametrize("ramp", ["coverage", "rings", "gaps", "price", "workload"])
def test_lightness_falls_from_class_to_class(ramp: str) -> None:
    lightness = [lab(colour, SIGHT["all colours"])[0] for colour in RAMPS[ramp]]
    assert all(a > b for a, b in pairwise(lightness))
