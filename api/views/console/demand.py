"""Demand in the console: the list of lines, one line, and a change of many with what it means."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from api.views.console.sheets import Field, Panel, Sheet
from api.views.console.table import Column
from api.views.console.weeks import day_words
from data.planning.places import MOST_PLACES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from zoneinfo import ZoneInfo

    from api.language import Texts
    from data.planning.demand_change import ResizeView
    from data.planning.demand_search import DatedTurn, DemandFilter, FoundLine

HERE: Final = "/console/demand"
LINES: Final = (
    Column("beat", "demand.beat"),
    Column("station", "console.station"),
    Column("day", "demand.day"),
    Column("shift", "demand.shift"),
    Column("role", "demand.role"),
    Column("people", "demand.people", is_number=True),
    Column("weight", "demand.weight", is_number=True),
)
HEAVIEST: Final = 10**9
Words = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Called:
    """What stations, roles and shift templates are called, by code; what has none is its code."""

    stations: Mapping[str, str]
    roles: Mapping[str, str]
    templates: Mapping[str, str]
    texts: Texts
    zone: ZoneInfo

    def role(self, code: str) -> str:
        """Return what a duty role is called."""
        return self.roles.get(code, code)

    def hours(self, turn: DatedTurn) -> str:
        """Return a shift's template and hours: Evening 18:30–22:00."""
        first, last = (at.astimezone(self.zone) for at in (turn.starts_at, turn.ends_at))
        name = self.templates.get(turn.template or "", turn.template or "")
        return f"{name} {first:%H:%M}–{last:%H:%M}".strip()

    def day(self, turn: DatedTurn) -> str:
        """Return the day on which a shift begins."""
        return day_words(turn.starts_at, self.texts, self.zone)

    def turn(self, turn: DatedTurn) -> str:
        """Return a shift's day, template and hours."""
        return f"{self.day(turn)} {self.hours(turn)}"

    def week(self, monday: date) -> str:
        """Return a week by its Monday."""
        first, last = (self._date(monday + timedelta(days=days)) for days in (0, 6))
        return self.texts("date.range", first=first, last=last, year=monday.year)

    def _date(self, day: date) -> str:
        name = self.texts(f"month.{day.month}")
        return self.texts("date.day", month=day.month, day=day.day, name=name)


def line_address(beat: str, shift: str, role: str) -> str:
    """Return the address of a line's page."""
    return "/".join([HERE, *(quote(one, safe="") for one in (beat, shift, role))])


def filter_fields(wanted: DemandFilter) -> dict[str, str]:
    """Return a filter as the fields of an address or a form."""
    given = {one.name: getattr(wanted, one.name) for one in fields(wanted)}
    return {name: str(value) for name, value in given.items() if value is not None}


def bulk_address(wanted: DemandFilter) -> str:
    """Return where the lines that a filter means are changed together."""
    return f"{HERE}/bulk?{urlencode(filter_fields(wanted))}"


def line_rows(lines: Iterable[FoundLine], called: Called) -> list[dict[str, Any]]:
    """Return the rows of the list."""
    return [
        {
            "url": line_address(one.beat, one.turn.code, one.role),
            "beat": one.beat_name,
            "station": one.station_name,
            "day": called.day(one.turn),
            "shift": called.hours(one.turn),
            "role": called.role(one.role),
            "people": one.required,
            "weight": weights_words(one.weights),
        }
        for one in lines
    ]


def weights_words(weights: Sequence[int]) -> str:
    """Return one weight where all places have the same, else each."""
    return " ".join(map(str, weights if len(set(weights)) > 1 else weights[:1])) or "–"


def line_terms(one: FoundLine, called: Called) -> list[tuple[str, Any]]:
    """Return what a line says."""
    texts = called.texts
    return [
        (texts("console.station"), one.station_name),
        (texts("demand.beat"), one.beat_name),
        (texts("demand.shift"), called.turn(one.turn)),
        (texts("demand.role"), called.role(one.role)),
        (texts("demand.people"), one.required),
        (texts("demand.weight"), weights_words(one.weights)),
    ]


def line_sheets(one: FoundLine, texts: Texts, version: str) -> list[Sheet]:
    """Return the forms that change a line and end it."""
    place = line_address(one.beat, one.turn.code, one.role)
    weight = weights_words(one.weights) if one.weights else "1"
    filled = number_fields(texts, str(one.required), weight)
    return [
        Sheet("line", place, texts("forms.save"), filled, version=version),
        Sheet(
            *("end", f"{place}/end", texts("demand.end")),
            title=texts("demand.end"),
            hint=texts("demand.end_hint"),
            version=version,
            tone="outline-danger",
            is_folded=True,
        ),
    ]


