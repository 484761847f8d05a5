"""The browser's arithmetic against h3's and numpy's, in a real Chromium."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from portions import portion

from grid.cells import cells_at, format_cells, parents
from grid.coordinates import from_wgs84
from maps.cell_layer import body
from maps.codec import RUNS, encode_owners

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from playwright.sync_api import Page

    from grid.lattice import Lattice
    from maps.geometry import Pyramid

pytestmark = pytest.mark.browser
SAMPLED = 10_000


@pytest.fixture(scope="module", autouse=True)
def loaded(page: Page, pyramid: Pyramid) -> None:
    """Give the page the lattice and a way to hand bytes over."""
    page.evaluate(
        """(levels) => {
          globalThis.pyramid = new Jingge.Pyramid({ kind: "lattice", levels });
          globalThis.bytesOf = (text) => Jingge.bytesOfBase64(text);
        }""",
        pyramid.spec(),
    )


def sent(data: bytes) -> str:
    return b64encode(data).decode()


def pixel_points(
    zoom: int, tiles: list[list[int]], pixels: NDArray[np.integer], size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (lat, lng) of pixel centres: Web Mercator undone on its own here."""
    tile = np.array(tiles)[pixels // (size * size)]
    rest = pixels % (size * size)
    x = (tile[:, 0] + (rest % size + 0.5) / size) / 2**zoom
    y = (tile[:, 1] + (rest // size + 0.5) / size) / 2**zoom
    return np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y)))), x * 360 - 180


def tiles_around(lattice: Lattice, zoom: int, number: int) -> list[list[int]]:
    """Return tiles that hold cells, spread over the city."""
    lat, lng = lattice.centres()
    chosen = np.linspace(0, len(lat) - 1, number).astype(int)
    x = (lng[chosen] + 180) / 360 * 2**zoom
    y = (1 - np.arcsinh(np.tan(np.radians(lat[chosen]))) / np.pi) / 2 * 2**zoom
    return [list(pair) for pair in sorted({(int(a), int(b)) for a, b in zip(x, y, strict=True)})]


@pytest.mark.parametrize(("zoom", "ratio"), [(8, 1), (11, 1), (12, 2), (15, 1), (17, 1.5)])
def test_pixels_show_the_cell_that_h3_gives(
    page: Page, lattice: Lattice, pyramid: Pyramid, zoom: int, ratio: float
) -> None:
    """10,000 sampled pixels a zoom, cells and places outside alike: every one the same as h3's."""
    size = round(256 * ratio)
    tiles = tiles_around(lattice, zoom, 12)
    pixels = np.random.default_rng(zoom).integers(0, len(tiles) * size * size, SAMPLED)
    shown = page.evaluate(
        """([z, ratio, size, tiles, pixels]) => {
          const level = pyramid.levelAt(z, ratio);
          const drawn = tiles.map(([x, y]) =>
            Jingge.buildTile(pyramid, level, { x, y, z }, size, null, null));
          return [level.resolution, pixels.map((p) => {
            const { spans } = drawn[Math.floor(p / (size * size))];
            const position = spans ? spans.at(p % (size * size)) : pyramid.outside;
            return position === pyramid.outside ? "" : level.name(position - level.offset);
          })];
        }""",
        [zoom, ratio, size, tiles, pixels.tolist()],
    )
    resolution, names = shown
    expected = cells_at(*pixel_points(zoom, tiles, pixels, size), resolution)
    level = next(one for one in pyramid.levels if one.resolution == resolution)
    names_expected = np.where(np.isin(expected, level.cells), format_cells(expected), "")
    assert (np.array(names) == names_expected).all()
    assert (names_expected != "").mean() > 0.01


def test_every_cell_is_named_as_h3_names_it(page: Page, pyramid: Pyramid) -> None:
    names = page.evaluate(
        """pyramid.levels.map((level) =>
          Array.from({ length: level.count }, (_, k) => level.name(k)))"""
    )
    for level, found in zip(pyramid.levels, names, strict=True):
        np.testing.assert_array_equal(found, format_cells(level.cells))


