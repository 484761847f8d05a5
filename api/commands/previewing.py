"""``jingge import people`` and its like: what a table of an office would change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from api.commands.shared import ARGUMENTS, OPTIONS, TEXTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from data.importers.preview import ImportPreview
    from data.importers.tables import Known

# The keys of `data.importers.kinds.KINDS`; importing that would slow `jingge --help`.
_HELP = {
    "people": TEXTS("cli.import.people.help"),
    "teams": TEXTS("cli.import.teams.help"),
    "demand": TEXTS("cli.import.demand.help"),
    "shifts": TEXTS("cli.import.shifts.help"),
    "incidents": TEXTS("cli.import.incidents.help"),
    "insurance": TEXTS("cli.import.insurance.help"),
}
KINDS = tuple(_HELP)
# The values of `grid.coordinates.CoordinateSystem`, for the same reason.
System = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]
MAX_REFUSALS = 50


def _command(kind: str) -> Callable[..., None]:
    def preview(
        file: Annotated[
            Path,
            typer.Argument(
                metavar="FILE", help=TEXTS("cli.import.file"), rich_help_panel=ARGUMENTS
            ),
        ],
        *,
        preview: Annotated[
            bool,
            typer.Option("--preview", help=TEXTS("cli.import.preview"), rich_help_panel=OPTIONS),
        ] = False,
        against: Annotated[
            Path | None,
            typer.Option(metavar="FILE", help=TEXTS("cli.import.against"), rich_help_panel=OPTIONS),
        ] = None,
        bundle: Annotated[
            Path | None,
            typer.Option(metavar="DIR", help=TEXTS("cli.import.bundle"), rich_help_panel=OPTIONS),
        ] = None,
        system: Annotated[
            System | None, typer.Option(help=TEXTS("cli.import.system"), rich_help_panel=OPTIONS)
        ] = None,
        sheet: Annotated[
            str | None,
            typer.Option(metavar="NAME", help=TEXTS("cli.import.sheet"), rich_help_panel=OPTIONS),
        ] = None,
        out: Annotated[
            Path | None,
            typer.Option(metavar="OUT.csv", help=TEXTS("cli.import.out"), rich_help_panel=OPTIONS),
        ] = None,
        as_json: Annotated[
            bool, typer.Option("--json", help=TEXTS("cli.import.json"), rich_help_panel=OPTIONS)
        ] = False,
    ) -> None:
        if not preview and out is None:
            if against is not None or bundle is not None:
                raise typer.BadParameter(TEXTS("cli.import.records_alone"))
            refused = _take(kind, file, system or "", sheet)
            raise typer.Exit(1 if refused else 0)
        found = _preview(kind, file, against, bundle, {"system": system or "", "sheet": sheet})
        if out is not None:
            _write(found, out)
        if as_json:
            typer.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=1))
        else:
            typer.echo("\n".join(summary_lines(found)))
        if found.num_refused:
            raise typer.Exit(1)

    return preview


def add_kinds(imports: typer.Typer) -> None:
    """Add a command a kind of table."""
    for kind in KINDS:
        imports.command(kind, help=_HELP[kind])(_command(kind))


def _preview(
    kind: str, file: Path, against: Path | None, bundle: Path | None, options: dict[str, Any]
) -> ImportPreview:
    from api.progress import stage_progress
    from data.importers.tables import preview_import

    language = TEXTS.language
    known = None if bundle is None else _known(bundle)
    existing = None
    with stage_progress(TEXTS("cli.import.reading")) as show:
        if against is not None:
            before = preview_import(
                kind, against, known=known, system=options["system"], language=language
            )
            existing = before.new

        def progress(stage: str, done: int, total: int) -> None:
            if show is not None:
                show(f"{stage} {done:,}/{total:,}")

        return preview_import(
            kind,
            file,
            existing,
            known=known,
            language=language,
            progress=progress,
            **options,
        )


def _take(kind: str, file: Path, system: str, sheet: str | None) -> int:
    """Take a file into the records of the store; return how many rows were refused."""
    import os
    from datetime import UTC, datetime

    from api.progress import stage_progress
    from data.importers.living.intake import Intake
    from data.importers.living.taking import compare_with_records, read_for_records, take
    from data.store.audit import Event, append
    from data.store.opening import open_records
    from data.store.scope import CITY

    store, keys = open_records(os.environ)
    now, actor = datetime.now(UTC), "command line"
    try:
        with stage_progress(TEXTS("cli.import.reading")) as show:

            def progress(stage: str, done: int, total: int) -> None:
                if show is not None:
                    show(f"{stage} {done:,}/{total:,}")

            with store.read() as session:
                intake = Intake(session, keys, CITY, actor, now)
                read = read_for_records(
                    intake,
                    kind,
                    file,
                    system=system,
                    sheet=sheet,
                    language=TEXTS.language,
                    progress=progress,
                )
                found = compare_with_records(intake, read)

            def work(session: Session) -> None:
                counts = take(Intake(session, keys, CITY, actor, now), read, progress=progress)
                told = {"new": counts.new, "changed": counts.changed, "sha256": read.sha256}
                append(session, keys, now, Event(actor, "import.apply", "import", kind, told))

            store.submit(work)
    finally:
        store.close()
    typer.echo("\n".join(summary_lines(found)))
    typer.echo(TEXTS("cli.import.taken"), err=True)
    return found.num_refused


def _known(bundle: Path) -> Known:
    """Return what a bundle says of stations, beats, shifts, roles, people and the city's box."""
    from data.bundle import read_bundle
    from data.importers.bundle_codes import known_of

    return known_of(read_bundle(bundle))


def _write(preview: ImportPreview, out: Path) -> None:
    import pandas as pd

    from api.files import write_atomically
    from data.exporters.csv_tables import csv_table

    accepted = pd.concat([preview.new, preview.changed], ignore_index=True)
    write_atomically(out, csv_table(accepted))


def summary_lines(preview: ImportPreview) -> list[str]:
    """Return a preview as a few lines, and its refusals, at most `MAX_REFUSALS`."""
    lines = [
        TEXTS(
            "cli.import.counts",
            file=preview.file,
            new=f"{len(preview.new):,}",
            changed=f"{len(preview.changed):,}",
            unchanged=f"{preview.num_unchanged:,}",
            refused=f"{preview.num_refused:,}",
            absent=f"{preview.num_absent:,}",
        )
    ]
    if preview.unknown_headings:
        lines.append(TEXTS("cli.import.unknown", headings=", ".join(preview.unknown_headings)))
    if preview.skipped_sheets:
        lines.append(TEXTS("cli.import.skipped", sheets=", ".join(preview.skipped_sheets)))
    lines += [refusal.in_(TEXTS.language) for refusal in preview.refused[:MAX_REFUSALS]]
    if (more := len(preview.refused) + preview.num_untold - MAX_REFUSALS) > 0:
        lines.append(TEXTS("cli.more_problems", count=more))
    return lines
