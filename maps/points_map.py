"""A small map of points and circles: what is near, who is where, an alert and its waves.

It stands by itself or in a frame (`points_map`), or is a part of another page (`points_part`).
What it shows comes as JSON, from an address of ours or from the page's own script. Labels were
written by people, so they are shown with ``textContent`` and never enter HTML that we make.

An answer is ``{"points": [...], "circles": [...], "here": [lat, lng] or null}``. A point is
``{"id", "lat", "lng", "kind", "label"}`` with an optional ``"detail"`` and ``"href"``, a path of
ours that opens in the whole window; a circle has ``"radius_m"`` besides, and may be ``"dashed"``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, Literal

from branca.element import MacroElement
from folium.template import Template

from maps.base import OfflineFigure, OfflineMap, render_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maps.city_page import BaseTiles, Bounds

SCRIPTS: Final = ("leaflet.js", "dom.js", "gcj02.js", "points_map.js")
STYLES: Final = ("leaflet.css", "points_map.css")
PAGE_STYLES: Final = (*STYLES, "points_page.css")
LABELS: Final = (
    *("here", "locate", "open", "legend", "failed", "none", "zoom_in", "zoom_out", "circle"),
)
PREFIX: Final = "map.points."


@dataclass(frozen=True, slots=True)
class PointKind:
    """How points of a kind look: colour and shape tell the same.

    Attributes
    ----------
    label : str
        Of our catalogue, for the legend.
    colour : str
        ``#rrggbb``, at least 3:1 against white.
    shape : str
        Of the mark.
    """

    label: str
    colour: str
    shape: Literal["circle", "square", "triangle", "diamond"] = "circle"


@dataclass(frozen=True, slots=True)
class PointsPage:
    """Everything that a map of points is made of; no word in it was written by a user.

    Attributes
    ----------
    title, lang : str
        Of the page.
    labels : mapping of str to str
        The catalogue; `LABELS` after `PREFIX` are used.
    points : str
        Address that gives the points; empty where the page's own script gives them.
    view : Bounds
        What is shown where there are no points.
    kinds : mapping of str to PointKind
        By the code that a point has as its ``kind``; another code is drawn as the first.
    outlines : str
        Address of the districts' outlines as GeoJSON; empty for none.
    nonce, assets : str
        As for a city's map.
    tiles : BaseTiles or None
        Under the points.
    circle : bool
        Whether the reader can draw a circle, which the page is told of by ``jg:circle``.
    pick : bool
        Whether the reader can point at a place, which the page is told of by ``jg:pick``.
    """

    title: str
    lang: str
    labels: Mapping[str, str]
    points: str
    view: Bounds
    kinds: Mapping[str, PointKind]
    outlines: str = ""
    nonce: str = ""
    assets: str | None = None
    tiles: BaseTiles | None = None
    circle: bool = False
    pick: bool = False

    def __post_init__(self) -> None:
        if not self.kinds:
            raise ValueError("Expected at least one kind of point, got none.")
        for address in filter(None, (self.points, self.outlines)):
            if not address.startswith("/") or address.startswith("//"):
                raise ValueError(f"Expected an address of ours, got {address!r}.")

    def config(self) -> dict[str, object]:
        """Return what the script is told, as plain values for JSON."""
        return {
            "lang": self.lang,
            "labels": {name: self.labels[PREFIX + name] for name in LABELS},
            "points": self.points,
            "circle": self.circle,
            "pick": self.pick,
            "outlines": self.outlines,
            "view": self.view,
            "kinds": {code: asdict(kind) for code, kind in self.kinds.items()},
            "tiles": None if self.tiles is None else asdict(self.tiles),
        }


@dataclass(frozen=True, slots=True)
class PointsPart:
    """A map as a part of a page: what its template writes.

    Attributes
    ----------
    config : dict
        As JSON in the attribute ``data-config`` of an element of the class ``jg-points``.
    styles, scripts : tuple of str
        Addresses for the page's head, in this order; scripts deferred.
    """

    config: dict[str, object]
    styles: tuple[str, ...]
    scripts: tuple[str, ...]


def points_part(page: PointsPage) -> PointsPart:
    """Return a map of points as a part of a page; its title and nonce are not used.

    Raises
    ------
    ValueError
        Where the page's assets have no address.
    """
    if page.assets is None:
        raise ValueError("Expected an address of the maps' assets, got none.")
    at = f"{page.assets}/"
    return PointsPart(
        config=page.config(),
        styles=tuple(at + name for name in STYLES),
        scripts=tuple(at + name for name in SCRIPTS),
    )


class PointsLayer(MacroElement):
    """Starts `maps/assets/points_map.js` on the map that this element is added to."""

    _template = Template("""
        {% macro script(this, kwargs) %}
Jingge.showPoints({{ this._parent.get_name() }});
        {% endmacro %}
    """)

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca
        self._name = "PointsLayer"


def points_map(page: PointsPage) -> str:
    """Return the HTML of a map of points, to stand in a frame or by itself.

    Raises
    ------
    PageError
        Where the page would ask another host than a configured tile server.
    """
    figure = OfflineFigure(
        title=page.title,
        lang=page.lang,
        nonce=page.nonce,
        assets=page.assets,
        islands={"jg-config": page.config()},
        preload=tuple(filter(None, (page.points,))),
        scripts=SCRIPTS,
        styles=PAGE_STYLES,
    )
    (south, west), (north, east) = page.view
    middle = ((south + north) / 2, (west + east) / 2)
    base = OfflineMap(figure, location=middle, zoom=11, min_zoom=5, max_zoom=18)
    PointsLayer().add_to(base)
    allowed = () if page.tiles is None else (page.tiles.url, page.tiles.attribution)
    return render_page(figure, allowed=[text for text in allowed if text])
