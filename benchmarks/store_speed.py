"""How fast the store is: a whole city in and out, audited writes, backup and restore.

    python benchmarks/store_speed.py [sqlite] [postgresql] [--bundle DIR]

Writes a demo city where no bundle is given. SQLite works in a temporary directory on the disk that
``TMPDIR`` names; PostgreSQL is a server of its own, started from the machine's binaries, whose
data lie in memory where there is ``/dev/shm``: its figures for single writes know no disk.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from postgres_server import find_binaries, running_server  # noqa: E402

from data.demo import write_demo  # noqa: E402
from data.store.audit import Event, append, verify  # noqa: E402
from data.store.backup import backup, restore  # noqa: E402
from data.store.bundle_io import export_bundle, read_record  # noqa: E402
from data.store.engine import Store, open_engines, open_store  # noqa: E402
from data.store.keys import derive  # noqa: E402
from data.store.migrate import downgrade, upgrade  # noqa: E402
from data.store.scenario_reading import load_scenario  # noqa: E402
from data.store.scenario_writing import store_scenario  # noqa: E402
from data.store.tables.people import Person  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

KEYS = derive(b"k" * 32)
THREADS = 16
SECONDS = 5.0


def main() -> None:
    """Measure on the databases that were named, or on both."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--bundle", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle = options.bundle or folder / "bundle"
        if not options.bundle:
            write_demo(bundle)
        for kind in options.kinds:
            with database(kind, folder) as url:
                measure(kind, url, bundle, folder / kind)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Give the address of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'store.db'}"
        return
    binaries = find_binaries()
    assert binaries, "expected PostgreSQL's server binaries"
    with running_server(binaries) as server:
        yield server.url("postgres")


@contextmanager
def told(what: str) -> Iterator[None]:
    """Print how long something took, on the clock and of this process's own time."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"  {what:<44}{wall:7.2f} s   ({cpu:.2f} s of this process)", flush=True)


def measure(kind: str, url: str, bundle: Path, folder: Path) -> None:
    """Measure one database."""
    print(kind)
    engines = open_engines(url)
    with told("schema up"):
        upgrade(engines)
    engines.dispose()
    store = open_store(url)
    with told("bundle read, checked and hashed"):
        record = read_record(bundle)
    numbers = []
    for what in ("bundle stored", "bundle stored again, the same ground"):
        with told(what):
            numbers.append(
                store.submit(
                    lambda s: store_scenario(s, record, created_by="", now=datetime.now(UTC))
                )
            )
    with told("scenario loaded"), store.read() as session:
        load_scenario(session, numbers[0])
    with told("bundle exported"):
        export_bundle(store, numbers[0], folder / "bundle")
    writes(store)
    with told("audit verified"), store.read() as session:
        report = verify(session, KEYS)
    print(f"    {report.num_entries:,} entries, {len(report.problems)} problems")
    with told("backup, verified"):
        manifest = backup(store.engines, folder / "backup", now=datetime.now(UTC))
    size = sum(path.stat().st_size for path in (folder / "backup").iterdir())
    print(f"    {sum(manifest.rows.values()):,} rows, {size / 1e6:.1f} MB")
    store.close()
    engines = open_engines(url if kind == "postgresql" else f"{url}.again")
    if kind == "postgresql":
        downgrade(engines)
    with told("restore"):
        restore(engines, folder / "backup")
    engines.dispose()


def writes(store: Store) -> None:
    """Write a person with an audit entry from many threads, as requests would."""
    times: list[float] = []
    until = time.perf_counter() + SECONDS

    def run(thread: int) -> None:
        for number in range(10**9):
            if time.perf_counter() > until:
                return
            before = time.perf_counter()
            store.submit(lambda s, code=f"{thread}-{number}": person(s, code))
            times.append(time.perf_counter() - before)

    threads = [threading.Thread(target=run, args=(thread,)) for thread in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    p50, p99 = (1000 * times[int(len(times) * share)] for share in (0.5, 0.99))
    print(
        f"  audited writes, {THREADS} threads, {SECONDS:.0f} s: "
        f"{len(times) / SECONDS:,.0f} a second, p50 {p50:.0f} ms, p99 {p99:.0f} ms"
    )


def person(session: Session, code: str) -> None:
    """Add a person and its audit entry."""
    now = datetime.now(UTC)
    session.add(
        Person(code=code, tier="volunteer", state="applied", created_at=now, updated_at=now)
    )
    session.flush()
    append(session, KEYS, now, Event("account:1", "person.add", "person", code, {}))


if __name__ == "__main__":
    main()
