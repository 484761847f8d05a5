"""``/console/live``: what goes on now: alerts, people on the map, a circle to call for help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, get_args

from fastapi import APIRouter, Depends, Response

from api.access.policy import may
from api.console import Desk, desk
from api.responses import json_response
from api.routes.console.place import map_part
from api.schemas.alerts import Kind
from api.views.console.live import alert_cards, kinds, map_points
from data.field.alerts import list_alerts
from data.field.alerts_calls import calls_of
from data.field.positions_seen import positions_seen
from data.store.audit import append
from dispatch.alerts import Danger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from data.field.alerts_values import AlertView, CallView

router = APIRouter(prefix="/console/live", include_in_schema=False)

LiveDesk = Annotated[Desk, Depends(desk("live.watch"))]
MOST: Final = 300


@router.get("")
def live(office: LiveDesk) -> Response:
    """Show the page; its parts are read again when something happens."""
    texts = office.texts
    choices = {
        "kind": [(one, texts.label("label.alert_kind", one)) for one in get_args(Kind)],
        "danger": [(one, texts.label("label.danger", one)) for one in Danger],
    }
    return office.render(
        "live.html",
        here="/console/live",
        part=_map(office),
        choices=choices,
        may_call=may(office.access.actor, "alert.create"),
        words={"done": texts("live.called"), "nobody": texts("live.nobody")},
    )


@router.get("/alerts")
def alerts(office: LiveDesk) -> Response:
    """Return the open alerts with their calls; the reading is kept."""

    def work(session: Session) -> tuple[list[AlertView], dict[int, list[CallView]]]:
        found = list_alerts(session, office.access.scope, is_open=True, limit=MOST)
        calls = {one.alert_id: calls_of(session, one.alert_id) for one in found}
        if found:
            event = office.access.event("alert", "open", rows=len(found))
            append(session, office.keys, office.now, event)
        return found, calls

    found, calls = office.store.submit(work)
    cards = alert_cards(found, calls, office.texts, office.now, office.zone)
    end = may(office.access.actor, "alert.end")
    return office.render("live_alerts.html", alerts=cards, may_end=end)


@router.get("/points")
def points(office: LiveDesk) -> Response:
    """Return the map's points: open alerts, and people in their cells."""
    with office.store.read() as session:
        found: Sequence[AlertView] = list_alerts(
            session, office.access.scope, is_open=True, limit=MOST
        )
        seen = positions_seen(session, office.access.scope, now=office.now)
    body = map_points(found, seen, office.texts, office.zone)
    return json_response(body, office.request)


def _map(office: Desk) -> Any:
    """Return the map as a part; None while no city is published."""
    texts = office.texts
    return map_part(
        office,
        title=texts("live.title"),
        kinds=kinds(texts),
        points="/console/live/points",
        circle=True,
    )
