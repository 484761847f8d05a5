"""``/api/v1/me/consents``: what one is asked to agree to; agree, and take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Path, Response

from api.errors import problems
from api.language import texts_of
from api.office import Office, office
from api.once import OnceDep, answer
from api.person_answers import told_move
from api.routes.v1.me import own_code
from api.schemas import consents as schemas
from api.schemas.people import Moved as MovedBody
from api.templating import page_language
from data.records.consent_wordings import find_wording
from data.records.consents import give_consent, standings, withdraw_consent

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.language import Texts
    from data.records.consent_wordings import Wording
    from data.records.consents import Given, Standing
    from data.records.membership import Moved
    from data.store.idempotency import Answer

router = APIRouter(prefix="/me/consents", tags=["me"])

Owner = Annotated[Office, Depends(office("file.own"))]
Giver = Annotated[Office, Depends(office("consent.give"))]
Withdrawer = Annotated[Office, Depends(office("consent.withdraw"))]


@router.get(
    "",
    response_model=schemas.Consents,
    responses=problems(401, 403, 404),
    summary="What one is asked to agree to, and has agreed to",
)
def consents(at: Owner) -> Response:
    """List each purpose with its wording, since when it holds, and what withdrawing it ends."""
    texts = texts_of(page_language(at.request)[0])
    with at.store.read() as session:
        code = own_code(session, at)
        found = standings(session, at.scope, code)
    at.note("person", code, what="consents")
    return at.answer({"items": [_told(one, texts) for one in found]})


@router.post(
    "",
    status_code=201,
    response_model=schemas.Given,
    responses=problems(400, 401, 403, 404, 409, 413, 422, 428),
    summary="Agree to a wording",
)
def give(body: schemas.NewConsent, at: Giver, once: OnceDep) -> Response:
    """Agree to the wording of today; 409 where it has changed since it was read, or holds."""
    texts = texts_of(page_language(at.request)[0])

    def work(session: Session) -> Answer:
        code = own_code(session, at)
        given = give_consent(
            session, at.scope, code, body.purpose, body.wording, by=at.by, now=at.now
        )
        at.keep(session, "person", code, what="consent_given", consent=given.id)
        return answer(_row(given, body.purpose, texts))

    return once.submit(at.store, work)


@router.post(
    "/{number}/withdrawal",
    response_model=MovedBody,
    responses=problems(401, 403, 404, 409, 422),
    summary="Withdraw a consent",
)
def withdraw(at: Withdrawer, number: Annotated[int, Path(ge=1, lt=2**63)]) -> Response:
    """Withdraw a consent of one's own.

    A volunteer who withdraws the one to personal data leaves: their file is erased for good and
    their account closed, as by leaving. Without the one to positions the last is deleted and no
    more are taken. Otherwise the file says that it is withdrawn.
    """

    def work(session: Session) -> Moved:
        code = own_code(session, at)
        moved = withdraw_consent(
            session, at.scope, code, number, by=at.by, now=at.now, today=at.today
        )
        at.keep(session, "person", code, consent=number, state=moved.state)
        return moved

    return at.answer(told_move(at.store.submit(work)))


def _told(one: Standing, texts: Texts) -> dict[str, Any]:
    return {
        "purpose": one.purpose,
        "purpose_text": texts.label("label.consent", one.purpose),
        "asked": one.asked and _wording(one.asked, texts),
        "may_give": one.may_give,
        "holds": one.holds and _row(one.holds, one.purpose, texts),
        "earlier": [_row(row, one.purpose, texts) for row in one.earlier],
        "ends": one.ends,
        "ends_text": texts.label("label.consent_ends", one.ends),
    }


def _row(given: Given, purpose: str, texts: Texts) -> dict[str, Any]:
    wording = find_wording(purpose, given.wording)
    return {
        "id": given.id,
        "wording": given.wording,
        "text": wording and _wording(wording, texts)["text"],
        "given_at": given.given_at,
        "withdrawn_at": given.withdrawn_at,
    }


def _wording(wording: Wording, texts: Texts) -> dict[str, str]:
    text = wording.text("zh-CN" if texts.language == "zh" else "en")
    return {"version": wording.version, "text": text}
