"""``jingge ledger``: tell whether the ledger of points is whole."""

from __future__ import annotations

import os
from typing import Final

import typer

from api.commands.shared import TEXTS

MOST_LINES: Final = 200

commands = typer.Typer()
ledger = typer.Typer(help=TEXTS("cli.ledger.help"), no_args_is_help=True)
commands.add_typer(ledger, name="ledger", rich_help_panel=TEXTS("cli.panel.records"))


@ledger.callback()
def ledger_() -> None:
    """Keep ``verify`` a subcommand although it is the only one so far."""


@ledger.command("verify", help=TEXTS("cli.ledger.verify.help"))
def verify_ledger() -> None:
    """Go through the ledger: sums, balances, chains, counter-entries; exit 1 on a problem."""
    from data.points.verifying import verify
    from data.store.opening import open_records

    store, keys = open_records(os.environ)
    try:
        with store.read() as session:
            report = verify(session, keys)
    finally:
        store.close()
    for problem in report.problems[:MOST_LINES]:
        typer.echo(problem)
    if len(report.problems) > MOST_LINES:
        typer.echo(TEXTS("cli.more_problems", count=len(report.problems) - MOST_LINES))
    if report.problems:
        raise typer.Exit(1)
    counts = {"accounts": report.num_accounts, "transfers": report.num_transfers}
    typer.echo(
        TEXTS("cli.ledger.whole", **{name: f"{count:,}" for name, count in counts.items()}),
        err=True,
    )
