"""Take the pictures of the README: ``python docs/screenshots.py BUNDLE RESULT``.

Loads the plan into a store of its own, serves it on a free loopback port, opens it in a headless
Chromium as the role whose page it is, waits until everything is drawn, and writes PNGs of at most
256 colours. Fails where a page asks any other host for anything or where a script reports an
error, so that a picture is also a check.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.sync_api import sync_playwright

from api.loading import load_plan
from api.server import serving
from api.settings import Settings
from data.store.engine import open_engines, open_store
from data.store.migrate import upgrade

sys.path[:0] = [str(Path(__file__).parents[1] / "tests" / "support")]

from service_client import KEYS, start_service, stop_service  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from service_client import Login, RunningService

    from api.city import City

IMAGES = Path(__file__).parent / "images"
FRIDAY, EVENING_HOUR = 4, 18
DESKTOP, PHONE = (1440, 900), (360, 740)
SETTLED = "() => !document.querySelector('iframe') || frames[0].document.body.dataset.ready"


@dataclass(frozen=True, slots=True)
class Picture:
    """One PNG: where it is taken and how.

    Attributes
    ----------
    path : str
        Of the page, with ``{shift}`` for the position of Friday evening, ``{code}`` for its code,
        ``{station}`` for a station that is short then.
    role : str
        Who looks at it.
    size : tuple of int
        Width and height of the window in CSS pixels.
    lang : str
        What the browser asks for.
    is_map : bool
        Whether the page is a map, which says itself when it is drawn.
    hover : tuple of float or None
        Where the pointer rests, as shares of the window; None: nowhere.
    scale : float
        Device pixels a CSS pixel.
    """

    name: str
    path: str
    role: str = "reviewer"
    size: tuple[int, int] = DESKTOP
    lang: str = "zh-CN"
    is_map: bool = False
    hover: tuple[float, float] | None = None
    scale: float = 1


MAP = "#shift={shift}&"
PICTURES = (
    Picture("start", "/"),
    Picture("start-en", "/", lang="en"),
    Picture("start-phone", "/", size=PHONE, scale=2),
    Picture("coverage", "/maps/coverage" + MAP, is_map=True, hover=(0.37, 0.455)),
    Picture("coverage-en", "/maps/coverage" + MAP, lang="en", is_map=True, hover=(0.37, 0.455)),
    Picture("coverage-phone", "/maps/coverage" + MAP, size=PHONE, is_map=True, scale=2),
    Picture("gaps", "/maps/gaps" + MAP, is_map=True),
    Picture("gaps-phone", "/maps/gaps" + MAP, size=PHONE, is_map=True, scale=2),
    Picture("gap-list", "/gaps"),
    Picture("gap-list-phone", "/gaps", size=PHONE, scale=2),
    Picture("week", "/console/rosters/1", "city_dispatcher"),
    Picture("board", "/console/rosters/1/board?station={station}&shift={code}", "city_dispatcher"),
    Picture("live", "/console/live", "city_dispatcher"),
)


def friday_evening(city: City) -> int:
    """Return the position of the shift that starts on a Friday evening, local time.

    Raises
    ------
    ValueError
        Where there is none.
    """
    hour = timedelta(hours=1)
    for number, start in enumerate(city.scenario.shifts["starts_at"]):
        local = start.tz_convert(city.scenario.timezone)
        since = local - local.normalize()
        if local.weekday() == FRIDAY and EVENING_HOUR * hour <= since < (EVENING_HOUR + 3) * hour:
            return number
    raise ValueError("Expected a shift on a Friday evening, got none.")


def short_station(city: City, shift: str) -> str:
    """Return the station that lacks most people in a shift."""
    gaps = city.result.gaps
    missing = gaps[gaps["shift_id"] == shift].merge(city.scenario.beats, on="beat_id")
    return str(missing.groupby("station_id")["missing"].sum().idxmax())


def take(
    browser: Browser,
    running: RunningService,
    address: str,
    login: Login,
    *,
    picture: Picture,
    values: dict[str, object],
) -> bytes:
    """Return the PNG of a page as Chromium makes it.

    Raises
    ------
    RuntimeError
        Where the page asked another host, or a script reported an error.
    """
    width, height = picture.size
    context = running.browser_context(
        browser,
        address,
        login,
        viewport={"width": width, "height": height},
        device_scale_factor=picture.scale,
        locale=picture.lang,
    )
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((address, "data:", "blob:"))
            else wrong.append(request.url)
        ),
    )
    page.goto(address + picture.path.format_map(values), wait_until="load")
    if picture.is_map:
        page.wait_for_selector("body[data-ready]")
    else:
        page.evaluate("document.querySelector('iframe')?.setAttribute('loading', 'eager')")
        page.wait_for_function(SETTLED)
    if picture.hover is not None:
        page.mouse.move(picture.hover[0] * width, picture.hover[1] * height)
    page.wait_for_timeout(400)
    png = page.screenshot()
    context.close()
    if wrong:
        raise RuntimeError(f"Expected {picture.name} to load quietly from us alone, got {wrong}.")
    return png


def quantised(png: bytes) -> bytes:
    """Return the picture with at most 256 colours, which for flat pages is a third of the bytes."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    # This method keeps rare colours, such as the one warning on a page; k-means the large areas.
    method = Image.Quantize.MAXCOVERAGE
    few = image.quantize(256, method=method, kmeans=3, dither=Image.Dither.NONE)
    out = io.BytesIO()
    few.save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> None:
    """Write every picture, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("--out", type=Path, default=IMAGES)
    parser.add_argument("--only", nargs="*", help="names of pictures; default: all")
    options = parser.parse_args()
    chromium = os.environ.get("JINGGE_CHROMIUM") or shutil.which("chromium")
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        running = loaded(f"sqlite:///{folder}/pictures.db", options.bundle, options.result)
        city = running.service.cities.served().city
        shift = friday_evening(city)
        code = str(city.scenario.shifts["shift_id"].iloc[shift])
        values = {"shift": shift, "code": code, "station": short_station(city, code)}
        logins = {role: running.login_as(role) for role in {one.role for one in PICTURES}}
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with serving(running.app, running.settings) as address:
            for picture in PICTURES:
                if options.only and picture.name not in options.only:
                    continue
                login = logins[picture.role]
                png = quantised(
                    take(browser, running, address, login, picture=picture, values=values)
                )
                (options.out / f"{picture.name}.png").write_bytes(png)
                print(f"{picture.name:16} {len(png) / 1e3:6.0f} KB")
        browser.close()
        stop_service(running)


def loaded(url: str, bundle: Path, result: Path) -> RunningService:
    """Return a service whose store has the plan published."""
    engines = open_engines(url)
    upgrade(engines)
    engines.dispose()
    store = open_store(url)
    load_plan(store, KEYS, bundle, result, now=datetime.now(UTC), by="pictures")
    store.close()
    return start_service(url, Settings(port=0), keys=KEYS)


if __name__ == "__main__":
    main()
