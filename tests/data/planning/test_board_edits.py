"""Changes of a draft by hand: figures are those of the whole roster, every step goes back."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from store_fixtures import Filling
from tiny_store import NOW, fill_tiny

from data.planning.board import read_board
from data.planning.edits import (
    POST_RULES,
    RefusedEditError,
    change_draft,
    num_edits,
    try_change,
    undo_last,
)
from data.planning.errors import EditError
from data.planning.rosters import Reader
from data.planning.suggestions import TRIED, suggest
from data.planning.week_fill import week_fill
from data.store.errors import RosterStateError
from data.store.result_io import find_roster, load_result, load_roster
from data.store.roster_states import publish
from data.store.scenario_reading import find_scenario, load_scenario
from data.store.scope import Scope
from data.store.tables.rosters import Assignment, RosterReport
from data.store.tables.scenarios import ScenarioDemand, ScenarioPerson
from dispatch.check import check

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from data.planning.edits import Outcome
    from data.store.engine import Store

CITY = Reader(Scope(city=True), drafts=True, key="account:1")


@pytest.fixture
def filling(bundle: Path) -> Filling:
    return Filling("draft", lambda store: fill_tiny(store, bundle, published=False))


@pytest.fixture
def draft(store: Store, filled: int) -> tuple[Store, int]:
    return store, filled


def figures(session: Session, roster_id: int) -> dict[str, Any]:
    report = session.get_one(RosterReport, roster_id)
    return {
        "unmet": report.unmet,
        "weighted_unmet": report.weighted_unmet,
        "travel": report.travel_cost,
        "fairness": report.fairness_cost,
        "dislike": report.dislike_cost,
        "assigned": report.assigned,
        "violations": {r: n for r, n in json.loads(report.violations).items() if n},
    }


def recounted(session: Session, roster_id: int) -> dict[str, Any]:
    """Count the same by the checker over the whole roster."""
    scenario = load_scenario(session, find_roster(session, roster_id).scenario_id)
    found = check(scenario, load_roster(session, roster_id))
    return {
        "unmet": found.unmet,
        "weighted_unmet": found.weighted_unmet,
        "travel": found.travel_cost,
        "fairness": found.fairness_cost,
        "dislike": found.dislike_cost,
        "assigned": found.assigned,
        "violations": {r: n for r, n in found.violations.items() if n},
    }


def short_lines(session: Session, roster_id: int) -> dict[tuple[str, str, str], int]:
    gaps = load_result(session, roster_id).gaps
    keys = zip(gaps["beat_id"], gaps["shift_id"], gaps["role"], strict=True)
    return dict(zip(keys, gaps["missing"].tolist(), strict=True))


def random_change(session: Session, roster_id: int, chance: random.Random) -> tuple[list, list]:
    scenario_id = find_roster(session, roster_id).scenario_id
    lines = session.query(ScenarioDemand).filter_by(scenario_id=scenario_id).all()
    people = session.query(ScenarioPerson).filter_by(scenario_id=scenario_id).all()
    stands = session.query(Assignment).filter_by(roster_id=roster_id).all()
    taken, given = [], []
    if stands and chance.random() < 0.6:
        one = chance.choice(sorted(stands, key=lambda a: (a.person, a.shift)))
        taken.append((one.person, one.beat, one.shift, one.role))
    if not taken or chance.random() < 0.6:
        line = chance.choice(sorted(lines, key=lambda d: d.position))
        person = chance.choice(sorted(people, key=lambda p: p.position)).position
        given.append((person, line.beat, line.shift, line.role))
    return taken, given


def test_figures_stay_those_of_the_whole_and_every_step_goes_back(
    draft: tuple[Store, int],
) -> None:
    store, roster_id = draft
    with store.read() as session:
        begun, lacking = figures(session, roster_id), short_lines(session, roster_id)
    chance, made = random.Random(7), 0
    refused: list[Outcome] = []
    for _ in range(16):
        with store.read() as session:
            taken, given = random_change(session, roster_id, chance)

        def work(session: Session, taken: list = taken, given: list = given) -> Any:
            roster = find_roster(session, roster_id)
            return change_draft(session, roster, taken, given, by="account:1", now=NOW)

        try:
            store.submit(work)
            made += 1
        except RefusedEditError as error:
            refused.append(error.outcome)
        with store.read() as session:
            assert figures(session, roster_id) == recounted(session, roster_id)
            assert (
                sum(short_lines(session, roster_id).values())
                == figures(session, roster_id)["unmet"]
            )
    assert made > 3
    assert len(refused) > 5
    for outcome in refused:
        assert any(one.rule not in POST_RULES for one in outcome.broken)
        assert all(one.words("zh") and one.words("en") for one in outcome.broken)
    with store.read() as session:
        assert num_edits(session, roster_id) == made
    for _ in range(made):
        store.submit(lambda s: undo_last(s, find_roster(s, roster_id), now=NOW))
    with store.read() as session:
        assert figures(session, roster_id) == begun
        assert short_lines(session, roster_id) == lacking
    with pytest.raises(EditError, match="to undo"):
        store.submit(lambda s: undo_last(s, find_roster(s, roster_id), now=NOW))


def test_a_draft_with_a_lone_volunteer_is_not_published(draft: tuple[Store, int]) -> None:
    store, roster_id = draft
    with store.read() as session:
        people = {
            p.code: p.position
            for p in session.query(ScenarioPerson).filter_by(
                scenario_id=find_roster(session, roster_id).scenario_id
            )
        }
        sun = session.query(Assignment).filter_by(roster_id=roster_id, person=people["sun"]).one()
        place = (sun.person, sun.beat, sun.shift, sun.role)
        told = try_change(session, find_roster(session, roster_id), [place], [])
    assert [one.rule for one in told.broken] == ["H7"]
    assert not told.is_refused
    assert (told.filled, told.cost > 0) == (-1, True)
    store.submit(lambda s: change_draft(s, find_roster(s, roster_id), [place], [], by="a", now=NOW))
    with pytest.raises(RosterStateError, match="keep every rule"):
        store.submit(lambda s: publish(s, roster_id, by="a", now=NOW))
    back = store.submit(
        lambda s: change_draft(s, find_roster(s, roster_id), [], [place], by="a", now=NOW)[1]
    )
    assert back.mended == ("H7",)
    store.submit(lambda s: publish(s, roster_id, by="a", now=NOW))
    with pytest.raises(EditError, match="Expected a draft"):
        store.submit(
            lambda s: change_draft(s, find_roster(s, roster_id), [place], [], by="a", now=NOW)
        )


def test_suggestions_are_the_cheapest_of_all_who_may(draft: tuple[Store, int]) -> None:
    store, roster_id = draft
    found_any = 0
    with store.read() as session:
        roster = find_roster(session, roster_id)
        scenario = find_scenario(session, roster.scenario_id)
        lines = session.query(ScenarioDemand).filter_by(scenario_id=scenario.id).all()
        people = session.query(ScenarioPerson).filter_by(scenario_id=scenario.id).all()
        assert len(people) <= TRIED
        for line in lines:
            place = (line.beat, line.shift, line.role)
            there = {
                a.person
                for a in session.query(Assignment).filter_by(roster_id=roster_id, shift=line.shift)
            }
            outcomes = [
                try_change(session, roster, [], [(p.position, *place)])
                for p in people
                if p.position not in there
            ]
            best = sorted(one.cost for one in outcomes if not one.is_refused)[:3]
            found = suggest(session, roster, scenario, place)
            assert [one.outcome.cost for one in found] == best
            found_any += bool(found)
    assert found_any


def test_the_board_and_the_week_count_the_same(draft: tuple[Store, int]) -> None:
    store, roster_id = draft
    with store.read() as session:
        roster = find_roster(session, roster_id)
        scenario = find_scenario(session, roster.scenario_id)
        week = week_fill(session, CITY, roster, scenario)
        total = 0
        for station in week.stations:
            for turn in week.turns:
                if not station.required.get(turn.number):
                    continue
                board = read_board(
                    session, CITY, roster, scenario, station=station.code, shift=turn.code
                )
                assert board.required == station.required[turn.number]
                assert board.missing == station.missing(turn.number)
                total += board.missing
        assert total == figures(session, roster_id)["unmet"]
