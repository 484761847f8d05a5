"""Days, local times and moments as people send them: one form, nothing guessed."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

from api.schemas.week import in_range


def _day(given: Any) -> Any:
    if isinstance(given, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", given, re.ASCII):
        return date.fromisoformat(given)
    if isinstance(given, date):
        return given
    raise ValueError("expected a day such as 2026-12-07")


def _local_time(given: Any) -> Any:
    if isinstance(given, time):
        return given
    if isinstance(given, str) and re.fullmatch(r"\d\d:\d\d(:\d\d)?", given, re.ASCII):
        return time.fromisoformat(given)
    raise ValueError("expected a local time such as 18:30:00")


def _text(given: Any) -> Any:
    if isinstance(given, (int, float)):
        raise ValueError("expected a time such as 2026-12-07T18:00:00+08:00")  # noqa: TRY004 - pydantic's
    return given


BirthDay = Annotated[
    date,
    BeforeValidator(_day),
    Field(ge=date(1900, 1, 1), le=date(2199, 12, 31), examples=["1968-05-04"]),
]
Day = Annotated[
    date,
    BeforeValidator(_day),
    Field(ge=date(2000, 1, 1), le=date(2199, 12, 31), examples=["2026-12-07"]),
]
LocalTime = Annotated[
    time,
    BeforeValidator(_local_time),
    Field(
        json_schema_extra={"format": "local-time", "pattern": r"^[0-2]\d:[0-5]\d(:[0-5]\d)?$"},
        examples=["18:30:00"],
    ),
]
Moment = Annotated[
    AwareDatetime,
    Field(strict=False, examples=["2026-12-07T18:00:00+08:00"]),
    BeforeValidator(_text),
    AfterValidator(in_range),
]
