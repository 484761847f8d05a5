"""``jingge explain`` and ``prices``: why a line is short, what would help, and how much."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.planning import BundleArgument, RosterArgument
from api.commands.shared import ARGUMENTS, OPTIONS, PLANNING, TEXTS

if TYPE_CHECKING:
    from dispatch.explain import Explanation
    from dispatch.explain_words import ExplainWords
    from dispatch.scenario import Scenario
    from dispatch.wording import Language

commands = typer.Typer()


@commands.command("explain", help=TEXTS("cli.explain.help"), rich_help_panel=PLANNING)
def explain(
    directory: BundleArgument,
    roster: RosterArgument,
    beat: Annotated[
        str, typer.Option(metavar="B", help=TEXTS("cli.explain.beat"), rich_help_panel=OPTIONS)
    ],
    shift: Annotated[
        str, typer.Option(metavar="S", help=TEXTS("cli.explain.shift"), rich_help_panel=OPTIONS)
    ],
    role: Annotated[
        str | None,
        typer.Option(metavar="R", help=TEXTS("cli.explain.role"), rich_help_panel=OPTIONS),
    ] = None,
    person: Annotated[
        str | None,
        typer.Option(metavar="P", help=TEXTS("cli.explain.person"), rich_help_panel=OPTIONS),
    ] = None,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help=TEXTS("cli.explain.json"), rich_help_panel=OPTIONS)
    ] = False,
) -> None:
    """Explain a post, a line or a person of a roster."""
    from data.bundle import read_bundle
    from data.results import read_roster
    from dispatch.explain import explain as explain_post
    from dispatch.explain_words import ExplainWords

    scenario = read_bundle(directory)
    rows = read_roster(roster, scenario)
    found = explain_post(scenario, rows, beat=beat, shift=shift, role=role, person=person)
    language = TEXTS.language
    words = ExplainWords(scenario, language, known_labels(scenario, language))
    if as_json:
        typer.echo(json.dumps(explain_document(found, words), ensure_ascii=False, indent=1))
        return
    plain = not sys.stdout.isatty()
    typer.echo(_bold(heading(scenario, beat, shift), plain=plain))
    for depth, text in words.lines(found):
        line = "  " * depth + text
        typer.echo(line if depth else _bold("\n" + line, plain=plain))


@commands.command("prices", help=TEXTS("cli.prices.help"), rich_help_panel=PLANNING)
def prices(
    directory: BundleArgument,
    result: Annotated[
        Path,
        typer.Argument(metavar="RESULT", help=TEXTS("cli.result"), rich_help_panel=ARGUMENTS),
    ],
) -> None:
    """Write shadow prices and the value of training into a result directory."""
    from data.bundle import read_bundle
    from data.results import read_roster, write_shadow_prices
    from dispatch.explain import surveyed
    from dispatch.shadow_prices import line_worth, shadow_prices
    from dispatch.training import training_values

    scenario = read_bundle(directory)
    survey = surveyed(scenario, read_roster(result / "roster.csv", scenario))
    worth = line_worth(survey)
    table = shadow_prices(survey, worth=worth)
    write_shadow_prices(table, training_values(survey, worth=worth), result)
    volunteers = table[(table["by"] == "station") & (table["tier"] == "volunteer")]
    stations = dict(zip(scenario.beats["station_id"], scenario.beats["station_name"], strict=True))
    typer.echo(TEXTS("cli.prices.where"))
    for row in volunteers.sort_values("mean", ascending=False).head(10).to_dict("records"):
        values = {name: row[name] for name in ("missing", "where")}
        mean = f"{row['mean']:,}"
        typer.echo(TEXTS("cli.prices.row", name=stations[row["key"]], mean=mean, **values))
    typer.echo(TEXTS("cli.prices.done", directory=result), err=True)


def _bold(text: str, *, plain: bool) -> str:
    return text if plain else typer.style(text, bold=True)


def known_labels(scenario: Scenario, language: Language) -> dict[str, str]:
    """Return what people call tiers, roles, professions, qualifications and stations."""
    from data.catalogue import labels, load_professions

    professions = load_professions()
    tiers = {tier: TEXTS(f"tier.{tier}") for tier in ("officer", "auxiliary", "volunteer")}
    named = dict(zip(professions.iloc[:, 0], professions[f"label_{language}"], strict=True))
    if language == "en":
        tiers = {tier: tier for tier in tiers}
        named = {code: label[:1].lower() + label[1:] for code, label in named.items()}
    stations = zip(scenario.beats["station_id"], scenario.beats["station_name"], strict=True)
    return {**dict(stations), **tiers, **named, **labels(language)}


def heading(scenario: Scenario, beat: str, shift: str) -> str:
    """Return what a post is called: beat, station, day and times."""
    place = scenario.beats[scenario.beats["beat_id"] == beat].iloc[0]
    time = scenario.shifts[scenario.shifts["shift_id"] == shift].iloc[0]
    starts, ends = (time[name].tz_convert(scenario.timezone) for name in ("starts_at", "ends_at"))
    day = TEXTS(f"weekday.{starts.weekday()}")
    when = f"{starts:%Y-%m-%d} {day} {starts:%H:%M}–{ends:%H:%M}"
    return f"{place['name']} · {place['station_name']} · {when}  [{beat} {shift}]"


def explain_document(found: Explanation, words: ExplainWords) -> dict[str, Any]:
    """Return an explanation as plain values, with its sentences."""
    document = dataclasses.asdict(found)
    for reason, values in zip(found.person, document["person"], strict=True):
        values["text"] = words.person(reason)
    for story, line in zip(found.lines, document["lines"], strict=True):
        for reason, values in zip(story.people, line["people"], strict=True):
            values["text"] = words.person(reason)
        if story.missing:
            line["text"] = words.why_short(story)
        for tried, values in zip(story.remedies, line["remedies"], strict=True):
            values["text"] = words.remedy(story, tried)
            values["effects"] = list(words.effects(story, tried))
            for part in (*values["remedy"]["changes"], *values["remedy"]["moves"]):
                part["person"] = words.person_id(part["person"])
    return document
