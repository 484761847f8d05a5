"""The errors that the pure core raises; each message states the expectation and the value.

ValueError
└── JinggeError
    ├── CellError          a text or number that is no H3 cell
    ├── LatticeError       cells that do not lie on one H3 lattice
    ├── BeatError          beats that cannot be drawn, or that break a rule of beats
├── GeometryError      an outline that cannot be used
    └── ScenarioError      a planning problem that contradicts itself
"""


class JinggeError(ValueError):
    """Base of every error that a user's input can cause."""


class CellError(JinggeError):
    """A text or number that is no H3 cell, or of another resolution."""


class LatticeError(JinggeError):
    """Cells that do not lie on one H3 lattice (across an icosahedron edge or near a pentagon)."""


class GeometryError(JinggeError):
    """An outline that is empty, of the wrong type or outside the globe."""


class BeatError(JinggeError):
    """Beats that cannot be drawn, or that break a rule of beats."""


class ScenarioError(JinggeError):
    """A planning problem that contradicts itself."""
