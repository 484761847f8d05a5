"""``/console/tips``: the queue of those who verify, and one tip with the steps it may take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from fastapi import APIRouter, Depends, Form, Query, Response
from fastapi.responses import RedirectResponse

from api.access.policy import may
from api.console import Desk, desk
from api.cursors import decode, encode
from api.routes.console.place import place_part
from api.tip_answers import category_labels, states_of, verifier_of
from api.views.console.rewards import TIPS, tip_page, tip_rows
from api.views.console.table import Filter, Table, next_address
from data.field.places import place_names
from data.records.audit_reading import actor_names
from data.records.errors import StaleError as StaleRecordError
from data.store.audit import append
from data.store.row_versions import StaleError
from data.tips import verification
from data.tips.errors import TipError
from data.tips.reading import find_tip, list_tips, read_case

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from grid.errors import JinggeError

router = APIRouter(prefix="/console/tips", include_in_schema=False)

ReaderDesk = Annotated[Desk, Depends(desk("tip.read"))]
CheckerDesk = Annotated[Desk, Depends(desk("tip.verify"))]
HERE: Final = "/console/tips"
PAGE: Final = 100
STATES: Final = (
    "open",
    "submitted",
    "claimed",
    "verified",
    "unfounded",
    "unverifiable",
    "duplicate",
)
State = Annotated[str, Query(max_length=20)]


@router.get("")
def tips(
    office: ReaderDesk,
    *,
    state: State = "open",
    mine: Annotated[str, Query(max_length=4)] = "",
    cursor: Annotated[str, Query(max_length=400)] = "",
    part: Annotated[str, Query(max_length=8)] = "",
) -> Response:
    """List the tips of one's beats, the newest first; those to be verified unless asked else."""
    texts, me = office.texts, office.access.actor.account_id
    wanted = state if state in STATES else ""
    filters = (
        Filter(
            "state",
            "console.state",
            wanted,
            [(one, texts.label("label.tip_state_staff", one)) for one in STATES],
        ),
        Filter("mine", "rewards.sent", "me" if mine else "", [("me", texts("rewards.mine"))]),
    )
    with office.store.read() as session:
        found = list_tips(
            session,
            office.access.scope,
            states=states_of(wanted or None),
            dispatched_to=me if mine else None,
            before=decode("tips", (int,), cursor)[0] if cursor else None,
            limit=PAGE + 1,
        )
        names = category_labels(session, texts)
        names |= place_names(session, [one.beat_code for one in found])
    following = encode("tips", (found[PAGE - 1].id,)) if len(found) > PAGE else None
    table = Table(
        HERE,
        TIPS,
        tip_rows(found[:PAGE], me, names, texts, office.zone),
        filters,
        next_address(HERE, filters, following),
        None,
        (texts("rewards.no_tips"), texts("rewards.no_tips_hint")),
    )
    name = "rows.html" if part == "rows" else "table.html"
    return office.render(name, here=HERE, title="rewards.tips", table=table)


@router.get("/{code}")
def tip(office: ReaderDesk, code: str) -> Response:
    """Show one tip; the audit keeps that it was read."""
    return _page(office, code)


@router.post("/{code}/{step}")
def step(
    office: CheckerDesk,
    code: str,
    step: Literal["claim", "release", "decide", "merge"],
    *,
    version: Annotated[int, Form(ge=0)],
    outcome: Annotated[Literal["verified", "unfounded", "unverifiable"] | None, Form()] = None,
    note: Annotated[str, Form(max_length=2000)] = "",
    into: Annotated[str, Form(max_length=32)] = "",
) -> Response:
    """Claim, give back, decide or merge; a refusal is told on the same page."""
    keys, now, scope = office.keys, office.now, office.access.scope
    verifier, words = verifier_of(office.access), note.strip() or None

    def work(session: Session) -> None:
        number = find_tip(session, scope, code).id
        if step == "claim":
            verification.claim(session, keys, now, number, verifier, row_version=version)
        elif step == "release":
            verification.release(session, now, number, verifier, version)
        elif step == "merge":
            first = find_tip(session, scope, into.strip().upper()).id
            verification.merge(
                session,
                keys,
                now,
                number,
                into_id=first,
                verifier=verifier,
                note=words,
                row_version=version,
            )
        elif outcome is not None:
            verification.decide(
                session,
                keys,
                now,
                number,
                verifier=verifier,
                outcome=outcome,
                note=words,
                row_version=version,
            )
        append(session, keys, now, office.access.event("tip", code, step=step))

    try:
        office.store.submit(work)
    except (TipError, StaleError, StaleRecordError) as error:
        return _page(office, code, error)
    return RedirectResponse(f"{HERE}/{code}", 303)


def _page(office: Desk, code: str, error: JinggeError | None = None) -> Response:
    reading = office.access.scope

    def work(session: Session) -> tuple[dict[str, object], str, tuple[float, float]]:
        case = read_case(session, office.keys, reading, code)
        append(session, office.keys, office.now, office.access.event("tip", code))
        labels = category_labels(session, office.texts)
        me = office.access.actor.account_id
        code_of = case.summary.beat_code
        names = place_names(session, [code_of])
        names |= actor_names(session, [step.actor for step in case.steps])
        page = tip_page(case, me, names, office.texts, office.zone)
        category = labels.get(case.summary.category, case.summary.category)
        return page, category, (case.summary.lat, case.summary.lng)

    page, category, where = office.store.submit(work)
    told = None if error is None else {"kind": "bad", "text": _words(office, error)}
    return office.render(
        "tip.html",
        200 if error is None else 409,
        here=HERE,
        one=page,
        category=category,
        place=place_part(office, *where),
        may_verify=may(office.access.actor, "tip.verify"),
        told=told,
    )


def _words(office: Desk, error: JinggeError) -> str:
    word = type(error).__name__
    text = office.texts.label("label.trouble", word)
    return text if text != word else str(error)
