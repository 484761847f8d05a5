"""``jingge repair``: fewest changes to a published roster after dropouts and added demand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.planning import BundleArgument, RosterArgument
from api.commands.shared import OPTIONS, PLANNING, TEXTS

if TYPE_CHECKING:
    from dispatch.repair import Repair

commands = typer.Typer()


@commands.command("repair", help=TEXTS("cli.repair.help"), rich_help_panel=PLANNING)
def repair(
    directory: BundleArgument,
    roster: RosterArgument,
    changes: Annotated[
        Path,
        typer.Option(
            metavar="CHANGES.csv", help=TEXTS("cli.repair.changes"), rich_help_panel=OPTIONS
        ),
    ],
    out: Annotated[
        Path, typer.Option(metavar="OUT", help=TEXTS("cli.plan.out"), rich_help_panel=OPTIONS)
    ],
    tolerance: Annotated[
        int,
        typer.Option(
            metavar="T",
            min=0,
            max=10**12,
            help=TEXTS("cli.repair.tolerance"),
            rich_help_panel=OPTIONS,
        ),
    ] = 0,
    at_most: Annotated[
        int | None,
        typer.Option(
            metavar="K",
            min=0,
            max=10**9,
            help=TEXTS("cli.repair.at_most"),
            rich_help_panel=OPTIONS,
        ),
    ] = None,
    curve: Annotated[
        bool,
        typer.Option("--curve", help=TEXTS("cli.repair.curve"), rich_help_panel=OPTIONS),
    ] = False,
    thorough: Annotated[
        bool,
        typer.Option("--thorough", help=TEXTS("cli.repair.thorough"), rich_help_panel=OPTIONS),
    ] = False,
) -> None:
    """Repair a published roster and write the result directory."""
    from api.repair_job import repair_bundle
    from data.files import check_directory

    if at_most is not None and tolerance:
        raise typer.BadParameter(TEXTS("cli.repair.one_wish"))
    check_directory(out)
    done = repair_bundle(
        directory,
        roster,
        changes,
        out,
        tolerance=tolerance,
        at_most=at_most,
        curve=curve,
        thorough=thorough,
    )
    for line in _lines(done):
        typer.echo(line, err=True)


def _lines(done: Repair) -> list[str]:
    """Return what was done, what is proven of it, and what the dispatcher must know."""
    lines = [
        TEXTS(
            "cli.repair.done",
            dropped=f"{done.dropped:,}",
            people=f"{done.people:,}",
            bound=f"{done.people_bound:,}",
            weight=f"{done.weighted_unmet:,}",
            published=f"{done.published_weight:,}",
        ),
        TEXTS("cli.repair.proven_whole")
        if done.whole
        else TEXTS("cli.repair.proven_region", bound=f"{done.people_bound_anywhere:,}"),
    ]
    lines += [
        TEXTS(
            "cli.repair.released",
            person=pin.person_id,
            beat=pin.beat_id,
            shift=pin.shift_id,
            role=pin.role,
        )
        for pin in done.released.itertuples(index=False)
    ]
    if done.curve:
        lines.append(TEXTS("cli.repair.curve_head"))
    lines += [
        f"{point.people}\t{point.weighted_unmet}\t{point.objective}\t{point.bound}"
        for point in done.curve
    ]
    return lines
