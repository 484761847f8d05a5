"""Who stands where in a roster, as far as a reader answers for it, in the roster's order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, func, select, union

from data.planning.rosters import ground_of, placed
from data.store.keyset import after
from data.store.tables.people import Person
from data.store.tables.rosters import Assignment
from data.store.tables.scenarios import EditionBeat, ScenarioPerson, ScenarioShift

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import CompoundSelect, Select
    from sqlalchemy.orm import Session

    from data.planning.rosters import Ground, Reader

_FEW: Final = 1000
"""Positions that are handed over as numbers."""


def list_assignments(
    session: Session,
    reader: Reader,
    roster_id: int,
    *,
    beat: str | None = None,
    shift: str | None = None,
    person: str | None = None,
    only: Select[int] | None = None,
    behind: tuple[Any, ...] | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """List the assignments within a scope, in the roster's order; names are of the records.

    Parameters
    ----------
    beat, shift, person : str, optional
        Codes: those of one beat, shift, person only.
    only : query, optional
        Gives the positions in the roster beyond which nothing is listed.
    """
    a = Assignment
    ground = ground_of(session, roster_id)
    if ground is None:
        return []
    query = (
        placed(
            ground,
            a,
            a.position,
            *(ScenarioPerson.code.label("person_id"), Person.name.label("name")),
            *(ScenarioPerson.tier, ScenarioPerson.person_id.label("record_id")),
            *(EditionBeat.station_name, EditionBeat.lng, EditionBeat.lat),
        )
        .join(
            ScenarioPerson,
            and_(
                ScenarioPerson.scenario_id == ground.scenario_id,
                ScenarioPerson.position == a.person,
            ),
        )
        .outerjoin(Person, Person.id == ScenarioPerson.person_id)
        .where(a.roster_id == roster_id, after([a.position], behind))
        .order_by(a.position)
    )
    wanted = (beat, shift, person)
    if any(one is not None for one in wanted) or not reader.scope.city:
        mine = _chosen(session, reader, roster_id, ground, wanted)
        # What `only` leaves out is no part of a page: how much of it is needed is not known here.
        most = limit if only is None else None
        query = query.where(a.position.in_(_numbers(session, mine, behind, most)))
    if only is not None:
        query = query.where(a.position.in_(only))
    if limit is not None:
        query = query.limit(limit)
    return [dict(row._mapping) for row in session.execute(query)]


def count_by_beat(
    session: Session, reader: Reader, roster_id: int, beats: Collection[str]
) -> dict[str, int]:
    """Count the assignments within a scope by beat (code); of one without any nothing is said."""
    a = Assignment
    ground = ground_of(session, roster_id)
    if ground is None:
        return {}
    places = select(EditionBeat.position).where(
        EditionBeat.edition_id == ground.edition_id, EditionBeat.code.in_(beats)
    )
    query = (
        select(EditionBeat.code, func.count())
        .select_from(a)
        .join(
            EditionBeat,
            and_(EditionBeat.edition_id == ground.edition_id, EditionBeat.position == a.beat),
        )
        .where(a.roster_id == roster_id, a.beat.in_(places))
        .group_by(EditionBeat.code)
    )
    if not reader.scope.city:
        mine = _chosen(session, reader, roster_id, ground, (None, None, None))
        query = query.where(a.position.in_(mine))
    return dict(session.execute(query).all())


def _numbers(
    session: Session,
    chosen: Select[int] | CompoundSelect[int],
    behind: tuple[Any, ...] | None,
    limit: int | None,
) -> Sequence[int] | Select[int] | CompoundSelect[int]:
    """Give the positions themselves where they are few, for an index to find; else their query.

    PostgreSQL would put ten tables together for the whole roster, and then look for the few.
    """
    if limit is None or limit > _FEW:
        numbers = session.scalars(chosen.limit(_FEW + 1)).all()
        return chosen if len(numbers) > _FEW else numbers
    found = chosen.subquery()
    page = select(found.c.position).where(after([found.c.position], behind))
    return session.scalars(page.order_by(found.c.position).limit(limit)).all()


def _chosen(
    session: Session,
    reader: Reader,
    roster_id: int,
    ground: Ground,
    wanted: tuple[str | None, str | None, str | None],
) -> Select[int] | CompoundSelect[int]:
    """Select the positions of what is asked for, as far as it is within the reader's scope.

    Apart from the rows that are shown, because the order of those would have a database read the
    roster from its beginning, where an index knows the beat or the person.
    """
    a = Assignment
    (scenario_id, edition_id), (beat, shift, person) = ground, wanted
    rows = select(a.position).where(a.roster_id == roster_id)
    places: tuple[tuple[Any, Any, Any, str | None], ...] = (
        (a.beat, EditionBeat, EditionBeat.edition_id == edition_id, beat),
        (a.shift, ScenarioShift, ScenarioShift.scenario_id == scenario_id, shift),
        (a.person, ScenarioPerson, ScenarioPerson.scenario_id == scenario_id, person),
    )
    for place, table, mine, code in places:
        if code is not None:
            rows = rows.where(place.in_(select(table.position).where(mine, table.code == code)))
    if reader.scope.city:
        return rows
    mine = EditionBeat.edition_id == edition_id
    # Numbers, not a query: SQLite takes the index of the beats only where it sees how few they are.
    beats = session.scalars(select(EditionBeat.position).where(mine, reader.beats())).all()
    people = select(ScenarioPerson.position).where(
        ScenarioPerson.scenario_id == scenario_id, ScenarioPerson.person_id.in_(reader.people())
    )
    by_person = rows.where(a.person.in_(people))
    # Not one condition with OR, of which neither index helps.
    return union(rows.where(a.beat.in_(beats)), by_person) if beats else by_person
