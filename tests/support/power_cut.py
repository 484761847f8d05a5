"""Power cuts for SQLite: what would be on the disk if all that was not fsynced were lost.

A file system of our own (a SQLite *VFS*, made with ctypes in the very library that Python's
`sqlite3` uses) passes everything on to the real one and notes it: a write counts for the disk only
once its file is synced. At random moments it keeps a picture of what then is safe, together with
the writes that had been acknowledged: each picture is a power cut. So the store under test is the
real one, engine, writer and all; only the machine does not have to fall over.

``python power_cut.py URL OUT CUTS SYNCHRONOUS SEED`` leaves ``OUT/0``, ``OUT/1``, … each with the
database's files and ``acknowledged.json``.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import json
import os
import random
import sys
import threading
import time
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_char_p,
    c_int,
    c_int64,
    c_void_p,
    cast,
    string_at,
)
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MAIN_DB, MAIN_JOURNAL, WAL = 0x100, 0x800, 0x80000
SECTOR = 512

Plain = CFUNCTYPE(c_int)
Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
Delete = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
Sync = CFUNCTYPE(c_int, c_void_p, c_int)


class Vfs(Structure):
    """``sqlite3_vfs``, version 3."""

    _fields_ = (
        ("iVersion", c_int),
        ("szOsFile", c_int),
        ("mxPathname", c_int),
        ("pNext", c_void_p),
        ("zName", c_char_p),
        ("pAppData", c_void_p),
        ("xOpen", c_void_p),
        ("xDelete", c_void_p),
        *((f"rest{i}", c_void_p) for i in range(14)),
    )


class Methods(Structure):
    """``sqlite3_io_methods``, version 3."""

    _fields_ = (
        ("iVersion", c_int),
        ("xClose", c_void_p),
        ("xRead", c_void_p),
        ("xWrite", c_void_p),
        ("xTruncate", c_void_p),
        ("xSync", c_void_p),
        *((f"rest{i}", c_void_p) for i in range(13)),
    )


@dataclass(slots=True)
class Disk:
    """A file as the disk has it, and what was written since the last sync."""

    safe: bytearray
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        """Bring everything that was written to the disk."""
        for item in self.pending:
            apply(self.safe, *item)
        self.pending.clear()

    def after_a_cut(self, rng: random.Random | None) -> bytes:
        """Return the file after a cut; with `rng`, some unsynced sectors happened to arrive."""
        if rng is None:
            return bytes(self.safe)
        left = bytearray(self.safe)
        for offset, body in self.pending:
            if body is None:
                continue
            for at in range(0, len(body), SECTOR):
                if rng.random() < 0.5:
                    apply(left, offset + at, body[at : at + SECTOR])
        return bytes(left)


def apply(content: bytearray, offset: int, body: bytes | None) -> None:
    """Do one write, or cut the file off where there is nothing to write."""
    if body is None:
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(body)] = body


class Recorder:
    """The VFS: made once a process, before the first connection."""

    def __init__(self) -> None:
        self.disks: dict[str, Disk] = {}
        self.at_every_step = lambda: None
        self._alive: list[Any] = []
        library = find_library()
        library.sqlite3_vfs_find.restype = POINTER(Vfs)
        real = library.sqlite3_vfs_find(None)
        self._real_open = Open(real.contents.xOpen)
        self._real_delete = Delete(real.contents.xDelete)
        self._real = real
        mine = Vfs.from_buffer_copy(real.contents)
        mine.zName = b"power-cut"
        mine.xOpen = cast(self._keep(Open(self._open)), c_void_p)
        mine.xDelete = cast(self._keep(Delete(self._delete)), c_void_p)
        self._keep(mine)
        assert library.sqlite3_vfs_register(ctypes.byref(mine), 1) == 0

    def _keep(self, thing: Any) -> Any:
        self._alive.append(thing)  # the library holds pointers to it
        return thing

    def _open(self, _vfs: int, name: int | None, file: int, flags: int, out: int | None) -> int:
        code = self._real_open(cast(self._real, c_void_p).value, name, file, flags, out)
        if code == 0 and name and flags & (MAIN_DB | MAIN_JOURNAL | WAL):
            path = os.fsdecode(string_at(name))
            if path not in self.disks:
                self.disks[path] = Disk(bytearray(Path(path).read_bytes()))
            self._watch(file, self.disks[path])
        return code

    def _watch(self, file: int, disk: Disk) -> None:
        pointer = cast(file, POINTER(c_void_p))
        real = cast(pointer[0], POINTER(Methods)).contents
        real_write, real_truncate = Write(real.xWrite), Truncate(real.xTruncate)
        real_sync = Sync(real.xSync)

        def write(handle: int, body: int, size: int, offset: int) -> int:
            self.at_every_step()
            code = real_write(handle, body, size, offset)
            if code == 0:
                disk.pending.append((offset, string_at(body, size)))
            return code

        def truncate(handle: int, size: int) -> int:
            self.at_every_step()
            code = real_truncate(handle, size)
            if code == 0:
                disk.pending.append((size, None))
            return code

        def sync(handle: int, flags: int) -> int:
            self.at_every_step()
            code = real_sync(handle, flags)
            if code == 0:
                disk.sync()
            return code

        mine = Methods.from_buffer_copy(real)
        mine.xWrite = cast(self._keep(Write(write)), c_void_p)
        mine.xTruncate = cast(self._keep(Truncate(truncate)), c_void_p)
        mine.xSync = cast(self._keep(Sync(sync)), c_void_p)
        pointer[0] = cast(ctypes.pointer(self._keep(mine)), c_void_p).value

    def _delete(self, _vfs: int, name: bytes, sync_folder: int) -> int:
        self.disks.pop(os.fsdecode(name), None)
        return self._real_delete(cast(self._real, c_void_p).value, name, sync_folder)


def find_library() -> ctypes.CDLL:
    """Return the SQLite library that Python's own module calls."""
    for place in (getattr(_sqlite3, "__file__", None), None):
        library = ctypes.CDLL(place)
        if hasattr(library, "sqlite3_vfs_find") and hasattr(library, "sqlite3_vfs_register"):
            return library
    raise OSError("Expected Python's sqlite3 to call a library that can be found.")


