"""``/console/people/{code}/…``: a membership's steps, moves, the file's fields, and leaving."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Path, Response

from api.access.fields import rights_of
from api.console import Desk, desk
from api.console_forms import carry_out, make_once
from api.forms import Form, FormDep, FormRefusedError, Refusal, fill, valid
from api.once import FormOnceDep
from api.routes.console.people import HERE, member_page, member_words
from api.routes.console.settings import seen_version
from api.routes.v1.membership import begin_file, step_to, to_station, to_team
from api.routes.v1.people import edit_file, end_role, give_award, give_role, take_award_back
from api.schemas import people as schemas
from api.views.console.membership import EDITABLE, application_sheet
from api.views.console.sheets import Panel, Trouble, answered

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session


router = APIRouter(prefix="/console", include_in_schema=False)

RecruiterDesk = Annotated[Desk, Depends(desk("person.create"))]
VetterDesk = Annotated[Desk, Depends(desk("person.vet"))]
ActivatorDesk = Annotated[Desk, Depends(desk("person.activate"))]
SuspenderDesk = Annotated[Desk, Depends(desk("person.suspend"))]
MoverDesk = Annotated[Desk, Depends(desk("person.transfer"))]
WriterDesk = Annotated[Desk, Depends(desk("person.write"))]
LeaverDesk = Annotated[Desk, Depends(desk("person.leave"))]
CodePath = Annotated[str, Path(min_length=1, max_length=128)]
WORDING: Final = "2026-11"
"""The wording of the consent that an application is taken in with."""
_CLEARS: Final = frozenset({"employer", "note", "born_on", "travel_limit_m", "profession"})


@router.get("/applications/new")
def new(office: RecruiterDesk) -> Response:
    """Show the form of an application."""
    return _new(office)


@router.post("/applications")
def take_in(office: RecruiterDesk, form: FormDep, once: FormOnceDep) -> Response:
    """Begin the file of a volunteer who applies (报名)."""

    def work(session: Session) -> str:
        made = begin_file(session, office.office, _application(form), "volunteer", "applied")
        return f"{HERE}/{made.code}?done=added"

    return make_once(office, form, once, work, lambda trouble: _new(office, trouble))


@router.post("/people/{code}/vetting/{step}")
def vet(
    office: VetterDesk, code: CodePath, step: Literal["pass", "refuse", "reopen"], form: FormDep
) -> Response:
    """Pass an application, refuse it with a reason, or reopen one that was refused."""
    return _step(office, code, step, form)


@router.post("/people/{code}/activation/{step}")
def activate(
    office: ActivatorDesk, code: CodePath, step: Literal["train", "activate"], form: FormDep
) -> Response:
    """Begin the training of who was vetted; let who is of age, trained and insured serve."""
    return _step(office, code, step, form)


@router.post("/people/{code}/suspension/{step}")
def suspend(
    office: SuspenderDesk, code: CodePath, step: Literal["suspend", "resume"], form: FormDep
) -> Response:
    """Suspend a member, or let them serve again."""
    return _step(office, code, step, form)


@router.post("/people/{code}/leaving")
def leave(office: LeaverDesk, code: CodePath, form: FormDep) -> Response:
    """Erase a member's personal data, for good, once it was said that this is wanted."""

    def act() -> None:
        if form.text("sure") != "true":
            raise FormRefusedError({"sure": Refusal("missing", {})})
        seen = seen_version(form)
        office.store.submit(
            lambda session: step_to(session, office.office, code, "leave", seen, None)
        )

    return _carry_out(office, code, form, act, back=f"{HERE}?done=left")


@router.post("/people/{code}/station")
def station(office: MoverDesk, code: CodePath, form: FormDep) -> Response:
    """Move a member to another station."""

    def act() -> None:
        body, seen = fill(schemas.Transfer, form), seen_version(form)
        office.store.submit(lambda session: to_station(session, office.office, code, body, seen))

    return _carry_out(office, code, form, act)


@router.post("/people/{code}/team")
def team(office: MoverDesk, code: CodePath, form: FormDep) -> Response:
    """Move a member to another team."""

    def act() -> None:
        body, seen = fill(schemas.TeamTransfer, form), seen_version(form)
        office.store.submit(lambda session: to_team(session, office.office, code, body, seen))

    return _carry_out(office, code, form, act)


