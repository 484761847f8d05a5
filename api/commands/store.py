"""``jingge db``, ``backup``, ``restore`` and ``audit``: care for the records."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from api.commands.shared import ARGUMENTS, OPTIONS, TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data.store.audit_search import Finding
    from data.store.engine import Engines

RECORDS = TEXTS("cli.panel.records")
DEFAULT_ANCHORS = Path("var") / "audit-anchors.jsonl"

FAULTS: Final = {
    "changed": "cli.audit.changed",
    "moved": "cli.audit.moved",
    "deleted": "cli.audit.deleted",
    "replaced": "cli.audit.replaced",
    "cut_off": "cli.audit.cut_off",
    "head_deleted": "cli.audit.head_deleted",
    "head_changed": "cli.audit.head_changed",
    "head_put_back": "cli.audit.head_put_back",
    "anchored_cut_off": "cli.audit.anchored_cut_off",
    "anchored_other": "cli.audit.anchored_other",
}

commands = typer.Typer()
db = typer.Typer(help=TEXTS("cli.db.help"), no_args_is_help=True)
audit = typer.Typer(help=TEXTS("cli.audit.help"), no_args_is_help=True)
commands.add_typer(db, name="db", rich_help_panel=RECORDS)
commands.add_typer(audit, name="audit", rich_help_panel=RECORDS)


@db.command("upgrade", help=TEXTS("cli.db.upgrade.help"))
def upgrade() -> None:
    """Bring the database's schema to this version."""
    from data.store.errors import KeyMissingError
    from data.store.keys import KEY_VARIABLE, key_file, make_key_file
    from data.store.migrate import upgrade as upgrade_schema
    from data.store.opening import has_records

    with _engines() as engines:
        revision = upgrade_schema(engines)
    typer.echo(TEXTS("cli.db.upgraded", revision=revision), err=True)
    path = key_file(os.environ)
    if not os.environ.get(KEY_VARIABLE, "").strip() and not path.exists():
        if has_records(os.environ):
            raise KeyMissingError(
                f"Expected the key with which these records were begun in {KEY_VARIABLE} or in the "
                f"file {path}, got none: put it back. A new one would open nothing."
            )
        make_key_file(path)
        typer.echo(TEXTS("cli.db.key_made", file=path), err=True)


@db.command("check", help=TEXTS("cli.db.check.help"))
def check() -> None:
    """Compare the database with what this version's migrations make; exit 1 on a difference."""
    from data.store.migrate import differences, require_current

    with _engines() as engines:
        require_current(engines)
        found = differences(engines)
    for line in found:
        typer.echo(line)
    if found:
        raise typer.Exit(1)
    typer.echo(TEXTS("cli.db.sound"), err=True)


@commands.command("backup", help=TEXTS("cli.backup.help"), rich_help_panel=RECORDS)
def backup(
    directory: Annotated[
        Path,
        typer.Argument(metavar="DIR", help=TEXTS("cli.backup.dir"), rich_help_panel=ARGUMENTS),
    ],
    *,
    verify: Annotated[
        bool,
        typer.Option("--verify", help=TEXTS("cli.backup.verify"), rich_help_panel=OPTIONS),
    ] = False,
) -> None:
    """Back the store up, or verify a backup that is there."""
    from data.store import backup as backups

    if verify:
        manifest = backups.verify(directory)
    else:
        with _engines() as engines:
            manifest = backups.backup(engines, directory, now=datetime.now(UTC))
    rows = f"{sum(manifest.rows.values()):,}"
    key = "cli.backup.sound" if verify else "cli.backup.done"
    typer.echo(TEXTS(key, directory=directory, rows=rows), err=True)


@commands.command("restore", help=TEXTS("cli.restore.help"), rich_help_panel=RECORDS)
def restore(
    directory: Annotated[
        Path,
        typer.Argument(metavar="DIR", help=TEXTS("cli.restore.dir"), rich_help_panel=ARGUMENTS),
    ],
) -> None:
    """Bring a backup back into an empty database."""
    from data.store import backup as backups

    with _engines() as engines:
        manifest = backups.restore(engines, directory)
    rows = f"{sum(manifest.rows.values()):,}"
    typer.echo(TEXTS("cli.restore.done", made_at=manifest.made_at, rows=rows), err=True)


@audit.callback()
def audit_() -> None:
    """Keep ``verify`` a subcommand although it is the only one so far."""


@audit.command("verify", help=TEXTS("cli.audit.verify.help"))
def verify_audit(
    anchors: Annotated[
        Path,
        typer.Option(metavar="FILE", help=TEXTS("cli.audit.anchors"), rich_help_panel=OPTIONS),
    ] = DEFAULT_ANCHORS,
    *,
    anchor: Annotated[
        bool,
        typer.Option("--anchor", help=TEXTS("cli.audit.anchor"), rich_help_panel=OPTIONS),
    ] = False,
) -> None:
    """Go through the audit; exit 1 where something was done to it."""
    from data.store.audit import verify
    from data.store.audit_anchors import read_anchors, write_anchor
    from data.store.engine import open_store, store_url
    from data.store.keys import load_keys

    keys = load_keys(os.environ)
    store = open_store(store_url(os.environ))
    try:
        with store.read() as session:
            report = verify(session, keys, read_anchors(keys, anchors))
            if anchor and not report.problems:
                write_anchor(session, keys, anchors, datetime.now(UTC))
    finally:
        store.close()
    for finding in report.problems:
        typer.echo(_worded(finding))
    if report.problems:
        raise typer.Exit(1)
    typer.echo(TEXTS("cli.audit.whole", count=f"{report.num_entries:,}"), err=True)


def _worded(finding: Finding) -> str:
    key = FAULTS[finding.fault]
    return TEXTS(key, first=finding.first, last=finding.last, at=finding.at)


@contextmanager
def _engines() -> Iterator[Engines]:
    from data.store.engine import open_engines, store_url

    engines = open_engines(store_url(os.environ))
    try:
        yield engines
    finally:
        engines.dispose()
