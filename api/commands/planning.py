"""``jingge demo``, ``plan`` and ``check``: from a bundle to a checked roster."""

from __future__ import annotations

import dataclasses
import json
import warnings
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.shared import ARGUMENTS, OPTIONS, PLANNING, TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from dispatch.check import CheckReport
    from dispatch.effort import Effort
    from dispatch.executors import PiecePool
    from dispatch.roster import Report

commands = typer.Typer()

DEFAULT_VOLUNTEERS = 37_289
DEFAULT_SEED = 20_261_130
DEFAULT_TIME_LIMIT_S = 90.0

BundleArgument = Annotated[
    Path,
    typer.Argument(
        metavar="DIR",
        help=TEXTS("cli.bundle"),
        rich_help_panel=ARGUMENTS,
    ),
]
RosterArgument = Annotated[
    Path,
    typer.Argument(metavar="ROSTER.csv", help=TEXTS("cli.roster"), rich_help_panel=ARGUMENTS),
]
VolunteersOption = Annotated[
    int,
    typer.Option(
        metavar="N", min=1, max=2_000_000, help=TEXTS("cli.volunteers"), rich_help_panel=OPTIONS
    ),
]
SeedOption = Annotated[
    int,
    typer.Option(
        metavar="S", min=0, max=2**31 - 1, help=TEXTS("cli.seed"), rich_help_panel=OPTIONS
    ),
]
TimeLimitOption = Annotated[
    float | None,
    typer.Option(
        metavar="S",
        min=0.001,
        max=86_400,
        help=TEXTS("cli.time_limit"),
        rich_help_panel=OPTIONS,
    ),
]
RoundsOption = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=0, max=1_000_000, help=TEXTS("cli.rounds"), rich_help_panel=OPTIONS
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, max=1024, help=TEXTS("cli.workers"), rich_help_panel=OPTIONS),
]


SchedulerOption = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help=TEXTS("cli.scheduler"), rich_help_panel=OPTIONS),
]


@commands.command("demo", help=TEXTS("cli.demo.help"), rich_help_panel=PLANNING)
def demo(
    directory: Annotated[
        Path,
        typer.Argument(metavar="DIR", help=TEXTS("cli.demo.dir"), rich_help_panel=ARGUMENTS),
    ],
    volunteers: VolunteersOption = DEFAULT_VOLUNTEERS,
    seed: SeedOption = DEFAULT_SEED,
) -> None:
    """Write the Baotou demo city as a bundle."""
    from api.progress import stage_progress
    from data.demo import figures, write_demo

    with stage_progress(TEXTS("cli.demo.writing")) as progress:
        city = write_demo(directory, volunteers=volunteers, seed=seed, progress=progress)
        counts = {name: f"{count:,}" for name, count in figures(city.scenario).items()}
    typer.echo(TEXTS("cli.demo.done", directory=directory), err=True)
    typer.echo(TEXTS("cli.demo.figures", **counts), err=True)


@commands.command("plan", help=TEXTS("cli.plan.help"), rich_help_panel=PLANNING)
def plan(
    directory: BundleArgument,
    out: Annotated[
        Path, typer.Option(metavar="OUT", help=TEXTS("cli.plan.out"), rich_help_panel=OPTIONS)
    ],
    time_limit: TimeLimitOption = None,
    rounds: RoundsOption = None,
    workers: WorkersOption = None,
    seed: SeedOption = DEFAULT_SEED,
    scheduler: SchedulerOption = None,
) -> None:
    """Plan a bundle and write the result directory."""
    from api.jobs import plan_bundle
    from api.progress import planning_progress

    effort = effort_of(time_limit, rounds)
    with ExitStack() as stack:
        pool = stack.enter_context(_cluster(scheduler, workers)) if scheduler else None
        losses = stack.enter_context(_counted_losses())
        progress = stack.enter_context(planning_progress(TEXTS, effort.time_limit_s))
        result = plan_bundle(
            directory,
            out,
            effort=effort,
            workers=pool.workers if pool else workers or usable_processors(),
            seed=seed,
            progress=progress,
            pool=pool,
        )
    if losses:
        key = "cli.plan.lost" if effort.rounds is not None else "cli.plan.lost_limited"
        typer.echo(TEXTS(key, count=len(losses)), err=True)
    typer.echo(summary_line(result.report), err=True)


@commands.command("check", help=TEXTS("cli.check.help"), rich_help_panel=PLANNING)
def check(directory: BundleArgument, roster: RosterArgument) -> None:
    """Check any roster against a bundle; exit 1 where a rule is broken."""
    from data.bundle import bundle_sha256, read_bundle
    from data.results import read_roster
    from dispatch.check import check as check_roster

    scenario = read_bundle(directory)
    report = check_roster(scenario, read_roster(roster, scenario))
    document = {**check_document(report), "scenario_sha256": bundle_sha256(directory)}
    typer.echo(json.dumps(document, ensure_ascii=False, indent=1))
    if any(report.violations.values()):
        raise typer.Exit(1)


def effort_of(time_limit_s: float | None, rounds: int | None) -> Effort:
    """Return the effort that the options ask for; one of them at most may be given."""
    from dispatch.effort import Effort

    if time_limit_s is not None and rounds is not None:
        raise typer.BadParameter(TEXTS("cli.plan.one_effort"))
    if rounds is not None:
        return Effort(rounds=rounds)
    return Effort(time_limit_s=DEFAULT_TIME_LIMIT_S if time_limit_s is None else time_limit_s)


def _cluster(address: str, workers: int | None) -> AbstractContextManager[PiecePool]:
    """Connect to the scheduler that the option names."""
    import os

    from api.scheduler import cluster_pool
    from api.settings import read_settings

    return cluster_pool(address, workers=workers, settings=read_settings(os.environ), texts=TEXTS)


@contextmanager
def _counted_losses() -> Iterator[list[str]]:
    """Collect the warnings of lost workers, to be told in the user's language."""
    from dispatch.executors import WorkerLost

    losses: list[str] = []
    with warnings.catch_warnings():
        show = warnings.showwarning

        def collect(message: Warning | str, category: type[Warning], *where: Any) -> None:
            if issubclass(category, WorkerLost):
                losses.append(str(message))
            else:
                show(message, category, *where)

        warnings.simplefilter("always", WorkerLost)
        warnings.showwarning = collect  # type: ignore[assignment]
        yield losses


def usable_processors() -> int:
    """Return the number of processors this process may use."""
    import os

    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_document(report: CheckReport) -> dict[str, Any]:
    """Return the checker's report as plain values; ``details`` is a list of rows."""
    values = {
        field.name: getattr(report, field.name)
        for field in dataclasses.fields(report)
        if field.name != "details"
    }
    return {**values, "details": report.details.to_dict("records")}


def summary_line(report: Report) -> str:
    """Return a plan's figures as one line."""
    return TEXTS(
        "cli.plan.done",
        assigned=f"{report.assigned:,}",
        unmet=f"{report.unmet:,}",
        objective=f"{report.objective:,}",
        bound=f"{report.bound:,}",
        gap=f"{report.gap:.2%}",
        seconds=f"{sum(report.seconds.values()):.0f}",
    )
