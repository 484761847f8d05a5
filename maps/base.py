"""Folium pages that ask nobody for anything, and into which no user text can get.

branca compiles what a template rendered *again* as a template, so a name like ``{{7*7}}`` in a
popup runs on the server, and Folium's own assets come from four other hosts. Therefore:

* `OfflineMap` is a Folium map whose page carries Leaflet and our scripts from our own address, or
  inlined, each tag with the response's nonce;
* words of our catalogues pass through `safe`; words that people wrote never come here at all, they
  reach the browser as JSON and are shown with ``textContent``;
* `render_page` refuses to return a page in which any address leads elsewhere.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import folium
from branca.element import Figure
from folium.template import Template

from maps.shipped import SCRIPTS, STYLES, read_asset

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class PageError(ValueError):
    """A page that would ask another host, or an inlined part that would break out of its tag."""


_ENTITIES: Final = {ord(c): f"&#{ord(c)};" for c in "&<>\"'`\\${}"}
_JSON_ESCAPES: Final = {ord(c): f"\\u{ord(c):04x}" for c in "<>&{}$`'\u2028\u2029"}
_JSON_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
_ELSEWHERE: Final = re.compile(
    r"""[a-z][a-z0-9+.-]*://|(?:src|href|action|srcset|data|poster)\s*=\s*["']?\s*//|url\(\s*["']?\s*//""",
    re.IGNORECASE,
)


def safe(text: str) -> str:
    """Return text that is only text: to HTML, to Jinja (twice), and within quotes.

    Every string that goes into a Folium or branca object passes through here. Control characters
    become spaces.
    """
    return "".join(c if c.isprintable() else " " for c in text).translate(_ENTITIES)


def json_island(value: object) -> str:
    r"""Return JSON that may stand inside a ``<script type="application/json">``.

    Inside strings, all that HTML, Jinja or a template literal could read is a ``\\u`` escape.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _JSON_STRING.sub(lambda found: found.group().translate(_JSON_ESCAPES), text)


class OfflineFigure(Figure):
    """The page: our tags with a nonce, data islands, one map.

    Parameters
    ----------
    title : str
        Of the page; made safe here.
    lang : str
        Language tag.
    nonce : str
        Of the response's content-security policy; empty in a file.
    assets : str or None
        Address under which `maps/assets` is served, without a slash at its end; None inlines them.
    islands : mapping of str to object
        Element id → value, as JSON in the page.
    preload : sequence of str
        Addresses of ours that the scripts will fetch at once.
    scripts, styles : sequence of str
        Shipped files in their order; those of a city's map unless said.
    """

    _template = Template("""<!DOCTYPE html>
<html lang="{{ this.lang }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ this.title }}</title>
<link rel="icon" href="data:,">
{% for address in this.preload -%}
<link rel="preload" as="fetch" crossorigin href="{{ address }}">
{% endfor -%}
{% for name, text in this.styles -%}
{% if text is none %}<link rel="stylesheet" href="{{ this.assets }}/{{ name }}">
{% else %}<style{{ this.nonce_attribute }}>{{ text }}</style>
{% endif -%}
{% endfor -%}
{{ this.header.render(**kwargs) }}
</head>
<body>
{{ this.html.render(**kwargs) }}
<div id="jg-ui"></div>
{% for id, text in this.islands -%}
<script type="application/json" id="{{ id }}"{{ this.nonce_attribute }}>{{ text }}</script>
{% endfor -%}
{% for name, text in this.scripts -%}
{% if text is none %}<script{{ this.nonce_attribute }} src="{{ this.assets }}/{{ name }}"></script>
{% else %}<script{{ this.nonce_attribute }}>{{ text }}</script>
{% endif -%}
{% endfor -%}
<script{{ this.nonce_attribute }}>{{ this.script.render(**kwargs) }}</script>
</body>
</html>
""")

    def __init__(
        self,
        *,
        title: str,
        lang: str,
        nonce: str = "",
        assets: str | None = None,
        islands: Mapping[str, object] | None = None,
        preload: Sequence[str] = (),
        scripts: Sequence[str] = SCRIPTS,
        styles: Sequence[str] = STYLES,
    ) -> None:
        super().__init__(title=safe(title))
        self.header._children.clear()  # branca's meta tag: ours stands first
        self.lang = safe(lang)
        self.nonce_attribute = f' nonce="{safe(nonce)}"' if nonce else ""
        self.assets = None if assets is None else safe(assets)
        self.islands = [(safe(key), json_island(value)) for key, value in (islands or {}).items()]
        self.preload = [safe(address) for address in preload]
        inline = assets is None
        self.styles = [(name, _inlined(name) if inline else None) for name in styles]
        self.scripts = [(name, _inlined(name) if inline else None) for name in scripts]


def _inlined(name: str) -> str:
    """Return an asset that may stand inside its tag; Leaflet's own images are not used."""
    text = read_asset(name).decode("utf-8")
    if name.endswith(".css"):
        text = re.sub(r"url\([^)]*\)", "none", text)
    if re.search(r"</(?:script|style)|<!--", text, re.IGNORECASE):
        raise PageError(f"Expected {name} to stay inside its tag, got an end tag in it.")
    return text


class OfflineMap(folium.Map):
    """A Folium map of Leaflet alone: no tiles, no jQuery, no Bootstrap, no icons from elsewhere."""

    _template = Template("""
        {% macro html(this, kwargs) %}
<div class="folium-map" id="{{ this.get_name() }}"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
var {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
  center: {{ this.location|tojson }}, crs: L.CRS.EPSG3857, attributionControl: false,
  fadeAnimation: false, ...{{ this.options|tojavascript }}
});
L.control.scale({imperial: false, position: "bottomleft"}).addTo({{ this.get_name() }});
        {% endmacro %}
    """)
    # Folium's lists belong to the class and are shared: a subclass gets lists of its own.
    default_js: list[tuple[str, str]] = []  # noqa: RUF012
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    def __init__(
        self, figure: OfflineFigure, *, location: tuple[float, float], zoom: int, **options: Any
    ) -> None:
        super().__init__(
            location=location, zoom_start=zoom, tiles=None, zoom_control=False, **options
        )
        figure.add_child(self)


def render_page(figure: OfflineFigure, *, allowed: Sequence[str] = ()) -> str:
    """Return the page's HTML.

    Parameters
    ----------
    figure : OfflineFigure
    allowed : sequence of str
        Addresses elsewhere that an administrator has set (a tile server), as configured.

    Raises
    ------
    PageError
        Where the page holds any other absolute address.
    """
    html: str = figure.render()
    shell = html
    for _, text in (*figure.styles, *figure.scripts):
        if text is not None:  # ours, and checked by hash
            shell = shell.replace(text, "")
    for address in allowed:
        shell = shell.replace(json_island(address)[1:-1], "")
    if found := _ELSEWHERE.search(shell):
        around = shell[max(0, found.start() - 30) : found.end() + 30]
        raise PageError(f"Expected only addresses of our own, got {around!r}.")
    return html
