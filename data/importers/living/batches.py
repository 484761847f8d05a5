"""Files that were handed in: kept sealed until they are taken or given up, then gone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from sqlalchemy import select, update

from data.exporters.csv_tables import csv_table
from data.store.keyset import after
from data.store.tables.imports import ImportBatch
from grid.errors import JinggeError

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.importers.preview import ImportPreview
    from data.store.keys import Keys

KEPT: Final = timedelta(hours=24)
MAX_BYTES: Final = 32 << 20
REFUSAL_COLUMNS: Final = ("sheet", "row", "column", "reason_zh", "reason_en")


class ImportMissingError(JinggeError):
    """No import of that number, or one of somebody else."""

    def __init__(self, import_id: int) -> None:
        super().__init__(f"Expected the number of an import, got {import_id}.")


class ImportStateError(JinggeError):
    """A step that the state of an import does not allow."""


class FileSizeError(JinggeError):
    """A file that is empty or too large."""


@dataclass(frozen=True, slots=True)
class BatchView:
    """An import as it stands; ``preview`` has no rows, which hold personal data."""

    import_id: int
    kind: str
    state: str
    file_name: str
    file_sha256: str
    file_size: int
    options: dict[str, Any]
    preview: dict[str, Any] | None
    job_id: int | None
    created_at: datetime
    created_by: str
    expires_at: datetime
    committed_at: datetime | None


def hand_in(
    session: Session,
    keys: Keys,
    kind: str,
    content: bytes,
    *,
    file_name: str,
    options: dict[str, Any],
    by: str,
    now: datetime,
) -> int:
    """Keep a file, sealed; return the import's number.

    Raises
    ------
    FileSizeError
    """
    if not 0 < len(content) <= MAX_BYTES:
        raise FileSizeError(f"Expected a file of 1..{MAX_BYTES} bytes, got {len(content)}.")
    forget_expired(session, now=now)
    row = ImportBatch(
        kind=kind,
        state="uploaded",
        file_name=file_name,
        file_sha256=hashlib.sha256(content).hexdigest(),
        file_size=len(content),
        options=options,
        created_at=now,
        created_by=by,
        expires_at=now + KEPT,
    )
    session.add(row)
    session.flush()
    row.content_sealed = keys.seal_bytes(content, f"import.content:{row.id}")
    session.flush()
    return row.id


def find_batch(session: Session, import_id: int, *, of: str | None = None) -> BatchView:
    """Give an import.

    Parameters
    ----------
    of : str, optional
        Whose it has to be.

    Raises
    ------
    ImportMissingError
    """
    return _view(_row(session, import_id, of))


def list_batches(
    session: Session, of: str, *, before: tuple[Any, ...] | None, limit: int
) -> list[BatchView]:
    """List somebody's imports, the newest first."""
    query = (
        select(ImportBatch)
        .where(ImportBatch.created_by == of, after([ImportBatch.id], before, descending=True))
        .order_by(ImportBatch.id.desc())
        .limit(limit)
    )
    return [_view(row) for row in session.scalars(query)]


def content_of(session: Session, keys: Keys, import_id: int) -> bytes:
    """Open the file of an import.

    Raises
    ------
    ImportStateError
        Where it is gone.
    """
    row = _row(session, import_id, None)
    if row.content_sealed is None:
        raise ImportStateError(f"Expected import {import_id} to have its file, got {row.state}.")
    return keys.open_bytes(row.content_sealed, f"import.content:{import_id}")


def set_job(session: Session, import_id: int, job_id: int) -> None:
    """Say which job works on an import."""
    _row(session, import_id, None).job_id = job_id
    session.flush()


def keep_preview(session: Session, import_id: int, preview: ImportPreview) -> None:
    """Keep what a file would do, and its refusals as CSV."""
    row = _require(session, import_id, "uploaded", "previewed")
    row.state, row.preview = "previewed", preview.to_dict(max_refusals=100)
    table = pd.DataFrame(
        [(one.sheet, one.row, one.column, one.words.zh, one.words.en) for one in preview.refused],
        columns=list(REFUSAL_COLUMNS),
    )
    row.refusals = csv_table(table).decode()
    session.flush()


def refuse_batch(session: Session, import_id: int, reason: str) -> None:
    """Say that a whole file is unusable; it is forgotten."""
    row = _require(session, import_id, "uploaded", "previewed")
    row.state, row.preview, row.content_sealed = "refused", {"reason": reason}, None
    session.flush()


def refusals_of(session: Session, import_id: int, *, of: str) -> bytes:
    """Give the refusals of a preview as CSV.

    Raises
    ------
    ImportStateError
        Where there is no preview yet.
    """
    row = _row(session, import_id, of)
    if row.refusals is None:
        raise ImportStateError(f"Expected import {import_id} to be previewed, got {row.state}.")
    return row.refusals.encode()


def require_previewed(session: Session, import_id: int, *, of: str) -> BatchView:
    """Give an import that can be confirmed.

    Raises
    ------
    ImportStateError
    """
    _row(session, import_id, of)
    return _view(_require(session, import_id, "previewed"))


def commit_batch(session: Session, import_id: int, *, by: str, now: datetime) -> None:
    """Say that a file was taken; it is forgotten."""
    row = _require(session, import_id, "previewed")
    row.state, row.content_sealed = "committed", None
    row.committed_at, row.committed_by = now, by
    session.flush()


def discard_batch(session: Session, import_id: int, *, of: str) -> None:
    """Give a file up; it is forgotten.

    Raises
    ------
    ImportStateError
        Where it was taken already.
    """
    _row(session, import_id, of)
    row = _require(session, import_id, "uploaded", "previewed", "refused")
    row.state, row.content_sealed = "discarded", None
    session.flush()


def forget_expired(session: Session, *, now: datetime) -> None:
    """Forget the files that nobody took in a day."""
    session.execute(
        update(ImportBatch)
        .where(ImportBatch.state.in_(("uploaded", "previewed")), ImportBatch.expires_at < now)
        .values(state="discarded", content_sealed=None)
    )


def _row(session: Session, import_id: int, of: str | None) -> ImportBatch:
    row = session.get(ImportBatch, import_id)
    if row is None or (of is not None and row.created_by != of):
        raise ImportMissingError(import_id)
    return row


def _require(session: Session, import_id: int, *states: str) -> ImportBatch:
    query = select(ImportBatch).where(ImportBatch.id == import_id).with_for_update()
    row = session.scalars(query).one()
    if row.state not in states:
        raise ImportStateError(
            f"Expected import {import_id} to be {' or '.join(states)}, got {row.state}."
        )
    return row


def _view(row: ImportBatch) -> BatchView:
    same = (name for name in BatchView.__dataclass_fields__ if name != "import_id")
    return BatchView(row.id, **{name: getattr(row, name) for name in same})
