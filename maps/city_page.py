"""The page of a city's map: what the browser is told, and the Folium shell around it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from maps.base import OfflineFigure, OfflineMap, render_page
from maps.cell_layer import CellLayer, WeightScale
from maps.palette import Palette

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

Kind = Literal["coverage", "gaps", "price", "equity", "workload", "change"]
KINDS: Final[tuple[Kind, ...]] = ("coverage", "gaps", "price", "equity", "workload", "change")
FOR_ALL: Final[tuple[Kind, ...]] = ("coverage", "gaps")
"""Maps in which nobody is named: the others are for whoever plans or reviews."""
Bounds = tuple[tuple[float, float], tuple[float, float]]
"""South-west and north-east corner, (lat, lng) degrees."""

TIERS: Final = ("all", "officer", "auxiliary", "volunteer")
PREFIX: Final = "map."
PREFIXES: Final = (PREFIX, "role.", "cause.", "qualification.", "brand")
MAX_ZOOM: Final = 18


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the page's scripts read from: paths of ours, or keys of what is inlined.

    ``coverage`` has the places ``{ring}``, ``{tier}`` and ``{shift}``, which may be ``week``;
    ``posts`` has ``{shift}``; ``tile``, for cities on no lattice, has ``{z}``, ``{x}`` and ``{y}``.
    ``gaps`` has ``{shift}`` and ``{lang}``, ``equity`` ``{ring}`` and ``{tier}``. ``change`` and
    ``base``, what is changed against, are empty where there is no other roster, and ``print``
    (``{map}``) in a file.
    """

    geometry: str
    places: str
    owners: str
    weights: str
    shifts: str
    coverage: str
    posts: str
    gaps: str
    prices: str
    equity: str
    workload: str
    tile: str = ""
    change: str = ""
    base: str = ""
    print: str = ""


