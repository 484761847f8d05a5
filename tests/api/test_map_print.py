"""Sheets: paper of one page with the plan's words on it, from the command and from the service."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.language import texts_of
from api.map_chromium import ChromiumError, find_chromium, print_page
from api.map_print import SheetChoice, sheet_file
from api.server import serving
from api.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser
    from service_client import RunningService
    from starlette.testclient import TestClient as Client

    from api.city import City

NOW = datetime(2026, 11, 26, 4, tzinfo=UTC)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("choice", "points"),
    [
        (SheetChoice(kind="gaps"), (841.92, 594.96)),
        (SheetChoice(kind="equity", paper="a3", whole=True), (1191.12, 841.92)),
    ],
)
def test_the_command_prints_one_sheet(
    city: City, bundle: Path, tmp_path: Path, choice: SheetChoice, points: tuple[float, float]
) -> None:
    roster = tmp_path / "roster.csv"
    city.result.roster.to_csv(roster, index=False)
    pdf, png = tmp_path / "map.pdf", tmp_path / "map.png"
    words = ["map", str(bundle), str(roster), "--pdf", str(pdf), "--png", str(png)]
    words += ["--kind", choice.kind, "--paper", choice.paper, *(["--whole"] * choice.whole)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    raw = pdf.read_bytes()
    assert re.findall(rb"/Type /Page\b", raw) == [b"/Type /Page"]
    box = re.search(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", raw)
    assert box
    assert [float(one) for one in box.groups()] == pytest.approx(points, abs=1)
    head = png.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = (int.from_bytes(head[k : k + 4], "big") for k in (16, 20))
    assert width / height == pytest.approx(points[0] / points[1], rel=0.01)
    assert width > 2000


def test_without_a_chromium_it_says_so(tmp_path: Path, bundle: Path) -> None:
    with pytest.raises(ChromiumError, match=r"JINGGE_CHROMIUM; got none"):
        find_chromium({"PATH": str(tmp_path)})
    with pytest.raises(ChromiumError, match="one of nowhere"):
        find_chromium({"PATH": str(tmp_path), "JINGGE_CHROMIUM": "nowhere"})
    done = CliRunner().invoke(app, ["map", str(bundle), str(bundle / "roles.csv")])
    assert done.exit_code == 2  # neither a file, nor a sheet


def test_a_browser_that_ends_is_an_error() -> None:
    with pytest.raises(ChromiumError, match="got its end"):
        print_page("<p>", "a4", program="/bin/true", pdf=True, png=False)


def test_a_sheet_of_what_is_not_there(city: City) -> None:
    roster = city.result.roster
    for wrong in (SheetChoice(kind="change"), SheetChoice(shift=99)):
        with pytest.raises(ValueError, match="Expected"):
            sheet_file(city.scenario, roster, texts_of("zh"), wrong, now=NOW)
    with pytest.raises(ValueError, match="got 2"):
        SheetChoice(ring=2)


def test_routes_of_sheets(client: Client, running: RunningService) -> None:
    assert '"paper":"a3"' in client.get("/maps/print/coverage?paper=a3&zoom=12&lat=40&lng=110").text
    asked = "shift=1&ring=3&tier=all&level=50&span=shift&what=any&area=beat&fair=reach&load=filled"
    assert client.get(f"/maps/print/workload?{asked}&paper=a4&ask=1").status_code == 200
    for wrong in ("paper=a5", "ring=2", "lat=nan", "what=%3Cb%3E"):
        assert client.get(f"/maps/print/gaps?{wrong}").status_code == 422
    assert client.get("/maps/print/coverage?shift=99").status_code == 404
    assert client.get("/maps/print/change").status_code == 404
    officer = running.client_as("community_officer", beat="haiwei")
    assert officer.get("/maps/print/gaps").status_code == 200
    assert officer.get("/maps/print/equity").status_code == 403


@pytest.mark.browser
def test_the_button_opens_the_sheet_of_what_is_shown(
    running: RunningService, browser: Browser
) -> None:
    with serving(running.app, Settings(port=0)) as address:
        login = running.login_as("reviewer")
        context = running.browser_context(
            browser, address, login, viewport={"width": 1440, "height": 900}, locale="zh-CN"
        )
        # The tab that it would open is visited in this one: a tab behind is drawn late.
        context.add_init_script(
            "HTMLAnchorElement.prototype.click = function () { globalThis.asked = this.href; };"
            "globalThis.print = () => (document.body.dataset.printed = 1);"
        )
        notes: list[str] = []
        context.on("weberror", lambda error: notes.append(str(error.error)))
        sheet = context.new_page()
        sheet.goto(f"{address}/maps/workload#kind=workload&load=filled")
        sheet.wait_for_selector("body[data-ready]")
        sheet.get_by_role("button", name="打印").click()
        sheet.goto(sheet.evaluate("asked"))
        sheet.wait_for_selector("body[data-printed]")
        words = sheet.inner_text("#jg-ui")
        assert "工作量图" in words
        assert "排班版本" in words
        assert sheet.locator(".jg-sheet-list li").count() > 0
        assert "{n}" not in words
        assert notes == []
        context.close()
