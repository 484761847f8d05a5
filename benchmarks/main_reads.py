"""How long the main reads take over HTTP at full city size, on both databases, asked by wrk.

    nice -n -15 python benchmarks/main_reads.py [sqlite] [postgresql] --bundle DIR --result DIR

A store is filled with a city and its plan (`jingge demo`, `jingge plan`); the service runs in a
process of its own, as `jingge serve` runs it, and wrk (a Debian package) asks it over one
connection, then over eight: a city dispatcher, station dispatchers, officers and volunteers, each
within their jurisdiction. Reading personal data writes an audit entry: that is in these times.
Everything is asked once before: `first` is how long that took, and what is kept afterwards (a
week's counts, an explanation until the next step) is in the other figures.
"""

from __future__ import annotations

import argparse
import base64
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

from sqlalchemy import select

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from nearest_http import ask, told  # noqa: E402
from service_client import start_service  # noqa: E402
from store_speed import database  # noqa: E402
from tiny_store import KEYS  # noqa: E402

from api.loading import load_plan  # noqa: E402
from data.planning.rosters import Reader, list_gaps  # noqa: E402
from data.store.engine import open_engines, open_store  # noqa: E402
from data.store.migrate import upgrade  # noqa: E402
from data.store.scope import Scope  # noqa: E402
from data.store.tables.ground import Beat, Station  # noqa: E402
from data.store.tables.people import Person  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service_client import Login, RunningService

CODE = "from api.cli import main; main()"
STATIONS, VOLUNTEERS, PEOPLE = 20, 64, 200
Question = tuple[str, list[str], list["Login"]]


@contextmanager
def server(url: str, workers: int = 1) -> Iterator[str]:
    """Serve a store from a process of its own, or several; yield the address."""
    key = base64.b64encode(b"tiny" * 8).decode()
    names = {"JINGGE_DATABASE_URL": url, "JINGGE_SECRET_KEY": key, "JINGGE_LANG": "en"}
    with subprocess.Popen(
        [sys.executable, "-c", CODE, "serve", "--port", "0", "--workers", str(workers)],
        env={**os.environ, **names},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        begun = time.perf_counter()
        address = next(line for line in process.stdout if line.startswith("Open http")).split()[1]
        print(f"  served after {time.perf_counter() - begun:.1f} s", flush=True)
        try:
            yield address.rstrip("/")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def questions(running: RunningService, roster: int) -> list[Question]:
    """Give what is asked: a name, paths, and who asks them."""
    with running.store.read() as session:
        stations = session.scalars(select(Station.code).order_by(Station.id)).all()[:STATIONS]
        beats = session.scalars(select(Beat.code).order_by(Beat.id)).all()[:STATIONS]
        volunteers = session.scalars(
            select(Person.code).where(Person.tier == "volunteer").order_by(Person.id)
        ).all()
    city = [running.login_as("city_dispatcher")]
    own = [running.login_as("station_dispatcher", station=one) for one in stations]
    officers = [running.login_as("community_officer", beat=one) for one in beats]
    some = volunteers[:: max(1, len(volunteers) // VOLUNTEERS)][:VOLUNTEERS]
    phones = [running.login_as("volunteer", person=one) for one in some]
    files = volunteers[:: max(1, len(volunteers) // PEOPLE)][:PEOPLE]
    turns = f"/api/v1/rosters/{roster}/assignments"
    return [
        ("people of the city, a page of 100", ["/api/v1/people?limit=100"], city),
        ("people of a station, a page of 100", ["/api/v1/people?limit=100"], own),
        ("one member's file", [f"/api/v1/people/{one}" for one in files], city),
        ("who stands on a beat", [f"{turns}?beat={one}" for one in beats], city),
        ("who stands in a jurisdiction, a page of 100", [f"{turns}?limit=100"], officers),
        ("gaps of a station, a page of 100", [f"/api/v1/rosters/{roster}/gaps?limit=100"], own),
        ("demand of a station, a page of 100", ["/api/v1/week/demand?limit=100"], own),
        ("rosters with figures", ["/api/v1/rosters"], city),
        ("one's own turns, the phone's page", ["/m/shifts"], phones),
        ("one's own calendar", ["/api/v1/my/calendar"], phones),
        *[(f"console: {name}", [path], city) for name, path in _pages(running, roster).items()],
    ]


def _pages(running: RunningService, roster: int) -> dict[str, str]:
    """Give the pages that a dispatcher opens, by what they show."""
    with running.store.read() as session:
        gap = list_gaps(session, Reader(Scope(city=True), True, ""), roster, limit=1)[0]
    week, at = f"/console/rosters/{roster}", f"shift={gap['shift_id']}"
    return {
        "week": week,
        "board": f"{week}/board?station={gap['station_id']}&{at}",
        "why a post is short": f"{week}/why?beat={gap['beat_id']}&{at}",
        "insurance": "/console/insurance",
        "people": "/console/people",
        "people found": "/console/people?q=%E7%8E%8B",
        "teams": "/console/teams",
        "tasks": "/console/tasks",
        "demand": "/console/demand",
        "arrivals": "/console/arrivals",
        "live": "/console/live",
        "rosters": "/console/rosters",
        "gaps of the city": "/gaps",
    }


def once(address: str, paths: list[str], cookies: list[str]) -> float:
    """Ask each path once, and as each who asks; return how long the first one took, ms."""
    took = []
    for number in range(max(len(paths), len(cookies))):
        headers = {"Cookie": cookies[number % len(cookies)], "Accept": "text/html, */*"}
        path = address + paths[number % len(paths)]
        begun = time.perf_counter()
        urlopen(Request(path, headers=headers)).read()  # noqa: S310 - http, ours
        took.append(time.perf_counter() - begun)
    return 1000 * took[0]


def measure(url: str, bundle: Path, result: Path, seconds: int) -> None:
    """Fill a store and ask everything."""
    engines = open_engines(url)
    upgrade(engines)
    engines.dispose()
    store = open_store(url)
    begun = time.perf_counter()
    roster = load_plan(store, KEYS, bundle, result, now=datetime.now(UTC), by="benchmark")
    print(f"  loaded in {time.perf_counter() - begun:.1f} s, load {os.getloadavg()[0]:.1f}")
    store.close()
    running = start_service(url)
    asked = questions(running, roster)
    running.service.close()
    head = "| question | first ms | requests/s | p50 | p99 | wrong |"
    head += "\n| --- | ---: | ---: | ---: | ---: | --- |"
    with server(url) as address:
        for connections in (1, 8):
            print(f"\n{connections} at a time:\n\n{head}")
            for name, paths, who in asked:
                cookies = [f"jingge_session={one.token}" for one in who]
                first = once(address, paths, cookies)
                text = ask(address, paths, cookies, seconds, connections)
                print(told(f"{name} | {first:.0f}", text), flush=True)


def main() -> None:
    """Measure on the databases that were named, or on both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--result", type=Path, required=True)
    parser.add_argument("--seconds", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for kind in options.kinds:
            print(kind)
            with database(kind, Path(name)) as url:
                measure(url, options.bundle, options.result, options.seconds)


if __name__ == "__main__":
    main()
