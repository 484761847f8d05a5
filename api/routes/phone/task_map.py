"""``/m/tasks/map``: the tasks that the reader may take, on a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from api.dependencies import NonceDep, SettingsDep
from api.errors import NoRosterError
from api.map_answers import LayersDep
from api.map_points import points_page
from api.phone import PhoneDep
from api.responses import json_response
from api.routes.phone.tasks import MANY, Lat, Lng, near_tasks
from api.service import Service
from api.views.phone.moments import span_words
from api.views.phone.reader import Reader, reader_of
from data.field.signups import signups_of_person
from data.store.tables.tasks import LIVE_SIGNUPS
from maps.points_map import PointKind, points_map

if TYPE_CHECKING:
    from api.language import Texts
    from data.field.task_values import TaskView

router = APIRouter(prefix="/m/tasks/map", include_in_schema=False)

URGENT: Final = 2


@router.get("")
def page(phone: PhoneDep) -> Response:
    """Show the map; before anything is published there is only the list."""
    service: Service = phone.request.app.state.service
    try:
        service.cities.served()
    except NoRosterError:
        return RedirectResponse("/m/tasks", 303)
    return phone.render("tasks.html", tab="tasks", view="map", tasks=[])


@router.get("/frame")
def frame(
    phone: PhoneDep, layers: LayersDep, settings: SettingsDep, nonce: NonceDep
) -> HTMLResponse:
    """Return the map itself; it reads its points from `points`."""
    texts = phone.texts
    made = points_page(
        layers,
        texts,
        settings,
        title=texts("phone.map"),
        kinds=_kinds(texts),
        points="/m/tasks/map/points",
        nonce=nonce,
    )
    return HTMLResponse(points_map(made))


@router.get("/points")
def points(phone: PhoneDep, *, lat: Lat = None, lng: Lng = None) -> Response:
    """Return the tasks as points, and where the reader is, or lives."""
    here = None if lat is None or lng is None else (lat, lng)
    with phone.store.read() as session:
        reader = reader_of(session, phone, here)
        found = [(one, _kind(one)) for one, _ in near_tasks(phone, session, reader, MANY)]
        mine = signups_of_person(session, phone.person, since=phone.now)
        found += [(task, "mine") for signup, task in mine if signup.state in LIVE_SIGNUPS]
    body: dict[str, Any] = {
        "points": [_point(task, kind, reader) for task, kind in found],
        "circles": [],
        "here": None if reader.place is None else list(reader.place),
    }
    return json_response(body, phone.request)


def _kinds(texts: Texts) -> dict[str, PointKind]:
    return {
        "open": PointKind(texts("phone.map_open"), "#0c4870"),
        "urgent": PointKind(texts("phone.urgent"), "#9a3209", "triangle"),
        "mine": PointKind(texts("phone.mine"), "#1c6439", "square"),
    }


def _kind(task: TaskView) -> str:
    return "urgent" if task.urgency >= URGENT else "open"


def _point(task: TaskView, kind: str, reader: Reader) -> dict[str, Any]:
    when = span_words(task.starts_at, task.ends_at, reader.now, reader.limits.zone, reader.texts)
    return {
        "id": str(task.task_id),
        "lat": task.lat,
        "lng": task.lng,
        "kind": kind,
        "label": task.title,
        "detail": when,
        "href": f"/m/tasks/{task.task_id}",
    }
