"""What a person is bound to next, kept until something happens to it.

The page of today is asked for more often than anything else, and next to nothing of it changes
between two looks. What it is made of is read once and kept, at most ten minutes, until the feed of
changes tells of this person, of one of their tasks or alerts, or of another roster. Where no
thread follows the feed, or it has fallen behind, nothing is believed from memory.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from data.field.own_changes import has_changed, may_concern

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from api.live_index import LiveIndex
    from data.field.alerts_values import AlertView, CallView
    from data.field.checkins import CheckInView
    from data.field.my_shifts import MyShift
    from data.field.signups import SignupView
    from data.field.task_values import TaskView

GOOD_FOR: Final = timedelta(minutes=10)
MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Day:
    """What one person is bound to, as it was read.

    Attributes
    ----------
    code : str
        What their record is called.
    home : (lat, lng) or None
    signed : list of (SignupView, TaskView)
    shifts : list of MyShift
    kept : dict
        Check-ins by their source.
    alerts : list of (AlertView, CallView)
        The open ones to which they were called.
    """

    code: str
    home: tuple[float, float] | None
    signed: list[tuple[SignupView, TaskView]]
    shifts: list[MyShift]
    kept: dict[str, CheckInView]
    alerts: list[tuple[AlertView, CallView]]
    read_at: datetime

    @property
    def tasks(self) -> list[int]:
        """The tasks that it is about."""
        return [task.task_id for _, task in self.signed]

    @property
    def alert_ids(self) -> list[int]:
        """The alerts that it is about."""
        return [alert.alert_id for alert, _ in self.alerts]


class KeptDays:
    """Days of people that were read lately.

    Parameters
    ----------
    index : LiveIndex
        Follows the feed of changes.
    """

    def __init__(self, index: LiveIndex) -> None:
        self._index = index
        self._lock = threading.Lock()
        self._days: dict[int, Day] = {}
        self._of_task: dict[int, set[int]] = defaultdict(set)
        self._of_alert: dict[int, set[int]] = defaultdict(set)
        self._forgotten = 0
        index.on_changes(self.forget)

    def day(
        self, session: Session, person_id: int, now: datetime, read: Callable[[Session], Day]
    ) -> Day:
        """Return a person's day, from memory where nothing has happened to it since.

        Parameters
        ----------
        session : Session
            That has read nothing yet, so that it sees whatever was told of by now.
        person_id : int
        now : datetime
        read : callable
            Reads the day.
        """
        # In this order: what is told of between two of these lines costs another reading, no more.
        forgotten, followed = self._forgotten, self._index.followed
        known = self._days.get(person_id)
        is_current = self._index.is_current
        if known is not None and followed is not None and is_current:
            is_fresh = timedelta(0) <= now - known.read_at < GOOD_FOR
            parts = (known.tasks, known.alert_ids)
            if is_fresh and not has_changed(session, followed, person_id, *parts):
                return known
        found = read(session)
        if is_current:
            self._keep(person_id, found, forgotten)
        return found

    def forget(self, changes: Collection[tuple[str, int]] | None) -> None:
        """Read the days again that changes may be about; None: everybody's."""
        people, tasks, alerts, is_all = may_concern(changes or ())
        with self._lock:
            self._forgotten += 1
            if changes is None or is_all:
                self._clear()
                return
            for task in tasks:
                people |= self._of_task.pop(task, set())
            for alert in alerts:
                people |= self._of_alert.pop(alert, set())
            for person in people:
                self._drop(person)

    def _keep(self, person_id: int, day: Day, forgotten: int) -> None:
        with self._lock:
            if forgotten != self._forgotten:
                return
            if len(self._days) >= MOST:
                self._clear()
            self._drop(person_id)
            self._days[person_id] = day
            for task in day.tasks:
                self._of_task[task].add(person_id)
            for alert in day.alert_ids:
                self._of_alert[alert].add(person_id)

    def _clear(self) -> None:
        self._days.clear()
        self._of_task.clear()
        self._of_alert.clear()

    def _drop(self, person_id: int) -> None:
        day = self._days.pop(person_id, None)
        for task in day.tasks if day else ():
            self._of_task[task].discard(person_id)
        for alert in day.alert_ids if day else ():
            self._of_alert[alert].discard(person_id)
