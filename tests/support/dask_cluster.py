"""A real Dask scheduler and real worker processes on this machine's loopback, for tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

SUPPORT = Path(__file__).parent
QUIET = {
    "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "error",
    "OMP_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
}


def wait_until(happened: Callable[[], object], seconds: float = 90.0) -> None:
    """Wait for something that must happen."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


class LoopbackCluster:
    """A scheduler, and workers of one thread without a nanny: who is killed stays dead."""

    def __init__(self, folder: Path, *, tls: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.tls = tls
        self.workers: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        self.scheduler = self._start(
            "dask_scheduler",
            *("--host", "tls://127.0.0.1" if tls else "127.0.0.1", "--port", "0"),
            *("--scheduler-file", str(file)),
        )
        try:
            wait_until(lambda: file.exists() and file.read_text(encoding="utf-8").endswith("}"))
        except AssertionError:
            self.__exit__()  # else the scheduler runs on, and a later test is blamed for it
            raise
        self.address: str = json.loads(file.read_text(encoding="utf-8"))["address"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()

    def add_workers(self, count: int, *paths: Path) -> list[subprocess.Popen[bytes]]:
        """Start workers that look for modules in `paths` first; do not wait for them."""
        started = [
            self._start(
                "dask_worker",
                *(self.address, "--no-nanny", "--nthreads", "1", "--memory-limit", "0"),
                *("--local-directory", str(self.folder)),
                paths=paths,
            )
            for _ in range(count)
        ]
        self.workers += started
        return started

    def _start(
        self, program: str, *arguments: str, paths: tuple[Path, ...] = ()
    ) -> subprocess.Popen[bytes]:
        search = [*map(str, paths), str(SUPPORT), *filter(None, sys.path)]
        return subprocess.Popen(
            [
                *(sys.executable, "-c", f"from distributed.cli.{program} import main; main()"),
                *(*arguments, "--no-dashboard", *self.tls),
            ],
            env={**os.environ, **QUIET, "PYTHONPATH": os.pathsep.join(search)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self.folder,
        )
