"""``/api/v1/tasks/nearest`` and ``people/nearest``: answered from memory, without the database."""

from __future__ import annotations

from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api.access.actor import Access
from api.errors import ParameterError, UnknownIdError, problems
from api.language import Texts, texts_of
from api.live_index_access import LiveDesk, allowed_live
from api.schemas import nearest as schemas
from api.schemas.inputs import text_query
from api.templating import page_language
from data.field.live import LivePerson
from dispatch.alerts import GUARDED_ROLE, Danger, tiers_for
from dispatch.alerts_response import ResponseModel
from dispatch.nearest import Reasons
from dispatch.rules import Tier

router = APIRouter(tags=["nearest"])

LatQuery = Annotated[float | None, Query(ge=-90, le=90, allow_inf_nan=False)]
LngQuery = Annotated[float | None, Query(ge=-180, le=180, allow_inf_nan=False)]
CountQuery = Annotated[int, Query(ge=1, le=100, description="How many at most.")]
MinutesQuery = Annotated[
    float, Query(gt=0, le=240, description="Leave out what takes longer to reach.")
]
ExplainQuery = Annotated[
    bool, Query(description="Also tell by which rule first others near are left out.")
]
TARGET_MIN: Final = 5.0
_MODEL: Final = ResponseModel()


@router.get(
    "/tasks/nearest",
    response_model=schemas.NearTasks,
    responses=problems(401, 403, 404, 422),
    summary="The nearest tasks that one may take",
)
async def tasks_nearest(
    request: Request,
    access: Annotated[Access, Depends(allowed_live("task.nearest"))],
    lat: LatQuery = None,
    lng: LngQuery = None,
    *,
    k: CountQuery = 20,
    within_min: MinutesQuery = 60,
    explain: ExplainQuery = False,
) -> Response:
    """Return open tasks that the reader may take: by minute, then urgency, then way.

    Without a place, from where the reader was last, or from home.
    """
    desk, now = _desk(request), request.app.state.service.clock()
    person_id = access.actor.person_id
    if person_id is None:
        raise UnknownIdError("personal record", access.actor.key)
    live = await desk.live()
    me = live.people.find(person_id)
    spot = _spot(lat, lng) or (None if me is None else (me.lat, me.lng))
    if spot is None:
        raise ParameterError("Expected lat and lng, as no place of yours is known.")
    taker = desk.index.taker(person_id)
    if taker is None:
        taker = await run_in_threadpool(desk.index.read_taker, person_id)
    found = live.tasks.nearest(taker, spot, k, live.limits, now, within_min=within_min)
    texts = texts_of(page_language(request)[0])
    items = [
        {
            "id": one.task.task_id,
            "code": one.task.code,
            "kind": one.task.kind,
            "title": one.task.title,
            "role": one.task.role,
            "place": one.task.place,
            "beat_id": one.task.beat_code,
            "lat": one.task.lat,
            "lng": one.task.lng,
            "starts_at": one.task.starts_at,
            "ends_at": one.task.ends_at,
            "signup_until": one.task.signup_until,
            "free": one.task.free,
            "points": one.task.points,
            "urgency": one.task.urgency,
            "minutes": round(one.minutes, 1),
            "distance_m": round(one.distance_m),
            "why": _why_task(one.task, one.minutes, texts),
        }
        for one in found
    ]
    refused = None
    if explain:
        reasons = live.tasks.reasons(taker, spot, within_min / taker.minutes_per_m)
        codes = {n: view.code for n, view in enumerate(live.tasks.views) if view is not None}
        refused = _refused(reasons, codes, texts)
    return _json({"items": items, "refused": refused})


