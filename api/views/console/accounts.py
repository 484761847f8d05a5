"""Accounts in the console: rows, terms and sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.views.console.sheets import Field, Sheet
from api.views.console.table import Column
from api.views.console.weeks import moment
from data.accounts.grants import KINDS_OF, ROLES
from data.store.scope import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from api.language import Texts
    from data.accounts.accounts import AccountRecord

HERE: Final = "/console/accounts"
STATES: Final = ("active", "locked", "closed")
SPARE: Final = 2
"""Empty lines of grants that a form offers."""
ACCOUNTS: Final = (
    Column("login", "accounts.login"),
    Column("name", "accounts.display_name"),
    Column("state", "console.state"),
    Column("roles", "accounts.roles"),
    Column("person", "records.person_code"),
    Column("factor", "accounts.second_factor"),
    Column("seen", "accounts.last_login"),
)
_TONES: Final = {"active": "good", "locked": "warn", "closed": "off"}


def account_rows(
    found: Iterable[AccountRecord],
    grants: Mapping[int, Sequence[Mapping[str, str]]],
    texts: Texts,
    zone: ZoneInfo,
) -> list[dict[str, Any]]:
    """Return the rows of a list of accounts."""
    comma = "；" if texts.language == "zh" else "; "
    return [
        {
            "url": f"{HERE}/{one.account_id}",
            "login": one.login,
            "name": one.display_name,
            "state": texts.label("label.account_state", one.state),
            "tone": _TONES[one.state],
            "roles": comma.join(grant_words(grant, texts) for grant in grants[one.account_id])
            or "–",
            "person": one.person or "–",
            "factor": texts("console.yes" if one.has_second_factor else "console.no"),
            "seen": "–" if one.last_login_at is None else moment(one.last_login_at, zone),
        }
        for one in found
    ]


def grant_words(grant: Mapping[str, str], texts: Texts) -> str:
    """Return a role and where it holds."""
    role = texts.label("label.account_role", grant["role"])
    place = grant["place_name"] or texts.label("label.grant_kind", grant["kind"])
    return texts("accounts.grant", role=role, place=place)


def account_terms(one: AccountRecord, texts: Texts, zone: ZoneInfo) -> list[tuple[str, Any]]:
    """Return what an account is; nothing that could be used to log in."""
    state = {"text": texts.label("label.account_state", one.state), "tone": _TONES[one.state]}
    yes = {True: texts("console.yes"), False: texts("console.no")}
    seen = "–" if one.last_login_at is None else moment(one.last_login_at, zone)
    return [
        (texts("accounts.login"), one.login),
        (texts("accounts.display_name"), one.display_name),
        (texts("console.state"), state),
        (texts("records.person_code"), one.person or "–"),
        (texts("accounts.has_password"), yes[one.has_password]),
        (texts("accounts.must_change"), yes[one.must_change_password]),
        (texts("accounts.second_factor"), yes[one.has_second_factor]),
        (texts("accounts.last_login"), seen),
    ]


def grant_fields(texts: Texts, given: Sequence[Mapping[str, str]]) -> tuple[Field, ...]:
    """Return the fields of an account's grants: three a line, with spare lines."""
    roles = (("", "–"), *((one, texts.label("label.account_role", one)) for one in ROLES))
    kinds = tuple((one, texts.label("label.grant_kind", one)) for one in KINDS)
    empty = {"role": "", "kind": "city", "place": ""}
    fields: list[Field] = []
    for number, one in enumerate((*given, *(empty for _ in range(SPARE)))):
        fields += [
            Field(f"role{number}", texts("accounts.role"), "select", one["role"], choices=roles),
            Field(f"kind{number}", texts("accounts.kind"), "select", one["kind"], choices=kinds),
            Field(
                *(f"place{number}", texts("accounts.place"), "text", one["place"]),
                hint=texts("accounts.place_hint"),
                limits={"maxlength": 128},
            ),
        ]
    return tuple(fields)


def kinds_words(texts: Texts) -> list[tuple[str, str]]:
    """Return which jurisdiction each role may have."""
    comma = "、" if texts.language == "zh" else ", "
    return [
        (
            texts.label("label.account_role", role),
            comma.join(texts.label("label.grant_kind", kind) for kind in sorted(KINDS_OF[role])),
        )
        for role in ROLES
    ]


def new_sheet(texts: Texts) -> Sheet:
    """Return the form of a new account."""
    fields = (
        Field("login", texts("accounts.login"), is_required=True, limits={"maxlength": 128}),
        Field(
            "display_name",
            texts("accounts.display_name"),
            is_required=True,
            limits={"maxlength": 64},
        ),
        Field(
            *("person", texts("records.person_code")),
            hint=texts("accounts.person_hint"),
            limits={"maxlength": 128},
        ),
        *grant_fields(texts, ()),
    )
    hint = texts("accounts.new_hint")
    button = texts("accounts.new")
    return Sheet("account", HERE, button, fields, hint=hint, is_once=True, is_triple=True)


def account_sheets(
    one: AccountRecord, grants: Sequence[Mapping[str, str]], texts: Texts
) -> dict[str, Sheet]:
    """Return the forms of an account by name."""
    place, version = f"{HERE}/{one.account_id}", str(one.version)
    name = Field(
        "display_name",
        texts("accounts.display_name"),
        value=one.display_name,
        is_required=True,
        limits={"maxlength": 64},
    )
    states = tuple((word, texts.label("label.account_state", word)) for word in STATES)
    state = Field("state", texts("console.state"), "select", one.state, choices=states)
    save = texts("forms.save")
    found = [
        Sheet("name", f"{place}/name", save, (name,), version=version),
        Sheet(
            *("state", f"{place}/state", save, (state,)),
            hint=texts("accounts.state_hint"),
            version=version,
        ),
        Sheet(
            *("grants", f"{place}/grants", save, grant_fields(texts, grants)),
            hint=texts("accounts.grants_hint"),
            version=version,
            is_triple=True,
        ),
        Sheet(
            "password",
            f"{place}/password",
            texts("accounts.make_password"),
            hint=texts("accounts.password_hint"),
            tone="outline-danger",
        ),
        Sheet(
            "sessions",
            f"{place}/sessions",
            texts("accounts.end_sessions"),
            hint=texts("accounts.sessions_hint"),
            tone="outline-danger",
        ),
    ]
    if one.has_second_factor:
        found.append(
            Sheet(
                "factor",
                f"{place}/second-factor",
                texts("accounts.reset_factor"),
                hint=texts("accounts.factor_hint"),
                tone="outline-danger",
            )
        )
    return {sheet.name: sheet for sheet in found}
