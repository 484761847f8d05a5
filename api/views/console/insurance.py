"""Warnings about insurance as rows of the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.views.console.table import Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from zoneinfo import ZoneInfo

    from api.access.fields import Rights
    from api.language import Texts
    from data.records.coming_duties import ComingDuty
    from data.records.insurance_warnings import InsuranceWarning

WARNINGS: Final = (
    Column("name", "console.name"),
    Column("code", "console.code"),
    Column("station", "console.station"),
    Column("state", "records.cover"),
    Column("until", "console.insured"),
    Column("again", "records.starts_again"),
    Column("num", "records.num_uncovered", is_number=True),
    Column("shifts", "records.uncovered"),
)
_MOST: Final = 3


def warning_rows(
    warnings: Iterable[InsuranceWarning],
    rights: Mapping[str, Rights],
    texts: Texts,
    zone: ZoneInfo,
) -> list[dict[str, Any]]:
    """Return the rows of a list of warnings; of many shifts the first ones are named."""
    rows = []
    for one in warnings:
        named = rights[one.code].sees("name")
        if one.uncovered:
            words, tone = "records.on_duty_uncovered", "warn"
        elif one.insured_until is None:
            words, tone = "records.not_insured", "warn"
        else:
            words, tone = "records.runs_out", "calm"
        rows.append(
            {
                "url": f"/console/people/{one.code}" if named else "",
                "tick": f"{one.code}:0",
                "name": (one.name if named else None) or one.code,
                "code": one.code,
                "station": one.station_name or one.station or "–",
                "state": texts(words),
                "tone": tone,
                "until": one.insured_until or "–",
                "again": one.starts_again_on or "–",
                "num": len(one.uncovered) or "–",
                "shifts": _shifts(one.uncovered, texts, zone),
            }
        )
    return rows


def _shifts(duties: tuple[ComingDuty, ...], texts: Texts, zone: ZoneInfo) -> str:
    named = [
        f"{duty.starts_at.astimezone(zone):%m-%d %H:%M} {duty.beat_name} "
        f"{texts.label('role', duty.role)}"
        for duty in duties[:_MOST]
    ]
    more = [texts("records.and_more", number=len(duties) - _MOST)] if duties[_MOST:] else []
    comma = "；" if texts.language == "zh" else "; "
    return comma.join(named + more) or "–"
