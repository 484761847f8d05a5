"""A small map of points for a phone: what is near, where one stands, the districts around.

The points come as JSON from an address of ours; their labels were written by people, so they are
shown with ``textContent`` and never enter this page. A point is ``{"id", "lat", "lng", "kind",
"label"}`` with an optional ``"detail"`` and ``"href"``, a path of ours that opens in the whole
window; the answer is ``{"points": [...], "here": [lat, lng] or null}``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from branca.element import MacroElement
from folium.template import Template

from maps.base import OfflineFigure, OfflineMap, render_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maps.city_page import BaseTiles, Bounds

SCRIPTS: Final = ("leaflet.js", "dom.js", "gcj02.js", "points_map.js")
STYLES: Final = ("leaflet.css", "points_map.css")
LABELS: Final = ("here", "locate", "open", "legend", "failed", "none", "zoom_in", "zoom_out")
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
        Address that gives the points.
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
    tiles: BaseTiles | None = field(default=None)

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
            "outlines": self.outlines,
            "view": self.view,
            "kinds": {code: asdict(kind) for code, kind in self.kinds.items()},
            "tiles": None if self.tiles is None else asdict(self.tiles),
        }


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
        preload=(page.points,),
        scripts=SCRIPTS,
        styles=STYLES,
    )
    (south, west), (north, east) = page.view
    middle = ((south + north) / 2, (west + east) / 2)
    base = OfflineMap(figure, location=middle, zoom=11, min_zoom=5, max_zoom=18)
    PointsLayer().add_to(base)
    allowed = () if page.tiles is None else (page.tiles.url, page.tiles.attribution)
    return render_page(figure, allowed=[text for text in allowed if text])
