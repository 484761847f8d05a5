"""``/api/v1/points``: one's own, awards by the staff, statements, what looks strange."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.access.actor import Access
from api.access.policy import allowed
from api.cursors import Window, cursor_for
from api.dependencies import KeysDep, NowDep, StoreDep
from api.errors import problems
from api.field_answers import json_answer, own_person
from api.language import Texts, texts_of
from api.once import OnceDep, answer
from api.schemas import points as schemas
from api.templating import page_language
from data.points.accounts import balance_of, find_account
from data.points.anomalies import find_anomalies
from data.points.awards import Merit, award, earned_since, reverse
from data.points.errors import TwoPersonsError
from data.points.months import month_start
from data.points.rules import MONTH_CAP, setting
from data.points.statements import Line, find_standing, standings, statement, subject_of
from data.store.audit import append

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.points.awards import Award
    from data.store.idempotency import Answer

router = APIRouter(tags=["points"])

Own = Annotated[Access, Depends(allowed("points.own"))]
Reader = Annotated[Access, Depends(allowed("points.read"))]
PersonPath = Annotated[str, Path(min_length=1, max_length=128)]
ENTRIES: Final = cursor_for("entries", int)
STANDINGS: Final = cursor_for("standings", int)
TIP: Final = "tip"


@router.get(
    "/points/mine",
    response_model=schemas.Balance,
    responses=problems(401, 403, 404),
    summary="One's own points",
)
def my_points(access: Own, store: StoreDep, now: NowDep) -> Response:
    """Return what one has, and how much of the month's cap is used."""
    person = own_person(access)
    with store.read() as session:
        return json_answer(_balance(session, person, now))


@router.get(
    "/points/mine/entries",
    response_model=schemas.Entries,
    responses=problems(401, 403, 404, 422),
    summary="One's own statement",
)
def my_entries(
    request: Request,
    access: Own,
    store: StoreDep,
    window: Annotated[Window, Depends(ENTRIES)],
) -> Response:
    """List what one got and gave, the newest first."""
    texts, person = texts_of(page_language(request)[0]), own_person(access)
    with store.read() as session:
        return json_answer(_entries(session, person, window, texts))


@router.get(
    "/points/people",
    response_model=schemas.Standings,
    responses=problems(401, 403, 422, 503),
    summary="Who has how many points",
)
def people(
    access: Reader,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    window: Annotated[Window, Depends(STANDINGS)],
) -> Response:
    """List the people of one's jurisdiction who have an account."""

    def work(session: Session) -> dict[str, Any]:
        after = 0 if window.after is None else int(window.after[0])
        found = standings(session, access.scope, after=after, limit=window.fetch)
        append(session, keys, now, access.event("points", "list"))
        items, following = window.cut(found, lambda one: (one.person_id,))
        told = [{"person": one.code, "name": one.name, "balance": one.balance} for one in items]
        return {"items": told, "next": following}

    return json_answer(store.submit(work))


@router.get(
    "/points/people/{person_code}",
    response_model=schemas.Entries,
    responses=problems(401, 403, 404, 422, 503),
    summary="Somebody's statement",
)
def entries(
    person_code: PersonPath,
    request: Request,
    access: Reader,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    window: Annotated[Window, Depends(ENTRIES)],
) -> Response:
    """Return a statement; for what came of a tip only the day and that it was a tip."""
    texts = texts_of(page_language(request)[0])

    def work(session: Session) -> dict[str, Any]:
        found = find_standing(session, access.scope, person_code)
        append(session, keys, now, access.event("person", person_code, what="points"))
        return _entries(session, found.person_id, window, texts, hides_tips=True)

    return json_answer(store.submit(work))


