"""The sheets of a member's page: the next steps, moving, the file's fields, leaving."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from api.views.console.awards import award_sheets
from api.views.console.sheets import Field, Panel, Sheet, option_list
from data.records.membership_steps import STEPS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from api.language import Texts

Choices = tuple[tuple[str, str], ...]
EDITABLE: Final = (
    *("name", "sex", "born_on", "profession", "employer", "phone", "id_number", "address"),
    *("home", "max_shifts", "travel_limit_m", "note"),
)
SEALED: Final = frozenset({"phone", "id_number", "address", "home"})
"""Fields that are not shown: left blank they stay as they are."""
_KINDS: Final = {
    "born_on": "date",
    "max_shifts": "number",
    "travel_limit_m": "number",
    "note": "area",
}
_LIMITS: Final[dict[str, dict[str, object]]] = {
    "name": {"maxlength": 64},
    "max_shifts": {"min": 0, "max": 1000},
    "travel_limit_m": {"min": 0, "max": 1_000_000, "step": "any"},
    "phone": {"maxlength": 40},
    "id_number": {"maxlength": 40},
}
_SEXES: Final = ("male", "female", "unknown")
PLACES: Final = {
    "person.vet": "vetting",
    "person.activate": "activation",
    "person.suspend": "suspension",
}
_TONES: Final = {"refuse": "outline-danger", "suspend": "outline-danger"}


@dataclass(frozen=True, slots=True)
class Words:
    """What a member's sheets let one choose from.

    Attributes
    ----------
    may : callable
        Whether the reader has an action.
    """

    texts: Texts
    may: Callable[[str], bool]
    professions: Choices = ()
    roles: Choices = ()
    stations: Choices = ()
    teams: Choices = ()


def member_panels(
    told: Mapping[str, Any], steps: Mapping[str, Sequence[str]], words: Words
) -> list[Panel]:
    """Return what may be done with a file: the next steps first, leaving last."""
    texts, profile = words.texts, told["profile"]
    code, version = profile["code"], str(profile["row_version"])
    place = f"/console/people/{code}"
    found = [_steps(place, version, steps, words)]
    sheets = [*_moves(place, version, told, words), *_roles(place, told, words)]
    if "awards" in told and profile.get("state") != "left" and words.may("person.write"):
        sheets += award_sheets(place, told, texts)
    if words.may("person.write") and told["may_change"]:
        sheets.append(edit_sheet(place, version, told, words))
    if "leave" in steps and words.may("person.leave"):
        sheets.append(leave_sheet(place, version, texts))
    if sheets:
        found.append(Panel(texts("people.change"), sheets=sheets))
    return [panel for panel in found if panel.sheets or panel.rows]


def _steps(place: str, version: str, steps: Mapping[str, Sequence[str]], words: Words) -> Panel:
    texts = words.texts
    sheets, lacks = [], []
    for name, lacking in steps.items():
        step = STEPS[name]
        if name == "leave" or not words.may(step.action):
            continue
        if lacking:
            missing = [texts.label("label.condition", one) for one in lacking]
            comma = "、" if texts.language == "zh" else ", "
            lacks.append((texts.label("label.step", name), comma.join(missing)))
            continue
        fields: tuple[Field, ...] = ()
        if step.needs_reason:
            reason = texts("people.reason")
            limits = {"maxlength": 500}
            fields = (Field("reason", reason, is_required=True, limits=limits),)
        sheets.append(
            Sheet(
                f"step-{name}",
                f"{place}/{PLACES[step.action]}/{name}",
                texts.label("label.step", name),
                fields,
                version=version,
                tone=_TONES.get(name, "primary"),
            )
        )
    return Panel(
        texts("people.next_step"),
        heads=(texts("people.step"), texts("people.lacking")) if lacks else (),
        rows=lacks,
        sheets=sheets,
    )


def _moves(place: str, version: str, told: Mapping[str, Any], words: Words) -> list[Sheet]:
    texts = words.texts
    if not words.may("person.transfer"):
        return []
    reason = Field("reason", texts("people.reason_perhaps"), limits={"maxlength": 500})
    others = tuple(one for one in words.stations if one[0] != told["profile"].get("station"))
    station = Field("station", texts("console.station"), "select", choices=others, is_required=True)
    found = []
    if others:
        found.append(
            Sheet(
                "station",
                f"{place}/station",
                texts("people.transfer"),
                (station, reason),
                texts("people.to_station"),
                texts("people.to_station_hint"),
                version,
                is_folded=True,
            )
        )
    mine = tuple((one["code"], one["name"]) for one in told.get("teams", ()) if one["is_current"])
    others = tuple(one for one in words.teams if one not in mine)
    if mine and others:
        fields = (
            Field("from_team", texts("people.from_team"), "select", choices=mine),
            Field("to_team", texts("people.to_team"), "select", choices=others),
            Field("is_leader", texts("people.leads"), "check"),
            reason,
        )
        found.append(
            Sheet(
                "team",
                f"{place}/team",
                texts("people.transfer"),
                fields,
                texts("people.to_other_team"),
                version=version,
                is_folded=True,
            )
        )
    return found


def _roles(place: str, told: Mapping[str, Any], words: Words) -> list[Sheet]:
    if "roles" not in told or not words.may("person.write"):
        return []
    texts = words.texts
    mine = {one["role"] for one in told["roles"] if one["is_current"]}
    found = []
    free = tuple(one for one in words.roles if one[0] not in mine)
    if free:
        field = Field("role", texts("people.role"), "select", choices=free)
        found.append(
            Sheet(
                "role",
                f"{place}/roles",
                texts("people.give_role"),
                (field,),
                texts("people.give_role"),
                is_folded=True,
                is_once=True,
            )
        )
    held = tuple(one for one in words.roles if one[0] in mine)
    if held:
        field = Field("role", texts("people.role"), "select", choices=held)
        found.append(
            Sheet(
                "end-role",
                f"{place}/roles/end",
                texts("people.end_role"),
                (field,),
                texts("people.end_role"),
                tone="outline-danger",
                is_folded=True,
            )
        )
    return found


def edit_sheet(place: str, version: str, told: Mapping[str, Any], words: Words) -> Sheet:
    """Return the form of the fields that the reader may change."""
    texts = words.texts
    fields = file_fields(words, told["profile"], set(told["may_change"]))
    return Sheet(
        "file",
        place,
        texts("forms.save"),
        fields,
        texts("people.edit"),
        texts("people.edit_hint"),
        version,
        is_folded=True,
    )


def file_fields(words: Words, profile: Mapping[str, Any], allowed: set[str]) -> tuple[Field, ...]:
    """Return the fields of a file that somebody may write."""
    texts = words.texts
    fields: list[Field] = []
    for name in EDITABLE:
        if name not in allowed:
            continue
        label = texts.label("label.profile", name)
        hint = texts("people.sealed_hint") if name in SEALED and profile else ""
        if name == "home":
            limits: dict[str, object] = {"step": "any"}
            fields += [
                Field("lat", texts("people.home_lat"), "number", hint=hint, limits=limits),
                Field("lng", texts("people.home_lng"), "number", hint=hint, limits=limits),
            ]
            continue
        value = "" if profile.get(name) is None else str(profile[name])
        kind = _KINDS.get(name, "text")
        choices: Choices = ()
        if name == "sex":
            kind = "select"
            choices = tuple((one, texts.label("label.sex", one)) for one in _SEXES)
            value = value or "unknown"
        elif name == "profession":
            kind, choices = "select", option_list(words.professions, texts)
        limits = _LIMITS.get(name, {"maxlength": 2000 if name == "note" else 200})
        fields.append(
            Field(
                name,
                label,
                kind,
                "" if name in SEALED else value,
                hint,
                choices,
                is_required=name == "name",
                limits={} if kind in {"select", "date"} else limits,
            )
        )
    return tuple(fields)


def leave_sheet(place: str, version: str, texts: Texts) -> Sheet:
    """Return the form of leaving: nothing of it can be taken back."""
    sure = Field("sure", texts("people.leave_sure"), "check", is_required=True)
    return Sheet(
        "leave",
        f"{place}/leaving",
        texts("people.leave"),
        (sure,),
        texts("people.leave"),
        texts("people.leave_hint"),
        version,
        tone="outline-danger",
        is_folded=True,
    )


def application_sheet(words: Words, allowed: set[str], wording: str) -> Sheet:
    """Return the form that begins a volunteer's file."""
    texts = words.texts
    station = Field(
        *("station", texts("console.station"), "select"),
        choices=words.stations,
        is_required=True,
    )
    consent = Field(
        *("consent", texts("people.consent"), "check"), hint=texts("people.consent_hint")
    )
    return Sheet(
        "application",
        "/console/applications",
        texts("people.take_in"),
        (
            station,
            *file_fields(words, {}, allowed),
            consent,
            Field("wording", kind="hidden", value=wording),
        ),
        hint=texts("people.application_hint"),
        is_once=True,
    )
