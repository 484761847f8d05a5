"""What a reader of the map waits for, in a real browser, beside its peers.

``python benchmarks/map_first_view.py BUNDLE ROSTER.csv`` serves the city and opens it in a
headless Chromium without a GPU. Measured: bytes over the wire until the first drawing (gzip, as
a plain-HTTP origin gets it), time from navigation to the first drawing and until everything is
there, time to another shift (cold: fetched, decoded, painted; preloaded: decoded before), and the
browser's memory; on the server, the time to make and compress a shift's body. A drawing counts
when its pixels were read back: issuing commands is not drawing.

Memory is told three ways. ``heap_mb``: the scripts' heap with their array buffers after a
collection, what ``performance.memory`` tells. ``page_mb``: the same with what the document's
elements and styles take. ``tab_mb``: what the tab's process has written beyond an empty page's
(Linux only): decoded canvases, fonts and compiled code are in it.

``--peers`` adds ``folium.GeoJson`` on a canvas at 20,000 and 100,000 cells and a hand-written
``L.geoJSON`` of all cells, from files; a run over the limit is reported as given up. ``--deck
dist.min.js`` adds deck.gl's ``H3HexagonLayer`` of all cells, from the bundle of the npm package
``deck.gl`` (``npm pack deck.gl``), which is no dependency of ours. The machine's load stands in the
table: on a busy machine the times say less.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import folium
import numpy as np
from pace import pace
from playwright.sync_api import Error, sync_playwright

sys.path.append(str(Path(__file__).parent.parent / "tests" / "support"))

from service_client import Login, RunningService, start_service, stop_service

from api.city import City, build_city
from api.layers import MapLayers
from api.map_file import unreported
from api.server import serving
from api.settings import Settings
from data.bundle import read_bundle
from data.results import read_roster
from data.store.engine import open_engines
from data.store.migrate import upgrade
from grid.cells import cell_polygons, format_cells
from grid.coverage import RINGS_MIN
from maps.base import OfflineFigure, OfflineMap
from maps.shipped import read_asset

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ARGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    *("--enable-precise-memory-info", "--js-flags=--expose-gc"),
)
GIVE_UP_S = 150
READ_BACK = """(selector) => {
  let sum = 0;
  for (const canvas of document.querySelectorAll(selector)) {
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    for (let k = 3; k < pixels.length; k += 4) sum += pixels[k] > 0;
  }
  return sum;
}"""
FIRST = """globalThis.firstDrawing = new Promise((resolve) => {
  const look = () => {
    const mark = performance.getEntriesByName("jingge-first-drawing")[0];
    if (!mark) return setTimeout(look, 2);
    const tiles = Array.from(document.querySelectorAll("canvas.jg-tile"));
    let sum = 0;
    for (const c of tiles)
      sum += c.getContext("2d").getImageData(0, 0, c.width, c.height).data[3];
    const drawn = performance.now();
    const before = performance.getEntriesByType("resource").filter((r) => r.responseEnd <= drawn);
    const page = performance.getEntriesByType("navigation")[0];
    const bytes = before.reduce((n, r) => n + r.encodedBodySize, page.encodedBodySize);
    resolve({ drawn, bytes,
      ttfb: page.responseStart, tiles: tiles.length });
  };
  look();
});"""
OTHER = """async (shift) => {
  const city = Jingge.city;
  const start = performance.now();
  await city.set({ shift });
  let sum = 0;
  for (const c of document.querySelectorAll("canvas.jg-tile"))
    sum += c.getContext("2d").getImageData(128, 128, 1, 1).data[0];
  return performance.now() - start;
}"""


def one_view(
    browser: Browser, address: str, running: RunningService, login: Login
) -> dict[str, float]:
    """Open the coverage map once in a fresh context and measure."""
    size = {"width": 1440, "height": 900}
    context = running.browser_context(browser, address, login, viewport=size)
    # A closed network has no secure origin, so its browsers are not offered brotli.
    context.set_extra_http_headers({"Accept-Encoding": "gzip"})
    page = context.new_page()
    page.set_default_timeout(GIVE_UP_S * 1000)
    empty = private_mb(browser)
    page.add_init_script(FIRST)
    page.goto(f"{address}/maps/coverage", wait_until="commit")
    page.wait_for_selector("body[data-ready]")
    ready = page.evaluate("performance.now()")
    first = page.evaluate("firstDrawing")
    total = page.evaluate(
        "performance.getEntriesByType('resource').reduce((n, r) => n + r.encodedBodySize, 0)"
    )
    cold = [page.evaluate(OTHER, shift) for shift in (2, 12, 32)]
    page.wait_for_selector("body[data-warm]", timeout=GIVE_UP_S * 1000)
    warm = page.evaluate("performance.now()")
    preloaded = [page.evaluate(OTHER, shift) for shift in (2, 12, 32, 2, 12, 32)]
    result = {
        "wire_kb": first["bytes"] / 1e3,
        "all_kb": total / 1e3,
        "ttfb_ms": first["ttfb"],
        "drawn_ms": first["drawn"],
        "ready_ms": ready,
        "cold_ms": statistics.median(cold),
        "preloaded_ms": statistics.median(preloaded),
        "week_read_ms": warm,
        "heap_mb": heap(page),
        "page_mb": heap(page, elements=True),
        "tab_mb": private_mb(browser) - empty,
    }
    page.evaluate("Jingge.city.map.setZoom(7, { animate: false })")  # averages of all levels
    page.wait_for_timeout(1000)
    result["zoomed_out_heap_mb"] = heap(page)
    context.close()
    return result


def bodies(city: City) -> str:
    """Make the body of every shift for the three rings and return a row: milliseconds and bytes."""
    layers = MapLayers(city)
    layers.coverage(RINGS_MIN[0], "officer", 0)  # what is built on first use
    milliseconds, sizes = [], []
    for shift in range(layers.num_shifts):
        for ring in RINGS_MIN:
            start = time.perf_counter()
            made, _ = layers.coverage(ring, "all", shift).encoded("gzip")
            milliseconds.append(1e3 * (time.perf_counter() - start))
            sizes.append(len(made) / 1e3)
    deciles = statistics.quantiles(milliseconds, n=20)
    return (
        f"{'body, server':14} {statistics.median(milliseconds):9.1f} ms made and gzipped "
        f"(95 %: {deciles[-1]:.1f}), {statistics.median(sizes):.1f} KB (max {max(sizes):.1f})"
    )


def heap(page: Page, *, elements: bool = False) -> float:
    """Return the JavaScript heap with its array buffers after a collection, megabytes.

    With `elements` what the document's elements and styles take is counted as well.
    """
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    usage = session.send("Runtime.getHeapUsage")
    more = usage.get("embedderHeapUsedSize", 0) if elements else 0
    return (usage["usedSize"] + usage.get("backingStorageSize", 0) + more) / 1e6


def private_mb(browser: Browser) -> float:
    """Return what the largest tab's process has written and keeps, megabytes; NaN off Linux."""
    try:
        processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
        kept = [
            sum(
                int(line.split()[1])
                for line in Path(f"/proc/{one['id']}/smaps_rollup").read_text().splitlines()
                if line.startswith("Private_Dirty:")
            )
            for one in processes["processInfo"]
            if one["type"] == "renderer"
        ]
    except (Error, OSError):
        return float("nan")
    return max(kept, default=0) / 1e3


