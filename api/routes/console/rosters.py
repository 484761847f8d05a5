"""``/console/rosters``: plans started and watched, rosters read, compared, published."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Form, Path, Query, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from api.access.policy import may
from api.console import Desk, desk
from api.errors import ParameterError
from api.once import FormOnceDep, answer
from api.responses import compressed_page
from api.roster_ceiling import CEILINGS
from api.roster_counts import COUNTS
from api.routes.v1.jobs import change_job, queue_plan, queue_repair
from api.routes.v1.rosters import reader_of
from api.schemas.planning import NewPlan, NewRepair
from api.views.console.weeks import (
    job_card,
    job_words,
    roster_card,
    week_table,
    week_words,
)
from data.planning.comparison import compare_rosters
from data.planning.edits import num_edits
from data.planning.jobs import cancel_job, list_jobs
from data.planning.repairing import settle_dropouts
from data.planning.rosters import list_rosters, roster_view
from data.planning.successors import copy_to_draft
from data.planning.week_fill import week_fill
from data.store.audit import append
from data.store.result_io import find_roster
from data.store.roster_states import delete_draft, publish
from data.store.scenario_reading import find_scenario

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.planning.comparison import Comparison
    from data.store.idempotency import Answer

router = APIRouter(prefix="/console", include_in_schema=False)

HERE = "/console/rosters"
MOST_CHANGES = 400
ReaderDesk = Annotated[Desk, Depends(desk("roster.read"))]
StarterDesk = Annotated[Desk, Depends(desk("plan.start"))]
CancelDesk = Annotated[Desk, Depends(desk("plan.cancel"))]
PublisherDesk = Annotated[Desk, Depends(desk("roster.publish"))]
RepairDesk = Annotated[Desk, Depends(desk("roster.repair"))]
EditorDesk = Annotated[Desk, Depends(desk("roster.edit"))]
RosterPath = Annotated[int, Path(ge=1, lt=2**63)]
Word = Annotated[str, Query(max_length=64)]


@router.get("/rosters")
def rosters(office: ReaderDesk) -> Response:
    """List rosters and the jobs under way; start a plan."""
    texts, zone = office.texts, office.zone
    mine = powers(office)
    monday = office.today + timedelta(days=7 - office.today.weekday())
    with office.store.read() as session:
        found = list_rosters(session, reader_of(office.access), limit=60)
        jobs = list_jobs(session, kinds=("plan", "repair"), limit=6 if mine["plan_read"] else 0)
    return office.render(
        "rosters.html",
        here=HERE,
        rosters=[roster_card(one, texts, zone) for one in found],
        jobs=[job_card(one, texts, zone) for one in jobs],
        may=mine,
        first_day=monday.isoformat(),
        last_day=(monday + timedelta(days=6)).isoformat(),
        job_words=orjson.dumps(job_words(texts)).decode(),
    )


@router.post("/plans")
def start(
    office: StarterDesk,
    once: FormOnceDep,
    first_day: Annotated[date, Form()],
    last_day: Annotated[date, Form()],
    minutes: Annotated[float, Form(gt=0, le=60)] = 1.0,
    label: Annotated[str, Form(max_length=80)] = "",
) -> Response:
    """Queue a plan of some days from the living records."""
    try:
        body = NewPlan(
            first_day=first_day, last_day=last_day, time_limit_s=60 * minutes, label=label.strip()
        )
    except ValidationError as error:
        raise ParameterError(error.errors()[0]["msg"]) from None

    def work(session: Session) -> Answer:
        queue_plan(session, office.keys, office.access, body, office.now)
        return answer(None, 303, location=HERE)

    return once.submit(office.store, work)


@router.post("/jobs/{job_id}/cancel")
def cancel(office: CancelDesk, job_id: RosterPath) -> Response:
    """End a job."""
    change_job(office.store, office.keys, office.access, job_id, cancel_job, now=office.now)
    return RedirectResponse(HERE, 303)


@router.get("/rosters/{roster_id}")
def roster(office: ReaderDesk, roster_id: RosterPath) -> Response:
    """Show a roster's figures and its week, station by station."""
    texts, zone = office.texts, office.zone
    reader = reader_of(office.access)
    with office.store.read() as session:
        view = roster_view(session, reader, roster_id)
        row = find_roster(session, roster_id)
        week = week_fill(session, reader, row, find_scenario(session, row.scenario_id), COUNTS)
        edits = num_edits(session, roster_id)
    page = office.render(
        "roster.html",
        here=HERE,
        one=roster_card(view, texts, zone),
        predecessor=view.predecessor_id,
        week=week_table(week, texts, zone),
        edits=edits,
        may=powers(office),
    )
    return compressed_page(page, office.request)


@router.get("/rosters/{roster_id}/ceiling")
def ceiling(office: ReaderDesk, roster_id: RosterPath) -> Response:
    """Say how much is filled and that no roster could fill more; asked for by the page."""
    with office.store.read() as session:
        view = roster_view(session, reader_of(office.access), roster_id)
    held = office.request.app.state.service.cities.held()
    return office.render("ceiling.html", share=CEILINGS.share(office.store, view, held))


