"""Tasks as cards: how far, when, how many places, and why they suit the reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.views.phone.moments import moment_words, span_words
from grid.travel import GreatCircleTravel, Mode, great_circle_m

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from api.views.phone.reader import Reader
    from data.field.signups import SignupView
    from data.field.task_values import TaskView


FarTask = tuple["TaskView", int | None]
"""A task and how long it takes there on foot, whole minutes; None from nowhere."""


def minutes_to(task: TaskView, reader: Reader) -> int | None:
    """Return how long it takes on foot, whole minutes and at least one; None from nowhere."""
    if reader.place is None:
        return None
    return minutes_on_foot(float(great_circle_m(*reader.place, task.lat, task.lng)), reader)


def minutes_on_foot(metres: float, reader: Reader) -> int:
    """Return how long great-circle metres take on foot, whole minutes and at least one."""
    travel = GreatCircleTravel(factor=reader.limits.travel_factor)
    return max(1, round(metres / travel.radius_m(1, Mode.FOOT)))


def with_minutes(tasks: Iterable[TaskView], reader: Reader) -> list[FarTask]:
    """Return tasks with the way there from a reader."""
    return [(task, minutes_to(task, reader)) for task in tasks]


def nearest_first(tasks: Iterable[FarTask]) -> list[FarTask]:
    """Sort by the way, then the urgent ones, then by begin."""

    def order(one: FarTask) -> tuple[int, int, datetime, str]:
        task, minutes = one
        return minutes or 0, -task.urgency, task.starts_at, task.code

    return sorted(tasks, key=order)


def task_card(
    task: TaskView, minutes: int | None, reader: Reader, signup: SignupView | None = None
) -> dict[str, Any]:
    """Return what a card of ``phone/cards.html`` shows of a task that the reader may take.

    Parameters
    ----------
    minutes : int or None
        How long it takes there (`minutes_to`).
    """
    texts, zone = reader.texts, reader.limits.zone
    role = reader.role(task.role)
    return {
        "id": task.task_id,
        "title": task.title,
        "kind": texts.label("label.task", task.kind),
        "role": role,
        "when": span_words(task.starts_at, task.ends_at, reader.now, zone, texts),
        "where": task.where,
        "minutes": minutes,
        "places": texts("phone.places_free", free=task.free, places=task.places),
        "until": moment_words(task.signup_until, reader.now, zone, texts),
        "points": task.points,
        "urgent": task.urgency >= 2,
        "note": task.note,
        "why": texts("phone.why_suits", role=role),
        "way": "",
        "full": task.free < 1,
        "mine": mine_words(signup, reader),
        "takable": signup is None,
        "can_confirm": signup is not None and signup.state == "offered",
        "can_withdraw": signup is not None and reader.now < task.signup_until,
    }


def mine_words(signup: SignupView | None, reader: Reader) -> str:
    """Return how the reader stands to a task: signed up, waiting as the third, asked to confirm."""
    if signup is None:
        return ""
    texts = reader.texts
    if signup.state == "waiting":
        return texts("phone.in_line", place=signup.place_in_line)
    if signup.state == "offered" and signup.offered_until is not None:
        until = moment_words(signup.offered_until, reader.now, reader.limits.zone, texts)
        return texts("phone.offered_until", until=until)
    return texts("phone.mine")
