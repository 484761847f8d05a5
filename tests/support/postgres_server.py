"""A PostgreSQL server of the tests' own: a new cluster in a directory of its own, on a socket.

PostgreSQL refuses to run as root: then it runs as `postgres`, or whoever ``JINGGE_POSTGRES_USER``
names. Nothing listens on the network.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACES = ("/usr/lib/postgresql", "/usr/pgsql-15", "/opt/homebrew/opt/postgresql@15")
START_S = 30


def find_binaries() -> Path | None:
    """Return the directory of ``initdb`` and ``postgres``, the newest there is; None without."""
    if named := os.environ.get("JINGGE_POSTGRES_BIN"):
        return Path(named)
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    found = [file.parent for place in PLACES for file in Path(place).glob("**/bin/initdb")]
    return max(found, key=_version, default=None)


def _version(folder: Path) -> tuple[int, ...]:
    """Return the numbers in a path: 15 is newer than 9.6."""
    return tuple(map(int, re.findall(r"\d+", folder.as_posix())))


@dataclass(slots=True)
class Server:
    """A cluster in `home`, which can be stopped in every manner and started again."""

    binaries: Path
    home: Path
    owner: str | None
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def data(self) -> Path:
        """The cluster's directory."""
        return self.home / "data"

    def url(self, database: str) -> str:
        """Return the address of one of its databases."""
        return f"postgresql://postgres@/{database}?host={self.home}"

    def initialise(self) -> None:
        """Make the cluster, with the collation in which SQLite sorts."""
        options = ("--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C")
        self._run("initdb", f"--pgdata={self.data}", *options, "--no-sync")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.home),
            "max_connections": "120",
            "shared_buffers": "64MB",
            "autovacuum": "off",  # it would hold databases that are to be dropped
        }
        arguments = [item for key, value in settings.items() for item in ("-c", f"{key}={value}")]
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.binaries / "postgres", "-D", self.data, *arguments],
                user=self.owner,
                group=self._group(),
                extra_groups=[] if self.owner else None,
                stdout=log,
                stderr=log,
                cwd=self.home,
            )
        until = time.monotonic() + START_S
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
            except psycopg.OperationalError as error:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise AssertionError((self.home / "log").read_text()) from error
                time.sleep(0.02)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT is fast and clean, SIGQUIT leaves recovery to the next start."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(START_S)
            self.process = None

    def kill(self) -> None:
        """Kill the server and all its children at once, as a machine that stops does."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        for pid in (self.process.pid, *map(int, children.split())):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(START_S)
        self.process = None
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.binaries / program, *arguments],
            user=self.owner,
            group=self._group(),
            extra_groups=[] if self.owner else None,
            cwd=self.home,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def _group(self) -> int | None:
        return pwd.getpwnam(self.owner).pw_gid if self.owner else None


@contextmanager
def running_server(binaries: Path) -> Iterator[Server]:
    """Make a cluster, run it, and leave nothing behind."""
    # Memory where there is some: the many databases of the tests then cost no disk.
    shared = Path("/dev/shm")  # noqa: S108 - mkdtemp makes the name
    home = Path(tempfile.mkdtemp(prefix="jg-", dir=shared if shared.is_dir() else None))
    owner = os.environ.get("JINGGE_POSTGRES_USER", "postgres") if os.geteuid() == 0 else None
    if owner:
        shutil.chown(home, owner, pwd.getpwnam(owner).pw_gid)
    server = Server(binaries, home, owner)
    try:
        server.initialise()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(home, ignore_errors=True)