@dataclass(frozen=True, slots=True)
class BaseTiles:
    """Raster tiles that an administrator put under the map.

    Attributes
    ----------
    url : str
        Template with ``{z}``, ``{x}``, ``{y}``.
    crs : str
        ``wgs84`` or ``gcj02``: the system in which the tiles are drawn; the data moves to it.
    attribution : str
        Whom the map names as the source.
    """

    url: str
    crs: Literal["wgs84", "gcj02"] = "wgs84"
    attribution: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A map that is a sheet of paper: nothing on it can be clicked.

    Attributes
    ----------
    paper : str
        ``a4`` or ``a3``, across.
    made_at, timezone : str
        When it was made, ISO 8601, and the IANA zone of the clock on it.
    version : str
        Of the plan that it shows.
    view : tuple or None
        Zoom, latitude, longitude; None for the urban core or, without `core`, the whole city.
    ratio : float
        Device pixels of the cells per CSS pixel.
    ask : bool
        Ask the browser to print, once it is drawn.
    """

    paper: Literal["a4", "a3"]
    made_at: str
    timezone: str
    version: str
    view: tuple[float, float, float] | None = None
    core: bool = True
    ratio: float = 2.0
    ask: bool = False


@dataclass(frozen=True, slots=True)
class CityPage:
    """Everything that a map page of a city is made of; no word in it was written by a user.

    Attributes
    ----------
    kind : str
        Which of the maps comes first; the reader changes between them.
    labels : mapping of str to str
        The catalogue of one language; the keys that begin with one of `PREFIXES` are used.
    lang, language : str
        Its tag, and how addresses name it.
    core, city : Bounds
        What the first view and the whole view show.
    rings : tuple of int
        Minutes; ``ring`` is the first shown (0: all in one map), as are ``tier``, ``shift`` and
        ``level`` (percent).
    assets : str or None
        Address of `maps/assets`, or None to inline them.
    inlined : mapping or None
        Address → gzipped bytes as base64, for a self-contained file.
    targets : mapping of int to float
        Ring → share of the demand that it is to reach, 0..1.
    show : mapping
        What else the first view shows, by its name in ``maps/assets/state.js``.
    kinds : tuple of str
        Maps that the reader may change to; ``change`` only where its address is set.
    would : bool
        The map of change shows what another roster would change.
    sheet : Sheet or None
        Where the page is to be printed.
    """

    kind: Kind
    labels: Mapping[str, str]
    lang: str
    addresses: Addresses
    shift_count: int
    core: Bounds
    city: Bounds
    weight_scale: WeightScale
    rings: tuple[int, ...] = (1, 3, 5)
    tiers: tuple[str, ...] = TIERS
    ring: int = 0
    tier: str = "all"
    shift: int = 0
    level: int = 50
    nonce: str = ""
    assets: str | None = None
    tiles: BaseTiles | None = None
    inlined: Mapping[str, str] | None = None
    palette: Palette = field(default_factory=Palette)
    language: Literal["zh", "en"] = "zh"
    targets: Mapping[int, float] = field(default_factory=dict)
    show: Mapping[str, object] = field(default_factory=dict)
    kinds: tuple[Kind, ...] = KINDS
    would: bool = False
    sheet: Sheet | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.shift < self.shift_count:
            raise ValueError(f"Expected shift in 0..{self.shift_count - 1}, got {self.shift}.")
        if self.ring not in (0, *self.rings) or self.tier not in self.tiers:
            raise ValueError(f"Expected a ring of {self.rings} and a tier of {self.tiers}.")

    def config(self) -> dict[str, Any]:
        """Return what the scripts are told, as plain values for JSON."""
        wanted = {
            key.removeprefix(PREFIX): text
            for key, text in self.labels.items()
            if key.startswith(PREFIXES) and not key.startswith("map.points.")
        }
        return {
            "kind": self.kind,
            "would": self.would,
            "kinds": [kind for kind in self.kinds if kind != "change" or self.addresses.change],
            "lang": self.lang,
            "labels": wanted,
            "urls": asdict(self.addresses),
            "rings": self.rings,
            "tiers": self.tiers,
            "ring": self.ring,
            "tier": self.tier,
            "shift": self.shift,
            "level": self.level,
            "shift_count": self.shift_count,
            "view": {"core": self.core, "city": self.city},
            "weight_scale": asdict(self.weight_scale),
            "palette": self.palette.spec(),
            "tiles": None if self.tiles is None else asdict(self.tiles),
            "language": self.language,
            "targets": dict(self.targets),
            "show": dict(self.show),
            "print": None if self.sheet is None else asdict(self.sheet),
        }

    def first_bodies(self) -> tuple[str, ...]:
        """Return the addresses of what is drawn first; empty where beats are, not cells."""
        if self.kind not in {"coverage", "gaps"}:
            return ()
        rings = (self.ring,) if self.ring else self.rings
        if self.kind == "gaps":
            rings = rings[-1:]
        return tuple(self.body_address(ring, self.tier, self.shift) for ring in rings)

    def body_address(self, ring: int, tier: str, shift: int | Literal["week"]) -> str:
        """Return where the coverage of one ring, tier and shift, or of the week, is read."""
        return (
            self.addresses.coverage.replace("{ring}", str(ring))
            .replace("{tier}", tier)
            .replace("{shift}", str(shift))
        )

    def gaps_address(self, shift: str) -> str:
        """Return where the short lines of a shift, or of the ``week``, are read."""
        return self.addresses.gaps.replace("{shift}", shift).replace("{lang}", self.language)

    def equity_address(self, ring: int, tier: str) -> str:
        """Return where the equity of one ring (0: person-hours) and tier is read."""
        return self.addresses.equity.replace("{ring}", str(ring)).replace("{tier}", tier)


def render_city(page: CityPage) -> str:
    """Return the HTML of a city's map.

    Raises
    ------
    PageError
        Where the page would ask another host than a configured tile server.
    """
    islands: dict[str, object] = {"jg-config": page.config()}
    if page.inlined is not None:
        islands["jg-inlined"] = dict(page.inlined)
    figure = OfflineFigure(
        title=page.labels[f"{PREFIX}title.{page.kind}"],
        lang=page.lang,
        nonce=page.nonce,
        assets=page.assets,
        islands=islands,
        preload=() if page.inlined is not None else (page.addresses.geometry, *page.first_bodies()),
    )
    (south, west), (north, east) = page.core
    middle = ((south + north) / 2, (west + east) / 2)
    base = OfflineMap(figure, location=middle, zoom=10, min_zoom=5, max_zoom=MAX_ZOOM)
    CellLayer().add_to(base)
    allowed = () if page.tiles is None else (page.tiles.url, page.tiles.attribution)
    return render_page(figure, allowed=[text for text in allowed if text])


def bounds_of(
    lat: NDArray[np.floating],
    lng: NDArray[np.floating],
    weight: NDArray[np.floating] | None = None,
    outer: float = 0.16,
) -> Bounds:
    """Return the box of some points, or the one that leaves `outer` of the weight on each side.

    A city's people live on a small part of its ground: the first view shows that part.
    """
    if weight is None or not weight.sum() > 0:
        return (
            (float(lat.min()), float(lng.min())),
            (float(lat.max()), float(lng.max())),
        )
    (south, north), (west, east) = (_between(axis, weight, outer) for axis in (lat, lng))
    return (south, west), (north, east)


def _between(
    values: NDArray[np.floating], weight: NDArray[np.floating], outer: float
) -> tuple[float, float]:
    order = np.argsort(values)
    share = np.cumsum(weight[order]) / weight.sum()
    low, high = np.searchsorted(share, (outer, 1 - outer))
    return float(values[order[low]]), float(values[order[min(high, len(order) - 1)]])
