"""``/api/v1/settings``: the rules and costs of plans, the points table."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, Response

from api.errors import problems
from api.office import Office, office
from api.schemas import settings as schemas
from api.schemas.inputs import CLEANED
from api.versions import IfMatchDep, etag
from data.planning.settings import PlanningSettings, planning_settings, set_planning
from data.points.rules import fill_shipped
from data.points.table_edits import (
    RuleView,
    SettingView,
    edit_point_rule,
    edit_point_setting,
    find_point_rule,
    find_point_setting,
    points_table,
)
from dispatch.rules import Costs, Rules

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

router = APIRouter(prefix="/settings", tags=["settings"])

Reader = Annotated[Office, Depends(office("setting.read"))]
Writer = Annotated[Office, Depends(office("setting.write"))]
RowPath = Annotated[str, Path(min_length=1, max_length=128, examples=["tip.verified"]), CLEANED]
READS = problems(401, 403, 404, 422)
EDITS = problems(400, 401, 403, 404, 412, 413, 422, 428)


@router.get(
    "/planning",
    response_model=schemas.Planning,
    responses=problems(401, 403),
    summary="What plans are made by",
)
def planning(at: Reader) -> Response:
    """Return the rules and costs of plans to come; its ETag is what an edit has to name."""
    with at.store.read() as session:
        return _planning(at, planning_settings(session))


@router.put(
    "/planning",
    response_model=schemas.Planning,
    responses=problems(400, 401, 403, 412, 413, 422, 428),
    summary="Set what plans are made by",
)
def put_planning(body: schemas.WantedPlanning, at: Writer, seen: IfMatchDep) -> Response:
    """Set the rules and costs of plans to come; scenarios and rosters keep those of their time."""
    return _planning(at, at.store.submit(lambda session: change_planning(session, at, body, seen)))


@router.get(
    "/points",
    response_model=schemas.PointsTable,
    responses=problems(401, 403),
    summary="The points table",
)
def points(at: Reader) -> Response:
    """List what earns how many points, and the caps."""
    with at.store.read() as session:
        return at.answer(_table(session))


@router.post(
    "/points/shipped",
    response_model=schemas.PointsTable,
    responses=problems(401, 403),
    summary="Take the points table that is shipped",
)
def take_shipped(at: Writer) -> Response:
    """Add the rows that are shipped where the city has none of that code; done twice, once."""

    def work(session: Session) -> dict[str, Any]:
        add_shipped(session, at)
        return _table(session)

    return at.answer(at.store.submit(work))


@router.get(
    "/points/rules/{code}",
    response_model=schemas.PointRule,
    responses=READS,
    summary="A row of the points table",
)
def rule(at: Reader, code: RowPath) -> Response:
    """Return a row; its ETag is what an edit has to name."""
    with at.store.read() as session:
        return _tagged(at, find_point_rule(session, code))


@router.patch(
    "/points/rules/{code}",
    response_model=schemas.PointRule,
    responses=EDITS,
    summary="Change a row of the points table",
)
def edit_rule(body: schemas.PointRuleEdit, at: Writer, code: RowPath, seen: IfMatchDep) -> Response:
    """Change words, points or cap, or put the row out of use; what is awarded stays."""
    return _tagged(at, at.store.submit(lambda s: change_rule(s, at, code, body, seen)))


@router.get(
    "/points/numbers/{code}",
    response_model=schemas.PointSetting,
    responses=READS,
    summary="A number of the points",
)
def number(at: Reader, code: RowPath) -> Response:
    """Return a number; its ETag is what an edit has to name."""
    with at.store.read() as session:
        return _tagged(at, find_point_setting(session, code))


@router.put(
    "/points/numbers/{code}",
    response_model=schemas.PointSetting,
    responses=EDITS,
    summary="Set a number of the points",
)
def put_number(body: schemas.PointNumber, at: Writer, code: RowPath, seen: IfMatchDep) -> Response:
    """Set a cap, the limit of one person's hand-over, or the days of a reservation."""
    return _tagged(at, at.store.submit(lambda s: change_number(s, at, code, body.value, seen)))


def change_planning(
    session: Session, at: Office, body: schemas.WantedPlanning, seen: int
) -> PlanningSettings:
    """Set rules and costs; the audit keeps every number that changes, before and after."""
    before = planning_settings(session)
    rules = Rules(**body.rules.model_dump())
    given = body.costs.model_dump()
    costs = Costs(**{**given, "extra_shift": tuple(given["extra_shift"])})
    made = set_planning(session, rules, costs, seen=seen, by=at.by, now=at.now)
    was, now = ({**asdict(one.rules), **asdict(one.costs)} for one in (before, made))
    changed = {
        name: [_plain(was[name]), _plain(value)]
        for name, value in now.items()
        if was[name] != value
    }
    at.keep(session, "setting", "planning", changed=changed)
    return made


def change_rule(
    session: Session, at: Office, code: str, body: schemas.PointRuleEdit, seen: int
) -> RuleView:
    """Change a row of the points table, kept by the audit."""
    given = body.model_dump(exclude_unset=True)
    changes = {name: new for name, new in given.items() if new is not None or name == "monthly_cap"}
    made = edit_point_rule(session, code, seen=seen, **changes)
    kept = {
        name: changes[name] for name in ("points", "monthly_cap", "is_active") if name in changes
    }
    at.keep(session, "setting", f"point_rule:{code}", **kept)
    return made


def change_number(session: Session, at: Office, code: str, value: int, seen: int) -> SettingView:
    """Set a number of the points, kept by the audit."""
    made = edit_point_setting(session, code, value, seen=seen)
    at.keep(session, "setting", f"point_setting:{code}", value=value)
    return made


def add_shipped(session: Session, at: Office) -> None:
    """Add the rows that are shipped, kept by the audit."""
    fill_shipped(session)
    at.keep(session, "setting", "points", shipped=True)


def _table(session: Session) -> dict[str, Any]:
    rules, numbers = points_table(session)
    return {"rules": [_row(one) for one in rules], "numbers": [_row(one) for one in numbers]}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _planning(at: Office, found: PlanningSettings) -> Response:
    told = {
        "rules": asdict(found.rules),
        "costs": asdict(found.costs),
        "changed_at": found.changed_at,
        "changed_by": found.changed_by,
    }
    return at.answer(told, tag=etag(found.version))


def _row(one: RuleView | SettingView) -> dict[str, Any]:
    return {name: value for name, value in asdict(one).items() if name != "row_version"}


def _tagged(at: Office, one: RuleView | SettingView) -> Response:
    return at.answer(_row(one), tag=etag(one.row_version))