def geojson_file(city: City, number: int, directory: Path) -> tuple[Path, float]:
    """Write ``folium.GeoJson`` of the first cells with one value each; file and seconds."""
    start = time.perf_counter()
    cells = city.lattice.cells[:number]
    value = np.random.default_rng(1).integers(0, 255, number)
    features = [
        {
            "type": "Feature",
            "id": name,
            "properties": {"v": int(v)},
            "geometry": {
                "type": "Polygon",
                "coordinates": [np.round(p.exterior.coords, 6).tolist()],
            },
        }
        for name, v, p in zip(format_cells(cells), value, cell_polygons(cells), strict=True)
    ]
    figure = OfflineFigure(title="GeoJson", lang="en", assets=None)
    figure.scripts = figure.scripts[:1]  # Leaflet alone
    base = OfflineMap(figure, location=(40.9, 110.0), zoom=8, prefer_canvas=True)
    folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        style_function=lambda f: {
            "fillColor": f"#{f['properties']['v']:02x}8080",
            "weight": 0,
            "fillOpacity": 1,
        },
    ).add_to(base)
    lat, lng = city.lattice.centres()
    base.fit_bounds(
        [[lat[:number].min(), lng[:number].min()], [lat[:number].max(), lng[:number].max()]]
    )
    file = directory / f"geojson-{number}.html"
    file.write_text(figure.render(), encoding="utf-8")
    return file, time.perf_counter() - start


