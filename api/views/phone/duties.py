"""What somebody is bound to, as cards: turns of the roster and tasks, the next one first."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from api.views.phone.moments import moment_words, span_words

if TYPE_CHECKING:
    from api.views.phone.reader import Reader
    from data.field.duty_turns import DutyTurn
    from data.field.my_shifts import MyShift
    from data.field.signups import SignupView
    from data.field.task_values import TaskView

SOON: Final = timedelta(days=3)
"""Turns of the roster that begin within this time ask for a word."""
_TONES: Final = {"confirmed": "good", "declined": "warn", "open": "calm"}


def shift_card(shift: MyShift, reader: Reader) -> dict[str, Any]:
    """Return the card of a turn of the roster."""
    turn, texts, zone = shift.turn, reader.texts, reader.limits.zone
    address = f"/m/shifts/{turn.scenario_id}/{turn.shift_code}"
    coming = turn.starts_at > reader.now
    ask = coming and shift.reply == "open" and turn.starts_at <= reader.now + SOON
    return {
        "title": turn.beat_name or turn.beat_code,
        "url": address,
        "when": span_words(turn.starts_at, turn.ends_at, reader.now, zone, texts),
        "where": turn.beat_name or turn.beat_code,
        "role": reader.role(turn.role_code),
        "state": "ask" if ask else "coming",
        "state_label": texts.label("label.reply", shift.reply),
        "tone": _TONES[shift.reply],
        "confirm_url": f"{address}/confirm",
        "decline_url": f"{address}/decline",
        "can_decline": coming and shift.reply != "declined",
        "can_confirm": coming and shift.reply != "confirmed",
        "is_declined": coming and shift.reply == "declined",
        "reason": shift.reason,
        "offer_url": f"{address}/offer",
        "swap_url": f"{address}/swap",
        "hint": "",
        "starts_at": turn.starts_at,
    }


def signup_card(signup: SignupView, task: TaskView, reader: Reader) -> dict[str, Any]:
    """Return the card of a task for which the reader holds a place."""
    texts, zone = reader.texts, reader.limits.zone
    return {
        "title": task.title,
        "url": f"/m/tasks/{task.task_id}",
        "when": span_words(task.starts_at, task.ends_at, reader.now, zone, texts),
        "where": task.where,
        "role": reader.role(task.role),
        "state": "coming",
        "state_label": texts.label("label.signup_state", signup.state),
        "tone": "good" if signup.state == "confirmed" else "calm",
        "hint": "",
        "starts_at": task.starts_at,
    }


def duty_card(turn: DutyTurn, reader: Reader) -> dict[str, Any]:
    """Return the card of a turn of either kind, as it is before anybody has come."""
    texts, zone = reader.texts, reader.limits.zone
    return {
        "title": turn.title,
        "when": span_words(turn.starts_at, turn.ends_at, reader.now, zone, texts),
        "where": turn.place,
        "role": reader.role(turn.role),
        "state": "coming",
        "state_label": texts.label("label.turn_state", "open"),
        "tone": "calm",
        "hint": "",
        "starts_at": turn.starts_at,
    }


def offer_card(signup: SignupView, task: TaskView, reader: Reader) -> dict[str, Any]:
    """Return the card of a place that came free and waits to be confirmed."""
    texts, zone = reader.texts, reader.limits.zone
    until = ""
    if signup.offered_until is not None:
        until = moment_words(signup.offered_until, reader.now, zone, texts)
    return {
        "id": task.task_id,
        "title": task.title,
        "when": span_words(task.starts_at, task.ends_at, reader.now, zone, texts),
        "until": texts("phone.offered_until", until=until),
    }
