"""``/console/arrivals``: who is due, an officer's word that they came; a post's code."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query, Response

from api.access.policy import may
from api.console import Desk, desk
from api.console_forms import trouble_of
from api.dependencies import SettingsDep
from api.forms import Form, FormDep, FormRefusedError, fill
from api.routes.v1.checkins import confirm, post_key, shown_code
from api.schemas import field as schemas
from api.views.console.live import arrival_rows
from data.field.arrivals import arrivals
from data.field.errors import FieldError
from data.field.posts import post_title

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

router = APIRouter(prefix="/console", include_in_schema=False)

OfficerDesk = Annotated[Desk, Depends(desk("checkin.confirm"))]
PostDesk = Annotated[Desk, Depends(desk("post.code"))]
Number = Annotated[int | None, Query(ge=1, lt=2**63)]
Word = Annotated[str, Query(max_length=128)]
BEFORE: Final = timedelta(hours=3)
AHEAD: Final = timedelta(hours=2)
MOST: Final = 300


@router.get("/arrivals")
def page(office: OfficerDesk) -> Response:
    """Show the page: the list is read again when something happens."""
    return office.render("arrivals.html", here="/console/arrivals")


@router.get("/arrivals/list")
def due(office: OfficerDesk) -> Response:
    """Return who is due about now, who has come and who is late."""
    return _list(office)


@router.post("/arrivals")
def arrived(office: OfficerDesk, form: FormDep) -> Response:
    """Keep that an officer saw somebody come or leave; return the list as it is then.

    A rule that says no is told above the list.
    """
    way: Literal["in", "out"] = "out" if form.text("way") == "out" else "in"
    texts = office.texts
    try:
        turn = fill(schemas.TaskTurn if form.text("task_id") else schemas.RosterTurn, form)
        body = fill(schemas.Confirmation, form, turn=turn.model_dump())

        def work(session: Session) -> dict[str, Any]:
            return confirm(session, office.office, body, way)

        office.store.submit(work)
    except (FormRefusedError, FieldError) as error:
        return _list(office, {"tone": "bad", "text": trouble_of(error, Form({}), texts).text})
    return _list(office, {"tone": "good", "text": texts.label("label.confirmed", way)})


@router.get("/post-code")
def post_code(
    office: PostDesk,
    settings: SettingsDep,
    *,
    task_id: Number = None,
    scenario_id: Number = None,
    beat_id: Word = "",
    shift_id: Word = "",
    part: Word = "",
) -> Response:
    """Show the code of a post, large, to be held up there; it is read anew before it changes."""
    base = settings.public_url or str(office.request.base_url)
    post = post_key(task_id, scenario_id, beat_id or None, shift_id or None)
    with office.store.read() as session:
        code = shown_code(session, office.office, post, base)
        title = post_title(session, post)
    until = f"{code['renew_at'].astimezone(office.zone):%H:%M:%S}"
    name = "post_code_part.html" if part else "post_code.html"
    query = office.request.url.include_query_params(part="code").query
    return office.render(
        name,
        here="/console/arrivals",
        code=code,
        until=until,
        heading=title,
        up=_up(office, task_id),
        again=f"{office.request.url.path}?{query}",
    )


def _up(office: Desk, task_id: int | None) -> tuple[str, str]:
    if task_id is not None:
        return office.texts("tasks.task"), f"/console/tasks/{task_id}"
    return office.texts("live.duty"), "/console/arrivals"


def _list(office: Desk, said: dict[str, str] | None = None) -> Response:
    span = (office.now - BEFORE, office.now + AHEAD)
    with office.store.read() as session:
        found = arrivals(session, span, office.now, office.access.scope)
    return office.render(
        "duty_list.html",
        rows=arrival_rows(found, office.texts, office.zone, office.now)[:MOST],
        counts=Counter(one.state for one in found),
        total=len(found),
        may_show=may(office.access.actor, "post.code"),
        said=said,
    )
