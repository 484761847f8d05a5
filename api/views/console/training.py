"""The sheets of training: a course, a run of one, whom to enrol, how it went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.views.console.catalogue import state_cell
from api.views.console.sheets import Field, Panel, Sheet, option_list
from api.views.console.weeks import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from zoneinfo import ZoneInfo

    from api.access.fields import Rights
    from api.language import Texts
    from data.records.attendance import Attended
    from data.records.courses import ListedCourse, ListedRun

HERE: Final = "/console/courses"
CATALOGUE: Final = f"{HERE}/catalogue"
MODES: Final = ("shadowing", "class", "online")
RESULTS: Final = ("attended", "absent", "passed", "failed")
Choices = tuple[tuple[str, str], ...]


def courses_panel(
    courses: Iterable[ListedCourse], names: Mapping[str, str], texts: Texts, *, may_write: bool
) -> Panel:
    """Return the courses as a table.

    Parameters
    ----------
    names : mapping of str to str
        What the city calls professions, qualifications and duty roles.
    """

    def named(code: str | None) -> str:
        return "–" if code is None else names.get(code, code)

    rows: list[list[Any]] = [
        [
            {"text": one.name, "url": f"{CATALOGUE}/{one.code}"} if may_write else one.name,
            one.code,
            texts.label("label.course_mode", one.mode),
            named(one.profession),
            named(one.role),
            named(one.grants),
            "–" if one.valid_months is None else one.valid_months,
            state_cell(texts, is_active=one.is_active),
        ]
        for one in courses
    ]
    heads = (
        *("records.course", "console.code", "records.mode", "training.profession"),
        *("people.role", "training.grants", "training.valid_months", "console.state"),
    )
    return Panel(
        texts("training.courses"),
        texts("training.courses_hint"),
        heads=[texts(head) for head in heads],
        rows=rows,
        empty=(texts("training.no_courses"), texts("training.no_courses_hint")),
        links=((texts("training.new_course"), f"{CATALOGUE}/new"),) if may_write else (),
        is_wide=True,
    )


def course_sheet(
    texts: Texts,
    words: Mapping[str, Choices],
    course: ListedCourse | None = None,
) -> Sheet:
    """Return the form of a new course, or of one that is there."""
    modes = tuple((one, texts.label("label.course_mode", one)) for one in MODES)
    name, mode = ("", "class") if course is None else (course.name, course.mode)
    fields = [
        Field(
            "name", texts("records.course"), value=name, is_required=True, limits={"maxlength": 64}
        ),
        Field("mode", texts("records.mode"), "select", mode, choices=modes),
    ]
    for field, label, topic in (
        ("profession", "training.profession", "professions"),
        ("role", "people.role", "duty-roles"),
        ("grants", "training.grants", "qualifications"),
    ):
        value = "" if course is None else getattr(course, field) or ""
        hint = texts.label("label.training_hint", field)
        choices = option_list(words[topic], texts)
        fields.append(Field(field, texts(label), "select", value, hint, choices))
    months = "" if course is None or course.valid_months is None else str(course.valid_months)
    limits = {"min": 1, "max": 1200}
    hint = texts("training.valid_hint")
    fields.append(
        Field("valid_months", texts("training.valid_months"), "number", months, hint, limits=limits)
    )
    if course is None:
        code = Field(*("code", texts("console.code")), is_required=True, limits={"maxlength": 64})
        button = texts("training.new_course")
        return Sheet("course", CATALOGUE, button, (code, *fields), is_once=True)
    active = "true" if course.is_active else ""
    hint = texts("training.closed_hint")
    fields.append(Field("is_active", texts("settings.in_use"), "check", active, hint))
    place = f"{CATALOGUE}/{course.code}"
    return Sheet("course", place, texts("forms.save"), tuple(fields), version=course.tag)


def run_sheet(texts: Texts, courses: Choices, stations: Choices, *, for_city: bool) -> Sheet:
    """Return the form of a new run (batch) of a course."""
    line = {"maxlength": 200}
    places = option_list(stations, texts, blank=texts("records.whole_city"))
    fields = (
        Field("course", texts("records.course"), "select", choices=courses, is_required=True),
        Field(
            *("batch", texts("records.batch")),
            hint=texts("training.batch_hint"),
            is_required=True,
            limits={"maxlength": 64},
        ),
        Field("starts_at", texts("records.starts"), "datetime-local", is_required=True),
        Field("ends_at", texts("training.ends"), "datetime-local", is_required=True),
        Field(
            *("station", texts("console.station"), "select"),
            choices=places if for_city else stations,
        ),
        Field("instructor", texts("records.instructor"), limits=line),
        Field("place", texts("training.place"), limits=line),
        Field(
            *("capacity", texts("training.capacity"), "number"),
            hint=texts("training.capacity_hint"),
            limits={"min": 1, "max": 100_000},
        ),
    )
    return Sheet("run", HERE, texts("training.new_run"), fields, is_once=True)


def run_terms(run: ListedRun, texts: Texts, zone: ZoneInfo) -> list[tuple[str, Any]]:
    """Return what a run is: when, where, who teaches, how many places."""
    starts, ends = run.starts_at.astimezone(zone), run.ends_at.astimezone(zone)
    places = "–" if run.capacity is None else f"{run.capacity:,}"
    return [
        (texts("records.course"), run.course_name),
        (texts("records.batch"), run.batch),
        (texts("records.mode"), texts.label("label.course_mode", run.mode)),
        (texts("records.starts"), f"{starts:%Y-%m-%d %H:%M}"),
        (texts("training.ends"), f"{ends:%Y-%m-%d %H:%M}"),
        (texts("console.station"), run.station or texts("records.whole_city")),
        (texts("records.instructor"), run.instructor or "–"),
        (texts("training.place"), run.place or "–"),
        (texts("training.capacity"), places),
        (texts("records.enrolled"), f"{run.num_enrolled:,}"),
    ]


def enrol_sheet(run: int, texts: Texts) -> Sheet:
    """Return the form that enrols people by their codes."""
    codes = Field(
        *("people", texts("training.codes"), "area"),
        hint=texts("training.codes_hint"),
        is_required=True,
    )
    place = f"{HERE}/{run}/enrolments"
    return Sheet("enrol", place, texts("training.enrol"), (codes,), is_once=True)


def result_rows(
    people: Iterable[Attended], rights: Mapping[str, Rights], texts: Texts, zone: ZoneInfo
) -> list[dict[str, Any]]:
    """Return who is in a run, with the result that stands."""
    rows = []
    for one in people:
        named = rights[one.code].sees("name")
        rows.append(
            {
                "code": one.code,
                "name": (one.name if named else None) or one.code,
                "url": f"/console/people/{one.code}" if named else "",
                "state": one.state,
                "words": texts.label("label.attendance", one.state),
                "score": "" if one.score is None else f"{one.score:g}",
                "recorded": moment(one.recorded_at, zone),
            }
        )
    return rows
