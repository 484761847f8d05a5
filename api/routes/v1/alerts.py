"""``/api/v1/alerts``: make them, watch them, answer them."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.access.actor import Access
from api.access.policy import allowed
from api.cursors import Window, cursor_for
from api.dependencies import KeysDep, NowDep, StoreDep
from api.errors import ParameterError, UnknownIdError, problems
from api.language import Texts, texts_of
from api.live_index_access import LiveDesk, get_desk
from api.live_index_finder import IndexFinder
from api.once import OnceDep, answer
from api.schemas import alerts as schemas
from api.templating import page_language
from api.versions import IfMatchDep, etag
from api.writing import written
from data.field import alerts as field
from data.field.alerts_calls import answer as answer_call
from data.field.alerts_calls import calls_of
from data.field.alerts_preferences import preference_of, set_preference
from data.field.alerts_values import AlertValues, AlertView, CallView
from data.field.errors import FieldMissingError
from data.field.limits import limits_of
from data.field.positions import Report
from data.store.audit import append
from data.store.city_box import city_box
from data.store.scope import Scope
from dispatch.alerts import AlertState
from grid.cells import format_cells
from grid.travel import EARTH_RADIUS_M

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.store.idempotency import Answer

router = APIRouter(tags=["alerts"])

DeskDep = Annotated[LiveDesk, Depends(get_desk)]
AlertPath = Annotated[int, Path(ge=1, lt=2**63, description="The number of an alert.")]
ALERTS = cursor_for("alerts", datetime, int)
CORNERS = 64


@router.post(
    "/alerts",
    status_code=201,
    response_model=schemas.MadeAlert,
    responses=problems(400, 401, 403, 409, 422, 503),
    summary="Make an alert and call its first people",
)
async def create_alert(
    body: schemas.NewAlert,
    request: Request,
    access: Annotated[Access, Depends(allowed("alert.create"))],
    once: OnceDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    desk: DeskDep,
) -> Response:
    """Make an alert: one to one, one to many, waves, or a circle drawn on the map.

    Danger decides who may be called: hazardous matters go to officers and auxiliaries alone;
    volunteers may at most be asked to observe.
    """
    texts, values = texts_of(page_language(request)[0]), _values(body)

    def work(session: Session) -> Answer:
        city_box(session).require(values.lat, values.lng)
        made = field.create_alert(
            session,
            values,
            IndexFinder(desk.index),
            limits_of(session),
            by=access.actor.key,
            now=now,
            scope=access.scope,
        )
        alert, calls = made.alert, calls_of(session, made.alert.alert_id)
        detail = {"kind": alert.kind, "danger": alert.danger, "mode": alert.mode}
        append(session, keys, now, access.event("alert", alert.code, calls=len(calls), **detail))
        refused = {
            code: texts.label("label.near_refusal", rule)
            for code, rule in sorted(made.refused.items())
        }
        told = {**_alert(alert, calls, texts), "refused": refused}
        return answer(told, location=f"/api/v1/alerts/{alert.alert_id}")

    return await once.submitted(store, work)


@router.get(
    "/alerts",
    response_model=schemas.Alerts,
    responses=problems(401, 403, 422),
    summary="Alerts, the newest first",
)
def list_alerts(
    request: Request,
    access: Annotated[Access, Depends(allowed("alert.read"))],
    store: StoreDep,
    window: Annotated[Window, Depends(ALERTS)],
    *,
    is_open: Annotated[
        bool | None, Query(alias="open", description="Only those that go on, or only others.")
    ] = None,
) -> Response:
    """List the alerts of one's jurisdiction; for a volunteer those to which they were called."""
    texts = texts_of(page_language(request)[0])
    with store.read() as session:
        found = field.list_alerts(
            session, _sight(access), is_open=is_open, after=window.after, limit=window.fetch
        )
    items, following = window.cut(found, lambda one: (one.created_at, one.alert_id))
    return _json({"items": [_alert(one, [], texts) for one in items], "next": following})


