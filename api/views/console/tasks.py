"""Tasks in the console: rows of the list, the form of a task, who signed up, which steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from api.views.console.sheets import Field, Panel, Sheet, option_list
from api.views.console.table import Column
from api.views.console.weeks import hours, moment
from data.field.tasks import STEPS
from data.store.tables.tasks import HOLDING, TASK_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from api.access.fields import Rights
    from api.language import Texts
    from data.field.signups import SignupView
    from data.field.task_values import TaskView

    Choices = Sequence[tuple[str, str]]

HERE: Final = "/console/tasks"
TASKS: Final = (
    Column("title", "tasks.title"),
    Column("kind", "tasks.kind"),
    Column("where", "tasks.where"),
    Column("day", "tasks.day"),
    Column("hours", "tasks.hours"),
    Column("role", "tasks.role"),
    Column("taken", "tasks.taken", is_number=True),
    Column("until", "tasks.until"),
    Column("state", "console.state"),
)
TONES: Final = {"open": "good", "closed": "calm", "draft": "warn"}
STEP_OF: Final = {"open": "open", "closed": "close", "done": "end", "cancelled": "cancel"}
"""The step that leads to a state."""
_URGENCIES: Final = range(4)


def task_rows(tasks: Iterable[TaskView], texts: Texts, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return the rows of a list of tasks, with local times."""
    return [
        {
            "url": f"{HERE}/{one.task_id}",
            "title": one.title,
            "kind": texts.label("label.task", one.kind),
            "where": one.where,
            "day": f"{one.starts_at.astimezone(zone):%Y-%m-%d}",
            "hours": hours(one.starts_at, one.ends_at, zone),
            "role": texts.label("role", one.role),
            "taken": f"{one.taken} / {one.places}",
            "until": moment(one.signup_until, zone),
            "state": texts.label("label.task_state", one.state),
            "tone": TONES.get(one.state, "off"),
        }
        for one in tasks
    ]


def task_terms(task: TaskView, station: str, texts: Texts, zone: ZoneInfo) -> list[tuple[str, Any]]:
    """Return what a task of a station is: what, where, when, how many, for how many points."""
    state = texts.label("label.task_state", task.state)
    place = f"{task.where} ({task.lat:.5f}, {task.lng:.5f})"
    terms: list[tuple[str, Any]] = [
        (texts("console.state"), {"text": state, "tone": TONES.get(task.state, "off")}),
        (texts("console.code"), task.code),
        (texts("tasks.kind"), texts.label("label.task", task.kind)),
        (texts("console.station"), station or task.station_code),
        (texts("tasks.where"), place),
        (texts("tasks.check_in"), texts("tasks.all_over" if task.is_beat_wide else "tasks.there")),
        (texts("tasks.starts"), moment(task.starts_at, zone)),
        (texts("tasks.ends"), moment(task.ends_at, zone)),
        (texts("tasks.until"), moment(task.signup_until, zone)),
        (texts("tasks.role"), texts.label("role", task.role)),
        (texts("tasks.taken"), f"{task.taken} / {task.places}"),
        (texts("tasks.min_people"), task.min_people),
        (texts("tasks.leaders"), task.leaders),
        (texts("tasks.points"), task.points or texts("tasks.by_table")),
        (texts("tasks.urgency"), texts.label("label.urgency", str(task.urgency))),
    ]
    if task.note:
        terms.append((texts("tasks.note"), task.note))
    if task.reason:
        terms.append((texts("tasks.reason"), texts.label("label.task_reason", task.reason)))
    return terms


def new_task_sheet(
    texts: Texts, roles: Choices, stations: Choices, beats: Sequence[tuple[str, str, str]]
) -> Sheet:
    """Return the form that publishes a task.

    Parameters
    ----------
    beats : sequence of (code, name, station's name)
    """
    places = [(code, f"{station} · {name}") for code, name, station in beats]
    where = (
        Field(
            *("beat_id", texts("tasks.beat"), "select"),
            hint=texts("tasks.beat_hint"),
            choices=option_list(places, texts, blank=texts("tasks.no_beat")),
        ),
        Field(
            *("station_id", texts("console.station"), "select"),
            hint=texts("tasks.station_hint"),
            choices=option_list(stations, texts, blank=texts("tasks.of_beat")),
        ),
    )
    publish = Field("publish", texts("tasks.publish"), "check", "true", texts("tasks.publish_hint"))
    fields = (*_what(texts, roles), *where, *_there(texts), *_when(texts), *_many(texts), publish)
    return Sheet("task", HERE, texts("tasks.new"), fields, is_once=True)


def step_sheets(task: TaskView, texts: Texts) -> list[Sheet]:
    """Return a form for each step that the task's state allows."""
    sheets = []
    for state, before in STEPS.items():
        if task.state not in before:
            continue
        step, tone = STEP_OF[state], "outline-primary"
        fields: tuple[Field, ...] = ()
        if step == "cancel":
            limits = {"maxlength": 500}
            reason = Field("reason", texts("tasks.reason"), is_required=True, limits=limits)
            fields, tone = (reason,), "outline-danger"
        elif step == "open":
            tone = "primary"
        sheets.append(
            Sheet(
                name=f"step-{step}",
                action=f"{HERE}/{task.task_id}/steps/{step}",
                button=texts.label("label.task_step", step),
                fields=fields,
                hint=texts.label("label.task_step_hint", step),
                tone=tone,
            )
        )
    return sheets


