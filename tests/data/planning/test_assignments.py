"""Who stands where, by any scope and filter, is what is cut from the whole roster."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import select
from tiny_store import NOW

from data.planning.assignments import list_assignments
from data.planning.comparison import compare_rosters
from data.planning.edits import change_draft
from data.planning.rosters import Reader
from data.planning.successors import copy_to_draft
from data.store.result_io import find_roster
from data.store.scope import Scope
from data.store.tables.ground import Beat, Station
from data.store.tables.people import Person
from data.store.tables.rosters import Assignment, Roster

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from data.store.engine import Store

CITY = Scope(city=True)


def scopes(session: Session) -> list[Scope]:
    day = date(2026, 10, 12)
    beats, stations, people = (
        session.scalars(select(table.id).order_by(table.id)).all()
        for table in (Beat, Station, Person)
    )
    return [
        CITY,
        *(Scope(beats=frozenset({one}), on=day) for one in beats),
        *(Scope(stations=frozenset({one}), on=day) for one in stations),
        *(Scope(person=one, on=day) for one in people),
        Scope(beats=frozenset(beats[:1]), person=people[-1], on=day),
    ]


def test_scopes_and_filters_cut_the_whole_roster(city: Store) -> None:
    with city.read() as session:
        roster = session.scalars(select(Roster.id)).one()
        whole = list_assignments(session, Reader(CITY, True, ""), roster)
        assert len(whole) == len(session.scalars(select(Assignment.position)).all())
        for scope in scopes(session):
            reader = Reader(scope, True, "account:1")
            beats = set(session.scalars(select(Beat.code).where(reader_beats(scope))))
            records = set(session.scalars(reader.people()))
            mine = [
                one
                for one in whole
                if scope.city or one["beat_id"] in beats or one["record_id"] in records
            ]
            assert list_assignments(session, reader, roster) == mine
            for one in mine[:2]:
                for names in (KEYS[:1], KEYS[1:2], KEYS[2:], KEYS):
                    cut = [other for other in mine if all(other[n] == one[n] for n in names)]
                    wanted = {name.removesuffix("_id"): one[name] for name in names}
                    assert list_assignments(session, reader, roster, **wanted) == cut
            if len(mine) > 2:
                behind = (mine[0]["position"],)
                assert (
                    list_assignments(session, reader, roster, behind=behind, limit=1) == mine[1:2]
                )


KEYS = ("beat_id", "shift_id", "person_id")


def reader_beats(scope: Scope) -> ColumnElement[bool]:
    return replace(scope, person=None).beats_()


def test_a_comparison_reads_what_differs_and_counts_all(city: Store) -> None:
    """Two leave their places: each scope sees what two whole lists differ by."""
    with city.read() as session:
        before = session.scalars(select(Roster.id)).one()

    def work(session: Session) -> int:
        made = copy_to_draft(session, find_roster(session, before), label="", by="me", now=NOW)
        draft = find_roster(session, made)
        columns = (Assignment.person, Assignment.beat, Assignment.shift, Assignment.role)
        query = select(*columns).where(Assignment.roster_id == made).order_by(Assignment.position)
        for person, beat, shift, role in session.execute(query).all()[:2]:
            change_draft(session, draft, [(person, beat, shift, role)], [], by="me", now=NOW)
        return made

    after = city.submit(work)
    with city.read() as session:
        for scope in scopes(session):
            reader = Reader(scope, True, "account:1")
            lists = [list_assignments(session, reader, one) for one in (before, after)]
            turns = [{(one["person_id"], one["shift_id"]): one for one in rows} for rows in lists]
            gone = sorted(turns[0].keys() - turns[1].keys())
            found = compare_rosters(session, reader, before, after)
            assert [(one["person_id"], one["shift_id"]) for one in found.changes] == gone
            assert all(one["after"] is None for one in found.changes)
            was, now = (Counter(one["beat_id"] for one in rows) for rows in lists)
            assert [(one["beat_id"], one["before"], one["after"]) for one in found.beats] == [
                (beat, n, now[beat]) for beat, n in sorted(was.items()) if n != now[beat]
            ]
            back = compare_rosters(session, reader, after, before)
            assert [one["before"] for one in back.changes] == [None] * len(gone)
            assert back.num_people == found.num_people
