"""Measure the console at city size: the week, a board, suggestions, a change, its undoing.

    python benchmarks/board_actions.py BUNDLE RESULT [--boards 60]

The plan is loaded into a SQLite store of its own and served on loopback by one worker; one
dispatcher works on a draft. Milliseconds are those of the client, from request to the last byte.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx

sys.path[:0] = [str(Path(__file__).parents[1] / "tests" / "support")]

from service_client import KEYS, start_service, stop_service  # noqa: E402

from api.access.cookies import PLAIN  # noqa: E402
from api.loading import load_plan  # noqa: E402
from api.server import serving  # noqa: E402
from api.settings import Settings  # noqa: E402
from data.planning.successors import copy_to_draft  # noqa: E402
from data.store.engine import open_engines, open_store  # noqa: E402
from data.store.migrate import upgrade  # noqa: E402
from data.store.result_io import find_roster  # noqa: E402

TARGETS = ("week", "board", "people", "take", "undo")


def main() -> None:
    """Load, serve, measure, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("--boards", type=int, default=60)
    options = parser.parse_args()
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/board.db"
        engines = open_engines(url)
        upgrade(engines)
        engines.dispose()
        store = open_store(url)
        load_plan(store, KEYS, options.bundle, options.result, now=now, by="benchmark")
        draft = store.submit(
            lambda s: copy_to_draft(s, find_roster(s, 1), label="", by="benchmark", now=now)
        )
        store.close()
        running = start_service(url, Settings(port=0))
        login = running.login_as("city_dispatcher")
        with serving(running.app, running.settings) as address:
            client = httpx.Client(
                base_url=address,
                cookies={PLAIN: login.token},
                headers={"accept": "text/html", "x-csrf-token": login.csrf},
                timeout=60,
            )
            times = measure(client, f"/console/rosters/{draft}", options.boards)
        stop_service(running)
    print("| page or action | n | p50 ms | p99 ms |\n| --- | ---: | ---: | ---: |")
    for name in TARGETS:
        found = sorted(times[name])
        p99 = found[min(len(found) - 1, int(0.99 * len(found)))]
        print(f"| {name} | {len(found)} | {found[len(found) // 2]:.0f} | {p99:.0f} |")


def measure(client: httpx.Client, roster: str, boards: int) -> dict[str, list[float]]:
    """Open boards at random; on each ask for people, take somebody off and undo it."""
    times: dict[str, list[float]] = defaultdict(list)

    def timed(name: str, method: str, address: str, **form: str) -> str:
        begun = time.perf_counter()
        answer = client.request(method, address, data=form or None)
        times[name].append(1000 * (time.perf_counter() - begun))
        answer.raise_for_status()
        return answer.text

    for _ in range(20):
        page = timed("week", "GET", roster)
    links = [
        link.replace("&amp;", "&") for link in re.findall(r'href="([^"]*/board\?[^"]+)"', page)
    ]
    for link in random.Random(1).sample(links, boards):  # noqa: S311
        page = timed("board", "GET", link)
        query = dict(parse_qsl(urlsplit(link).query))
        if who := re.search(r'hx-get="([^"]+)"', page):
            timed("people", "GET", who[1].replace("&amp;", "&"))
        chip = re.search(
            r'name="person" value="(\d+)"><input type="hidden" name="line" value="([^"]+)"', page
        )
        if chip:
            form = {**query, "person": chip[1], "line": chip[2], "step": "take"}
            page = timed("take", "POST", f"{roster}/board", seen=_seen(page), **form)
            timed("undo", "POST", f"{roster}/board", seen=_seen(page), **query, step="undo")
    return times


def _seen(page: str) -> str:
    found = re.search(r'data-seen="(\d+)"', page)
    return found[1] if found else "0"


if __name__ == "__main__":
    main()