def signups_panel(
    signups: Sequence[SignupView],
    names: Mapping[str, str],
    rights: Mapping[str, Rights],
    texts: Texts,
    zone: ZoneInfo,
) -> Panel:
    """Return who holds a place, who waits, and who went; a name only where it may be seen."""
    rows = []
    for one in signups:
        seen = rights[one.person_code].sees("name")
        who: Any = one.person_code
        if seen:
            url = f"/console/people/{quote(one.person_code, safe='')}"
            who = {"text": names.get(one.person_code) or one.person_code, "url": url}
        state = texts.label("label.signup_state", one.state)
        if one.place_in_line:
            state = texts("tasks.in_line", state=state, place=one.place_in_line)
        tone = {"confirmed": "good", "offered": "warn", "waiting": "calm"}.get(one.state, "off")
        means = texts.label("label.signup_means", one.means)
        cells = (moment(one.created_at, zone), one.reason or "–")
        rows.append((who, {"text": state, "tone": tone}, means, *cells))
    heads = ("console.name", "console.state", "tasks.means", "tasks.signed_at", "tasks.reason")
    return Panel(
        texts("tasks.signups"),
        heads=[texts(head) for head in heads],
        rows=rows,
        empty=(texts("tasks.nobody"), texts("tasks.nobody_hint")),
        is_wide=True,
    )


def place_sheets(
    task: TaskView, signups: Sequence[SignupView], names: Mapping[str, str], texts: Texts
) -> list[Sheet]:
    """Return the forms that give somebody a place, and take one back."""
    if task.state not in {"open", "closed"}:
        return []
    code = Field(
        *("person_id", texts("tasks.person")),
        hint=texts("tasks.person_hint"),
        is_required=True,
        limits={"maxlength": 128},
    )
    place = f"{HERE}/{task.task_id}"
    assign = texts("tasks.assign")
    sheets = [Sheet("assign", f"{place}/assigned", assign, (code,), assign, is_once=True)]
    holding = [
        (one.person_code, names.get(one.person_code) or one.person_code)
        for one in signups
        if one.state in {*HOLDING, "waiting"}
    ]
    if holding:
        who = Field("person_id", texts("console.name"), "select", choices=holding)
        limits = {"maxlength": 500}
        why = Field("reason", texts("tasks.reason"), is_required=True, limits=limits)
        release, tone = texts("tasks.release"), "outline-danger"
        sheets.append(
            Sheet("release", f"{place}/released", release, (who, why), release, tone=tone)
        )
    return sheets


def _what(texts: Texts, roles: Choices) -> tuple[Field, ...]:
    kinds = [(one, texts.label("label.task", one)) for one in TASK_KINDS]
    urgencies = [(str(one), texts.label("label.urgency", str(one))) for one in _URGENCIES]
    title, line = texts("tasks.title"), {"maxlength": 100}
    return (
        Field("title", title, hint=texts("tasks.title_hint"), is_required=True, limits=line),
        Field("kind", texts("tasks.kind"), "select", choices=kinds),
        Field("role", texts("tasks.role"), "select", hint=texts("tasks.role_hint"), choices=roles),
        Field("urgency", texts("tasks.urgency"), "select", "0", choices=urgencies),
    )


def _there(texts: Texts) -> tuple[Field, ...]:
    step, hint = {"step": "any"}, texts("tasks.point_hint")
    line = {"maxlength": 200}
    wide, wide_hint = texts("tasks.beat_wide"), texts("tasks.beat_wide_hint")
    return (
        Field("place", texts("tasks.place"), hint=texts("tasks.place_hint"), limits=line),
        Field("lat", texts("tasks.lat"), "number", hint=hint, limits=step),
        Field("lng", texts("tasks.lng"), "number", hint=hint, limits=step),
        Field("is_beat_wide", wide, "check", hint=wide_hint),
    )


def _when(texts: Texts) -> tuple[Field, ...]:
    kind, hint = "datetime-local", texts("tasks.until_hint")
    return (
        Field("starts_at", texts("tasks.starts"), kind, is_required=True),
        Field("ends_at", texts("tasks.ends"), kind, is_required=True),
        Field("signup_until", texts("tasks.until"), kind, hint=hint),
    )


def _many(texts: Texts) -> tuple[Field, ...]:
    def number(name: str, label: str, value: int, least: int, most: int) -> Field:
        hint = texts.label("label.task_hint", name)
        limits = {"min": least, "max": most}
        return Field(name, label, "number", str(value), hint, limits=limits, is_required=True)

    return (
        number("places", texts("tasks.places"), 4, 1, 500),
        number("min_people", texts("tasks.min_people"), 1, 1, 500),
        number("leaders", texts("tasks.leaders"), 0, 0, 100),
        number("points", texts("tasks.points"), 0, 0, 1000),
        Field("note", texts("tasks.note"), "area", limits={"maxlength": 2000}),
    )
