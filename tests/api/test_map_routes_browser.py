"""The maps in a real Chromium: nothing leaves the origin, nothing that people wrote is run.

Every place that holds words of people, in turn, gets every payload: 20 beats, each with its own.
"""

from __future__ import annotations

import itertools
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from payloads import PAYLOADS
from portions import IS_LONG
from service_client import Login, RunningService, start_service, stop_service
from tiny_city import (
    beats_table,
    demand_table,
    roles_table,
    roster_table,
    shifts_table,
    tiny_scenario,
)

from api.city import City, build_city
from api.language import texts_of
from api.map_file import map_file, unreported
from api.server import serving
from api.settings import Settings
from grid.cells import cells_at
from grid.lattice import SortedCellIndex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from dispatch.scenario import Scenario

pytestmark = pytest.mark.browser

LOGINS: dict[str, tuple[RunningService, Login]] = {}


def new_page(browser: Browser, address: str, **options: Any) -> Page:
    """Open a page of a reviewer; closing it closes its context, too."""
    running, login = LOGINS[address]
    options = {"reduced_motion": "reduce", **options}  # places are there at once
    context = running.browser_context(browser, address, login, **options)
    page = context.new_page()
    page.on("close", lambda _: context.close())
    return page


def hostile_scenario() -> Scenario:
    """Twenty beats in a row along a street, every word of each a payload."""
    beats = beats_table(
        *(
            {
                "beat_id": f"{text} b{k}",
                "station_id": f"{text} s{k // 2}",
                "sub_bureau_id": f"{text} d{k // 4}",
                "name": f"{text}",
                "station_name": f"{text}",
                "sub_bureau_name": f"{text}",
                "lat": 40.66 + 0.01 * (k % 4),
                "lng": 109.80 + 0.012 * (k // 4),
            }
            for k, text in enumerate(PAYLOADS)
        )
    )
    roles = roles_table(*({"role": text, "tier": "volunteer"} for text in PAYLOADS))
    shifts = shifts_table(
        (PAYLOADS[8], "2026-11-27 07:00", "2026-11-27 11:00"),
        (PAYLOADS[0], "2026-11-27 19:00", "2026-11-27 23:00"),
    )
    lat, lng = np.meshgrid(np.arange(40.64, 40.71, 0.0009), np.arange(109.78, 109.88, 0.0009))
    cells = np.unique(cells_at(lat.ravel(), lng.ravel(), 9))
    owners = beats["beat_id"].to_numpy()[np.arange(len(cells)) * len(beats) // len(cells)]
    weight = np.where(np.arange(len(cells)) % 3 > 0, 1.0, 0.0)
    people = tiny_scenario().people
    return tiny_scenario(
        name=PAYLOADS[8],
        beats=beats,
        roles=roles,
        shifts=shifts,
        cells=pd.DataFrame({"cell": cells, "beat_id": owners, "weight": weight}),
        demand=demand_table(
            *(
                (beat, shifts["shift_id"][k % 2], text, (2, 1))
                for k, (beat, text) in enumerate(zip(beats["beat_id"], PAYLOADS, strict=True))
            )
        ),
        people=people,
        availability=tiny_scenario().availability.iloc[:0],
    )


@pytest.fixture(scope="module")
def hostile_city() -> City:
    scenario = hostile_scenario()
    roster = roster_table(
        ("sun", scenario.beats["beat_id"][0], scenario.shifts["shift_id"][0], PAYLOADS[0])
    )
    return build_city(scenario, unreported(roster), "f" * 64)


BOTH = pytest.mark.parametrize("address", ["lattice", "h3"], indirect=True)
ON_LATTICE = BOTH if IS_LONG else pytest.mark.parametrize("address", ["lattice"], indirect=True)
"""What does not hang on how cells are told apart: on both in the long run."""
EVERY_WAY = tuple(itertools.product(("coverage", "gaps"), (360, 1440), ("lattice", "h3")))
if not IS_LONG:  # every pair of choices
    EVERY_WAY = tuple(
        way for way in EVERY_WAY if (way[0] == "gaps") ^ (way[1] == 360) ^ (way[2] == "h3")
    )


@pytest.fixture(scope="module")
def address(
    request: pytest.FixtureRequest, hostile_city: City, tiny_file: Path, tmp_path_factory: Any
) -> Iterator[str]:
    """The hostile city, once on its lattice and once as if it lay on none."""
    city = hostile_city
    if request.param == "h3":
        order = np.argsort(city.lattice.cells)
        city = replace(
            city,
            lattice=SortedCellIndex(9, city.lattice.cells[order]),
            cell_beat=city.cell_beat[order],
            cell_weight=city.cell_weight[order],
            coverage=replace(
                city.coverage,
                reached={key: matrix[order] for key, matrix in city.coverage.reached.items()},
            ),
        )
    file = tmp_path_factory.mktemp("hostile") / "store.db"
    shutil.copy(tiny_file, file)
    running = start_service(f"sqlite:///{file}", city=city)
    with serving(running.app, Settings(port=0)) as found:
        LOGINS[found] = running, running.login_as("reviewer")
        yield found
    stop_service(running)


class Watch:
    """Notes whatever a page should not do."""

    def __init__(self, page: Page, origin: str) -> None:
        self.notes: list[str] = []
        self.requests = 0
        page.on("request", lambda r: self._asked(r.url, origin))
        page.on(
            "console", lambda m: self.notes.append(m.text) if m.type in {"error", "warning"} else 0
        )
        page.on("pageerror", lambda error: self.notes.append(str(error)))
        page.on("dialog", lambda d: (self.notes.append(f"dialog {d.message}"), d.dismiss()))
        page.add_init_script(
            "addEventListener('securitypolicyviolation',"
            "(e) => console.error('policy', e.violatedDirective))"
        )

    def _asked(self, url: str, origin: str) -> None:
        self.requests += 1
        if not url.startswith((origin, "data:", "blob:")):
            self.notes.append(f"asked {url}")


def ready(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector("body[data-ready]", timeout=90_000)


def look_at_every_beat(page: Page, count: int) -> list[str]:
    """Pin every beat and return the headings of the cards."""
    return page.evaluate(
        """async (count) => {
          const city = Jingge.city;
          const seen = [];
          for (let beat = 0; beat < count; beat++) {
            city.goTo(beat);
            for (let wait = 0; wait < 200 && city.layer.positionAt(city.pinned) < 0; wait++)
              await new Promise((resolve) => setTimeout(resolve, 20));
            city.refreshCard();
            city.describe(city.layer.positionAt(city.pinned));
            seen.push(city.places.beats.name[beat]);
          }
          return seen;
        }""",
        count,
    )


@pytest.mark.parametrize(("kind", "width", "address"), EVERY_WAY, indirect=["address"])
def test_nothing_runs_and_nothing_leaves(
    browser: Browser, address: str, hostile_city: City, kind: str, width: int
) -> None:
    page = new_page(browser, address, viewport={"width": width, "height": 740})
    watch = Watch(page, address)
    ready(page, f"{address}/maps/{kind}")
    seen = look_at_every_beat(page, len(PAYLOADS))
    assert seen == list(hostile_city.scenario.beats["name"])
    for flag in ("names", "posts", "beats", "stations", "districts"):
        page.evaluate("(flag) => Jingge.city.set({ [flag]: false })", flag)
    page.wait_for_timeout(300)
    assert page.evaluate("globalThis.__hit") is None
    assert watch.notes == []
    assert watch.requests > 8
    assert page.evaluate("document.scripts.length") == page.evaluate(
        "document.querySelectorAll('script[nonce]').length"
    )
    assert not page.query_selector("#jg-ui img, #jg-ui iframe, #jg-ui script, #jg-ui style")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@ON_LATTICE
def test_the_reviewers_maps_run_nothing_either(
    browser: Browser, address: str, hostile_city: City
) -> None:
    """Every map, its ranking with causes and remedies, and each of its choices."""
    page = new_page(browser, address, viewport={"width": 1440, "height": 800})
    watch = Watch(page, address)
    ready(page, f"{address}/maps/price#span=week")
    for choice in (
        *("{kind: 'price', span: 'shift'}", "{kind: 'price', span: 'week', what: 'volunteer'}"),
        *("{kind: 'equity', area: 'beat'}", "{area: 'station'}", "{area: 'district'}"),
        *("{fair: 'hours'}", "{kind: 'workload'}", "{load: 'filled'}", "{load: 'each'}"),
        *("{kind: 'gaps', span: 'shift'}", "{kind: 'gaps', span: 'week'}"),
    ):
        page.evaluate(f"Jingge.city.set({choice})")
        page.wait_for_function("document.body.dataset.warm || Jingge.city.view.ahead(0).length")
        page.wait_for_timeout(100)
    for line in page.locator(".jg-list li summary").all()[:20]:
        line.click()
    names = set(page.locator(".jg-list-name").all_inner_texts())
    beats = {" ".join(name.split()) for name in hostile_city.scenario.beats["name"]}
    assert {" ".join(name.split()) for name in names} <= beats
    assert page.evaluate("globalThis.__hit") is None
    assert watch.notes == []
    assert not page.query_selector("#jg-ui img, #jg-ui iframe, #jg-ui script, #jg-ui style")
    page.close()


@BOTH
def test_the_card_tells_what_the_server_knows(browser: Browser, address: str) -> None:
    """Cell, beat, coverage and who is short, for a cell under the pointer."""
    page = new_page(browser, address, viewport={"width": 1200, "height": 800}, locale="en")
    ready(page, f"{address}/maps/coverage#ring=3&shift=0&map=14/40.66/109.80")
    known: dict[str, Any] = page.evaluate(
        """async () => {
          const city = Jingge.city;
          city.goTo(0);
          await new Promise((resolve) => setTimeout(resolve, 400));
          const point = city.pinned;
          const known = city.describe(city.layer.positionAt(point));
          return { ...known, lat: point.lat, lng: point.lng, posts: null };
        }"""
    )
    from grid.cells import format_cells

    assert known["name"] == format_cells(cells_at([known["lat"]], [known["lng"]], 9))[0]
    assert page.inner_text(".jg-card code") == known["name"]
    assert page.inner_text(".jg-card h2") == known["beatName"]
    page.close()


@ON_LATTICE
def test_keys_change_the_shift_and_the_address_keeps_it(browser: Browser, address: str) -> None:
    page = new_page(browser, address, viewport={"width": 1200, "height": 800})
    ready(page, f"{address}/maps/coverage#shift=0&ring=5&tier=volunteer&off=names,posts")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".jg-chip:nth-child(2)[aria-pressed=true]")
    page.wait_for_timeout(400)
    assert "shift=1&kind=coverage&ring=5&tier=volunteer" in page.url
    assert "off=posts,names" in page.url
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(100)
    state = page.evaluate(
        "(({ shift, names, tier }) => ({ shift, names, tier }))(Jingge.city.state)"
    )
    assert state == {"shift": 1, "names": False, "tier": "volunteer"}
    page.close()


@ON_LATTICE
def test_every_control_can_be_reached_and_named(browser: Browser, address: str) -> None:
    page = new_page(browser, address, viewport={"width": 1200, "height": 800})
    ready(page, f"{address}/maps/gaps")
    unnamed = page.evaluate(
        """Array.from(document.querySelectorAll("#jg-ui button, #jg-ui input"))
          .filter((e) => !e.getAttribute("aria-label") && !e.textContent.trim())
          .filter((e) => !e.closest("label"))
          .length"""
    )
    assert unnamed == 0
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement !== document.body")
    page.close()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (360, 740)])
