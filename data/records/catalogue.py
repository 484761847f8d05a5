"""The catalogue that a city edits: professions, qualifications, duty roles, shift templates.

Rows are never deleted, only put out of use (``is_active``): files and rosters name them for good.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, exists, insert, select

from data.records.errors import (
    DuplicateError,
    RecordMissingError,
    SafetyError,
    ValueRefusedError,
)
from data.records.finding import require_version
from data.records.tags import tag_of
from data.store.tables.catalogue import (
    DutyRole,
    DutyRoleProfession,
    DutyRoleQualification,
    Profession,
    Qualification,
)
from data.store.tables.people import PersonRole
from data.store.tables.shifts import ShiftTemplate
from dispatch.rules import Tier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

_LABELS: Final = ("label_zh", "label_en")
_TIMES: Final = ("workday_starts", "workday_ends", "weekend_starts", "weekend_ends")
_LISTS: Final[Mapping[str, tuple[Any, Any]]] = {
    "professions": (DutyRoleProfession, Profession),
    "qualifications": (DutyRoleQualification, Qualification),
}


@dataclass(frozen=True, slots=True)
class Topic:
    """One part of the catalogue: its table, its name in messages, and its own fields."""

    table: Any
    kind: str
    fields: tuple[str, ...]


TOPICS: Final[Mapping[str, Topic]] = {
    "professions": Topic(Profession, "profession", ()),
    "qualifications": Topic(Qualification, "qualification", ()),
    "duty-roles": Topic(DutyRole, "duty role", ("tier", "hazardous", "supervised", *_LISTS)),
    "shift-templates": Topic(ShiftTemplate, "shift template", _TIMES),
}

Entry = dict[str, Any]


def list_entries(session: Session, topic: str) -> list[Entry]:
    """Give the entries of a topic by code, those out of use as well."""
    found = TOPICS[topic]
    rows = session.scalars(select(found.table).order_by(found.table.code)).all()
    lists = {name: _words(session, name) for name in _LISTS} if topic == "duty-roles" else {}
    return [_entry(found, row, lists) for row in rows]


def read_entry(session: Session, topic: str, code: str) -> Entry:
    """Give one entry.

    Raises
    ------
    RecordMissingError
    """
    found = TOPICS[topic]
    row = session.get(found.table, code)
    if row is None:
        raise RecordMissingError(found.kind, code)
    lists = {name: _words(session, name, code) for name in _LISTS} if topic == "duty-roles" else {}
    return _entry(found, row, lists)


def entry_tag(entry: Mapping[str, Any]) -> str:
    """Give what changes when an entry does; the catalogue has no version columns."""
    return tag_of(sorted(entry.items(), key=lambda item: item[0]))


def add_entry(session: Session, topic: str, code: str, values: Mapping[str, Any]) -> Entry:
    """Add an entry that is in use from now on.

    Raises
    ------
    DuplicateError, ValueRefusedError, SafetyError, RecordMissingError
    """
    found = TOPICS[topic]
    if session.scalar(select(exists().where(found.table.code == code))):
        raise DuplicateError(f"Expected a code that no {found.kind} has yet, got {code!r:.80}.")
    row = found.table(code=code, is_active=True)
    _apply(found, row, values)
    session.add(row)
    session.flush()
    _apply_lists(session, code, values)
    return read_entry(session, topic, code)


def edit_entry(
    session: Session, topic: str, code: str, values: Mapping[str, Any], *, seen: str
) -> Entry:
    """Change an entry that was seen with this tag.

    Raises
    ------
    RecordMissingError, StaleError, ValueRefusedError
    SafetyError
        For a hazardous role of volunteers, or a change of tier while people hold the role.
    """
    found = TOPICS[topic]
    require_version(0, 0 if entry_tag(read_entry(session, topic, code)) == seen else 1)
    row = session.get_one(found.table, code)
    tier = getattr(row, "tier", None)
    _apply(found, row, values)
    if topic == "duty-roles" and row.tier != tier:
        held = exists().where(PersonRole.role == code, PersonRole.until.is_(None))
        if session.scalar(select(held)):
            raise SafetyError(f"Expected nobody to hold {code} when its tier changes, got some.")
    session.flush()
    _apply_lists(session, code, values)
    return read_entry(session, topic, code)


def _apply(topic: Topic, row: Any, values: Mapping[str, Any]) -> None:
    allowed = (*_LABELS, "is_active", *topic.fields)
    for name, value in values.items():
        if name not in allowed:
            raise ValueRefusedError(f"Expected fields of {allowed}, got {name!r:.40}.")
        if name not in _LISTS:
            setattr(row, name, value)
    if topic.table is DutyRole:
        _check_role(row)


def _check_role(row: DutyRole) -> None:
    if row.tier not in {tier.value for tier in Tier}:
        raise ValueRefusedError(f"Expected a tier, got {row.tier!r:.40}.")
    if row.tier == Tier.VOLUNTEER and row.hazardous:
        raise SafetyError(f"Expected a hazardous role of officers or auxiliaries, got {row.code}.")


def _apply_lists(session: Session, code: str, values: Mapping[str, Any]) -> None:
    for name, (links, words) in _LISTS.items():
        if name not in values:
            continue
        column = name.removesuffix("s")
        wanted = list(dict.fromkeys(values[name]))
        known = set(session.scalars(select(words.code).where(words.code.in_(wanted))))
        for word in wanted:
            if word not in known:
                raise RecordMissingError(column, word)
        session.execute(delete(links).where(links.role == code))
        if wanted:
            session.execute(insert(links), [{"role": code, column: word} for word in wanted])


def _words(session: Session, name: str, code: str | None = None) -> dict[str, list[str]]:
    links, _ = _LISTS[name]
    column = getattr(links, name.removesuffix("s"))
    query = select(links.role, column).order_by(links.role, column)
    if code is not None:
        query = query.where(links.role == code)
    found: dict[str, list[str]] = {}
    for role, word in session.execute(query):
        found.setdefault(role, []).append(word)
    return found


def _entry(topic: Topic, row: Any, lists: Mapping[str, dict[str, list[str]]]) -> Entry:
    names = ("code", *_LABELS, *topic.fields, "is_active")
    return {
        name: tuple(lists[name].get(row.code, ())) if name in lists else getattr(row, name)
        for name in names
    }
