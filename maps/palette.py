"""Colours of the maps: told apart by everybody, by lightness as well as by hue.

Coverage runs from a pale to a deep blue-green, gaps from sand to rust: two hues that red-green and
blue-yellow blindness keep apart. The heaviest gaps are hatched as well. Neighbouring classes differ
by at least `MIN_STEP` in CIELAB under each kind of colour blindness (tested with the matrices of
Machado, Oliveira and Fernandes, 2009, doi:10.1109/TVCG.2009.113).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Final, TypeAlias

Colour: TypeAlias = tuple[int, int, int]

MIN_STEP: Final = 7.0
"""Least CIELAB distance (CIE76) of neighbouring classes, also to the colour-blind; half in grey."""


@dataclass(frozen=True, slots=True)
class CoverageColours:
    """Classes of coverage in percent; class k starts at ``breaks[k]``, the first above 0.

    The breaks are close at the top: a person on a roster is likely to come, so of the cells that a
    plan of Baotou reaches at all within 3 minutes, two in five lie in 95-99 %, one in seven in
    99-99.9 %, and nearly all others above. Lower values are volunteers alone, and averages.
    """

    none: Colour = (248, 246, 240)
    breaks: tuple[float, ...] = (0, 50, 80, 95, 99, 99.9)
    colours: tuple[Colour, ...] = (
        (203, 229, 220),
        (157, 209, 201),
        (108, 187, 188),
        (56, 152, 168),
        (22, 112, 144),
        (12, 72, 112),
    )


@dataclass(frozen=True, slots=True)
class RingColours:
    """Classes of the map of all rings: widest ring first, deepest colour for the fastest."""

    none: Colour = (248, 246, 240)
    unlikely: Colour = (224, 216, 200)
    colours: tuple[Colour, ...] = ((143, 203, 198), (62, 156, 172), (13, 78, 116))


@dataclass(frozen=True, slots=True)
class GapColours:
    """Classes of uncovered demand, as multiples of the mean demand of a cell that has any."""

    none: Colour = (248, 246, 240)
    covered: Colour = (178, 206, 218)
    breaks: tuple[float, ...] = (0.1, 1, 4, 16)
    colours: tuple[Colour, ...] = (
        (252, 232, 203),
        (248, 195, 130),
        (238, 150, 76),
        (207, 97, 32),
        (142, 44, 12),
    )
    stripes: tuple[Colour, ...] = (
        (252, 232, 203),
        (248, 195, 130),
        (238, 150, 76),
        (236, 146, 92),
        (226, 120, 78),
    )


@dataclass(frozen=True, slots=True)
class DivergingColours:
    """Seven classes around a middle, worst first; the two worst are hatched as well."""

    none: Colour = (205, 210, 214)
    colours: tuple[Colour, ...] = (
        (134, 40, 10),
        (216, 112, 46),
        (249, 201, 144),
        (246, 244, 234),
        (176, 209, 225),
        (84, 151, 190),
        (14, 76, 120),
    )
    stripes: tuple[Colour, ...] = (
        (226, 120, 78),
        (248, 178, 120),
        (249, 201, 144),
        (246, 244, 234),
        (176, 209, 225),
        (84, 151, 190),
        (14, 76, 120),
    )


@dataclass(frozen=True, slots=True)
class SequentialColours:
    """Five classes from the lowest, and what has no value."""

    none: Colour
    colours: tuple[Colour, ...]


PRICES: Final = SequentialColours(
    none=(248, 246, 240),
    colours=((229, 218, 238), (196, 176, 217), (158, 129, 193), (117, 82, 163), (72, 38, 122)),
)
WORKLOAD: Final = SequentialColours(
    none=(205, 210, 214),
    colours=((240, 234, 200), (209, 213, 152), (152, 181, 112), (88, 140, 84), (32, 88, 64)),
)


@dataclass(frozen=True, slots=True)
class Marks:
    """Leaflet path options of the outlines under the pointer."""

    beat: dict[str, object] = field(
        default_factory=lambda: {"color": "#ffb000", "weight": 3, "opacity": 1}
    )
    cell: dict[str, object] = field(
        default_factory=lambda: {"color": "#ffffff", "weight": 2, "opacity": 1}
    )


@dataclass(frozen=True, slots=True)
class Palette:
    """Everything on a map that has a colour.

    Attributes
    ----------
    lines : tuple
        Red, green, blue (0-255) and opacity (0-1) of the edges of cells, beats, stations,
        districts.
    change_breaks, equity_breaks : tuple of float
        Points of percent, and multiples of the city's mean, that part the diverging classes.
    filled_breaks : tuple of float
        Percent of a beat's hours that somebody works.
    posts : dict
        Colours of the filled and the missing headcount, and of the rim around them.
    """

    coverage: CoverageColours = field(default_factory=CoverageColours)
    rings: RingColours = field(default_factory=RingColours)
    gaps: GapColours = field(default_factory=GapColours)
    diverging: DivergingColours = field(default_factory=DivergingColours)
    change_breaks: tuple[float, ...] = (-20, -5, -0.5, 0.5, 5, 20)
    equity_breaks: tuple[float, ...] = (0.5, 0.8, 0.95, 1.05, 1.25, 2)
    price: SequentialColours = PRICES
    workload: SequentialColours = WORKLOAD
    filled_breaks: tuple[float, ...] = (50, 80, 90, 99)
    lines: tuple[tuple[int, int, int, float], ...] = (
        (255, 255, 255, 0.28),
        (58, 72, 84, 0.5),
        (36, 48, 60, 0.72),
        (16, 24, 34, 0.92),
    )
    posts: dict[str, Colour] = field(
        default_factory=lambda: {
            "filled": (250, 252, 252),
            "short": (226, 92, 20),
            "rim": (23, 33, 43),
        }
    )
    marks: Marks = field(default_factory=Marks)

    def spec(self) -> dict[str, object]:
        """Return plain values for JSON."""
        return asdict(self)
