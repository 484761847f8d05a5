"""One file that holds a city's map: it opens from a disk, with no network and no server."""

from __future__ import annotations

import gzip
from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING

from maps.city_page import render_city

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from maps.city_page import CityPage


def self_contained_map(
    page: CityPage, bodies: Mapping[str, bytes], *, wanted: Sequence[str] | None = None
) -> str:
    """Return the HTML of a map with scripts, styles, cells and values inside.

    Parameters
    ----------
    page : CityPage
        Its addresses name the bodies; its rings and tiers are those that are inside. Base tiles are
        left out: they would be asked for over the network.
    bodies : mapping of str to bytes
        Address → what a server would answer, uncompressed.
    wanted : sequence of str or None
        Addresses to put inside; None for all that a reader can come to.

    Raises
    ------
    KeyError
        Naming the first address that the page would miss.
    """
    inlined = {address: _text(bodies[address]) for address in wanted or _reachable(page)}
    return render_city(replace(page, inlined=inlined, assets=None, tiles=None, nonce=""))


def _reachable(page: CityPage) -> list[str]:
    """Return the addresses of every shift, ring, tier and table."""
    addresses = page.addresses
    wanted = [
        *(addresses.geometry, addresses.places, addresses.owners),
        *(addresses.weights, addresses.shifts, addresses.prices, addresses.workload),
        page.gaps_address("week"),
    ]
    wanted += [page.equity_address(ring, tier) for ring in (0, *page.rings) for tier in page.tiers]
    for shift in range(page.shift_count):
        wanted.append(page.gaps_address(str(shift)))
        wanted.append(addresses.posts.replace("{shift}", str(shift)))
        wanted += [
            page.body_address(ring, tier, shift) for ring in page.rings for tier in page.tiers
        ]
    wanted += [page.body_address(ring, tier, "week") for ring in page.rings for tier in page.tiers]
    return wanted


def _text(body: bytes) -> str:
    return b64encode(gzip.compress(body, 9, mtime=0)).decode("ascii")