def number_fields(texts: Texts, people: str = "", weight: str = "1") -> tuple[Field, ...]:
    """Return the fields of how many people are wanted, and how much each matters."""
    hint = texts("demand.people_hint", most=MOST_PLACES)
    limits = {"min": 0, "max": MOST_PLACES, "step": 1}
    return (
        Field(
            *("people", texts("demand.people"), "number", people, hint),
            is_required=True,
            limits=limits,
        ),
        Field(
            *("weights", texts("demand.weight"), "text", weight, texts("demand.weight_hint")),
            is_required=True,
            limits={"maxlength": 4000},
        ),
    )


def new_sheet(texts: Texts, beats: Sequence[tuple[str, str]], shifts: Words, roles: Words) -> Sheet:
    """Return the form of a new line."""
    chosen = (
        Field("beat_id", texts("demand.beat"), "select", choices=beats, is_required=True),
        Field("shift_id", texts("demand.shift"), "select", choices=shifts, is_required=True),
        Field("role", texts("demand.role"), "select", choices=roles, is_required=True),
    )
    button = texts("demand.new")
    return Sheet("new", HERE, button, (*chosen, *number_fields(texts, "1")), is_once=True)


def stations_panel(stations: Iterable[tuple[str, str]], texts: Texts) -> Panel:
    """Return the stations to choose from, of each a way to the form of a new line."""
    rows = [
        ({"text": name, "url": f"{HERE}/new?{urlencode({'station': code})}"}, code)
        for code, name in stations
    ]
    heads = (texts("console.station"), texts("console.code"))
    return Panel(texts("demand.which_station"), heads=heads, rows=rows)


def meant_words(wanted: DemandFilter, called: Called) -> list[tuple[str, str]]:
    """Return in words which lines a filter means."""
    texts = called.texts
    found = {
        "demand.week": "" if wanted.week is None else called.week(wanted.week),
        "console.station": called.stations.get(wanted.station or "", wanted.station or ""),
        "demand.place": wanted.place or "",
        "demand.weekday": "" if wanted.weekday is None else texts(f"weekday.{wanted.weekday - 1}"),
        "demand.shift": called.templates.get(wanted.template or "", wanted.template or ""),
        "demand.role": called.role(wanted.role or ""),
    }
    return [(texts(name), words or texts("console.any")) for name, words in found.items()]


def now_terms(told: ResizeView, texts: Texts) -> list[tuple[str, str]]:
    """Return what the lines that are meant want now."""
    return [
        (texts("demand.lines"), f"{told.num_lines:,}"),
        (texts("demand.people"), f"{told.people_before:,}"),
        (texts("demand.hours"), f"{told.hours_before:,.1f}"),
    ]


def change_terms(told: ResizeView, texts: Texts) -> list[tuple[str, str]]:
    """Return what a change comes to."""

    def rise(before: float, after: float, form: str) -> str:
        return f"{before:{form}} → {after:{form}} ({after - before:+{form}})"

    return [
        (texts("demand.lines_changed"), f"{told.num_changed:,} / {told.num_lines:,}"),
        (texts("demand.people"), rise(told.people_before, told.people_after, ",")),
        (texts("demand.hours"), rise(told.hours_before, told.hours_after, ",.1f")),
    ]


def ask_sheets(wanted: DemandFilter, texts: Texts) -> list[Sheet]:
    """Return the forms that ask for a preview: so many times as many, or so many each."""
    place, button = f"{HERE}/bulk/preview", texts("demand.preview")
    factor = Field(
        *("factor", texts("demand.factor"), "number", "", texts("demand.factor_hint")),
        is_required=True,
        limits={"min": 0.1, "max": 10, "step": "any"},
    )
    people = Field(
        *("people", texts("demand.set_to"), "number", "", texts("demand.set_hint")),
        is_required=True,
        limits={"min": 0, "max": MOST_PLACES, "step": 1},
    )
    return [
        Sheet(one.name, place, button, (one, *_hidden(filter_fields(wanted))))
        for one in (factor, people)
    ]


def confirm_sheet(
    wanted: DemandFilter, told: ResizeView, asked: Mapping[str, str], texts: Texts
) -> Sheet:
    """Return the form that does what was told."""
    return Sheet(
        *("confirm", f"{HERE}/bulk", texts("demand.change_lines", count=f"{told.num_changed:,}")),
        _hidden({**filter_fields(wanted), **asked}),
        version=str(told.version),
        is_once=True,
    )


def week_sheet(texts: Texts, first: date, weeks: Words) -> Sheet:
    """Return the form that opens a week."""
    return Sheet(
        *("week", f"{HERE}/week", texts("demand.open_week")),
        (
            Field(
                *("first_day", texts("demand.first_day"), "date", first.isoformat()),
                is_required=True,
            ),
            Field(
                *("like", texts("demand.like"), "select", weeks[-1][0] if weeks else ""),
                hint=texts("demand.like_hint"),
                choices=(("", texts("demand.like_none")), *weeks),
            ),
        ),
        is_once=True,
    )


def _hidden(given: Mapping[str, str]) -> tuple[Field, ...]:
    return tuple(Field(name, kind="hidden", value=value) for name, value in given.items())
