"""SIGTERM to a real server under load: what was acknowledged is kept, what was begun is finished.

Clients open a connection for each write, so that each either was taken or was not. The stream of
events that a screen keeps open ends at once instead of holding the stop up.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import pytest
from service_client import start_service, stop_service
from sqlalchemy import select

from api.access.cookies import PLAIN
from data.store.engine import open_store
from data.store.tables.accounts import Account
from data.store.tables.audit import AuditEntry

if TYPE_CHECKING:
    from pathlib import Path

    from service_client import Login

CODE = "import sys; from api.cli import main; sys.exit(main())"
KEY = base64.b64encode(b"tiny" * 8).decode()
CLIENTS = 6
ENOUGH = 5 * CLIENTS


@dataclass
class Load:
    """What clients sent and what they heard."""

    address: str
    login: Login
    made: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)
    told: threading.Event = field(default_factory=threading.Event)

    def client(self, timeout: float = 20) -> httpx.Client:
        headers = {"x-csrf-token": self.login.csrf}
        cookies = {PLAIN: self.login.token}
        return httpx.Client(
            base_url=self.address, cookies=cookies, headers=headers, timeout=timeout
        )

    def write(self, name: str) -> None:
        """Make accounts until nobody listens any more."""
        number = 0
        while True:
            number += 1
            login = f"{name}-{number}"
            body = {"login": login, "display_name": name}
            headers = {"idempotency-key": f"key-{login}-0000", "connection": "close"}
            try:
                with self.client() as client:
                    answer = client.post("/api/v1/accounts", json=body, headers=headers)
            except httpx.ConnectError:
                return
            except httpx.HTTPError as error:
                self.broken.append(f"{login}: {type(error).__name__}")
                if self.told.is_set():
                    return
                continue
            self.statuses.add(answer.status_code)
            if answer.status_code == 201:
                self.made.append(login)

    def listen(self) -> None:
        """Keep a stream of events open until it ends."""
        with self.client(60) as client, client.stream("GET", "/api/v1/live/changes") as stream:
            for _ in stream.iter_raw():
                pass


def start(url: str, log: Path) -> tuple[subprocess.Popen[str], str]:
    environment = {"JINGGE_DATABASE_URL": url, "JINGGE_SECRET_KEY": KEY, "JINGGE_LANG": "en"}
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", CODE, "serve", "--port", "0"],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Open http://"):
            return process, line.split()[1].rstrip("/")
    pytest.fail(log.read_text())


@pytest.mark.slow
def test_a_stop_under_load_loses_nothing(tiny_file: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{shutil.copy(tiny_file, tmp_path / 'store.db')}"
    desk = start_service(url)
    login = desk.login_as("administrator", "city_dispatcher")
    stop_service(desk)
    log = tmp_path / "log"
    process, address = start(url, log)
    load = Load(address, login)
    writers = [threading.Thread(target=load.write, args=(f"w{n}",)) for n in range(CLIENTS)]
    listener = threading.Thread(target=load.listen)
    try:
        with load.client() as client:
            ready = client.get("/readyz")
            assert (ready.status_code, ready.json()["jobs"]) == (200, True)
            assert client.get("/metrics").status_code == 200
        for thread in (listener, *writers):
            thread.start()
        while len(load.made) < ENOUGH and any(thread.is_alive() for thread in writers):
            time.sleep(0.01)
        load.told.set()
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    finally:
        process.kill()
        process.communicate()
        for thread in (listener, *writers):
            if thread.ident is not None:
                thread.join(30)
    assert process.returncode == -signal.SIGTERM
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert len(load.made) >= ENOUGH
    assert load.statuses == {201}
    store = open_store(url)
    with store.read() as session:
        kept = set(session.scalars(select(Account.login)).all())
        audited = len(
            session.scalars(select(AuditEntry.id).where(AuditEntry.action == "account.write")).all()
        )
    store.close()
    assert set(load.made) <= kept
    # What the server took it answered: whoever heard nothing was still before its door.
    assert len(kept & {name.partition(":")[0] for name in load.broken}) == 0
    assert audited == sum(login.startswith("w") for login in kept)
    answered = [line for line in lines if line.get("route") == "/api/v1/accounts"]
    assert len(answered) == len(load.made)
    assert not [line for line in lines if line["level"] not in {"info"}]
    streams = [line for line in lines if line.get("route") == "/api/v1/live/changes"]
    assert [line["status"] for line in streams] == [200]
    assert "w0-1" not in log.read_text()
