"""What a task is, as plain values: what a station writes, and what is read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from data.store.tables.ground import Beat, Station
from data.store.tables.tasks import Task

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row, Select


@dataclass(frozen=True, slots=True)
class TaskValues:
    """What a station says of a task.

    Attributes
    ----------
    kind : str
        Of `data.store.tables.tasks.TASK_KINDS`.
    station_id, beat_id : int, int or None
        Whose task it is, and the beat it is in.
    lat, lng : float or None
        Where people report; None: the beat's own point.
    is_beat_wide : bool
        Whether people may check in anywhere in the beat.
    signup_until : datetime
        Until then one may sign up and withdraw.
    places, min_people, leaders : int
        Places; how many must come, or it is called off at the deadline; officers and auxiliaries
        who lead it.
    urgency : int
        0 (usual) to 3.
    """

    kind: str
    title: str
    station_id: int
    role: str
    starts_at: datetime
    ends_at: datetime
    signup_until: datetime
    places: int
    beat_id: int | None = None
    is_beat_wide: bool = False
    place: str | None = None
    lat: float | None = None
    lng: float | None = None
    min_people: int = 1
    leaders: int = 0
    points: int = 0
    urgency: int = 0
    note: str | None = None


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task as it stands; ``free`` places are those that nobody holds."""

    task_id: int
    code: str
    kind: str
    state: str
    title: str
    note: str | None
    station_id: int
    station_code: str
    beat_id: int | None
    beat_code: str | None
    beat_name: str | None
    is_beat_wide: bool
    place: str | None
    lat: float
    lng: float
    cell: int
    starts_at: datetime
    ends_at: datetime
    signup_until: datetime
    role: str
    places: int
    taken: int
    min_people: int
    leaders: int
    points: int
    urgency: int
    reason: str | None
    created_at: datetime
    opened_at: datetime | None
    row_version: int

    @property
    def where(self) -> str:
        """What people call the place: its own words, else the beat's or the station's name."""
        return self.place or self.beat_name or self.beat_code or self.station_code

    @property
    def free(self) -> int:
        """How many places nobody holds."""
        return self.places - self.taken


def view_query() -> Select[*tuple[Any, ...]]:
    """Give the query whose rows `view_of` reads; add conditions on `Task`, `Station`, `Beat`."""
    return (
        select(
            Task,
            Station.code.label("station_code"),
            Beat.code.label("beat_code"),
            Beat.name.label("beat_name"),
        )
        .join(Station, Station.id == Task.station_id)
        .join(Beat, Beat.id == Task.beat_id, isouter=True)
    )


def view_of(row: Row[Any]) -> TaskView:
    """Give a row of `view_query` as a value."""
    task: Task = row[0]
    same = {
        name: getattr(task, name)
        for name in TaskView.__dataclass_fields__
        if name not in {"task_id", "station_code", "beat_code", "beat_name"}
    }
    return TaskView(
        task_id=task.id,
        station_code=row.station_code,
        beat_code=row.beat_code,
        beat_name=row.beat_name,
        **same,
    )
