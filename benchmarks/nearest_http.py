"""Nearest search over HTTP on one worker: the demo city's people and 5,000 tasks, asked by wrk.

    nice -n -15 python benchmarks/nearest_http.py [--seconds 10] [--connections 16]

A SQLite store is filled with the demo city; the service runs in this process, as `jingge run` runs
it, with its index following the store; wrk (a Debian package) asks from another process, each
request from another spot, with a session's cookie. Dispatchers ask for the nearest twenty people
who may fill a role; 64 volunteers for the nearest twenty tasks that they may take, by all rules of
signing up. While they ask, 50 people a second move, each through the store.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import select

sys.path.append(str(Path(__file__).parent.parent / "tests" / "support"))

from service_client import RunningService, start_service

from api.server import serving
from data.demo import build_demo
from data.store.bundle_io import make_record
from data.store.engine import open_engines, open_store
from data.store.migrate import upgrade
from data.store.records_from_bundle import fill_records
from data.store.tables.ground import Beat
from data.store.tables.people import Person
from data.store.tables.positions import Position
from data.store.tables.tasks import Task
from grid.cells import cells_at

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

TASKS, VOLUNTEERS, SPOTS, MOVES = 5_000, 64, 2_000, 50
SCRIPT = """
local paths, cookies = {{{paths}}}, {{{cookies}}}
local n = math.random(1, #paths)
request = function()
  n = n % #paths + 1
  return wrk.format("GET", paths[n], {{["Cookie"] = cookies[n % #cookies + 1]}})
end
"""


def fill(url: str, now: datetime) -> np.ndarray:
    """Fill a new store; return spots where something may happen."""
    engines = open_engines(url)
    upgrade(engines)
    engines.dispose()
    store = open_store(url)
    scenario = build_demo().scenario
    record = make_record(scenario)
    store.submit(lambda s: fill_records(s, record, bureau_name="包头市公安局", now=now))
    rng = np.random.default_rng(1)
    store.submit(lambda s: _add_tasks(s, rng, now))
    store.close()
    beats = scenario.beats[["lat", "lng"]].to_numpy()
    return beats[rng.integers(0, len(beats), SPOTS)] + rng.uniform(-0.01, 0.01, (SPOTS, 2))


def _add_tasks(session: Session, rng: np.random.Generator, now: datetime) -> None:
    beats = session.execute(select(Beat.id, Beat.station_id, Beat.lat, Beat.lng)).all()
    roles = ("community_reporter", "civility_inspector", "service_helper", "patrol_guard")
    for number in range(TASKS):
        beat = beats[int(rng.integers(0, len(beats)))]
        begin = now + timedelta(hours=float(rng.uniform(12, 300)))
        session.add(
            Task(
                code=f"T{number:05}",
                kind="patrol",
                state="open",
                title="巡逻",
                station_id=beat.station_id,
                beat_id=beat.id,
                lat=beat.lat,
                lng=beat.lng,
                cell=int(cells_at([beat.lat], [beat.lng], 9)[0]),
                starts_at=begin,
                ends_at=begin + timedelta(hours=2),
                signup_until=begin - timedelta(hours=6),
                role=roles[number % len(roles)],
                places=4,
                leaders=1,
                points=3,
                created_at=now,
                created_by="benchmark",
                changed_at=now,
            )
        )


def ask(address: str, paths: list[str], cookies: list[str], seconds: int, connections: int) -> str:
    """Run wrk; return what it says."""
    quoted = [", ".join(f'"{word}"' for word in words) for words in (paths, cookies)]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT.format(paths=quoted[0], cookies=quoted[1]))
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s"]
        done = subprocess.run(
            [*command, script.name, address], check=True, capture_output=True, text=True
        )
    return done.stdout


def told(name: str, text: str) -> str:
    """Return a row of the table."""
    lines = [line.split() for line in text.splitlines()]
    found = {words[0]: words[1] for words in lines if len(words) == 2}
    wrong = [line.strip() for line in text.splitlines() if "Non-2xx" in line or "Socket" in line]
    return f"| {name} | {found['Requests/sec:']} | {found['50%']} | {found['99%']} | {wrong} |"


def keep_moving(running: RunningService, stop: threading.Event) -> None:
    """Move people through the store, as their phones do."""
    rng = np.random.default_rng(2)
    with running.store.read() as session:
        people = session.execute(
            select(Person.id, Person.home_cell).where(Person.home_cell.is_not(None)).limit(5000)
        ).all()

    def work(session: Session) -> None:
        for at in rng.choice(len(people), MOVES, replace=False):
            one = people[int(at)]
            session.merge(
                Position(person_id=one.id, cell=one.home_cell, at=running.clock(), accuracy_m=10.0)
            )

    while not stop.wait(1.0):
        running.store.submit(work)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        url = f"sqlite:///{home}/city.db"
        spots = fill(url, datetime.now(UTC))
        running: Any = start_service(url)
        desk = running.app.state.live
        begun = time.perf_counter()
        desk.start()
        live = desk.index.live()
        print(
            f"{len(live.people.index):,} people, {len(live.tasks.index):,} tasks,"
            f" read in {time.perf_counter() - begun:.1f} s"
        )
        stop = threading.Event()
        mover = threading.Thread(target=keep_moving, args=(running, stop))
        mover.start()
        where = [f"lat={lat:.5f}&lng={lng:.5f}" for lat, lng in spots]
        dispatcher = running.login_as("city_dispatcher")
        with running.store.read() as session:
            codes = session.scalars(
                select(Person.code).where(Person.tier == "volunteer").limit(VOLUNTEERS)
            ).all()
        logins = [running.login_as("volunteer", person=code) for code in codes]
        questions = {
            "nearest 20 people": (
                [f"/api/v1/people/nearest?{spot}&role=patrol_guard&k=20" for spot in where],
                [dispatcher],
            ),
            "nearest 5 people": (
                [f"/api/v1/people/nearest?{spot}&role=patrol_guard&k=5" for spot in where],
                [dispatcher],
            ),
            "nearest 20 tasks": ([f"/api/v1/tasks/nearest?{spot}&k=20" for spot in where], logins),
            "nearest 5 tasks": ([f"/api/v1/tasks/nearest?{spot}&k=5" for spot in where], logins),
        }
        print("| question | requests/s | p50 | p99 | wrong |\n| --- | --- | --- | --- | --- |")
        with serving(running.app, running.settings) as address:
            for name, (paths, who) in questions.items():
                cookies = [f"jingge_session={one.token}" for one in who]
                ask(address, paths, cookies, 2, options.connections)
                text = ask(address, paths, cookies, options.seconds, options.connections)
                print(told(name, text), flush=True)
        stop.set()
        mover.join()
        desk.close()
        running.service.close()


if __name__ == "__main__":
    main()