@ON_LATTICE
def test_a_town_is_shown_whole_between_the_panels(
    browser: Browser, address: str, width: int, height: int
) -> None:
    page = new_page(browser, address, viewport={"width": width, "height": height})
    ready(page, f"{address}/maps/coverage")
    corners = page.evaluate(
        """(() => {
          const { map, panel, config } = Jingge.city;
          const at = config.view.city.map((corner) => map.latLngToContainerPoint(corner));
          const { left, right, top, bottom } = panel.margins();
          const size = map.getSize();
          const box = L.bounds(at);
          return [box.min.x - left, box.min.y - top,
                  size.x - right - box.max.x, size.y - bottom - box.max.y];
        })()"""
    )
    assert min(corners) >= -1, corners  # whole pixels are rounded
    page.close()


@ON_LATTICE
def test_wrong_addresses_are_ignored(browser: Browser, address: str) -> None:
    page = new_page(browser, address, viewport={"width": 800, "height": 600})
    watch = Watch(page, address)
    ready(
        page,
        f"{address}/maps/coverage#shift=99&ring=7&tier=<b>&kind=__proto__&level=1e9"
        "&map=NaN/x/91&off=shift",
    )
    state = page.evaluate(
        "[Jingge.city.state.ring, Jingge.city.state.tier, Jingge.city.state.kind]"
    )
    assert state == [0, "all", "coverage"]
    assert watch.notes == []
    page.close()


@pytest.mark.parametrize("off_lattice", [False, True])
def test_a_file_opens_with_no_network(
    browser: Browser,
    hostile_city: City,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    off_lattice: bool,
) -> None:
    if off_lattice:
        monkeypatch.setattr(
            "api.city.build_index", lambda cells: SortedCellIndex(9, np.sort(np.asarray(cells)))
        )
    file = tmp_path / "map.html"
    file.write_text(map_file(hostile_city.scenario, hostile_city.result.roster, texts_of("zh")))
    context = browser.new_context(offline=True, viewport={"width": 900, "height": 700})
    page = context.new_page()
    watch = Watch(page, file.as_uri())
    ready(page, file.as_uri())
    assert look_at_every_beat(page, len(PAYLOADS)) == list(hostile_city.scenario.beats["name"])
    page.evaluate("Jingge.city.set({ shift: 1, ring: 5, kind: 'gaps' })")
    page.wait_for_timeout(300)
    assert page.evaluate("globalThis.__hit") is None
    assert watch.notes == []
    assert watch.requests == 1
    context.close()