def by_hand_file(city: City, number: int, directory: Path) -> tuple[Path, float]:
    """Write a page that draws the first cells with ``L.geoJSON`` on a canvas; file and seconds."""
    start = time.perf_counter()
    cells = city.lattice.cells[:number]
    features = [
        {
            "type": "Feature",
            "properties": {"v": k % 256},
            "geometry": {
                "type": "Polygon",
                "coordinates": [np.round(p.exterior.coords, 5).tolist()],
            },
        }
        for k, p in enumerate(cell_polygons(cells))
    ]
    data = json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":"))
    file = directory / f"by-hand-{number}.html"
    file.write_text(
        f"<!doctype html><style>{read_asset('leaflet.css').decode()} html,body,#m{{height:100%;"
        f"margin:0}}</style><div id=m></div><script>{read_asset('leaflet.js').decode()}</script>"
        f"<script>const data = {data}; const map = L.map('m', {{preferCanvas: true}});"
        "const layer = L.geoJSON(data, {style: (f) => ({stroke: false, fillOpacity: 1,"
        "fillColor: `rgb(${f.properties.v},128,128)`})});"
        "map.fitBounds(layer.getBounds()); layer.addTo(map);</script>",
        encoding="utf-8",
    )
    return file, time.perf_counter() - start


def deck_file(city: City, bundle: Path, directory: Path) -> tuple[Path, float]:
    """Write a page that draws all cells with deck.gl's ``H3HexagonLayer``; file and seconds."""
    start = time.perf_counter()
    names = json.dumps(format_cells(city.lattice.cells).tolist())
    script = bundle.read_text(encoding="utf-8").replace("</script", "<\\/script")
    file = directory / "deck.html"
    file.write_text(
        f"<!doctype html><body style='margin:0;height:100vh'><script>{script}</script><script>"
        f"const names = {names}; let drawn = 0;"
        "const { DeckGL, H3HexagonLayer } = deck; new DeckGL({"
        "initialViewState: {longitude: 110, latitude: 41, zoom: 7}, controller: true,"
        "layers: [new H3HexagonLayer({id: 'h', data: names, getHexagon: (d) => d, extruded: false,"
        "getFillColor: (d, {index}) => [index % 256, 128, 128]})],"
        "onAfterRender: ({gl}) => { const p = new Uint8Array(4);"
        "gl.readPixels(gl.drawingBufferWidth / 2, gl.drawingBufferHeight / 2, 1, 1, gl.RGBA,"
        "gl.UNSIGNED_BYTE, p); if (p[3]) document.body.dataset.drawn = 1; }});</script>",
        encoding="utf-8",
    )
    return file, time.perf_counter() - start


