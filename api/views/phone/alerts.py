"""An alert as somebody who was called to it sees it: where, how far, and the next step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.views.phone.moments import moment_words
from dispatch.alerts import CallState, Duty

if TYPE_CHECKING:
    from api.views.phone.reader import Reader
    from data.field.alerts_values import AlertView, CallView

WAY: Final = (CallState.ACCEPTED, CallState.ON_THE_WAY, CallState.ARRIVED, CallState.DONE)
"""The steps of a call that goes well."""
_ACTIONS: Final[dict[CallState, tuple[tuple[str, str], ...]]] = {
    CallState.CALLED: (("accept", "main"), ("decline", "danger")),
    CallState.SILENT: (("accept", "main"), ("decline", "danger")),
    CallState.ACCEPTED: (("on_the_way", "main"), ("decline", "danger")),
    CallState.ON_THE_WAY: (("arrived", "main"),),
    CallState.ARRIVED: (("done", "main"),),
}
WAITING: Final = frozenset(_ACTIONS)
"""The states of a call that want something of whoever was called."""


def alarm_card(alert: AlertView, call: CallView, reader: Reader) -> dict[str, Any]:
    """Return the card on top of today."""
    texts = reader.texts
    asks = call.state in {CallState.CALLED, CallState.SILENT}
    return {
        "id": alert.alert_id,
        "title": alert.title,
        "where": alert.place or alert.beat_name or alert.beat_code or "–",
        "way": _way(call, reader),
        "action": texts("phone.answer" if asks else "phone.go_on"),
    }


def alarm_page(alert: AlertView, call: CallView, reader: Reader) -> dict[str, Any]:
    """Return the page: the steps so far, and the buttons for the next one."""
    texts = reader.texts
    order = [state for state in WAY if not (call.duty == Duty.OBSERVE and state == WAY[1])]
    reached = order.index(call.state) if call.state in order else -1
    steps = [
        {
            "label": texts.label("label.call_state", state),
            "tone": "done" if place <= reached else "here" if place == reached + 1 else "",
        }
        for place, state in enumerate(order)
    ]
    over = call.state not in WAITING
    return {
        **alarm_card(alert, call, reader),
        "kind": texts.label("label.alert_kind", alert.kind),
        "note": alert.note,
        "observe": call.duty == Duty.OBSERVE,
        "since": moment_words(alert.created_at, reader.now, reader.limits.zone, texts),
        "steps": [] if over and call.state != CallState.DONE else steps,
        "actions": [
            {"word": word, "tone": tone, "label": texts.label("label.alert_action", word)}
            for word, tone in _ACTIONS.get(call.state, ())
        ],
        "over": texts.label("label.call_state", call.state) if over else "",
    }


def _way(call: CallView, reader: Reader) -> str:
    minutes = max(1, round(call.minutes))
    return reader.texts("phone.way_to", metres=round(call.distance_m), minutes=minutes)
