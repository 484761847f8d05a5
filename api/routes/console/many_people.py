"""``/console/people/bulk`` and ``/console/applications``: many people at once, and who waits."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Response

from api.access.policy import may
from api.console import Desk, desk
from api.console_forms import make_once, trouble_of
from api.forms import Form, FormDep, FormRefusedError, Refusal, fill
from api.once import FormOnceDep
from api.routes.console.people import HERE
from api.routes.v1.courses import enrol_many
from api.routes.v1.insurance import cover_many
from api.routes.v1.membership import step_to, to_station
from api.routes.v1.teams import put_into_team
from api.schemas.insurance import NewCovers
from api.schemas.people import Transfer
from api.views.console.many_people import APPLICATIONS, Chosen, application_rows, bulk_panels
from api.views.console.sheets import Trouble
from api.views.console.table import Filter, Table, next_address
from data.records.courses import list_runs
from data.records.finding import people_ids, stations_within
from data.records.insurance import list_policies
from data.records.membership import possible_steps
from data.records.person_search import PersonFilter, search_people
from data.records.teams import list_teams

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session


router = APIRouter(prefix="/console", include_in_schema=False)

ReaderDesk = Annotated[Desk, Depends(desk("person.read"))]
MoverDesk = Annotated[Desk, Depends(desk("person.transfer"))]
ActivatorDesk = Annotated[Desk, Depends(desk("person.activate"))]
TrainerDesk = Annotated[Desk, Depends(desk("training.write"))]
TeamDesk = Annotated[Desk, Depends(desk("team.write"))]
InsurerDesk = Annotated[Desk, Depends(desk("insurance.write"))]
RunPath = Annotated[int, Path(ge=1, lt=2**63)]
MOST: Final = 500
PAGE: Final = 50
WAITING: Final = ("applied", "vetted", "training")


@router.post("/people/bulk")
def choose(
    office: ReaderDesk, form: FormDep, only: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """Show who was ticked, and what can be done with all of them; perhaps `only` one thing."""
    return _page(office, form, only=only)


@router.post("/people/bulk/station")
def move(office: MoverDesk, form: FormDep, once: FormOnceDep) -> Response:
    """Move all of them to a station, or none."""

    def work(session: Session) -> None:
        body = fill(Transfer, form)
        for code, version in _versions(form):
            to_station(session, office.office, code, body, version)

    return _submit(office, form, once, work, "moved")


@router.post("/people/bulk/training")
def train(office: ActivatorDesk, form: FormDep, once: FormOnceDep) -> Response:
    """Begin the training of all of them, or of none."""

    def work(session: Session) -> None:
        for code, version in _versions(form):
            step_to(session, office.office, code, "train", version, None)

    return _submit(office, form, once, work, "train")


@router.post("/people/bulk/course")
def enrol(office: TrainerDesk, form: FormDep, once: FormOnceDep) -> Response:
    """Enrol all of them in a run of a course, or none."""

    def work(session: Session) -> None:
        codes = [code for code, _ in _versions(form)]
        enrol_many(session, office.office, _number(form, "run"), codes)

    return _submit(office, form, once, work, "enrolled")


@router.post("/people/bulk/team")
def join(office: TeamDesk, form: FormDep, once: FormOnceDep) -> Response:
    """Put all of them into a team, or none."""

    def work(session: Session) -> None:
        if not form.text("team"):
            raise FormRefusedError({"team": Refusal("missing", {})})
        for code, _ in _versions(form):
            put_into_team(session, office.office, form.text("team"), code, is_leader=False)

    return _submit(office, form, once, work, "joined")


@router.post("/people/bulk/cover")
def cover(office: InsurerDesk, form: FormDep, once: FormOnceDep) -> Response:
    """Cover all of them by a policy, or none."""

    def work(session: Session) -> None:
        codes = [code for code, _ in _versions(form)]
        policy = _number(form, "policy")
        cover_many(session, office.office, policy, NewCovers(people=codes))

    return _submit(office, form, once, work, "covered")


@router.get("/applications")
def applications(
    office: ReaderDesk,
    *,
    state: Annotated[str, Query(max_length=20)] = "",
    station: Annotated[str, Query(max_length=64)] = "",
    cursor: Annotated[str, Query(max_length=400)] = "",
    part: Annotated[str, Query(max_length=8)] = "",
) -> Response:
    """List who waits to be vetted, trained or made active, whoever has waited longest first."""
    texts, scope, place = office.texts, office.access.scope, "/console/applications"
    wanted = PersonFilter(station=station or None, states=(state,) if state in WAITING else WAITING)
    by_person = office.access.actor.person_id
    with office.store.read() as session:
        page = search_people(
            session,
            scope,
            office.keys,
            wanted,
            today=office.today,
            cursor=cursor or None,
            limit=PAGE,
            with_total=not cursor,
        )
        steps = {
            one.code: possible_steps(
                session, scope, one.code, by_person=by_person, today=office.today
            )
            for one in page.items
        }
    office.note("people", "applications")
    states = [(one, texts.label("label.person_state", one)) for one in WAITING]
    filters = (
        Filter("station", "console.station_code", station),
        Filter("state", "console.state", state, states),
    )
    table = Table(
        place,
        APPLICATIONS,
        application_rows(page.items, steps, texts),
        filters,
        next_address(place, filters, page.next),
        page.total,
        (texts("people.nobody_waits"), texts("people.nobody_waits_hint")),
        links=((texts("people.new"), "/console/applications/new"),)
        if may(office.access.actor, "person.create")
        else (),
    )
    name = "rows.html" if part == "rows" else "table.html"
    return office.render(name, here=place, title="people.applications", table=table)


def _submit(
    office: Desk, form: Form, once: Any, work: Callable[[Session], None], done: str
) -> Response:
    def whole(session: Session) -> str:
        work(session)
        return f"{HERE}?done={done}"

    return make_once(office, form, once, whole, lambda trouble: _page(office, form, trouble))


def _versions(form: Form) -> list[tuple[str, int]]:
    """Return whom a form is about, each with the version that its reader saw.

    Raises
    ------
    FormRefusedError
        For nobody, for too many, or for what no page of ours has sent.
    """
    found = []
    for text in dict.fromkeys(form.all("people")):
        code, _, version = text.rpartition(":")
        if not code or not version.isdecimal():
            raise FormRefusedError({"people": Refusal("value_error", {})})
        found.append((code, int(version)))
    if not found:
        raise FormRefusedError({"people": Refusal("too_short", {"min_length": 1})})
    if len(found) > MOST:
        raise FormRefusedError({"people": Refusal("too_long", {"max_length": MOST})})
    return found


def _number(form: Form, name: str) -> int:
    text = form.text(name)
    if not text.isdecimal() or int(text) >= 2**63:
        raise FormRefusedError({name: Refusal("missing", {})})
    return int(text)


def _page(office: Desk, form: Form, trouble: Trouble | None = None, *, only: str = "") -> Response:
    texts, actor, scope = office.texts, office.access.actor, office.access.scope
    chosen: list[tuple[str, int]] = []
    try:
        chosen = _versions(form)
    except FormRefusedError as error:
        trouble = trouble or trouble_of(error, form, texts)
    insurer = partial(texts.label, "label.insurer")
    with office.store.read() as session:
        people_ids(session, scope, [code for code, _ in chosen])
        runs = list_runs(session, scope, since=office.now).items
        policies = list_policies(session, scope, ending_from=office.today).items
        teams = list_teams(session, scope, today=office.today, limit=500).items
        found = Chosen(
            tuple(f"{code}:{version}" for code, version in chosen),
            stations=tuple(stations_within(session, scope)),
            runs=tuple((str(one.run), f"{one.course_name} · {one.batch}") for one in runs),
            policies=tuple(
                (str(one.policy), f"{insurer(one.insurer)} {one.policy_no} → {one.ends_on}")
                for one in policies
            ),
            teams=tuple((one.code, one.name) for one in teams),
        )
    panels = bulk_panels(found, texts, lambda action: may(actor, action), trouble, only=only)
    heading = texts("people.chosen", count=len(chosen))
    return office.sheet(
        heading, panels, here=HERE, trouble=trouble, up=(texts("console.people"), HERE)
    )
