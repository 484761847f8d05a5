"""``/console/insurance/policies``: policies, and whom they cover."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Response

from api.access.policy import may
from api.console import Desk, desk
from api.console_forms import make_once
from api.forms import Form, FormDep, FormRefusedError, Refusal, fill, valid
from api.once import FormOnceDep
from api.routes.console.courses import codes_of
from api.routes.v1.insurance import cover_many, make_policy
from api.schemas.insurance import NewCovers, NewPolicy
from api.views.console.policies import (
    POLICIES,
    cover_sheet,
    policy_rows,
    policy_sheet,
    policy_terms,
)
from api.views.console.sheets import Panel, Trouble, answered
from api.views.console.table import Filter, Table, next_address
from data.records.insurance import find_policy, list_policies

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

UP: Final = "/console/insurance"
HERE: Final = f"{UP}/policies"
router = APIRouter(prefix=HERE, include_in_schema=False)

ReaderDesk = Annotated[Desk, Depends(desk("insurance.read"))]
WriterDesk = Annotated[Desk, Depends(desk("insurance.write"))]
PolicyPath = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("")
def policies(
    office: ReaderDesk,
    *,
    when: Annotated[str, Query(max_length=10)] = "",
    cursor: Annotated[str, Query(max_length=400)] = "",
    part: Annotated[str, Query(max_length=8)] = "",
) -> Response:
    """List policies, the newest first; without stations those that cover one's own people."""
    texts, scope = office.texts, office.access.scope
    with office.store.read() as session:
        page = list_policies(
            session,
            scope,
            ending_from=office.today if when == "running" else None,
            only_covering=not (scope.city or scope.sub_bureaus or scope.stations),
            cursor=cursor or None,
        )
    running = [("running", texts("insurance.running"))]
    filters = (Filter("when", "records.when", when, running),)
    may_write = may(office.access.actor, "insurance.write")
    table = Table(
        HERE,
        POLICIES,
        policy_rows(page.items, texts, office.today),
        filters,
        next_address(HERE, filters, page.next),
        None,
        (texts("insurance.no_policies"), texts("insurance.no_policies_hint")),
        links=((texts("insurance.new_policy"), f"{HERE}/new"),) if may_write else (),
    )
    name = "rows.html" if part == "rows" else "table.html"
    return office.render(name, here=UP, title="insurance.policies", table=table)


@router.get("/new")
def new(office: WriterDesk) -> Response:
    """Show the form of a new policy."""
    return _new(office)


@router.post("")
def create(office: WriterDesk, form: FormDep, once: FormOnceDep) -> Response:
    """Add a policy with the days on which it runs; it covers nobody yet."""

    def work(session: Session) -> str:
        body = fill(NewPolicy, form, sum_insured_fen=_fen(form))
        return f"{HERE}/{make_policy(session, office.office, body)}?done=added"

    return make_once(office, form, once, work, lambda trouble: _new(office, trouble))


@router.get("/{policy}")
def policy(office: ReaderDesk, policy: PolicyPath) -> Response:
    """Show a policy, with the form that covers people by it."""
    return _one(office, policy)


@router.post("/{policy}/covers")
def cover(office: WriterDesk, policy: PolicyPath, form: FormDep, once: FormOnceDep) -> Response:
    """Cover people by their codes, all of them or none."""

    def work(session: Session) -> str:
        days = {name: form.text(name) or None for name in ("starts_on", "ends_on")}
        body = valid(NewCovers, {"people": codes_of(form, "people"), **days})
        cover_many(session, office.office, policy, body)
        return f"{HERE}/{policy}?done=covered"

    return make_once(office, form, once, work, lambda trouble: _one(office, policy, trouble))


def _fen(form: Form) -> int | None:
    """Return a sum of yuan in hundredths."""
    text = form.text("sum_yuan").replace(",", "")
    if not text:
        return None
    try:
        yuan = Decimal(text)
    except InvalidOperation:
        yuan = Decimal("nan")
    if not (yuan.is_finite() and 0 <= yuan < 10**12):
        raise FormRefusedError({"sum_yuan": Refusal("float_type", {})})
    return int(yuan * 100)


def _new(office: Desk, trouble: Trouble | None = None) -> Response:
    texts = office.texts
    panel = Panel(sheets=answered([policy_sheet(texts)], trouble), is_wide=True)
    up = (texts("insurance.policies"), HERE)
    return office.sheet(texts("insurance.new_policy"), [panel], here=UP, trouble=trouble, up=up)


def _one(office: Desk, number: int, trouble: Trouble | None = None) -> Response:
    texts = office.texts
    with office.store.read() as session:
        found = find_policy(session, office.access.scope, number)
    panels = [Panel(texts("records.policy"), terms=policy_terms(found, texts))]
    if may(office.access.actor, "insurance.write") and found.ends_on >= office.today:
        sheets = answered([cover_sheet(found, texts)], trouble)
        panels.append(Panel(texts("insurance.cover"), texts("insurance.cover_hint"), sheets=sheets))
    up = (texts("insurance.policies"), HERE)
    heading = f"{texts.label('label.insurer', found.insurer)} {found.policy_no}"
    return office.sheet(heading, panels, here=UP, trouble=trouble, up=up)
