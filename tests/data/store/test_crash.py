"""Nothing that was acknowledged is lost: not by ``kill -9``, not by a power cut.

``JINGGE_CRASH_ROUNDS=200`` gives the full counts; the default is what CI has time for.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import crash_writer
import pytest
from postgres_server import Server, find_binaries, running_server
from sqlalchemy import text

from data.store.engine import Engines, open_engines, open_store
from data.store.migrate import upgrade

ROUNDS = int(os.environ.get("JINGGE_CRASH_ROUNDS", "2"))
CUTS = max(15, ROUNDS)
SUPPORT = Path(crash_writer.__file__).parent
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(SUPPORT), str(SUPPORT.parents[1])]),
}


@pytest.mark.only("sqlite")
def test_killed_writers_lose_nothing_and_hold_up_nobody(url: str) -> None:
    """Two processes write to one file; the first is killed, the other goes on until it is, too."""
    rng = random.Random(1)
    acknowledged: set[int] = set()
    for round_ in range(ROUNDS):
        first, second = (_writing(url, (2 * round_ + number) * 10**6) for number in range(2))
        for child, other in ((first, second), (second, None)):
            assert child.stdout is not None
            for _ in range(rng.randint(1, 150)):
                acknowledged.add(int(child.stdout.readline()))
            time.sleep(rng.random() / 100)
            child.send_signal(signal.SIGKILL)
            # What stands in the pipe was acknowledged before the end; a torn last line was not.
            rest = child.stdout.read()
            acknowledged |= {int(line) for line in rest.split("\n")[:-1]}
            child.wait()
            child.stdout.close()
            if other is not None:  # nobody waits for the turn of the dead
                assert other.stdout is not None
                acknowledged |= {int(other.stdout.readline()) for _ in range(1_000)}
        pairs, halves = _look(url)
        assert (acknowledged - pairs, halves) == (set(), 0)
    assert len(acknowledged) >= 1_000 * ROUNDS


def _writing(url: str, start: int) -> subprocess.Popen[str]:
    """Start a process that writes, and says what was acknowledged."""
    arguments = [sys.executable, "-m", "crash_writer", url, str(start)]
    return subprocess.Popen(arguments, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)


def _look(url: str) -> tuple[set[int], int]:
    store = open_store(url)
    found = crash_writer.stored_pairs(store)
    if store.kind == "sqlite":
        with store.read() as session:
            assert session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
    store.close()
    return found


@pytest.fixture
def own_server() -> Server:
    """Give a server that may be killed; the others of the tests go on."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("needs PostgreSQL's server binaries: see conftest.py")
    with running_server(binaries) as running:
        yield running


def test_a_killed_server_loses_nothing(server: Server, own_server: Server) -> None:
    """PostgreSQL, all its processes at once, while eight threads write."""
    rng = random.Random(2)
    url = own_server.url("postgres")
    engines: Engines = open_engines(url)
    upgrade(engines)
    engines.dispose()
    acknowledged: set[int] = set()
    for round_ in range(ROUNDS):
        store = open_store(url)
        stop = threading.Event()
        threads = crash_writer.write_pairs(store, acknowledged.add, stop, round_ * 10**6)
        wanted = len(acknowledged) + rng.randint(1, 150)
        while len(acknowledged) < wanted:
            time.sleep(0.001)
        own_server.kill()
        for thread in threads:
            thread.join(30)
        store.close()
        own_server.start()
        pairs, halves = _look(url)
        assert (acknowledged - pairs, halves) == (set(), 0)
    assert len(acknowledged) >= ROUNDS


def lost_in_power_cuts(template: Path, folder: Path, synchronous: str) -> tuple[int, int, int]:
    """Return, over all cuts: acknowledged writes, lost ones, half transactions."""
    shutil.copy(template, folder / "store.db")
    out = folder / "cuts"
    arguments = [f"sqlite:///{folder / 'store.db'}", str(out), str(CUTS), synchronous, "3"]
    subprocess.run(
        [sys.executable, "-m", "power_cut", *arguments], env=ENVIRONMENT, check=True, timeout=280
    )
    total = lost = halves = 0
    for cut in out.iterdir():
        acknowledged = set(json.loads((cut / "acknowledged.json").read_text()))
        pairs, half = _look(f"sqlite:///{cut / 'store.db'}")
        total += len(acknowledged)
        lost += len(acknowledged - pairs)
        halves += half
    assert len(list(out.iterdir())) == CUTS
    return total, lost, halves


def test_a_power_cut_loses_nothing(sqlite_template: Path, tmp_path: Path) -> None:
    total, lost, halves = lost_in_power_cuts(sqlite_template, tmp_path, "FULL")
    assert total > 10 * CUTS
    assert (lost, halves) == (0, 0)


def test_a_power_cut_would_be_noticed(sqlite_template: Path, tmp_path: Path) -> None:
    """With synchronous=NORMAL, the same cuts do lose writes: the test above can fail."""
    total, lost, halves = lost_in_power_cuts(sqlite_template, tmp_path, "NORMAL")
    assert total > 10 * CUTS
    assert lost > 0
    assert halves == 0
