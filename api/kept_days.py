"""What a person is bound to next, kept until something happens to it.

The page of today is asked for more often than anything else, and next to nothing of it changes
between two looks. What it is made of is read once and kept, at most ten minutes, until the feed of
changes tells of this person, of one of their tasks, alerts or timers, or of another roster. Where
no thread follows the feed, or it has fallen behind, nothing is believed from memory.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from data.field.own_changes import Bonds, concern, has_changed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
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
    safe_until : datetime or None
        Until when they, being alone, have to say that all is well.
    agrees : bool
        Whether they gave their consent to positions.
    """

    code: str
    home: tuple[float, float] | None
    signed: list[tuple[SignupView, TaskView]]
    shifts: list[MyShift]
    kept: dict[str, CheckInView]
    alerts: list[tuple[AlertView, CallView]]
    safe_until: datetime | None
    agrees: bool
    read_at: datetime

    @property
    def bonds(self) -> Bonds:
        """What it changes with, beside the person themselves."""
        return Bonds(
            frozenset(task.task_id for _, task in self.signed),
            frozenset(alert.alert_id for alert, _ in self.alerts),
            frozenset(kept.check_in_id for kept in self.kept.values() if kept.state == "in"),
        )


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
        self._of_watch: dict[int, set[int]] = defaultdict(set)
        self._forgotten = 0
        index.on_changes(self.forget)

    def at_hand(self, person_id: int, now: datetime) -> Day | None:
        """Return a person's day where memory is certain of it, without asking a database.

        Nothing that was committed before this question is missing in it.
        """
        if not (self._index.is_current and self._index.catch_up()):
            return None
        known = self._days.get(person_id)
        return known if known is not None and _is_fresh(known, now) else None

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
        is_current, is_told = self._index.is_current, self._index.catch_up()
        forgotten, followed = self._forgotten, self._index.followed
        known = self._days.get(person_id)
        if (
            known is not None
            and followed is not None
            and is_current
            and _is_fresh(known, now)
            and (is_told or not has_changed(session, followed, person_id, known.bonds))
        ):
            return known
        found = read(session)
        if is_current:
            self._keep(person_id, found, forgotten)
        return found

    def forget(self, changes: Collection[tuple[str, int]] | None) -> None:
        """Read the days again that changes may be about; None: everybody's."""
        told = concern(changes or ())
        with self._lock:
            self._forgotten += 1
            if changes is None or told.is_all:
                self._clear()
                return
            people = set(told.people)
            for keys, those in self._by_bond(told.bonds):
                for key in keys:
                    people |= those.pop(key, set())
            for person in people:
                self._drop(person)

    def _by_bond(self, bonds: Bonds) -> Iterable[tuple[frozenset[int], dict[int, set[int]]]]:
        """Give each kind of keys with whose days hang on which."""
        return (
            (bonds.tasks, self._of_task),
            (bonds.alerts, self._of_alert),
            (bonds.watches, self._of_watch),
        )

    def _keep(self, person_id: int, day: Day, forgotten: int) -> None:
        with self._lock:
            if forgotten != self._forgotten:
                return
            if len(self._days) >= MOST:
                self._clear()
            self._drop(person_id)
            self._days[person_id] = day
            for keys, those in self._by_bond(day.bonds):
                for key in keys:
                    those[key].add(person_id)

    def _clear(self) -> None:
        for kept in (self._days, self._of_task, self._of_alert, self._of_watch):
            kept.clear()

    def _drop(self, person_id: int) -> None:
        day = self._days.pop(person_id, None)
        if day is None:
            return
        for keys, those in self._by_bond(day.bonds):
            for key in keys:
                those[key].discard(person_id)


def _is_fresh(day: Day, now: datetime) -> bool:
    return timedelta(0) <= now - day.read_at < GOOD_FOR
