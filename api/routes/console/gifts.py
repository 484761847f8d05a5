"""``/console/redemptions``, ``/gifts``, ``/anomalies``: the counter, the catalogue, what is odd."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final, Literal

from fastapi import APIRouter, Depends, Form, Path, Query, Response
from fastapi.responses import RedirectResponse

from api.access.policy import may
from api.console import Desk, desk
from api.cursors import decode, encode
from api.views.console.rewards import (
    ANOMALIES,
    GIFTS,
    REDEMPTIONS,
    anomaly_rows,
    gift_rows,
    redemption_page,
    redemption_rows,
)
from api.views.console.table import Filter, Table, next_address
from data.field.places import names_of
from data.points import redemptions as way
from data.points.anomalies import find_anomalies
from data.points.errors import PointsError, WrongCodeError
from data.points.gifts import list_gifts
from data.points.redemptions import Staff
from data.store.audit import append
from data.store.tables.gifts import REDEMPTION_STATES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from grid.errors import JinggeError

router = APIRouter(prefix="/console", include_in_schema=False)

ReaderDesk = Annotated[Desk, Depends(desk("redemption.read"))]
CounterDesk = Annotated[Desk, Depends(desk("redemption.hand_over"))]
GiftDesk = Annotated[Desk, Depends(desk("gift.read"))]
OddDesk = Annotated[Desk, Depends(desk("anomaly.read"))]
Number = Annotated[int, Path(ge=1, lt=2**63)]
Word = Annotated[str, Query(max_length=20)]
HERE: Final = "/console/redemptions"
PAGE: Final = 100
DAYS: Final = 30


@router.get("/redemptions")
def redemptions(
    office: ReaderDesk,
    *,
    state: Word = "",
    cursor: Annotated[str, Query(max_length=400)] = "",
    part: Word = "",
) -> Response:
    """List the gifts on their way in one's jurisdiction, the newest first."""
    texts = office.texts
    wanted = state if state in REDEMPTION_STATES else ""
    choices = [(one, texts.label("label.redemption_state", one)) for one in REDEMPTION_STATES]
    filters = (Filter("state", "console.state", wanted, choices),)
    with office.store.read() as session:
        found = way.list_redemptions(
            session,
            office.access.scope,
            state=wanted or None,
            before=decode("redemptions", (int,), cursor)[0] if cursor else None,
            limit=PAGE + 1,
        )
        names = names_of(session, [one.person_code for one in found if one.person_code])
    following = encode("redemptions", (found[PAGE - 1].id,)) if len(found) > PAGE else None
    table = Table(
        HERE,
        REDEMPTIONS,
        redemption_rows(found[:PAGE], names, texts, office.zone),
        filters,
        next_address(HERE, filters, following),
        None,
        (texts("rewards.no_redemptions"), texts("rewards.no_redemptions_hint")),
    )
    name = "rows.html" if part == "rows" else "table.html"
    return office.render(name, here=HERE, title="rewards.redemptions", table=table)


@router.get("/redemptions/{number}")
def redemption(office: ReaderDesk, number: Number) -> Response:
    """Show one redemption with the steps that it may take."""
    return _page(office, number)


@router.post("/redemptions/{number}/{step}")
def step(
    office: CounterDesk,
    number: Number,
    step: Literal["approve", "hand-over", "void"],
    *,
    code: Annotated[str, Form(max_length=32)] = "",
    reason: Annotated[Literal["withdrawn", "not_available", "mistake"], Form()] = "not_available",
) -> Response:
    """Consent, hand over to whoever shows the code, or take the reservation back."""
    keys, now, actor = office.keys, office.now, office.access.actor
    staff = Staff(actor.key, actor.person_id)

    def work(session: Session) -> None:
        found = way.find_redemption(session, number, office.access.scope)
        if step == "approve":
            made = way.approve(session, now, found.id, staff)
        elif step == "void":
            made = way.void(session, keys, now, found.id, actor=actor.key, reason=reason)
        elif code.strip().upper() != found.code:
            raise WrongCodeError(found.id)
        else:
            made = way.hand_over(session, keys, now, found.id, staff)
        event = office.access.event("redemption", str(made.id), step=step, state=made.state)
        append(session, keys, now, event)

    try:
        office.store.submit(work)
    except PointsError as error:
        return _page(office, number, error)
    return RedirectResponse(f"{HERE}/{number}", 303)


@router.get("/gifts")
def gifts(office: GiftDesk) -> Response:
    """List the catalogue, what is no longer offered as well."""
    with office.store.read() as session:
        found = list_gifts(session, with_inactive=True)
    texts = office.texts
    links: tuple[tuple[str, str], ...] = ()
    hint = ""
    if may(office.access.actor, "gift.write"):
        links, hint = ((texts("gifts.new"), "/console/gifts/new"),), texts("rewards.no_gifts_hint")
    table = Table(
        "/console/gifts",
        GIFTS,
        gift_rows(found, texts),
        total=len(found),
        empty=(texts("rewards.no_gifts"), hint),
        links=links,
    )
    return office.render("table.html", here="/console/gifts", title="rewards.gifts", table=table)


@router.get("/anomalies")
def anomalies(office: OddDesk) -> Response:
    """List what looked strange in the last thirty days; it proves nothing."""
    texts, since = office.texts, office.now - timedelta(days=DAYS)
    with office.store.read() as session:
        found = find_anomalies(session, office.access.scope, since)
    rows = anomaly_rows(found, texts, office.zone)
    empty = (texts("rewards.no_anomalies"), texts("rewards.no_anomalies_hint"))
    here = "/console/anomalies"
    table = Table(here, ANOMALIES, rows, total=len(rows), empty=empty)
    return office.render("table.html", here=here, title="rewards.anomalies", table=table)


def _page(office: Desk, number: int, error: JinggeError | None = None) -> Response:
    with office.store.read() as session:
        found = way.find_redemption(session, number, office.access.scope)
        names = names_of(session, [found.person_code] if found.person_code else [])
    told = None
    if error is not None:
        word = type(error).__name__
        text = office.texts.label("label.trouble", word)
        told = {"kind": "bad", "text": text if text != word else str(error)}
    return office.render(
        "redemption.html",
        200 if error is None else 409,
        here=HERE,
        one=redemption_page(found, names, office.texts, office.zone),
        may_hand_over=may(office.access.actor, "redemption.hand_over"),
        told=told,
    )