@router.post("/rosters/{roster_id}/publish")
def publish_(office: PublisherDesk, roster_id: RosterPath) -> Response:
    """Publish a draft; the roster that it succeeds is archived with it."""

    def work(session: Session) -> None:
        publish(session, roster_id, by=office.access.actor.key, now=office.now)
        settle_dropouts(session, roster_id, now=office.now)
        event = office.access.event("roster", str(roster_id), state="published")
        append(session, office.keys, office.now, event)

    office.store.submit(work)
    return RedirectResponse(f"{HERE}/{roster_id}", 303)


@router.post("/rosters/{roster_id}/delete")
def delete(office: PublisherDesk, roster_id: RosterPath) -> Response:
    """Delete a draft."""

    def work(session: Session) -> None:
        delete_draft(session, roster_id)
        event = office.access.event("roster", str(roster_id), deleted=True)
        append(session, office.keys, office.now, event)

    office.store.submit(work)
    return RedirectResponse(HERE, 303)


@router.post("/rosters/{roster_id}/edit")
def begin_edit(office: EditorDesk, once: FormOnceDep, roster_id: RosterPath) -> Response:
    """Copy a roster into a draft to change by hand."""
    label = office.texts("rosters.edited_label", number=roster_id)

    def work(session: Session) -> Answer:
        roster_view(session, reader_of(office.access), roster_id)
        made = copy_to_draft(
            session,
            find_roster(session, roster_id),
            label=label,
            by=office.access.actor.key,
            now=office.now,
        )
        event = office.access.event("roster", str(made), copy_of=roster_id)
        append(session, office.keys, office.now, event)
        return answer(None, 303, location=f"{HERE}/{made}")

    return once.submit(office.store, work)


@router.post("/rosters/{roster_id}/repair")
def repair(office: RepairDesk, once: FormOnceDep, roster_id: RosterPath) -> Response:
    """Queue a repair for those who have declined; its draft disturbs the fewest."""
    label = office.texts("rosters.repaired_label", number=roster_id)
    body = NewRepair(roster_id=roster_id, dropouts=True, label=label)

    def work(session: Session) -> Answer:
        queue_repair(session, office.keys, office.access, body, office.now)
        return answer(None, 303, location=HERE)

    return once.submit(office.store, work)


@router.get("/rosters/{roster_id}/changes")
def changes(
    office: ReaderDesk, roster_id: RosterPath, since: Annotated[int, Query(ge=1, lt=2**63)]
) -> Response:
    """Compare a roster with another: figures, beats, who changes; the reading is kept."""
    texts, zone = office.texts, office.zone
    with office.store.read() as session:
        found = compare_rosters(session, reader_of(office.access), since, roster_id)
    office.note("roster", str(roster_id), since=since, rows=len(found.changes))
    return office.render(
        "changes.html",
        here=HERE,
        before=roster_card(found.before, texts, zone),
        after=roster_card(found.after, texts, zone),
        week=week_words(found.after.starts_at, found.after.ends_at, texts, zone),
        figures=_figures(found),
        beats=sorted(found.beats, key=lambda one: one["after"] - one["before"])[:MOST_CHANGES],
        changes=[_change(one, texts) for one in found.changes[:MOST_CHANGES]],
        num_changes=len(found.changes),
        num_people=found.num_people,
    )


def _figures(found: Comparison) -> list[dict[str, Any]]:
    names = ("assigned", "unmet", "weighted_unmet", "objective", "travel_cost", "fairness_cost")
    good = {"assigned"}
    rows = []
    for name in names:
        if name not in found.figures:
            continue
        rise = found.figures[name]
        tone = "same" if not rise else "good" if (rise > 0) == (name in good) else "bad"
        before = (found.before.figures or {}).get(name, 0)
        after = (found.after.figures or {}).get(name, 0)
        rows.append({"name": name, "before": before, "after": after, "rise": rise, "tone": tone})
    return rows


def _change(one: dict[str, Any], texts: Any) -> dict[str, Any]:
    def post(at: dict[str, str] | None) -> str:
        return "–" if at is None else f"{at['beat_id']} · {texts.label('role', at['role'])}"

    return {
        "person": one["name"] or one["person_id"],
        "code": one["person_id"],
        "shift": one["shift_id"],
        "before": post(one["before"]),
        "after": post(one["after"]),
        "why": texts.label("label.change_reason", one["why"]) if one["why"] else "",
    }


def powers(office: Desk) -> dict[str, bool]:
    """Return which buttons somebody gets; each action is asked for again where it is done."""
    names = ("plan.read", "plan.start", "plan.cancel", "roster.publish", "roster.repair")
    actions = (*names, "roster.edit", "roster.explain")
    return {name.replace(".", "_"): may(office.access.actor, name) for name in actions}