@router.get(
    "/alerts/{alert_id}",
    response_model=schemas.Alert,
    responses=problems(401, 403, 404, 422),
    summary="One alert with its calls",
)
def one_alert(
    alert_id: AlertPath,
    request: Request,
    access: Annotated[Access, Depends(allowed("alert.read"))],
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Return an alert; who was called and is no dispatcher sees their own call alone."""
    texts = texts_of(page_language(request)[0])

    def work(session: Session) -> tuple[AlertView, list[CallView]]:
        alert, calls = _find(session, access, alert_id)
        append(session, keys, now, access.event("alert", alert.code))
        return alert, calls

    alert, calls = store.submit(work)
    response = _json(_alert(alert, calls, texts))
    response.headers["ETag"] = etag(alert.row_version)
    return response


@router.post(
    "/alerts/{alert_id}/{word}",
    response_model=schemas.Alert,
    responses=problems(400, 401, 403, 404, 409, 422, 503),
    summary="Answer a call",
)
async def answer_alert(
    alert_id: AlertPath,
    word: Annotated[
        Literal["accept", "decline", "on-the-way", "arrived", "done"],
        Path(description="The next step of the reader's own call."),
    ],
    body: schemas.Answer,
    request: Request,
    access: Annotated[Access, Depends(allowed("alert.answer"))],
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Accept, decline, set out, arrive, be done; the same answer again changes nothing."""
    texts, person = texts_of(page_language(request)[0]), _person(access)

    def work(session: Session) -> tuple[AlertView, list[CallView]]:
        call = answer_call(
            session, alert_id, person, word.replace("-", "_"), now=now, reason=body.reason
        )
        alert = field.find_alert(session, alert_id)
        append(session, keys, now, access.event("alert", alert.code, call=call.state))
        return alert, [call]

    alert, calls = await written(store, work)
    _look_at_once(desk=request.app.state.live)
    return _json(_alert(alert, calls, texts))


@router.put(
    "/alerts/{alert_id}/end",
    response_model=schemas.Alert,
    responses=problems(400, 401, 403, 404, 409, 422, 503),
    summary="Close or cancel an alert",
)
def end_alert(
    alert_id: AlertPath,
    body: schemas.EndAlert,
    request: Request,
    access: Annotated[Access, Depends(allowed("alert.end"))],
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    *,
    state: Annotated[Literal["closed", "cancelled"], Query(description="How it ends.")],
) -> Response:
    """End an alert; whoever may still come is stood down and told."""
    texts = texts_of(page_language(request)[0])

    def work(session: Session) -> tuple[AlertView, list[CallView]]:
        alert = field.end_alert(
            session,
            alert_id,
            AlertState(state),
            by=access.actor.key,
            now=now,
            outcome=body.outcome,
            scope=access.scope,
        )
        append(session, keys, now, access.event("alert", alert.code, state=state))
        return alert, calls_of(session, alert_id)

    alert, calls = store.submit(work)
    return _json(_alert(alert, calls, texts))


@router.get(
    "/alert-preferences",
    response_model=schemas.PreferenceOut,
    responses=problems(401, 403, 404),
    summary="When one wants no alerts",
)
def get_preference(
    access: Annotated[Access, Depends(allowed("alert.preference"))], store: StoreDep
) -> Response:
    """Return quiet hours, mute and budget of the reader."""
    with store.read() as session:
        found = preference_of(session, _person(access))
    return _preference(found)


@router.put(
    "/alert-preferences",
    response_model=schemas.PreferenceOut,
    responses=problems(400, 401, 403, 404, 412, 422, 428, 503),
    summary="Choose when one wants no alerts",
)
def put_preference(
    body: schemas.Preference,
    access: Annotated[Access, Depends(allowed("alert.preference"))],
    version: IfMatchDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Keep quiet hours, mute and budget; they hold at the server while off duty."""
    if (body.quiet_from is None) != (body.quiet_until is None):
        raise ParameterError("Expected quiet_from and quiet_until together, got one of them.")
    person = _person(access)

    def work(session: Session) -> Any:
        found = set_preference(session, person, **body.model_dump(), now=now, expected=version)
        append(session, keys, now, access.event("person", str(person), what="alerts"))
        return found

    return _preference(store.submit(work))


@router.put(
    "/position",
    response_model=schemas.Position,
    responses=problems(400, 401, 403, 404, 409, 422, 503),
    summary="Say where one is, while on duty",
)
async def put_position(
    body: schemas.NewPosition,
    access: Annotated[Access, Depends(allowed("position.report"))],
    desk: DeskDep,
    now: NowDep,
) -> Response:
    """Keep the reader's last cell; off duty nothing is kept (409)."""
    report = Report(_person(access), body.lat, body.lng, now, body.accuracy_m)
    return _json({"cell": format_cells([await desk.positions.submit(report)])[0]})


def _values(body: schemas.NewAlert) -> AlertValues:
    given = body.model_dump(exclude={"radius_m", "area", "people"})
    area = None if body.area is None else body.area.model_dump()
    if body.radius_m is not None:
        if area is not None:
            raise ParameterError("Expected radius_m or area, got both.")
        area = circle(body.lat, body.lng, body.radius_m)
    return AlertValues(**given, area=area, people=tuple(body.people))


def circle(lat: float, lng: float, radius_m: float) -> dict[str, Any]:
    """Return a circle as a polygon of GeoJSON that holds it."""
    wide = radius_m / math.cos(math.pi / CORNERS) / EARTH_RADIUS_M
    north, east = math.degrees(wide), math.degrees(wide / math.cos(math.radians(lat)))
    turns = [2 * math.pi * (n % CORNERS) / CORNERS for n in range(CORNERS + 1)]
    ring = [[lng + east * math.cos(t), lat + north * math.sin(t)] for t in turns]
    return {"type": "Polygon", "coordinates": [ring]}


def _person(access: Access) -> int:
    if access.actor.person_id is None:
        raise UnknownIdError("personal record", access.actor.key)
    return access.actor.person_id


def _sight(access: Access) -> Scope:
    """Return where one may look: one's jurisdiction, and the alerts to which one was called."""
    return access.scope | Scope(person=access.actor.person_id)


def _find(session: Session, access: Access, alert_id: int) -> tuple[AlertView, list[CallView]]:
    """Return an alert with its calls; outside one's jurisdiction with one's own call alone."""
    calls = calls_of(session, alert_id)
    own = access.actor.person_id
    try:
        alert = field.find_alert(session, alert_id, replace(access.scope, person=None))
    except FieldMissingError:
        alert = field.find_alert(session, alert_id, _sight(access))
        calls = [one for one in calls if one.person_id == own]
    return alert, calls


def _look_at_once(desk: LiveDesk) -> None:
    """Have the alert taken on now rather than at the runner's next look."""
    desk.runner.nudge()


def _preference(found: Any) -> Response:
    body = {
        "quiet_from": found.quiet_from,
        "quiet_until": found.quiet_until,
        "muted_until": found.muted_until,
        "monthly_calls": found.monthly_calls,
    }
    response = _json(body)
    response.headers["ETag"] = etag(found.row_version)
    return response


def _alert(alert: AlertView, calls: list[CallView], texts: Texts) -> dict[str, Any]:
    same = (
        *("code", "kind", "mode", "danger", "state", "title", "note", "place", "lat", "lng"),
        *("area", "role", "qualification", "target_min", "target_chance", "needed", "waves"),
        *("created_at", "ended_at", "outcome"),
    )
    return {
        "id": alert.alert_id,
        **{name: getattr(alert, name) for name in same},
        "beat_id": alert.beat_code,
        "station_id": alert.station_code,
        "kind_text": texts.label("label.alert_kind", alert.kind),
        "danger_text": texts.label("label.danger", alert.danger),
        "state_text": texts.label("label.alert_state", alert.state),
        "calls": [_call(one, texts) for one in calls],
    }


def _call(one: CallView, texts: Texts) -> dict[str, Any]:
    told = asdict(one)
    for name in ("call_id", "alert_id", "person_id", "person_code"):
        del told[name]
    return {
        **told,
        "person": one.person_code,
        "state_text": texts.label("label.call_state", one.state),
        "minutes": round(one.minutes, 1),
        "distance_m": round(one.distance_m),
        "chance": round(one.chance, 3),
    }


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")