def deck_peer(browser: Browser, city: City, bundle: Path) -> str:
    """Open deck.gl's layer of all cells and return a row of the table."""
    with TemporaryDirectory() as directory:
        file, made_s = deck_file(city, bundle, Path(directory))
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        try:
            start = time.perf_counter()
            page.goto(file.as_uri(), timeout=GIVE_UP_S * 1000)
            page.wait_for_selector("body[data-drawn]", timeout=GIVE_UP_S * 1000)
            drawn = f"{time.perf_counter() - start:.1f} s"
            memory = f"{heap(page):.0f} MB, tab {private_mb(browser):.0f} MB"
        except Error:
            drawn, memory = f"gave up at {GIVE_UP_S} s", "-"
        page.close()
        size = file.stat().st_size / 1e6
    name = f"deck.gl H3HexagonLayer, {len(city.lattice.cells):,} cells"
    return f"{name:44} {size:7.1f} MB raw, made in {made_s:.1f} s, drawn {drawn}, {memory}"


def peer(browser: Browser, city: City, number: int, *, by_hand: bool = False) -> str:
    """Open ``folium.GeoJson``, or ``L.geoJSON`` by hand, of so many cells: a row of the table."""
    with TemporaryDirectory() as directory:
        write = by_hand_file if by_hand else geojson_file
        file, made_s = write(city, number, Path(directory))
        size = file.stat().st_size / 1e6
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(GIVE_UP_S * 1000)
        try:
            start = time.perf_counter()
            page.goto(file.as_uri(), timeout=GIVE_UP_S * 1000)
            late = start + GIVE_UP_S
            while page.evaluate(READ_BACK, "canvas") < 1000 and time.perf_counter() < late:
                page.wait_for_timeout(20)
            drawn = f"{time.perf_counter() - start:.1f} s"
            memory = f"{heap(page):.0f} MB, tab {private_mb(browser):.0f} MB"
        except Error:
            drawn, memory = f"gave up at {GIVE_UP_S} s", "-"
        page.close()
    what = "L.geoJSON" if by_hand else "folium.GeoJson"
    name = f"{what} on canvas, {number:,} cells"
    return f"{name:44} {size:7.1f} MB raw, made in {made_s:.1f} s, drawn {drawn}, {memory}"


def empty_store(directory: str, settings: Settings, city: City) -> RunningService:
    """Return a service of a city on a store in which nothing else is."""
    url = f"sqlite:///{directory}/map.db"
    engines = open_engines(url)
    upgrade(engines)
    engines.dispose()
    return start_service(url, settings, city=city)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("roster", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peers", action="store_true", help="GeoJSON layers in the same run")
    parser.add_argument("--deck", type=Path, help="dist.min.js of deck.gl, for one more peer")
    options = parser.parse_args()
    scenario = read_bundle(options.bundle)
    roster = read_roster(options.roster, scenario)
    city = build_city(scenario, unreported(roster), "0" * 64)
    settings = Settings(port=0)
    chromium = os.environ.get("JINGGE_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGS))
        with TemporaryDirectory() as directory:
            running = empty_store(directory, settings, city)
            login = running.login_as("reviewer")
            running.app.state.live.start()  # as `jingge serve` does: sessions are known from memory
            with serving(running.app, settings) as address:
                one_view(browser, address, running, login)  # the server's caches and the disk's
                load = os.getloadavg()[0]
                runs, paces = [], [pace()]
                for _ in range(options.runs):
                    runs.append(one_view(browser, address, running, login))
                    paces.append(pace())
            running.app.state.live.close()
            stop_service(running)
        print(f"{len(city.lattice.cells):,} cells, 1440 x 900, median of {options.runs} (min-max)")
        print(f"load of the machine {load:.1f} before, {os.getloadavg()[0]:.1f} after")
        print(f"its pace: a million additions took {min(paces):.0f}-{max(paces):.0f} ms")
        for key in runs[0]:
            values = [run[key] for run in runs]
            middle = statistics.median(values)
            print(f"{key:14} {middle:9.1f}   ({min(values):.1f}-{max(values):.1f})")
        print(bodies(city), flush=True)
        if options.peers:
            for number in (20_000, 100_000):
                print(peer(browser, city, number), flush=True)
            print(peer(browser, city, len(city.lattice.cells), by_hand=True), flush=True)
        if options.deck:
            print(deck_peer(browser, city, options.deck), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