@router.post(
    "/points/awards",
    status_code=201,
    response_model=schemas.Award,
    responses=problems(400, 401, 403, 404, 409, 422, 503),
    summary="Award points by the city's table",
)
def give_award(
    body: schemas.NewAward,
    access: Annotated[Access, Depends(allowed("points.award"))],
    once: OnceDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Award a course, an event or a commendation to somebody else, up to the month's caps."""

    def work(session: Session) -> Answer:
        found = find_standing(session, access.scope, body.person)
        if found.person_id == access.actor.person_id:
            raise TwoPersonsError("Expected an award to somebody else, got one to oneself.")
        key = f"{body.source}:{access.actor.account_id}:{once.key}"
        actor = access.actor.key
        merit = Merit(found.person_id, body.source, key, actor, category=body.category)
        made = award(session, keys, now, merit)
        detail = {"source": body.source, "points": made.points}
        append(session, keys, now, access.event("person", body.person, **detail))
        return answer(_award(key, made))

    return once.submit(store, work)


@router.post(
    "/points/reversals",
    response_model=schemas.Award,
    responses=problems(400, 401, 403, 404, 409, 422, 503),
    summary="Take an award back",
)
def take_back(
    body: schemas.Reversal,
    access: Annotated[Access, Depends(allowed("points.reverse"))],
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
) -> Response:
    """Post the counter-entry of an award; once, however often it is asked for."""

    def work(session: Session) -> Award:
        person = subject_of(session, access.scope, body.key)
        actor = access.actor.key
        made = reverse(session, keys, now, key=body.key, reason=body.reason, actor=actor)
        detail = {"points": made.points, "reason": body.reason}
        append(session, keys, now, access.event("person", person, **detail))
        return made

    return json_answer(_award(body.key, store.submit(work)))


@router.get(
    "/points/anomalies",
    response_model=schemas.Anomalies,
    responses=problems(401, 403, 422, 503),
    summary="What looks strange",
)
def anomalies(
    request: Request,
    access: Annotated[Access, Depends(allowed("anomaly.read"))],
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    *,
    days: Annotated[int, Query(ge=1, le=366, description="How far back.")] = 30,
) -> Response:
    """List the same picture in two tips, speeds nobody travels at, rings of favours."""
    texts = texts_of(page_language(request)[0])

    def work(session: Session) -> list[dict[str, Any]]:
        found = find_anomalies(session, access.scope, now - timedelta(days=days))
        append(session, keys, now, access.event("anomaly", "list", found=len(found)))
        names = ("kind", "at", "tips", "people", "detail")
        return [
            {
                **{name: getattr(one, name) for name in names},
                "kind_text": texts.label("label.anomaly", one.kind),
            }
            for one in found
        ]

    return json_answer({"items": store.submit(work)})


def _balance(session: Session, person: int, now: datetime) -> dict[str, int]:
    account = find_account(session, person)
    earned = 0 if account is None else earned_since(session, account, month_start(now))
    return {
        "balance": balance_of(session, person),
        "earned_this_month": earned,
        "month_cap": setting(session, MONTH_CAP),
    }


def _entries(
    session: Session, person: int, window: Window, texts: Texts, *, hides_tips: bool = False
) -> dict[str, Any]:
    before = None if window.after is None else int(window.after[0])
    found = statement(session, person, before=before, limit=window.fetch)
    items, following = window.cut(found, lambda one: (one.sequence,))
    return {"items": [_line(one, texts, hides_tips) for one in items], "next": following}


def _line(line: Line, texts: Texts, hides_tips: bool) -> dict[str, Any]:
    at, rule = line.at, line.rule
    if hides_tips and rule is not None and rule.startswith(f"{TIP}."):
        at, rule = at.replace(hour=0, minute=0, second=0, microsecond=0), TIP
    return {
        "sequence": line.sequence,
        "at": at,
        "kind": line.kind,
        "kind_text": texts.label("label.point_kind", line.kind),
        "rule": rule,
        "rule_text": None if rule is None else texts.label("label.point_rule", rule),
        "amount": line.amount,
        "balance": line.balance,
    }


def _award(key: str, made: Award) -> dict[str, Any]:
    return {"key": key, "points": made.points, "asked": made.asked}
