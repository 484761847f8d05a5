"""A member's file as JSON: only what the reader's roles show (`api.access.fields`)."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from api.access.fields import Rights
    from data.records.coming_duties import ComingDuty
    from data.records.insurance_warnings import InsuranceWarning
    from data.records.membership import Moved
    from data.records.person_file import PersonFile
    from data.records.person_search import ListedPerson
    from data.records.teams import Member

# What a field is called where it is shown; those not listed go by their own name.
SHOWN: Final[dict[str, tuple[str, ...]]] = {
    "station": ("station", "station_name"),
    "sub_bureau": ("sub_bureau", "sub_bureau_name"),
    "phone": ("phone_masked",),
    "id_number": ("id_number_masked",),
    "address": ("has_address",),
    "home": ("home_area",),
}
_ALWAYS: Final = ("code", "row_version", "created_at", "updated_at")
SECTIONS: Final = (
    *("qualifications", "roles", "teams", "beats", "training", "covers", "insured_until"),
    *("habits", "exceptions", "service", "awards", "consents", "events"),
)


def told_file(file: PersonFile, rights: Rights) -> dict[str, Any]:
    """Return a file with what may be seen, opened and changed of it."""
    letters = rights.letters
    return {
        "profile": _only(file.profile, rights),
        **{name: getattr(file, name) for name in SECTIONS if rights.sees(name)},
        "hidden": list(rights.hidden),
        "may_open": [name for name, found in letters.items() if "o" in found],
        "may_change": [name for name, found in letters.items() if "w" in found],
    }


def told_person(person: ListedPerson, rights: Rights) -> dict[str, Any]:
    """Return a row of a list of people."""
    return _only(asdict(person), rights)


def told_member(member: Member, rights: Rights) -> dict[str, Any]:
    """Return somebody in a team."""
    given = asdict(member)
    of_team = {name: given.pop(name) for name in ("since", "is_leader", "duty")}
    return {**_only(given, rights), **of_team}


def told_warning(warning: InsuranceWarning, rights: Rights) -> dict[str, Any]:
    """Return whose insurance runs out, and the shifts that this leaves uncovered."""
    given = asdict(warning)
    del given["uncovered"]
    starts_again_on = given.pop("starts_again_on")
    return {
        **_only(given, rights),
        "starts_again_on": starts_again_on,
        "uncovered": told_duties(warning.uncovered),
    }


def told_duties(duties: Iterable[ComingDuty]) -> list[dict[str, Any]]:
    """Return coming duties without the number of the person."""
    return [
        {name: value for name, value in asdict(duty).items() if name != "person_id"}
        for duty in duties
    ]


def told_move(moved: Moved) -> dict[str, Any]:
    """Return what a step of a membership did."""
    return {
        "code": moved.code,
        "state": moved.state,
        "row_version": moved.row_version,
        "duties": told_duties(moved.duties),
    }


def _only(values: Mapping[str, Any], rights: Rights) -> dict[str, Any]:
    shown = {
        name
        for field in rights.letters
        if rights.sees(field)
        for name in SHOWN.get(field, (field,))
    }
    return {name: value for name, value in values.items() if name in shown or name in _ALWAYS}
