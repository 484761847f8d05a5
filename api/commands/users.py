"""``jingge user``: accounts from the terminal of the machine that holds the store."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.shared import ARGUMENTS, OPTIONS, TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from data.store.engine import Store
    from data.store.keys import Keys

RECORDS = TEXTS("cli.panel.records")
commands = typer.Typer()
user = typer.Typer(help=TEXTS("cli.user.help"), no_args_is_help=True)
commands.add_typer(user, name="user", rich_help_panel=RECORDS)

LoginArgument = Annotated[
    str, typer.Argument(metavar="LOGIN", help=TEXTS("cli.user.login"), rich_help_panel=ARGUMENTS)
]


def _place(name: str) -> Any:
    return typer.Option(
        f"--{name}", metavar="CODE", help=TEXTS("cli.user.place"), rich_help_panel=OPTIONS
    )


@user.command("add", help=TEXTS("cli.user.add.help"))
def add(
    login: LoginArgument,
    *,
    role: Annotated[
        str,
        typer.Option(metavar="ROLE", help=TEXTS("cli.user.role"), rich_help_panel=OPTIONS),
    ],
    name: Annotated[
        str,
        typer.Option(metavar="NAME", help=TEXTS("cli.user.name"), rich_help_panel=OPTIONS),
    ] = "",
    sub_bureau: Annotated[str, _place("sub-bureau")] = "",
    station: Annotated[str, _place("station")] = "",
    beat: Annotated[str, _place("beat")] = "",
    team: Annotated[str, _place("team")] = "",
    person: Annotated[
        str,
        typer.Option(metavar="CODE", help=TEXTS("cli.user.person"), rich_help_panel=OPTIONS),
    ] = "",
) -> None:
    """Make an account; its first password is printed once."""
    from api.access.passwords import Passwords
    from api.first_accounts import add_login
    from data.accounts.grants import place_of
    from data.demo.logins import DemoLogin
    from data.records.finding import people_ids
    from data.store.scope import CITY

    places = {"sub_bureau": sub_bureau, "station": station, "beat": beat, "team": team}
    given = [(kind, code) for kind, code in places.items() if code]
    with _records() as (store, keys):
        with store.read() as session:
            kind = "own" if role in {"volunteer", "auxiliary"} and not given else "city"
            place = 0
            if given:
                kind, code = given[0]
                place = place_of(session, kind, code)
            number = people_ids(session, CITY, [person])[person] if person else None
        wanted = DemoLogin(login, name or login, role, kind, place, number)
        passwords = Passwords()
        made = add_login(store, keys, passwords, wanted, now=datetime.now(UTC))
        passwords.close()
    typer.echo(TEXTS("cli.user.made", login=made.login, password=made.password))


@user.command("list", help=TEXTS("cli.user.list.help"))
def list_() -> None:
    """List the accounts: log-in name, state, roles."""
    from data.accounts.administration import list_accounts

    with _records() as (store, _), store.read() as session:
        after = 0
        while page := list_accounts(session, after=after, limit=500):
            for one in page:
                roles = ", ".join(f"{grant.role}@{grant.kind}" for grant in one.grants)
                typer.echo(f"{one.login:<24} {one.state:<8} {roles}")
            after = page[-1].account_id


@user.command("lock", help=TEXTS("cli.user.lock.help"))
def lock(login: LoginArgument) -> None:
    """Lock an account; whoever is logged in with it is logged out."""
    _set_state(login, "locked")


@user.command("unlock", help=TEXTS("cli.user.unlock.help"))
def unlock(login: LoginArgument) -> None:
    """Let an account in again."""
    _set_state(login, "active")


@user.command("reset", help=TEXTS("cli.user.reset.help"))
def reset(login: LoginArgument) -> None:
    """Give a new first password, and take the second factor away."""
    from api.access.passwords import Passwords
    from api.first_accounts import BY, new_password
    from data.accounts.accounts import set_password
    from data.accounts.second_factor import remove_second_factor
    from data.store.audit import Event, append

    password = new_password()
    passwords = Passwords()
    hashed = passwords.hash(password)
    passwords.close()
    now = datetime.now(UTC)
    with _records() as (store, keys):

        def work(session: Session) -> None:
            number = _number(session, login)
            set_password(session, number, hashed, must_change=True, now=now)
            remove_second_factor(session, number)
            append(session, keys, now, Event(BY, "account.reset", "account", str(number), {}))

        store.submit(work)
    typer.echo(TEXTS("cli.user.made", login=login, password=password))


def _set_state(login: str, state: str) -> None:
    from api.first_accounts import BY
    from data.accounts.accounts import set_state
    from data.store.audit import Event, append

    now = datetime.now(UTC)
    with _records() as (store, keys):

        def work(session: Session) -> None:
            number = _number(session, login)
            set_state(session, number, state, now=now)
            append(session, keys, now, Event(BY, f"account.{state}", "account", str(number), {}))

        store.submit(work)
    typer.echo(TEXTS("cli.user.state", login=login, state=state), err=True)


def _number(session: Session, login: str) -> int:
    from data.accounts.accounts import find_account
    from data.accounts.errors import AccountMissingError

    number = find_account(session, login)
    if number is None:
        raise AccountMissingError(f"Expected the log-in name of an account, got {login!r}.")
    return number


@contextmanager
def _records() -> Iterator[tuple[Store, Keys]]:
    from data.store.opening import open_records

    store, keys = open_records(os.environ)
    try:
        yield store, keys
    finally:
        store.close()