def record(url: str, out: Path, cuts: int, synchronous: str, seed: int) -> None:
    """Write to a store and keep `cuts` pictures of what a power cut would have left."""
    recorder = Recorder()
    from crash_writer import write_pairs

    from data.store import sqlite
    from data.store.engine import open_store

    sqlite.SETTINGS["synchronous"] = (synchronous, {"NORMAL": 1, "FULL": 2}[synchronous])
    store = open_store(url)
    rng = random.Random(seed)
    acknowledged: list[int] = []
    done, stop = threading.Event(), threading.Event()
    writer = store.writer._thread  # type: ignore[attr-defined]
    left = [rng.randint(5, 60)]
    taken = [0]

    def step() -> None:
        if threading.current_thread() is not writer or done.is_set():
            return
        left[0] -= 1
        if left[0] > 0:
            return
        left[0] = rng.randint(5, 120)
        some_arrive = rng if rng.random() < 0.5 else None
        files = {path: disk.after_a_cut(some_arrive) for path, disk in recorder.disks.items()}
        # The writer stands still here: what was acknowledged was so before this moment.
        time.sleep(0.01)
        folder = out / str(taken[0])
        folder.mkdir(parents=True)
        (folder / "acknowledged.json").write_text(json.dumps(acknowledged))
        for path, body in files.items():
            (folder / Path(path).name).write_bytes(body)
        taken[0] += 1
        if taken[0] == cuts:
            done.set()

    recorder.at_every_step = step
    threads = write_pairs(store, acknowledged.append, stop)
    done.wait()
    stop.set()
    for thread in threads:
        thread.join()
    store.close()


if __name__ == "__main__":
    record(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