@router.post("/people/{code}")
def edit(office: WriterDesk, code: CodePath, form: FormDep) -> Response:
    """Change the fields of a file; sealed ones only where something was written."""

    def act() -> None:
        body, seen = _values(schemas.PersonEdit, form), seen_version(form)
        office.store.submit(lambda session: edit_file(session, office.office, code, body, seen))

    return _carry_out(office, code, form, act)


@router.post("/people/{code}/roles")
def role(office: WriterDesk, code: CodePath, form: FormDep, once: FormOnceDep) -> Response:
    """Let a member have a duty role."""

    def work(session: Session) -> str:
        give_role(session, office.office, code, fill(schemas.NewRole, form).role)
        return f"{HERE}/{code}?done=saved"

    return make_once(office, form, once, work, lambda trouble: member_page(office, code, trouble))


@router.post("/people/{code}/roles/end")
def give_up(office: WriterDesk, code: CodePath, form: FormDep) -> Response:
    """End a duty role."""

    def act() -> None:
        body = fill(schemas.NewRole, form)
        office.store.submit(lambda session: end_role(session, office.office, code, body.role))

    return _carry_out(office, code, form, act)


@router.post("/people/{code}/awards")
def award(office: WriterDesk, code: CodePath, form: FormDep, once: FormOnceDep) -> Response:
    """Put an award (表彰) into a file, with what for."""

    def work(session: Session) -> str:
        body = fill(schemas.NewAward, form, needs=("note",))
        give_award(session, office.office, code, body)
        return f"{HERE}/{code}?done=awarded"

    return make_once(office, form, once, work, lambda trouble: member_page(office, code, trouble))


@router.post("/people/{code}/awards/withdrawal")
def withdraw_award(office: WriterDesk, code: CodePath, form: FormDep) -> Response:
    """Take an award back, with a reason that the member reads in their file."""

    def act() -> None:
        number = form.text("award")
        if not re.fullmatch(r"[1-9][0-9]{0,17}", number, re.ASCII):
            raise FormRefusedError({"award": Refusal("missing", {})})
        reason = fill(schemas.AwardWithdrawal, form).reason
        office.store.submit(
            lambda session: take_award_back(session, office.office, code, int(number), reason)
        )

    back = f"{HERE}/{code}?done=award_withdrawn"
    return _carry_out(office, code, form, act, back=back)


def _step(office: Desk, code: str, name: str, form: Form) -> Response:
    def act() -> None:
        reason, seen = form.text("reason") or None, seen_version(form)
        body: Any = None
        if reason is not None:
            body = valid(schemas.Suspension, {"step": "suspend", "reason": reason})
        kept = None if body is None else body.reason
        office.store.submit(lambda session: step_to(session, office.office, code, name, seen, kept))

    return _carry_out(office, code, form, act, back=f"{HERE}/{code}?done={name}")


def _carry_out(
    office: Desk, code: str, form: Form, act: Callable[[], Any], *, back: str = ""
) -> Response:
    return carry_out(
        office,
        form,
        act,
        lambda trouble: member_page(office, code, trouble),
        back=back or f"{HERE}/{code}?done=saved",
    )


def _values(model: Any, form: Form) -> Any:
    """Return the fields of a file that a form names; a home has two numbers or none."""
    given: dict[str, Any] = {}
    lat, lng = form.text("lat"), form.text("lng")
    if lat or lng:
        point = fill(schemas.Point, form, needs=("lat", "lng"))
        given["home"] = point.model_dump()
    needs = ("name",) if "name" in form.fields else ()
    return fill(model, form, clears=_CLEARS, needs=needs, **given)


def _application(form: Form) -> schemas.NewPerson:
    if not form.text("station"):
        raise FormRefusedError({"station": Refusal("missing", {})})
    values = _values(schemas.Values, form)
    consents = []
    if form.text("consent") == "true":
        consents = [{"purpose": "personal_data", "wording": form.text("wording") or WORDING}]
    given = values.model_dump(mode="json", exclude_unset=True)
    return valid(
        schemas.NewPerson,
        {"station": form.text("station"), "values": given, "consents": consents},
    )


def _new(office: Desk, trouble: Trouble | None = None) -> Response:
    texts = office.texts
    with office.store.read() as session:
        words = member_words(session, office)
    letters = rights_of(office.access.roles).letters
    allowed = {name for name in EDITABLE if "w" in letters[name]}
    sheet = application_sheet(words, allowed, WORDING)
    panel = Panel(sheets=answered([sheet], trouble), is_wide=True)
    here = "/console/applications"
    up = (texts("people.applications"), here)
    return office.sheet(texts("people.new"), [panel], here=here, trouble=trouble, up=up)
