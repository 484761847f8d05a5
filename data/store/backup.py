"""Backups: a directory with the data and a manifest that says what must be in it.

SQLite gives a copy of its file by its own online backup, while others write. PostgreSQL's tables
are copied out in one read-only transaction, so that they are of one moment; no program of the
server's is needed. Restoring goes into a database with no tables, in one transaction, and is
checked against the manifest before it counts. The secret key is in no backup: keep it elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from data.files import whole_directory
from data.store.backup_postgres import copy_postgres, restore_postgres
from data.store.errors import BackupError
from data.store.migrate import head_revision, table_names, upgrade

if TYPE_CHECKING:
    from pathlib import Path

    from data.store.engine import Engines

MANIFEST: Final = "manifest.json"
SQLITE_FILE: Final = "store.db"
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds.

    Attributes
    ----------
    version : int
        Of this layout.
    kind : str
        ``sqlite`` or ``postgresql``: where it came from and must go to.
    revision : str
        Revision of the schema.
    made_at : str
        When, ISO 8601 in UTC.
    rows : dict
        Table → number of rows.
    files : dict
        File → SHA-256.
    """

    version: int
    kind: str
    revision: str
    made_at: str
    rows: dict[str, int]
    files: dict[str, str]


def backup(engines: Engines, directory: Path, *, now: datetime) -> Manifest:
    """Write a backup; the directory appears whole, and verified, or not at all.

    Raises
    ------
    BackupError
        Where something stands in the way, or the copy is not whole.
    """
    if directory.exists() and any(directory.iterdir()):
        raise BackupError(f"Expected an empty place for the backup, got {directory}.")
    with whole_directory(directory) as fresh:
        copy = _copy_sqlite if engines.kind == "sqlite" else copy_postgres
        revision, rows = copy(engines, fresh)
        files = {path.name: _sha256(path) for path in sorted(fresh.iterdir())}
        made_at = now.astimezone(UTC).isoformat(timespec="seconds")
        manifest = Manifest(VERSION, engines.kind, revision, made_at, rows, files)
        (fresh / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1) + "\n", "utf-8")
        verify(fresh)
    return manifest


def verify(directory: Path) -> Manifest:
    """Check a backup's files against its manifest, and a SQLite copy from within.

    Raises
    ------
    BackupError
        Naming what is missing, changed or broken.
    """
    manifest = _read_manifest(directory)
    for name, sha256 in manifest.files.items():
        path = directory / name
        if not path.is_file():
            raise BackupError(f"{directory}: expected the file {name}, got none.")
        if _sha256(path) != sha256:
            raise BackupError(f"{directory}: expected {name} as it was written, got it changed.")
    if manifest.kind == "sqlite":
        _verify_sqlite(directory / SQLITE_FILE, manifest)
    return manifest


def restore(engines: Engines, directory: Path) -> Manifest:
    """Bring a backup back into an empty database and upgrade it to this program's schema.

    Raises
    ------
    BackupError
        Where the backup is not whole or of the other kind, where the database has tables, or
        where what came back is not what the manifest says. The database then is as it was.
    """
    manifest = verify(directory)
    if manifest.kind != engines.kind:
        raise BackupError(f"Expected a backup of {engines.kind}, got one of {manifest.kind}.")
    if manifest.revision > head_revision():
        raise BackupError(
            f"Expected a schema up to {head_revision()}, got {manifest.revision}: "
            "the backup was made by a newer program."
        )
    with engines.writers.connect() as connection:
        if found := table_names(connection):
            raise BackupError(f"Expected an empty database, got one with {len(found)} tables.")
    if engines.kind == "sqlite":
        _restore_sqlite(engines, directory)
    else:
        restore_postgres(engines, directory, manifest)
    upgrade(engines)
    return manifest


def _copy_sqlite(engines: Engines, fresh: Path) -> tuple[str, dict[str, int]]:
    target = fresh / SQLITE_FILE
    with engines.readers.connect() as connection:
        source: Any = connection.connection.driver_connection
        copy = sqlite3.connect(target)
        try:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, whole by itself
            copy.commit()
        finally:
            copy.close()
    return _look_into(target)


def _look_into(path: Path) -> tuple[str, dict[str, int]]:
    copy = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        names = [
            row[0]
            for row in copy.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' "
                "AND name NOT LIKE 'sqlite_%' AND name <> 'schema_version'"
            )
        ]
        counted = {
            name: copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
            for name in sorted(names)
        }
        row = copy.execute("SELECT version_num FROM schema_version").fetchone()
        return (row[0] if row else ""), counted
    finally:
        copy.close()


def _verify_sqlite(path: Path, manifest: Manifest) -> None:
    copy = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        answer = copy.execute("PRAGMA integrity_check").fetchone()[0]
        broken = copy.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{path.name}: expected a database, got: {error}.") from error
    finally:
        copy.close()
    if answer != "ok" or broken is not None:
        raise BackupError(f"{path.name}: expected a sound database, got {broken or answer}.")
    if _look_into(path) != (manifest.revision, manifest.rows):
        raise BackupError(f"{path.name}: expected the rows of the manifest, got others.")


def _restore_sqlite(engines: Engines, directory: Path) -> None:
    # Through SQLite's own copying: whoever has the database open sees it change as a whole.
    source = sqlite3.connect(f"file:{directory / SQLITE_FILE}?mode=ro", uri=True)
    with engines.writers.connect() as connection:
        target: Any = connection.connection.driver_connection
        try:
            source.backup(target)
            target.execute("PRAGMA journal_mode=WAL")
        finally:
            source.close()
    engines.dispose()  # open connections know the old schema


def _read_manifest(directory: Path) -> Manifest:
    try:
        found = json.loads((directory / MANIFEST).read_text("utf-8"))
        manifest = Manifest(**found)
    except OSError:
        raise BackupError(f"{directory}: expected a backup with a {MANIFEST}, got none.") from None
    except (ValueError, TypeError):
        raise BackupError(
            f"{directory / MANIFEST}: expected a manifest, got something else."
        ) from None
    if manifest.version != VERSION or any("/" in name for name in manifest.files):
        raise BackupError(f"{directory / MANIFEST}: expected version {VERSION} and plain names.")
    return manifest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
