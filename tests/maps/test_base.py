"""Pages that ask nobody, and texts that stay texts."""

from __future__ import annotations

import json
import re
from html import unescape

import folium
import pytest
from branca.element import MacroElement
from folium.template import Template
from hypothesis import given
from hypothesis import strategies as st
from payloads import PAYLOADS

from maps.base import OfflineFigure, OfflineMap, PageError, json_island, render_page, safe
from maps.shipped import SCRIPTS, STYLES, assets_version, read_asset


def figure(**changes: object) -> OfflineFigure:
    values: dict[str, object] = {"title": "t", "lang": "zh-CN", "assets": "/maps/static/1"}
    made = OfflineFigure(**(values | changes))  # type: ignore[arg-type]
    OfflineMap(made, location=(40.6, 109.8), zoom=10)
    return made


@given(st.text())
def test_safe_text_is_the_text_to_html_and_nothing_to_templates(text: str) -> None:
    made = safe(text)
    assert not re.search(r"[<>\"'`\\${}]", made)
    assert Template(made).render() == made.rstrip("\n")
    assert unescape(made) == "".join(c if c.isprintable() else " " for c in text)


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_json_island_is_the_value_and_cannot_break_out(value: object) -> None:
    made = json_island(value)
    assert json.loads(made) == value
    assert not re.search(r"[<>&'`$]", made)
    assert "{{" not in made
    assert "{%" not in made
    assert "{#" not in made


@pytest.mark.parametrize("payload", [p for p in PAYLOADS if "//" not in p])
def test_title_lang_nonce_and_islands_stay_text(payload: str) -> None:
    html = render_page(
        figure(
            title=payload, lang=payload, nonce=payload, islands={"jg-config": {payload: payload}}
        )
    )
    assert "<script>window" not in html
    title = re.search("<title>(.*?)</title>", html)
    assert title
    assert unescape(title[1]) == "".join(c if c.isprintable() else " " for c in payload)
    island = re.search(r'id="jg-config"[^>]*>(.*?)</script>', html)
    assert island
    assert json.loads(island[1]) == {payload: payload}


class Careless(MacroElement):
    def __init__(self, script: str) -> None:
        super().__init__()
        self._template = Template("{% macro script(this, kwargs) %}" + script + "{% endmacro %}")


@pytest.mark.parametrize(
    "script",
    [
        "fetch('https://elsewhere.example/x')",
        'i.innerHTML = "<img src=//elsewhere.example/x>"',
        "s.background = 'url(//elsewhere.example/x)'",
        "new WebSocket('wss://elsewhere.example')",
    ],
)
def test_an_address_elsewhere_stops_the_page(script: str) -> None:
    made = figure()
    next(iter(made._children.values())).add_child(Careless(script))
    with pytest.raises(PageError, match="addresses of our own"):
        render_page(made)


def test_a_tile_layer_of_folium_stops_the_page() -> None:
    made = figure()
    folium.TileLayer("OpenStreetMap").add_to(next(iter(made._children.values())))
    with pytest.raises(PageError):
        render_page(made)


def test_only_the_configured_tiles_are_allowed() -> None:
    url = "https://tiles.example/{z}/{x}/{y}.png?key=a&b=$1"
    made = figure(islands={"jg-config": {"tiles": {"url": url}}})
    assert render_page(made, allowed=[url])
    with pytest.raises(PageError):
        render_page(made)
    with pytest.raises(PageError):
        render_page(made, allowed=["https://other.example/{z}/{x}/{y}.png"])


def test_every_tag_of_ours_carries_the_nonce() -> None:
    html = render_page(figure(nonce="n0nce", islands={"jg-config": {}}))
    scripts = re.findall("<script[^>]*>", html)
    assert len(scripts) == len(SCRIPTS) + 2
    assert all('nonce="n0nce"' in tag for tag in scripts)
    assert "<style" not in html
    inlined = render_page(figure(nonce="n0nce", assets=None))
    assert all('nonce="n0nce"' in tag for tag in re.findall("<style[^>]*>", inlined))
    assert "src=" not in re.sub(r"<script[^>]*>.*?</script>", "", inlined, flags=re.DOTALL)


def test_foliums_shared_lists_are_untouched() -> None:
    render_page(figure())
    assert OfflineMap.default_js == []
    assert any("leaflet" in url for _, url in folium.Map.default_js)


def test_nothing_but_the_listed_files_is_an_asset() -> None:
    for name in ("../base.py", "LICENSE.leaflet", "refresh.py", ""):
        with pytest.raises(KeyError):
            read_asset(name)
    assert re.fullmatch("[0-9a-f]{12}", assets_version())
    assert all(read_asset(name) for name in (*SCRIPTS, *STYLES))