def test_parents_are_h3s(page: Page, pyramid: Pyramid) -> None:
    for k, (finer, coarser) in enumerate(zip(pyramid.levels, pyramid.levels[1:], strict=False)):
        found = page.evaluate("(k) => Array.from(pyramid.parentsOf(k))", k)
        expected = coarser.positions(parents(finer.cells, coarser.resolution))
        np.testing.assert_array_equal(found, expected)


def test_averages_of_parents_are_numpys(page: Page, pyramid: Pyramid) -> None:
    rng = np.random.default_rng(11)
    count = len(pyramid.levels[0].cells)
    values = rng.integers(0, 101, count).astype(float)
    weights = np.where(rng.random(count) < 0.4, 0, rng.gamma(0.5, 2, count))
    weights = np.round(weights * 30).clip(0, 255).astype(int)
    found = page.evaluate(
        """([values, weights]) => {
          const scale = Float64Array.from({ length: 256 }, (_, byte) => byte / 30);
          const weighting = new Jingge.Weighting(pyramid, Uint8Array.from(weights), scale);
          const runs = Jingge.Runs.ofBytes(Uint8Array.from(values));
          const table = Float64Array.from({ length: 256 }, (_, byte) => byte);
          return weighting.means(runs, table, pyramid.levels.length - 1).flatMap((one) => [...one]);
        }""",
        [values.astype(int).tolist(), weights.tolist()],
    )
    expected = []
    position = np.arange(count)
    for finer, coarser in zip(pyramid.levels, pyramid.levels[1:], strict=False):
        up = coarser.positions(parents(finer.cells, coarser.resolution))
        position = up[position]
        sums = np.bincount(position, weights * values, len(coarser.cells))
        weight = np.bincount(position, weights, len(coarser.cells))
        plain = np.bincount(position, values) / np.bincount(position)
        expected.append(np.where(weight > 0, sums / np.where(weight > 0, weight, 1), plain))
    np.testing.assert_allclose(found, np.concatenate(expected), rtol=1e-6)


def test_a_parent_belongs_to_the_owner_of_most_of_its_cells(page: Page, pyramid: Pyramid) -> None:
    lattice, coarser = pyramid.levels[:2]
    owners = (lattice.row // 7 * 50 + lattice.col // 9).astype(np.uint16)
    found = page.evaluate(
        """(text) => {
          const owners = Jingge.decodeOwners(pyramid.finest, bytesOf(text));
          return [Array.from(owners), Array.from(pyramid.majorities(owners))];
        }""",
        sent(encode_owners(lattice, owners)),
    )
    np.testing.assert_array_equal(found[0], owners)
    up = coarser.positions(parents(lattice.cells, coarser.resolution))
    majority = found[1][len(owners) : len(owners) + len(coarser.cells)]
    for parent in range(0, len(coarser.cells), 37):
        votes = np.bincount(owners[up == parent])
        assert votes[majority[parent]] == votes.max()


@settings(
    max_examples=portion(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32 - 1), smooth=st.booleans(), levels=st.integers(1, 255))
def test_bodies_come_back(
    page: Page, lattice: Lattice, seed: int, *, smooth: bool, levels: int
) -> None:
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, levels + 1, len(lattice.cells))
    slope = (lattice.row * 2 + lattice.col) % 256
    values = (np.where(smooth, slope + noise % 4, noise) % 256).astype(np.uint8)
    found = page.evaluate(
        "(text) => Array.from(Jingge.Runs.ofBody(bytesOf(text), pyramid.finest).expand())",
        sent(body(lattice, values)),
    )
    np.testing.assert_array_equal(found, values)


