"""Several processes behind one port: what one changes all see, and one that dies is replaced."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from service_client import start_service, stop_service
from sqlalchemy import select

from api import cli
from api.access.cookies import PLAIN
from data.store.engine import Store, open_store
from data.store.tables.checkins import RunnerLease

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from service_client import Login
    from store_fixtures import Filling, Templates

CODE = "import sys; from api.cli import main; sys.exit(main())"
KEY = base64.b64encode(b"tiny" * 8).decode()
PATIENCE_S = 60
"""A slow machine starts a worker in half of it."""


@pytest.mark.parametrize("number", [0, 65])
def test_a_number_of_workers_that_cannot_be_had_is_told(
    number: int,
    tiny_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment(f"sqlite:///{tiny_file}").items():
        monkeypatch.setenv(name, value)
    assert cli.run(["serve", "--port", "0", "--workers", str(number)]) == 2
    told = capsys.readouterr().err
    assert f"Expected 1..64 workers, got {number}" in told
    assert len(told.splitlines()) == 1


def environment(url: str) -> dict[str, str]:
    names = {"JINGGE_DATABASE_URL": url, "JINGGE_SECRET_KEY": KEY, "JINGGE_LANG": "en"}
    return {**os.environ, **names}


@contextmanager
def serving(url: str, log: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve a store with two workers while the block runs."""
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", CODE, "serve", "--port", "0", "--workers", "2"],
            env=environment(url),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdout is not None
        lines = (line for line in process.stdout if line.startswith("Open http://"))
        address = next(lines, "")
        if not address:
            pytest.fail(log.read_text())
        yield process, address.split()[1].rstrip("/")
    finally:
        process.terminate()
        process.communicate()


def children(process: subprocess.Popen[str]) -> set[int]:
    """Return the numbers of the workers that live."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return {int(one) for one in listed.split()}


def connected(address: str, login: Login, others: set[int]) -> httpx.Client:
    """Open a connection to one worker: while the others are halted, no other takes it."""
    for one in others:
        os.kill(one, signal.SIGSTOP)
    try:
        client = httpx.Client(
            base_url=address,
            cookies={PLAIN: login.token},
            headers={"x-csrf-token": login.csrf},
            timeout=20,
        )
        assert client.get("/healthz").status_code == 200
    finally:
        for one in others:
            os.kill(one, signal.SIGCONT)
    return client


def wait_for(what: Callable[[], bool], patience_s: float = PATIENCE_S) -> float:
    """Wait until something holds; return how long it took."""
    begun = time.monotonic()
    while not what():
        assert time.monotonic() < begun + patience_s, "Expected it to hold by now, it does not."
        time.sleep(0.05)
    return time.monotonic() - begun


def holder(store: Store, name: str) -> int:
    """Return the process that has a lease."""
    with store.read() as session:
        found = session.scalar(select(RunnerLease.holder).where(RunnerLease.name == name))
    return int(found.partition("-")[0]) if found else 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_workers_share_a_port_and_what_they_know(
    kind: str, templates: Templates, tiny_filling: Filling, tmp_path: Path
) -> None:
    with templates.copy(kind, tmp_path, tiny_filling) as url:
        desk = start_service(url)
        login = desk.login_as("city_dispatcher")
        stop_service(desk)
        store = open_store(url)
        with serving(url, tmp_path / "log") as (process, address):
            workers = children(process)
            assert len(workers) == 2
            first, second = (connected(address, login, workers - {one}) for one in workers)
            for client in (first, second):  # both know the session by now
                assert client.get("/api/v1/people").status_code == 200
                assert client.get("/api/v1/people").status_code == 200
            assert first.delete("/api/v1/session").status_code in {200, 204}
            assert first.get("/api/v1/people").status_code == 401
            wait_for(lambda: second.get("/api/v1/people").status_code == 401, 5)
            first.close()
            second.close()

            # The clock's work is one process's; where that dies another one takes it over.
            wait_for(lambda: holder(store, "alerts") in workers)
            dead = holder(store, "alerts")
            os.kill(dead, signal.SIGKILL)
            wait_for(lambda: holder(store, "alerts") not in {dead, 0})
            assert holder(store, "alerts") in children(process)
            wait_for(lambda: len(children(process) - {dead}) == 2)
            assert httpx.get(f"{address}/healthz", timeout=20).status_code == 200

            process.terminate()
            process.wait(PATIENCE_S)
            assert process.returncode == 0
            for one in workers:
                assert not Path(f"/proc/{one}").exists()
        store.close()
