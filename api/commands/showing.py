"""``jingge map``, ``serve`` and ``run``: a plan in a browser or a file."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

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
from api.commands.shared import OPTIONS, SHOWING, TEXTS

if TYPE_CHECKING:
    from api.service import Service
    from api.settings import Settings
    from dispatch.scenario import Scenario

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
        Path | None,
        typer.Option(metavar="FILE.html", help=TEXTS("cli.map.out"), rich_help_panel=OPTIONS),
    ] = None,
    pdf: Annotated[
        Path | None,
        typer.Option(metavar="FILE.pdf", help=TEXTS("cli.map.pdf"), rich_help_panel=OPTIONS),
    ] = None,
    png: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help=TEXTS("cli.map.png"), rich_help_panel=OPTIONS),
    ] = None,
    kind: Annotated[
        Literal["coverage", "gaps", "price", "equity", "workload"],
        typer.Option(help=TEXTS("cli.map.kind"), rich_help_panel=OPTIONS),
    ] = "coverage",
    shift: Annotated[
        str | None,
        typer.Option(metavar="SHIFT", help=TEXTS("cli.map.shift"), rich_help_panel=OPTIONS),
    ] = None,
    ring: Annotated[
        int,
        typer.Option(metavar="0|1|3|5", help=TEXTS("cli.map.ring"), rich_help_panel=OPTIONS),
    ] = 0,
    tier: Annotated[
        Literal["all", "officer", "auxiliary", "volunteer"],
        typer.Option(help=TEXTS("cli.map.tier"), rich_help_panel=OPTIONS),
    ] = "all",
    paper: Annotated[
        Literal["a4", "a3"],
        typer.Option(help=TEXTS("cli.map.paper"), rich_help_panel=OPTIONS),
    ] = "a4",
    whole: Annotated[
        bool, typer.Option("--whole", help=TEXTS("cli.map.whole"), rich_help_panel=OPTIONS)
    ] = False,
) -> None:
    """Write a self-contained map, or one sheet of it as PDF or PNG."""
    from datetime import UTC, datetime

    from api.files import write_atomically
    from api.map_chromium import find_chromium, print_page
    from api.map_file import map_file
    from api.map_print import SheetChoice, sheet_file
    from data.bundle import read_bundle
    from data.results import read_roster

    if not (out or pdf or png):
        raise typer.BadParameter(TEXTS("cli.map.nothing"))
    # Before minutes of work, not after.
    program = find_chromium(os.environ) if pdf or png else ""
    scenario = read_bundle(directory)
    table = read_roster(roster, scenario)
    files: list[tuple[Path, bytes]] = []
    if out:
        files.append((out, map_file(scenario, table, TEXTS).encode()))
    if program:
        try:
            choice = SheetChoice(
                kind=kind,
                shift=None if shift is None else _shift_number(scenario, shift),
                ring=ring,
                tier=tier,
                span="shift" if shift else "week" if kind == "price" else "shift",
                paper=paper,
                whole=whole,
            )
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
        sheet = sheet_file(scenario, table, TEXTS, choice, now=datetime.now(UTC))
        made = print_page(sheet, paper, program=program, pdf=bool(pdf), png=bool(png))
        wanted = {"pdf": pdf, "png": png}
        files += [(path, made[name]) for name, path in wanted.items() if path]
    for path, content in files:
        write_atomically(path, content)
        size = f"{len(content) / 1e6:.1f}"
        typer.echo(TEXTS("cli.map.done", file=path, size=size), err=True)


def _shift_number(scenario: Scenario, shift: str) -> int:
    """Return the position of a shift by its code."""
    found = scenario.shifts.index[scenario.shifts["shift_id"] == shift]
    if found.empty:
        known = ", ".join(scenario.shifts["shift_id"].head(5))
        raise ValueError(f"Expected a shift of the bundle such as {known}, got {shift!r}.")
    return int(found[0])


@commands.command("serve", help=TEXTS("cli.serve.help"), rich_help_panel=SHOWING)
def serve(
    host: HostOption = None,
    port: PortOption = None,
    workers: Annotated[
        int,
        typer.Option(metavar="N", help=TEXTS("cli.serve.workers"), rich_help_panel=OPTIONS),
    ] = 1,
) -> None:
    """Serve the store that JINGGE_DATABASE_URL names."""
    from api.serve_workers import require_workers, serve_together
    from api.server import bind, open_service
    from api.server import serve as serve_service

    settings = _settings(host, port)
    with bind(settings) as listener:
        service = open_service(os.environ)
        try:
            require_workers(workers)
            _first_administrator(service)
        except BaseException:
            service.close()
            raise
        if workers == 1:
            serve_service(service, settings, listener, TEXTS)
            return
        service.close()  # each worker opens its own
        serve_together(listener, workers, TEXTS)


def _first_administrator(service: Service) -> None:
    """Make the first account where there is none, and tell its password this once."""
    from api.first_accounts import first_administrator

    made = first_administrator(service.store, service.keys, service.passwords, now=service.clock())
    if made is not None:
        typer.echo(TEXTS("cli.user.made", login=made.login, password=made.password))


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
    from api.server import bind, open_service
    from api.server import serve as serve_service

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
        _load_demo(bundle, out)
        if "JINGGE_SECOND_FACTOR" not in os.environ:
            settings = replace(settings, second_factor="optional")  # all people are synthetic
        serve_service(open_service(os.environ), settings, listener, TEXTS)


def _load_demo(bundle: Path, out: Path) -> None:
    """Bring the store up to date; load the demo and make its accounts where there are none."""
    from datetime import UTC, datetime

    from api.access.passwords import Passwords
    from api.commands.store import upgrade
    from api.first_accounts import demo_accounts
    from api.loading import has_roster, load_plan
    from data.demo.living import fill_living
    from data.store.opening import open_records

    upgrade()
    now, passwords = datetime.now(UTC), Passwords()
    store, keys = open_records(os.environ)
    try:
        if not has_roster(store, now):
            typer.echo(TEXTS("cli.load.loading"))
            load_plan(store, keys, bundle, out, now=now, by="run")
        made = demo_accounts(store, keys, passwords, now=now)
        store.submit(lambda session: fill_living(session, keys, now))
    finally:
        passwords.close()
        store.close()
    typer.echo(TEXTS("cli.user.demo" if made else "cli.user.demo_known"))
    for one in made:
        typer.echo(
            f"  {one.login:<12} {one.password}   {TEXTS.label('label.account_role', one.role)}"
        )


def _settings(host: str | None, port: int | None) -> Settings:
    """Return the environment's settings with what the options say."""
    from api.settings import read_settings

    settings = read_settings(os.environ)
    return replace(
        settings,
        host=settings.host if host is None else host,
        port=settings.port if port is None else port,
    )
