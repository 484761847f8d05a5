"""The scripts and styles that we ship: what they are, their bytes and the hash in their address."""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

ASSETS: Final = Path(__file__).parent / "assets"
STYLES: Final = ("map.css",)
SCRIPTS: Final = ("leaflet.js", "map.js")
"""What a page of a city links: few, as each costs a reader a round trip."""
PARTS: Final = {
    "map.css": ("leaflet.css", "city_map.css"),
    "map.js": (
        "dom.js",
        "gcj02.js",
        "lattice.js",
        "pyramid.js",
        "runs.js",
        "source.js",
        "tiled_level.js",
        "tile.js",
        "cell_layer.js",
        "city_data.js",
        "state.js",
        "cell_views.js",
        "beat_views.js",
        "overlay.js",
        "ranking.js",
        "panel.js",
        "side_by_side.js",
        "print_sheet.js",
        "time_strip.js",
        "city_map.js",
    ),
}
"""What is linked as one → its files in their order. All are strict: the first one's word holds."""
OTHERS: Final = (
    "leaflet.css",
    "dom.js",
    "gcj02.js",
    "points_map.js",
    "points_map.css",
    "points_page.css",
)
"""Of the small map of points."""
_COMMENT: Final = re.compile(rb"^[ ]*//.*\n", re.MULTILINE)
"""Lines of comment: some kilobytes that no browser reads. Our scripts have none inside a text."""
MEDIA_TYPES: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


@cache
def read_asset(name: str) -> bytes:
    """Return the bytes of a shipped script or style.

    Raises
    ------
    KeyError
        For any other name: nothing else in the directory is served.
    """
    if name not in (*STYLES, *SCRIPTS, *OTHERS):
        raise KeyError(name)
    return b"".join(_read(part) for part in PARTS.get(name, (name,)))


def _read(name: str) -> bytes:
    text = (ASSETS / name).read_bytes()
    if name == "leaflet.js":
        # The maps of minified sources are not shipped, so nobody should ask for them.
        return text.replace(b"//# sourceMappingURL=leaflet.js.map", b"")
    return _COMMENT.sub(b"", text) if name.endswith(".js") else text


@cache
def assets_version() -> str:
    """Return twelve hex digits that change with any shipped byte; they stand in the address."""
    digest = sha256()
    for name in (*STYLES, *SCRIPTS, *OTHERS):
        digest.update(read_asset(name))
    return digest.hexdigest()[:12]
