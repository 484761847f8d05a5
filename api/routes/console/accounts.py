"""``/console/accounts``: who may log in, with which roles and where, and what resets them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Response

from api.access.policy import may
from api.console import Desk, desk
from api.console_forms import carry_out, make_once
from api.cursors import decode, encode
from api.dependencies import ServiceDep
from api.forms import Form, FormDep, FormRefusedError, Refusal, fill, valid
from api.once import FormOnceDep
from api.routes.console.settings import seen_version
from api.routes.v1.accounts import (
    change_grants,
    end_sessions,
    first_password,
    make_account,
    take_factor,
)
from api.routes.v1.session import granted
from api.schemas.access import AccountName, NewAccount, WantedGrants, WantedState
from api.views.console.accounts import (
    ACCOUNTS,
    HERE,
    STATES,
    account_rows,
    account_sheets,
    account_terms,
    grant_words,
    kinds_words,
    new_sheet,
)
from api.views.console.sheets import Panel, Trouble, answered
from api.views.console.table import Filter, Table, next_address
from data.accounts.accounts import account_record
from data.accounts.administration import change_state, list_accounts, rename_account
from data.accounts.grants import ROLES
from data.store.audit import append

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

router = APIRouter(prefix=HERE, include_in_schema=False)

ReaderDesk = Annotated[Desk, Depends(desk("account.read"))]
WriterDesk = Annotated[Desk, Depends(desk("account.write"))]
AccountPath = Annotated[int, Path(ge=1, lt=2**63)]
Word = Annotated[str, Query(max_length=64)]
PAGE: Final = 100


@router.get("")
def accounts(
    office: ReaderDesk,
    *,
    login: Word = "",
    role: Word = "",
    state: Word = "",
    cursor: Annotated[str, Query(max_length=400)] = "",
    part: Word = "",
) -> Response:
    """List who may log in."""
    texts = office.texts
    with office.store.read() as session:
        rows = list_accounts(
            session,
            after=decode("accounts", (int,), cursor)[0] if cursor else 0,
            limit=PAGE + 1,
            role=role if role in ROLES else None,
            state=state if state in STATES else None,
            login=login or None,
        )
        grants = {one.account_id: granted(session, one.grants) for one in rows[:PAGE]}
    following = encode("accounts", (rows[PAGE - 1].account_id,)) if len(rows) > PAGE else None
    roles = [(one, texts.label("label.account_role", one)) for one in ROLES]
    states = [(one, texts.label("label.account_state", one)) for one in STATES]
    filters = (
        Filter("login", "accounts.login", login),
        Filter("role", "accounts.role", role, roles),
        Filter("state", "console.state", state, states),
    )
    may_write = may(office.access.actor, "account.write")
    table = Table(
        HERE,
        ACCOUNTS,
        account_rows(rows[:PAGE], grants, texts, office.zone),
        filters,
        next_address(HERE, filters, following),
        None,
        (texts("accounts.none"), texts("accounts.none_hint")),
        links=((texts("accounts.new"), f"{HERE}/new"),) if may_write else (),
    )
    name = "rows.html" if part == "rows" else "table.html"
    return office.render(name, here=HERE, title="accounts.title", table=table)


@router.get("/new")
def new(office: WriterDesk) -> Response:
    """Show the form of a new account."""
    return _new(office)


@router.post("")
def create(office: WriterDesk, service: ServiceDep, form: FormDep, once: FormOnceDep) -> Response:
    """Make an account without a password; the next page makes a first one."""

    def work(session: Session) -> str:
        body = fill(NewAccount, form, grants=_grants(form))
        made = make_account(session, service, office.access, body, office.now)
        return f"{HERE}/{made}?done=added"

    return make_once(office, form, once, work, lambda trouble: _new(office, trouble))


@router.get("/{account}")
def one(office: ReaderDesk, account: AccountPath) -> Response:
    """Show an account; with the forms to change it where the reader may."""
    return _one(office, account)


@router.post("/{account}/name")
def rename(office: WriterDesk, account: AccountPath, form: FormDep) -> Response:
    """Change what an account is shown as."""

    def work(session: Session) -> None:
        name = fill(AccountName, form).display_name
        rename_account(session, account, name, seen=seen_version(form), now=office.now)
        _keep(office, session, account)

    return _submit(office, account, form, work)


@router.post("/{account}/state")
def set_state(office: WriterDesk, account: AccountPath, form: FormDep) -> Response:
    """Lock, close or open an account; all sessions of one that may not be used end at once."""

    def work(session: Session) -> None:
        state = fill(WantedState, form).state
        change_state(session, account, state, seen=seen_version(form), now=office.now)
        _keep(office, session, account, state=state)

    return _submit(office, account, form, work)


@router.post("/{account}/grants")
def set_grants(
    office: WriterDesk, service: ServiceDep, account: AccountPath, form: FormDep
) -> Response:
    """Give an account these roles in these places and no others."""

    def work(session: Session) -> None:
        body = valid(WantedGrants, {"grants": _grants(form)})
        seen = seen_version(form)
        change_grants(session, service, office.access, account, body, seen=seen, now=office.now)

    return _submit(office, account, form, work)


@router.post("/{account}/password")
def make_password(
    office: WriterDesk, service: ServiceDep, account: AccountPath, form: FormDep
) -> Response:
    """Make a first password and show it once; the one in force and all sessions end."""

    def act() -> Response:
        password = first_password(service, office.access, account, office.now)
        page = _one(office, account, password=password)
        page.headers["Cache-Control"] = "no-store"
        return page

    return carry_out(office, form, act, lambda trouble: _one(office, account, trouble), back="")


@router.post("/{account}/second-factor")
def reset_factor(
    office: WriterDesk, service: ServiceDep, account: AccountPath, form: FormDep
) -> Response:
    """Take away the second factor of somebody who lost it; all sessions end."""

    def work(session: Session) -> None:
        take_factor(session, service, office.access, account, office.now)

    return _submit(office, account, form, work)


@router.post("/{account}/sessions")
def log_out(
    office: WriterDesk, service: ServiceDep, account: AccountPath, form: FormDep
) -> Response:
    """End all sessions of an account."""

    def work(session: Session) -> None:
        end_sessions(session, service, office.access, account, office.now)

    return _submit(office, account, form, work)


def _submit(office: Desk, account: int, form: Form, work: Callable[[Session], None]) -> Response:
    return carry_out(
        office,
        form,
        lambda: office.store.submit(work),
        lambda trouble: _one(office, account, trouble),
        back=f"{HERE}/{account}?done=saved",
    )


def _keep(office: Desk, session: Session, account: int, **detail: Any) -> None:
    append(session, office.keys, office.now, office.access.event("account", str(account), **detail))


def _grants(form: Form) -> list[dict[str, str]]:
    """Return the grants of a form: the lines in which a role was chosen.

    Raises
    ------
    FormRefusedError
        For a place that is missing.
    """
    found = []
    for name in sorted(form.fields):
        number = re.fullmatch(r"role(\d{1,3})", name)
        if number is None or not form.text(name):
            continue
        kind, place = (form.text(f"{part}{number[1]}") for part in ("kind", "place"))
        if kind not in {"city", "own"} and not place:
            raise FormRefusedError({f"place{number[1]}": Refusal("missing", {})})
        found.append({"role": form.text(name), "kind": kind, "place": place})
    return found


def _new(office: Desk, trouble: Trouble | None = None) -> Response:
    texts = office.texts
    panels = [
        Panel(sheets=answered([new_sheet(texts)], trouble), is_wide=True),
        Panel(texts("accounts.which_places"), terms=kinds_words(texts)),
    ]
    up = (texts("accounts.title"), HERE)
    return office.sheet(texts("accounts.new"), panels, here=HERE, trouble=trouble, up=up)


def _one(
    office: Desk, account: int, trouble: Trouble | None = None, *, password: str = ""
) -> Response:
    texts = office.texts
    with office.store.read() as session:
        record = account_record(session, account)
        grants = granted(session, record.grants)
    roles = [(one,) for one in (grant_words(grant, texts) for grant in grants)]
    empty = (texts("accounts.no_roles"), "")
    panels = [
        Panel(
            texts("accounts.account"),
            terms=account_terms(record, texts, office.zone),
            heads=(texts("accounts.roles"),),
            rows=roles,
            empty=empty,
        )
    ]
    if password:
        term = [(texts("accounts.first_password"), password)]
        panels.insert(0, Panel(texts("accounts.told_once"), texts("accounts.told_hint"), term))
    if may(office.access.actor, "account.write"):
        sheets = account_sheets(record, grants, texts)
        by_panel = (
            ("accounts.rename", ("name", "state")),
            ("accounts.give_roles", ("grants",)),
            ("accounts.reset", ("password", "factor", "sessions")),
        )
        panels += [
            Panel(
                texts(title),
                sheets=answered([sheets[name] for name in names if name in sheets], trouble),
            )
            for title, names in by_panel
        ]
        panels.append(Panel(texts("accounts.which_places"), terms=kinds_words(texts)))
    up = (texts("accounts.title"), HERE)
    return office.sheet(record.display_name, panels, here=HERE, trouble=trouble, up=up)
