"""Jobs of imports: read and check a table that was handed in, then take it in one transaction."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from data.importers.living.batches import (
    commit_batch,
    content_of,
    find_batch,
    keep_preview,
    refuse_batch,
)
from data.importers.living.intake import Intake
from data.importers.living.taking import (
    compare_with_records,
    counts_of,
    read_for_records,
    take,
)
from data.importers.table_files import TableFileError
from data.planning.jobs import end_job
from data.store.audit import Event, append
from data.store.scope import Scope
from grid.errors import GeometryError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.job_bench import Bench
    from data.importers.tables import ReadImport

KINDS: Final = ("import.preview", "import.commit")
_SETS: Final = ("sub_bureaus", "stations", "beats", "teams")


def scope_values(scope: Scope) -> dict[str, Any]:
    """Return a scope as plain values, for a job to keep."""
    sets = {name: sorted(getattr(scope, name)) for name in _SETS}
    day = None if scope.on is None else scope.on.isoformat()
    return {"city": scope.city, "person": scope.person, "on": day, **sets}


def scope_of(values: dict[str, Any]) -> Scope:
    """Make a scope of its plain values."""
    day = values["on"]
    sets: dict[str, Any] = {name: frozenset(values[name]) for name in _SETS}
    on = None if day is None else date.fromisoformat(day)
    return Scope(city=values["city"], person=values["person"], on=on, **sets)


def preview_import_batch(bench: Bench) -> None:
    """Read a file and keep what it would do; a file that is unusable ends as refused."""
    number = int(bench.job.request["import_id"])
    try:
        read = _read(bench, number)
        bench.tell("comparing")
        with bench.store.read() as session:
            preview = compare_with_records(_intake(bench, session), read)
    except (TableFileError, GeometryError) as error:
        reason = str(error)

        def refuse(session: Session) -> None:
            refuse_batch(session, number, reason)
            _end(bench, session, {"import_id": number})

        bench.store.submit(refuse)
        return

    def keep(session: Session) -> None:
        keep_preview(session, number, preview)
        _end(bench, session, {"import_id": number})

    bench.go_on()
    bench.store.submit(keep)


def commit_import(bench: Bench) -> None:
    """Take a previewed file, if it still does what was confirmed."""
    request = bench.job.request
    number = int(request["import_id"])
    read = _read(bench, number)
    bench.tell("writing")
    bench.go_on()
    now, by = bench.clock(), bench.job.created_by

    def work(session: Session) -> None:
        counts = take(_intake(bench, session), read, expected=counts_of(request["expected"]))
        commit_batch(session, number, by=by, now=now)
        told = {"new": counts.new, "changed": counts.changed, "unchanged": counts.unchanged}
        _end(bench, session, {"import_id": number, **told})
        detail = {"kind": read.kind.name, "sha256": read.sha256, **told}
        append(session, bench.keys, now, Event(by, "import.apply", "import", str(number), detail))

    bench.store.submit(work)


def _read(bench: Bench, number: int) -> ReadImport:
    with bench.store.read() as session, tempfile.TemporaryDirectory() as folder:
        batch = find_batch(session, number)
        path = Path(folder, Path(batch.file_name).name or "table")
        path.write_bytes(content_of(session, bench.keys, number))
        return read_for_records(
            _intake(bench, session),
            batch.kind,
            path,
            system=batch.options["system"],
            sheet=batch.options["sheet"],
            language=batch.options["language"],
            progress=lambda stage, done, total: bench.tell(stage, done=done, total=total),
        )


def _intake(bench: Bench, session: Session) -> Intake:
    scope = scope_of(bench.job.request["scope"])
    return Intake(session, bench.keys, scope, bench.job.created_by, bench.clock())


def _end(bench: Bench, session: Session, content: dict[str, Any]) -> None:
    job = bench.job.job_id
    end_job(session, job, bench.worker, "done", now=bench.clock(), content=content)
