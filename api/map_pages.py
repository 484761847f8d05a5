"""What a map page of the served city is made of."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from api.settings import Settings
from data.catalogue import load_qualifications
from grid.coverage import GAP_LEVEL, RINGS_MIN
from maps.city_page import Addresses, BaseTiles, CityPage

if TYPE_CHECKING:
    from api.city import City
    from api.language import Texts
    from api.layers import MapLayers


PRINT: Final = "/maps/print"
"""Where a sheet of a map is; the map's kind comes behind."""


def city_page(
    layers: MapLayers,
    texts: Texts,
    *,
    root: str,
    assets: str | None = None,
    nonce: str = "",
    settings: Settings | None = None,
    base: int | None = None,
    would: bool = False,
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
        For the base tiles, if any, and the rings' targets.
    base : int or None
        Number of the roster that changes are shown against.
    would : bool
        Show what that roster would change, not what has changed since.
    """
    city = layers.city
    return CityPage(
        kind="coverage",
        labels={**texts.entries, **_qualifications(texts.language)},
        lang=texts.tag,
        language=texts.language,
        addresses=addresses(root, base, would=would),
        would=would,
        shift_count=layers.num_shifts,
        core=layers.core,
        city=layers.whole,
        weight_scale=layers.scale,
        rings=RINGS_MIN,
        shift=busiest_shift(city),
        level=round(100 * GAP_LEVEL),
        nonce=nonce,
        assets=assets,
        tiles=None if settings is None else base_tiles(settings),
        targets=(settings or Settings()).targets(),
    )


def addresses(root: str, base: int | None = None, *, would: bool = False) -> Addresses:
    """Return where the scripts read from, under a root; `base`: what changes are against."""
    change = "" if base is None else f"{root}/{'would' if would else 'change'}/{base}"
    return Addresses(
        geometry=f"{root}/geometry",
        places=f"{root}/places",
        owners=f"{root}/owners",
        weights=f"{root}/weights",
        shifts=f"{root}/shifts",
        coverage=f"{root}/coverage/{{ring}}/{{tier}}/{{shift}}",
        posts=f"{root}/posts/{{shift}}",
        tile=f"{root}/tiles/{{z}}/{{x}}/{{y}}",
        gaps=f"{root}/gaps/{{shift}}/{{lang}}",
        prices=f"{root}/prices",
        equity=f"{root}/equity/{{ring}}/{{tier}}",
        workload=f"{root}/workload",
        print=f"{PRINT}/{{map}}" if root.startswith("/") else "",
        change=change and f"{change}/{{ring}}/{{tier}}/{{shift}}",
        base=change,
    )


@cache
def _qualifications(language: str) -> dict[str, str]:
    table = load_qualifications()
    names = table[f"label_{language}"]
    return {
        f"qualification.{code}": name for code, name in zip(table.iloc[:, 0], names, strict=True)
    }


def busiest_shift(city: City) -> int:
    """Return the shift that wants the most people: what a reader looks at first."""
    wanted = np.bincount(
        city.lines["shift"], city.lines["required"], minlength=len(city.scenario.shifts)
    )
    return int(wanted.argmax())


def base_tiles(settings: Settings) -> BaseTiles | None:
    """Return the tiles that an administrator put under all maps; None for none."""
    if not settings.tile_url:
        return None
    return BaseTiles(
        settings.tile_url,
        "gcj02" if settings.tile_crs == "gcj02" else "wgs84",
        settings.tile_attribution,
    )
