"""Runs of courses as rows of the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.views.console.table import Column

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from api.language import Texts
    from data.records.courses import ListedRun

RUNS: Final = (
    Column("course", "records.course"),
    Column("batch", "records.batch"),
    Column("mode", "records.mode"),
    Column("station", "console.station"),
    Column("instructor", "records.instructor"),
    Column("starts", "records.starts"),
    Column("enrolled", "records.enrolled", is_number=True),
    Column("attended", "records.attended", is_number=True),
    Column("passed", "records.passed", is_number=True),
)


def run_rows(runs: Iterable[ListedRun], texts: Texts, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return the rows of a list of runs, with local times."""
    return [
        {
            "url": f"/console/courses/{one.run}",
            "course": one.course_name,
            "batch": one.batch,
            "mode": texts.label("label.course_mode", one.mode),
            "station": one.station or texts("records.whole_city"),
            "instructor": one.instructor or "–",
            "starts": f"{one.starts_at.astimezone(zone):%Y-%m-%d %H:%M}",
            "enrolled": f"{one.num_enrolled} / {one.capacity}"
            if one.capacity
            else one.num_enrolled,
            "attended": one.num_attended,
            "passed": one.num_passed,
        }
        for one in runs
    ]
