"""A small map of points on the served city: in a frame, by itself, or as a part of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.map_pages import base_tiles
from maps.points_map import PointsPage
from maps.shipped import assets_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.language import Texts
    from api.layers import MapLayers
    from api.settings import Settings
    from maps.points_map import PointKind


def points_page(
    layers: MapLayers,
    texts: Texts,
    settings: Settings,
    *,
    title: str,
    kinds: Mapping[str, PointKind],
    points: str = "",
    nonce: str = "",
    circle: bool = False,
    pick: bool = False,
) -> PointsPage:
    """Return a map of points with the city's districts under it.

    ``HTMLResponse(points_map(page))`` is a page or a frame; ``points_part(page)`` goes to the
    macros of ``parts/points_map.html``.

    Parameters
    ----------
    layers : MapLayers
        Of the served city: `api.map_answers.LayersDep`.
    texts : Texts
        The reader's language.
    title : str
        Of a page that the map is by itself, from the catalogue.
    kinds : mapping of str to PointKind
        How points look, by their ``kind``; the legend has the order.
    points : str
        Path that answers with the points; empty where the page's script calls ``update``.
    nonce : str
        Of the response's content-security policy; a part of a page needs none.
    circle : bool
        Whether the reader can draw a circle.
    pick : bool
        Whether the reader can point at a place.
    """
    return PointsPage(
        title=title,
        lang=texts.tag,
        labels=texts.entries,
        points=points,
        view=layers.core,
        kinds=kinds,
        outlines=f"/maps/outlines/{layers.city.version}",
        nonce=nonce,
        assets=f"/maps/static/{assets_version()}",
        tiles=base_tiles(settings),
        circle=circle,
        pick=pick,
    )
