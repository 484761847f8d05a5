"""``jingge map``, ``serve`` and ``run``: a plan in a browser or a file."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.planning import (
    DEFAULT_SEED,
    DEFAULT_VOLUNTEERS,
    BundleArgument,
    RosterArgument,
    RoundsOption,
    SeedOption,
    TimeLimitOption,
    VolunteersOption,
    WorkersOption,
    effort_of,
    summary_line,
    usable_processors,
)
from api.commands.shared import ARGUMENTS, OPTIONS, SHOWING, TEXTS

if TYPE_CHECKING:
    from api.settings import Settings

commands = typer.Typer()

HOME = Path("var") / "baotou"

HostOption = Annotated[
    str | None,
    typer.Option(metavar="HOST", help=TEXTS("cli.host"), rich_help_panel=OPTIONS),
]
PortOption = Annotated[
    int | None,
    typer.Option(metavar="PORT", min=0, max=65535, help=TEXTS("cli.port"), rich_help_panel=OPTIONS),
]


@commands.command("map", help=TEXTS("cli.map.help"), rich_help_panel=SHOWING)
def map_(
    directory: BundleArgument,
    roster: RosterArgument,
    out: Annotated[
        Path,
        typer.Option(metavar="FILE.html", help=TEXTS("cli.map.out"), rich_help_panel=OPTIONS),
    ],
) -> None:
    """Write one self-contained coverage map."""
    from api.files import write_atomically
    from api.map_file import map_file
    from data.bundle import read_bundle
    from data.results import read_roster

    scenario = read_bundle(directory)
    page = map_file(scenario, read_roster(roster, scenario), TEXTS)
    write_atomically(out, page.encode())
    typer.echo(TEXTS("cli.map.done", file=out, size=f"{len(page.encode()) / 1e6:.1f}"), err=True)


@commands.command("serve", help=TEXTS("cli.serve.help"), rich_help_panel=SHOWING)
def serve(
    directory: Annotated[
        Path,
        typer.Argument(metavar="DIR", help=TEXTS("cli.bundle"), rich_help_panel=ARGUMENTS),
    ] = HOME / "bundle",
    result: Annotated[
        Path,
        typer.Argument(metavar="RESULT", help=TEXTS("cli.result"), rich_help_panel=ARGUMENTS),
    ] = HOME / "result",
    host: HostOption = None,
    port: PortOption = None,
) -> None:
    """Serve a bundle and its plan."""
    from api.server import bind, serve_city

    settings = _settings(host, port)
    with bind(settings) as listener:
        serve_city(directory, result, settings, listener, TEXTS)


@commands.command("run", help=TEXTS("cli.run.help"), rich_help_panel=SHOWING)
def run(
    home: Annotated[
        Path,
        typer.Option("--dir", metavar="DIR", help=TEXTS("cli.run.dir"), rich_help_panel=OPTIONS),
    ] = HOME,
    host: HostOption = None,
    port: PortOption = None,
    volunteers: VolunteersOption = DEFAULT_VOLUNTEERS,
    seed: SeedOption = DEFAULT_SEED,
    time_limit: TimeLimitOption = None,
    rounds: RoundsOption = None,
    workers: WorkersOption = None,
) -> None:
    """Write the demo city, plan it and serve it; what is finished already is used again."""
    from api.jobs import ensure_demo, finished_result, plan_bundle
    from api.progress import planning_progress, stage_progress
    from api.server import bind, serve_city

    settings = _settings(host, port)
    effort = effort_of(time_limit, rounds)
    # The port is taken first: finding it taken after minutes of planning would be a pity.
    with bind(settings) as listener:
        with stage_progress(TEXTS("cli.demo.writing")) as progress:
            bundle, known = ensure_demo(home, volunteers=volunteers, seed=seed, progress=progress)
        typer.echo(TEXTS("cli.demo.reused" if known else "cli.demo.done", directory=bundle))
        out = home / "result"
        result = finished_result(bundle, out)
        if result is None:
            with planning_progress(TEXTS, effort.time_limit_s) as show:
                result = plan_bundle(
                    bundle,
                    out,
                    effort=effort,
                    workers=workers or usable_processors(),
                    seed=seed,
                    progress=show,
                )
        typer.echo(summary_line(result.report))
        serve_city(bundle, out, settings, listener, TEXTS)


def _settings(host: str | None, port: int | None) -> Settings:
    """Return the environment's settings with what the options say."""
    from api.settings import read_settings

    settings = read_settings(os.environ)
    return replace(
        settings,
        host=settings.host if host is None else host,
        port=settings.port if port is None else port,
    )