def test_runs_come_back_and_are_asked_cell_by_cell(page: Page, lattice: Lattice) -> None:
    values = (lattice.row // 9 % 5).astype(np.uint8)
    sent_body = body(lattice, values)
    assert sent_body[0] == RUNS
    found = page.evaluate(
        """(text) => {
          const runs = Jingge.Runs.ofBody(bytesOf(text), pyramid.finest);
          const each = Array.from({ length: runs.count }, (_, k) => runs.at(k));
          return [Array.from(runs.expand()), each];
        }""",
        sent(sent_body),
    )
    np.testing.assert_array_equal(found[0], values)
    np.testing.assert_array_equal(found[1], values)


@pytest.mark.parametrize("size", [256, 384])
def test_spans_show_each_pixels_position(page: Page, size: int) -> None:
    """What a tile keeps comes back pixel by pixel, rows of one cell included."""
    found = page.evaluate(
        """(size) => {
          const table = new Uint32Array(size * size);
          let seed = 7;
          const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
          for (let p = 0, value = 0; p < table.length; p++) {
            if (p > 9 * size && random(4) === 0) value = random(400000);
            table[p] = value;
          }
          const spans = Jingge.Spans.of(table, size);
          const sampled = Array.from({ length: 500 }, () => random(table.length));
          return [
            spans.expand().every((position, p) => position === table[p]),
            sampled.every((p) => spans.at(p) === table[p]),
            spans.lengths.reduce((sum, n) => sum + n, 0),
          ];
        }""",
        size,
    )
    assert found == [True, True, size * size]


def test_a_level_keeps_runs_and_no_array_of_cells(page: Page, pyramid: Pyramid) -> None:
    """Thirty bytes a row or so, however many cells there are."""
    kept = page.evaluate(
        """pyramid.levels.map((level) => Object.values(level).reduce(
          (sum, one) => sum + (ArrayBuffer.isView(one) ? one.byteLength : 0), 0))"""
    )
    for level, size in zip(pyramid.levels, kept, strict=True):
        assert size < 300 + 60 * level.shape[0]


def test_a_cell_knows_its_place(page: Page, lattice: Lattice) -> None:
    found = page.evaluate(
        """() => {
          const level = pyramid.finest;
          const places = Array.from({ length: level.count }, (_, k) => level.place(k));
          const walked = [];
          level.each((cell, row, col) => (walked[cell] = [row, col]));
          const back = places.every(([row, col], k) => level.at(row, col) === k);
          return [places, walked, back, level.at(-1, 0), level.at(level.rows, 0)];
        }"""
    )
    places = np.column_stack((lattice.row, lattice.col))
    np.testing.assert_array_equal(found[0], places)
    np.testing.assert_array_equal(found[1], places)
    assert found[2:] == [True, -1, -1]


def test_a_body_of_another_city_is_refused(page: Page) -> None:
    message = page.evaluate(
        """() => {
          try {
            Jingge.decodeBody(pyramid.finest, new Uint8Array(5));
          } catch (error) {
            return error.message;
          }
        }"""
    )
    assert message.startswith("Expected ")
    assert message.endswith(" bytes, got 4.")


def test_edges_lie_between_the_cells_that_they_part(page: Page, lattice: Lattice) -> None:
    """Both ends of an edge are as far from one centre as from the other; outlines are h3's."""
    worst = page.evaluate(
        """() => {
          const level = pyramid.finest;
          let worst = 0;
          for (let cell = 0; cell < level.count; cell += 97)
            for (let d = 0; d < 6; d++) {
              const [r, c] = Jingge.STEPS[d];
              const plane = (row, col) => [row - col / 2, (col * Math.sqrt(3)) / 2];
              const [x0, y0] = plane(...level.place(cell));
              const [row, col] = level.place(cell);
              const [x1, y1] = plane(row + r, col + c);
              for (const end of level.edge(cell, d)) {
                const [x, y] = plane(...end);
                for (const [a, b] of [[x0, y0], [x1, y1]])
                  worst = Math.max(worst, Math.abs(Math.hypot(x - a, y - b) - 1 / Math.sqrt(3)));
              }
            }
          return worst;
        }"""
    )
    assert worst < 1e-9
    outline = np.array(page.evaluate("pyramid.finest.outline(123)"))
    corners = lattice.corners()[123]
    distance = np.abs(outline[:, None] - corners[None]).sum(axis=2)
    assert distance.min(axis=1).max() < 1e-9
    assert sorted(distance.argmin(axis=1)) == [0, 1, 2, 3, 4, 5]


def test_what_an_edge_separates(page: Page, pyramid: Pyramid) -> None:
    lattice = pyramid.levels[0]
    beats = (lattice.col // 11).astype(int)
    count = int(beats.max()) + 1
    stations = [b // 2 for b in range(count)]
    districts = [s // 3 for s in range(max(stations) + 1)]
    found = page.evaluate(
        """([beats, stations, districts]) => Array.from(Jingge.edgeClasses(
          pyramid, pyramid.majorities(Uint16Array.from(beats)),
          Jingge.borderBetween(stations, districts))).slice(0, beats.length)""",
        [beats.tolist(), stations, districts],
    )
    steps = [(1, 0), (0, 1), (1, 1), (-1, 0), (0, -1), (-1, -1)]
    for k in range(0, len(beats), 31):
        for d, (a, b) in enumerate(steps):
            other = lattice.index_of(lattice.row[k] + a, lattice.col[k] + b)
            kind = (found[k] >> (2 * d)) & 3
            if other < 0:
                assert kind == 3
                continue
            one, two = beats[k], beats[int(other)]
            same_district = districts[stations[one]] == districts[stations[two]]
            expected = 0 if one == two else 1 if stations[one] == stations[two] else 2
            assert kind == (expected if same_district else 3)


def test_gcj02_is_the_grids(page: Page) -> None:
    """To and fro within a millimetre of `grid.coordinates`."""
    rng = np.random.default_rng(2)
    lat, lng = rng.uniform(37, 43, 50), rng.uniform(106, 112, 50)
    found: Any = page.evaluate(
        """(points) => points.map((p) =>
          [Jingge.toGcj02(...p), Jingge.fromGcj02(...Jingge.toGcj02(...p))])""",
        np.column_stack((lat, lng)).tolist(),
    )
    moved, back = np.array(found).transpose(1, 0, 2)
    expected = np.column_stack(from_wgs84(lat, lng, "gcj02"))
    np.testing.assert_allclose(moved, expected, atol=1e-8)
    np.testing.assert_allclose(back, np.column_stack((lat, lng)), atol=1e-8)


@pytest.mark.parametrize("zoom", [11, 14, 17])
def test_cells_follow_gcj02_tiles_to_a_metre(page: Page, lattice: Lattice, zoom: int) -> None:
    """Shown pixels, moved back to WGS-84, lie within a metre of the cell that they show."""
    tiles = tiles_around(lattice, zoom, 6)
    pixels = np.random.default_rng(zoom).integers(0, len(tiles) * 65536, 4000)
    names = page.evaluate(
        """([z, tiles, pixels]) => {
          Jingge.showIn("gcj02");
          const level = pyramid.finest;
          const drawn = tiles.map(([x, y]) =>
            Jingge.buildTile(pyramid, level, { x, y, z }, 256, null, null));
          Jingge.showIn("wgs84");
          return pixels.map((p) => {
            const { spans } = drawn[Math.floor(p / 65536)];
            const position = spans ? spans.at(p % 65536) : pyramid.outside;
            return position === pyramid.outside ? "" : level.name(position);
          });
        }""",
        [zoom, tiles, pixels.tolist()],
    )
    from grid.coordinates import to_wgs84

    lat, lng = to_wgs84(*pixel_points(zoom, tiles, pixels, 256), "gcj02")
    metre = 1 / 111_000
    near = [
        np.where(lattice.index_at(lat + a * metre, lng + b * metre) >= 0,
                 format_cells(cells_at(lat + a * metre, lng + b * metre, 9)), "")
        for a, b in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
    ]  # fmt: skip
    assert (np.array(names) == np.array(near)).any(axis=0).all()
