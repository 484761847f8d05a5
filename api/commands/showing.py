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
from api.commands.shared import OPTIONS, SHOWING, TEXTS

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

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
def serve(host: HostOption = None, port: PortOption = None) -> None:
    """Serve the store that JINGGE_DATABASE_URL names."""
    from api.server import bind, open_service
    from api.server import serve as serve_service

    settings = _settings(host, port)
    with bind(settings) as listener:
        serve_service(open_service(os.environ), settings, listener, TEXTS)


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
        serve_service(open_service(os.environ), settings, listener, TEXTS)


def _load_demo(bundle: Path, out: Path) -> None:
    """Bring the store up to date and load the demo into it where nothing is published yet."""
    from datetime import UTC, datetime

    from api.commands.store import upgrade
    from data.results import read_result
    from data.store.bundle_io import read_record
    from data.store.engine import open_store, store_url
    from data.store.records_from_bundle import fill_records
    from data.store.result_io import store_draft
    from data.store.roster_states import publish
    from data.store.scenario_writing import store_scenario
    from data.store.served_roster import served_roster

    upgrade()
    now = datetime.now(UTC)
    store = open_store(store_url(os.environ))
    try:
        with store.read() as session:
            if served_roster(session, now) is not None:
                return
        record, result = read_record(bundle), read_result(out)

        def work(session: Session) -> None:
            fill_records(session, record, bureau_name=record.scenario.name, now=now)
            scenario = store_scenario(session, record, created_by="run", now=now, link_people=True)
            roster = store_draft(session, scenario, result, label="run", created_by="run", now=now)
            publish(session, roster, by="run", now=now)

        store.submit(work)
    finally:
        store.close()


def _settings(host: str | None, port: int | None) -> Settings:
    """Return the environment's settings with what the options say."""
    from api.settings import read_settings

    settings = read_settings(os.environ)
    return replace(
        settings,
        host=settings.host if host is None else host,
        port=settings.port if port is None else port,
    )
