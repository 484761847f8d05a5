"""What a map page of the served city is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grid.coverage import GAP_LEVEL, RINGS_MIN
from maps.city_page import Addresses, BaseTiles, CityPage

if TYPE_CHECKING:
    from api.city import City
    from api.language import Texts
    from api.layers import MapLayers
    from api.settings import Settings


def city_page(
    layers: MapLayers,
    texts: Texts,
    *,
    root: str,
    assets: str | None = None,
    nonce: str = "",
    settings: Settings | None = None,
) -> CityPage:
    """Return the values of a map page.

    Parameters
    ----------
    layers : MapLayers
    texts : Texts
        The reader's language.
    root : str
        Address under which the layers are read.
    assets : str or None
        Address of the maps' scripts; None inlines them.
    nonce : str
        Of the response's content-security policy.
    settings : Settings or None
        For the base tiles, if any.
    """
    city = layers.city
    return CityPage(
        kind="coverage",
        labels=texts.entries,
        lang=texts.tag,
        addresses=addresses(root),
        shift_count=layers.num_shifts,
        core=layers.core,
        city=layers.whole,
        weight_scale=layers.scale,
        rings=RINGS_MIN,
        shift=busiest_shift(city),
        level=round(100 * GAP_LEVEL),
        nonce=nonce,
        assets=assets,
        tiles=None if settings is None else _base_tiles(settings),
    )


def addresses(root: str) -> Addresses:
    """Return where the scripts read from, under a root."""
    return Addresses(
        geometry=f"{root}/geometry",
        places=f"{root}/places",
        owners=f"{root}/owners",
        weights=f"{root}/weights",
        shifts=f"{root}/shifts",
        coverage=f"{root}/coverage/{{ring}}/{{tier}}/{{shift}}",
        posts=f"{root}/posts/{{shift}}",
        tile=f"{root}/tiles/{{z}}/{{x}}/{{y}}",
    )


def busiest_shift(city: City) -> int:
    """Return the shift that wants the most people: what a reader looks at first."""
    wanted = np.bincount(
        city.lines["shift"], city.lines["required"], minlength=len(city.scenario.shifts)
    )
    return int(wanted.argmax())


def _base_tiles(settings: Settings) -> BaseTiles | None:
    if not settings.tile_url:
        return None
    return BaseTiles(
        settings.tile_url,
        "gcj02" if settings.tile_crs == "gcj02" else "wgs84",
        settings.tile_attribution,
    )
