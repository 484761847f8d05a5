"""What the live page shows: alerts with their calls, who is due, points for the map."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import numpy as np

from api.views.console.weeks import hours
from grid.cells import cell_centres
from maps.points_map import PointKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from api.language import Texts
    from data.field.alerts_values import AlertView, CallView
    from data.field.arrivals import Arrival
    from data.field.positions_seen import Seen

CALLS: Final = ("arrived", "on_the_way", "accepted", "called", "declined", "silent", "stood_down")
_TONES: Final = {"late": "warn", "no_show": "warn", "in": "good", "due": "calm"}


def kinds(texts: Texts) -> dict[str, PointKind]:
    """Return how the map's points look."""
    return {
        "alert": PointKind(texts("live.alert"), "#9a3209", "triangle"),
        "officer": PointKind(texts("tier.officer"), "#0c4870", "square"),
        "auxiliary": PointKind(texts("tier.auxiliary"), "#5a4a8a", "diamond"),
        "volunteer": PointKind(texts("tier.volunteer"), "#0b6b70"),
    }


def alert_cards(
    alerts: Sequence[AlertView],
    calls: dict[int, list[CallView]],
    texts: Texts,
    now: datetime,
    zone: ZoneInfo,
) -> list[dict[str, Any]]:
    """Return alerts as cards: what, how long, which wave, who comes."""
    return [
        {
            "number": one.alert_id,
            "kind": texts.label("label.alert_kind", one.kind),
            "title": one.title,
            "place": one.place or "",
            "state": texts.label("label.alert_state", one.state),
            "tone": "good" if one.state == "attended" else "warn",
            "danger": texts.label("label.danger", one.danger),
            "mode": texts.label("label.alert_mode", one.mode),
            "since": texts("live.since", minutes=int((now - one.created_at).total_seconds() // 60)),
            "at": f"{one.created_at.astimezone(zone):%H:%M}",
            "waves": texts("live.waves", count=one.waves),
            "counts": _counts(calls.get(one.alert_id, []), texts),
            "people": [
                {
                    "code": call.person_code,
                    "tier": texts(f"tier.{call.tier}"),
                    "state": texts.label("label.call_state", call.state),
                    "minutes": round(call.minutes),
                    "wave": call.wave,
                }
                for call in calls.get(one.alert_id, [])
            ],
        }
        for one in alerts
    ]


def _counts(calls: Sequence[CallView], texts: Texts) -> list[str]:
    found = Counter(str(call.state) for call in calls)
    return [
        texts("live.count", what=texts.label("label.call_state", state), count=found[state])
        for state in CALLS
        if found[state]
    ]


def arrival_rows(
    found: Sequence[Arrival], texts: Texts, zone: ZoneInfo, now: datetime
) -> list[dict[str, Any]]:
    """Return who is due, the late first, with what an officer may confirm of each."""
    order = ("no_show", "late", "due", "in", "declined", "out")
    rows = sorted(found, key=lambda one: (order.index(one.state), one.starts_at, one.person_code))
    return [
        {
            "code": one.person_code,
            "name": one.name or one.person_code,
            "what": one.title,
            "role": texts.label("role", one.role),
            "hours": hours(one.starts_at, one.ends_at, zone),
            "state": texts.label("label.arrival", one.state),
            "tone": _TONES.get(one.state, "off"),
            "alone": texts.label("label.alone", str(one.alone_level)) if one.alone_level else "",
            "ways": _ways(one, now),
            "is_open": one.state in {"due", "late", "in"} and one.ends_at > now,
            "turn": _turn(one),
            "post": f"/console/post-code?{urlencode(_post(one))}",
        }
        for one in rows
    ]


def _ways(one: Arrival, now: datetime) -> list[tuple[str, str]]:
    """Return what can be confirmed: a way, and the moment if it is not now.

    Who forgot to check out is confirmed to have stayed until the end.
    """
    if one.state in {"due", "late", "no_show"}:
        return [("in", "")]
    if one.state != "in":
        return []
    is_over = one.ends_at < now
    return [("out", ""), *([("out", one.ends_at.isoformat())] if is_over else [])]


def _turn(one: Arrival) -> dict[str, Any]:
    if one.task_id is not None:
        return {"task_id": one.task_id}
    return {"scenario_id": one.scenario_id, "shift_id": one.shift}


def _post(one: Arrival) -> dict[str, Any]:
    turn = _turn(one)
    return turn if one.task_id is not None else {**turn, "beat_id": one.beat_code}


def map_points(
    alerts: Sequence[AlertView], seen: Sequence[Seen], texts: Texts, zone: ZoneInfo
) -> dict[str, Any]:
    """Return the points of the map; people are shown in the middle of their cell."""
    points = [
        {
            "id": f"a{one.alert_id}",
            "lat": one.lat,
            "lng": one.lng,
            "kind": "alert",
            "label": one.title,
            "detail": texts.label("label.alert_state", one.state),
            "href": f"/console/live#alert-{one.alert_id}",
        }
        for one in alerts
    ]
    lat, lng = cell_centres(np.array([one.cell for one in seen], np.uint64))
    points += [
        {
            "id": f"p{one.person_id}",
            "lat": float(lat[row]),
            "lng": float(lng[row]),
            "kind": one.tier,
            "label": one.name or one.code,
            "detail": f"{one.at.astimezone(zone):%H:%M}",
            "href": f"/console/people/{one.code}",
        }
        for row, one in enumerate(seen)
    ]
    return {"points": points, "circles": [], "here": None}
