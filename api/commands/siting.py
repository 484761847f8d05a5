"""``jingge site``: where to put posts so that they cover the most demand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.planning import DEFAULT_SEED, effort_of, usable_processors
from api.commands.shared import ARGUMENTS, OPTIONS, PLANNING, TEXTS

if TYPE_CHECKING:
    from data.demand_points import Points
    from dispatch.siting import Siting

commands = typer.Typer()

DEFAULT_TIME_LIMIT_S = 60.0


@commands.command("site", help=TEXTS("cli.site.help"), rich_help_panel=PLANNING)
def site(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="POINTS.csv", help=TEXTS("cli.site.file"), rich_help_panel=ARGUMENTS
        ),
    ],
    posts: Annotated[
        int,
        typer.Option(metavar="P", min=1, help=TEXTS("cli.site.posts"), rich_help_panel=OPTIONS),
    ],
    radius: Annotated[
        float,
        typer.Option(
            metavar="M",
            min=0,
            max=20_100_000,
            help=TEXTS("cli.site.radius"),
            rich_help_panel=OPTIONS,
        ),
    ],
    time_limit: Annotated[
        float | None,
        typer.Option(
            metavar="S",
            min=0.001,
            max=86_400,
            help=TEXTS("cli.site.time_limit"),
            rich_help_panel=OPTIONS,
        ),
    ] = None,
    rounds: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            max=1_000_000,
            help=TEXTS("cli.site.rounds"),
            rich_help_panel=OPTIONS,
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, max=1024, help=TEXTS("cli.workers"), rich_help_panel=OPTIONS
        ),
    ] = None,
    seed: Annotated[
        int,
        typer.Option(
            metavar="S", min=0, max=2**31 - 1, help=TEXTS("cli.seed"), rich_help_panel=OPTIONS
        ),
    ] = DEFAULT_SEED,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help=TEXTS("cli.site.json"), rich_help_panel=OPTIONS)
    ] = False,
) -> None:
    """Choose posts among points and print them with what they cover and a proven bound."""
    import time

    begun = time.perf_counter()
    if time_limit is None and rounds is None:
        time_limit = DEFAULT_TIME_LIMIT_S
    effort = effort_of(time_limit, rounds)
    from data.demand_points import read_points
    from dispatch.siting import site as choose

    points = read_points(file)
    found = choose(
        points.lat,
        points.lng,
        points.demand,
        posts=posts,
        radius_m=radius,
        effort=effort,
        clock=time.perf_counter,
        workers=workers or usable_processors(),
        seed=seed,
    )
    document = site_document(points, found, radius)
    document["seconds"] = round(time.perf_counter() - begun, 3)
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False, indent=1))
        return
    typer.echo("point,lat,lng")
    for point in document["points"]:
        typer.echo(f"{point['point']},{point['lat']},{point['lng']}")
    typer.echo(TEXTS("cli.site.covered", covered=document["covered"], demand=document["demand"]))
    typer.echo(TEXTS("cli.site.bound", bound=document["bound"]))
    typer.echo(TEXTS("cli.site.gap", gap=f"{document['gap']:.4%}"))


def site_document(points: Points, found: Siting, radius_m: float) -> dict[str, Any]:
    """Return a choice of posts as plain values; points count from 1 in file order."""

    def amount(value: int) -> int | float:
        return value if points.unit == 1 else value / points.unit

    return {
        "points": [
            {"point": int(at) + 1, "lat": float(points.lat[at]), "lng": float(points.lng[at])}
            for at in found.points
        ],
        "radius_m": radius_m,
        "covered": amount(found.covered),
        "demand": amount(found.demand),
        "bound": amount(found.bound),
        "exact_bound": amount(found.exact_bound),
        "gap": found.gap,
        "rounds": found.rounds,
    }