@router.get(
    "/people/nearest",
    response_model=schemas.NearPeople,
    responses=problems(401, 403, 404, 422),
    summary="The nearest people who may be called to a place",
)
async def people_nearest(
    request: Request,
    access: Annotated[Access, Depends(allowed_live("person.nearest"))],
    lat: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
    lng: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
    *,
    danger: Annotated[Danger, Query(description="Who may act there.")] = Danger.CALM,
    role: text_query("A duty role that they must be able to fill.", longest=64) = None,  # type: ignore[valid-type]
    qualification: text_query("A qualification that they must hold.", longest=64) = None,  # type: ignore[valid-type]
    on_duty_only: bool = False,
    k: CountQuery = 20,
    within_min: MinutesQuery = 60,
    explain: ExplainQuery = False,
) -> Response:
    """Return who may be called, first who is there first; codes and distances, no names."""
    desk = _desk(request)
    live = await desk.live()
    words = live.people.words
    if role is not None and role not in words.roles:
        raise UnknownIdError("duty role", role)
    if qualification is not None and qualification not in words.qualifications:
        raise UnknownIdError("qualification", qualification)
    guarded = danger == Danger.GUARDED
    rules = live.people.rules(
        [Tier.OFFICER, Tier.AUXILIARY] if guarded else tiers_for(danger),
        role=role,
        qualification=qualification,
        on_duty_only=on_duty_only,
    )
    among = None
    if not access.scope.city:
        among = await run_in_threadpool(desk.index.among, access.scope)
    found = [live.people.search((lat, lng), rules, k, among=among, within_min=within_min)]
    if guarded and role in {None, GUARDED_ROLE} and GUARDED_ROLE in words.roles:
        trained = live.people.rules(
            [Tier.VOLUNTEER],
            role=GUARDED_ROLE,
            qualification=qualification,
            on_duty_only=on_duty_only,
        )
        found.append(live.people.search((lat, lng), trained, k, among=among, within_min=within_min))
    rows = sorted(
        row
        for one in found
        for row in zip(
            one.minutes.tolist(), one.number.tolist(), one.distance_m.tolist(), strict=True
        )
    )[:k]
    texts = texts_of(page_language(request)[0])
    items = _people(
        [
            (person, minutes, metres)
            for minutes, number, metres in rows
            if minutes <= within_min and (person := live.people.facts[number]) is not None
        ],
        role,
        texts,
    )
    passing = refused = None
    if explain:
        slowest = min(live.people.index.minutes_per_m)
        reasons = live.people.reasons((lat, lng), rules, within_min / slowest, among)
        codes = {n: one.code for n, one in enumerate(live.people.facts) if one is not None}
        passing, refused = reasons.passing, _refused(reasons, codes, texts)
    return _json({"items": items, "passing": passing, "refused": refused})


def _people(
    found: list[tuple[LivePerson, float, float]], role: str | None, texts: Texts
) -> list[dict[str, Any]]:
    if not found:
        return []
    accept = [_acceptance(one) for one, _, _ in found]
    chances = _MODEL.chance(accept, [minutes for _, minutes, _ in found], TARGET_MIN).tolist()
    return [
        {
            "code": one.code,
            "tier": one.tier,
            "mode": one.mode,
            "on_duty": one.is_on_duty,
            "placed_at": one.placed_at,
            "minutes": round(minutes, 1),
            "distance_m": round(metres),
            "chance": round(chance, 3),
            "why": _why_person(one, minutes, chance, role, texts),
        }
        for (one, minutes, metres), chance in zip(found, chances, strict=True)
    ]


def _acceptance(one: LivePerson) -> float:
    alpha, beta = _MODEL.priors[one.tier, one.is_on_duty]
    mean = (alpha + one.accepted) / (alpha + beta + one.called)
    return float(mean * _MODEL.fatigue**one.recent)


def _why_person(
    one: LivePerson, minutes: float, chance: float, role: str | None, texts: Texts
) -> list[dict[str, str]]:
    why = [("near", texts("nearest.why_near", minutes=_minutes(minutes)))]
    if one.is_on_duty:
        why.append(("on_duty", texts("nearest.why_on_duty")))
    if role is not None:
        why.append(("role", texts("nearest.why_role", role=texts.label("role", role))))
    why.append(("arrives", texts("nearest.why_arrives", percent=round(chance * 100))))
    return [{"code": code, "text": text} for code, text in why]


def _why_task(task: Any, minutes: float, texts: Texts) -> list[dict[str, str]]:
    why = [
        ("near", texts("nearest.why_near", minutes=_minutes(minutes))),
        ("role", texts("nearest.why_role", role=texts.label("role", task.role))),
    ]
    if task.urgency >= 2:
        why.append(("urgent", texts("nearest.why_urgent")))
    if task.points:
        why.append(("points", texts("nearest.why_points", points=task.points)))
    return [{"code": code, "text": text} for code, text in why]


def _refused(reasons: Reasons, codes: dict[int, str], texts: Texts) -> list[dict[str, Any]]:
    return [
        {
            "rule": one.refusal,
            "text": texts.label("label.near_refusal", one.refusal),
            "count": one.count,
            "nearest": [codes[number] for number, _, _ in one.nearest if number in codes],
        }
        for one in reasons.refused
    ]


def _desk(request: Request) -> LiveDesk:
    """Return the desk; no dependency, as each costs these routes a tenth of their rate."""
    desk: LiveDesk = request.app.state.live
    return desk


def _minutes(minutes: float) -> int:
    return max(1, round(minutes))


def _spot(lat: float | None, lng: float | None) -> tuple[float, float] | None:
    if (lat is None) != (lng is None):
        raise ParameterError("Expected lat and lng together, got one of them.")
    return None if lat is None or lng is None else (lat, lng)


def _json(body: Any) -> Response:
    content = orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(content, media_type="application/json")
