"""Who stands where in a roster, as far as a reader answers for it, in the roster's order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select, union

from data.planning.rosters import placed
from data.store.keyset import after
from data.store.tables.people import Person
from data.store.tables.rosters import Assignment, Roster
from data.store.tables.scenarios import EditionBeat, Scenario, ScenarioPerson, ScenarioShift

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import CompoundSelect, Select
    from sqlalchemy.orm import Session

    from data.planning.rosters import Reader


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
    ground = _ground(session, roster_id)
    if ground is None:
        return []
    query = (
        placed(
            a,
            a.position,
            *(ScenarioPerson.code.label("person_id"), Person.name.label("name")),
            *(ScenarioPerson.tier, ScenarioPerson.person_id.label("record_id")),
            *(EditionBeat.station_name, EditionBeat.lng, EditionBeat.lat),
        )
        .join(
            ScenarioPerson,
            and_(
                ScenarioPerson.scenario_id == Roster.scenario_id,
                ScenarioPerson.position == a.person,
            ),
        )
        .outerjoin(Person, Person.id == ScenarioPerson.person_id)
        .where(a.roster_id == roster_id, after([a.position], behind))
        .order_by(a.position)
    )
    wanted = (beat, shift, person)
    if any(one is not None for one in wanted) or not reader.scope.city:
        query = query.where(a.position.in_(_chosen(session, reader, roster_id, ground, wanted)))
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
    ground = _ground(session, roster_id)
    if ground is None:
        return {}
    places = select(EditionBeat.position).where(
        EditionBeat.edition_id == ground[1], EditionBeat.code.in_(beats)
    )
    query = (
        select(EditionBeat.code, func.count())
        .select_from(a)
        .join(
            EditionBeat,
            and_(EditionBeat.edition_id == ground[1], EditionBeat.position == a.beat),
        )
        .where(a.roster_id == roster_id, a.beat.in_(places))
        .group_by(EditionBeat.code)
    )
    if not reader.scope.city:
        mine = _chosen(session, reader, roster_id, ground, (None, None, None))
        query = query.where(a.position.in_(mine))
    return dict(session.execute(query).all())


def _ground(session: Session, roster_id: int) -> tuple[int, int] | None:
    """Give the scenario and the edition of the ground of a roster."""
    row = session.execute(
        select(Scenario.id, Scenario.edition_id)
        .join(Roster, Roster.scenario_id == Scenario.id)
        .where(Roster.id == roster_id)
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def _chosen(
    session: Session,
    reader: Reader,
    roster_id: int,
    ground: tuple[int, int],
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
