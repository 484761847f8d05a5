"""``jingge load``: put a bundle and its plan into the store and publish it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.commands.planning import BundleArgument
from api.commands.shared import ARGUMENTS, TEXTS

commands = typer.Typer()
RECORDS = TEXTS("cli.panel.records")


@commands.command("load", help=TEXTS("cli.load.help"), rich_help_panel=RECORDS)
def load(
    directory: BundleArgument,
    result: Annotated[
        Path,
        typer.Argument(metavar="RESULT", help=TEXTS("cli.result"), rich_help_panel=ARGUMENTS),
    ],
) -> None:
    """Put a bundle and its plan into the store; the first one fills the records."""
    from api.loading import load_plan
    from data.store.opening import open_records

    store, keys = open_records(os.environ)
    try:
        roster = load_plan(store, keys, directory, result, now=datetime.now(UTC), by="terminal")
    finally:
        store.close()
    typer.echo(TEXTS("cli.load.done", roster=roster), err=True)
