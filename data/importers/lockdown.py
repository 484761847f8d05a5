"""What a process gives up before it reads a stranger's file. Loaded by the readers' scripts.

It imports nothing of ours and nothing heavy. The limits are POSIX's; on Windows they do nothing.
"""

from __future__ import annotations

import contextlib
import mmap
from pathlib import Path


class ProblemError(Exception):
    """What is wrong with the file, in words for its owner."""


def limit_time(seconds: int) -> None:
    """End the process after so many seconds of work, without a core file."""
    with contextlib.suppress(ImportError):
        import resource  # noqa: PLC0415 - not on Windows

        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def lock(memory_bytes: int) -> None:
    """Open no more files or sockets, start no process, take no more than the given memory."""
    with contextlib.suppress(ImportError):
        import resource  # noqa: PLC0415

        mapped = mapped_bytes()
        if mapped is not None:
            resource.setrlimit(resource.RLIMIT_AS, (mapped + memory_bytes,) * 2)
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def mapped_bytes() -> int | None:
    """Return how much address space the process has; None where the system does not say (macOS)."""
    try:
        with Path("/proc/self/statm").open() as file:
            return int(file.read().split()[0]) * mmap.PAGESIZE
    except OSError:
        return None
