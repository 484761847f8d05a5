"""Tasks, sign-ups, turns and exchanges as JSON: codes in place of numbers, states in words."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import orjson
from fastapi import Response

from api.errors import UnknownIdError
from data.store.scope import CITY, Scope
from grid.cells import format_cells

if TYPE_CHECKING:
    from api.access.actor import Access
    from api.language import Texts
    from data.field.signups import SignupView
    from data.field.stand_by import StandByView
    from data.field.swaps import ExchangeView
    from data.field.task_values import TaskView

_TASK = (
    *("code", "kind", "state", "title", "note", "is_beat_wide", "place", "lat", "lng"),
    *("starts_at", "ends_at", "signup_until", "role", "places", "free", "min_people", "leaders"),
    *("points", "urgency", "reason", "created_at", "opened_at"),
)


def told_task(task: TaskView, texts: Texts) -> dict[str, Any]:
    """Return a task."""
    return {
        "id": task.task_id,
        **{name: getattr(task, name) for name in _TASK},
        "station_id": task.station_code,
        "beat_id": task.beat_code,
        "cell": format_cells([task.cell])[0],
        "kind_text": texts.label("label.task", task.kind),
        "state_text": texts.label("label.task_state", task.state),
        "role_text": texts.label("role", task.role),
    }


def told_signup(signup: SignupView, texts: Texts) -> dict[str, Any]:
    """Return a sign-up."""
    same = ("task_id", "task_code", "state", "means", "offered_until", "reason", "created_at")
    return {
        "id": signup.signup_id,
        "person_id": signup.person_code,
        **{name: getattr(signup, name) for name in same},
        "place_in_line": signup.place_in_line,
        "state_text": texts.label("label.signup_state", signup.state),
    }


def told_exchange(exchange: ExchangeView, texts: Texts) -> dict[str, Any]:
    """Return an exchange."""
    same = ("kind", "state", "scenario_id", "reason", "expires_at", "created_at", "roster_id")
    return {
        "id": exchange.exchange_id,
        **{name: getattr(exchange, name) for name in same},
        "giver_id": exchange.giver_code,
        "giver_shift_id": exchange.giver_shift,
        "taker_id": exchange.taker_code,
        "taker_shift_id": exchange.taker_shift,
        "state_text": texts.label("label.exchange_state", exchange.state),
    }


def told_stand_by(found: StandByView) -> dict[str, Any]:
    """Return somebody's stand-by."""
    return {
        "id": found.stand_by_id,
        "person_id": found.person_code,
        "state": found.state,
        "starts_at": found.starts_at,
        "ends_at": found.ends_at,
    }


def own_person(access: Access) -> int:
    """Return the reader's own personal record.

    Raises
    ------
    UnknownIdError
        Where the account belongs to nobody in the records.
    """
    if access.actor.person_id is None:
        raise UnknownIdError("personal record", access.actor.key)
    return access.actor.person_id


def sight(access: Access) -> tuple[Scope, bool]:
    """Return where one may look for tasks, and whether drafts are to be seen.

    Members look for tasks all over the city, as they may sign up wherever they can go; what is not
    published is for those who publish.
    """
    scope = access.scope
    places = scope.city or scope.sub_bureaus or scope.stations or scope.beats
    return (scope, True) if places else (CITY, False)


def plain(value: Any) -> dict[str, Any]:
    """Return a dataclass as a dict, one level."""
    return {one.name: getattr(value, one.name) for one in fields(value)}


def json_answer(body: Any, **headers: str) -> Response:
    """Return JSON."""
    return Response(orjson.dumps(body), headers=headers, media_type="application/json")
