"""Rosters: one way only, and what was published never changes, whoever tries."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError
from tiny_city import tiny_scenario

from data.store.bundle_io import make_record
from data.store.errors import RosterStateError, ScenarioMissingError
from data.store.result_io import load_result, load_roster, store_draft
from data.store.roster_states import archive, delete_draft, publish
from data.store.scenario_writing import store_scenario
from data.store.tables.rosters import Assignment, Roster, RosterGap, RosterPrice
from dispatch.effort import Effort
from dispatch.planner import plan

if TYPE_CHECKING:
    from data.store.engine import Store
    from dispatch.roster import PlanResult

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
NEVER_CHANGES = "never changes|Expected a roster to go|Expected a scenario|Expected an edition"


@pytest.fixture(scope="module")
def result() -> PlanResult:
    effort = Effort(rounds=1)
    made = plan(tiny_scenario(), effort=effort, workers=1, seed=1, clock=lambda: 0.0)
    sha256 = make_record(tiny_scenario()).sha256
    gaps = made.gaps.assign(remedy="加一个人", remedy_en="one more")
    return replace(made, report=replace(made.report, scenario_sha256=sha256), gaps=gaps)


@pytest.fixture
def scenario_id(store: Store) -> int:
    record = make_record(tiny_scenario())
    return store.submit(lambda s: store_scenario(s, record, created_by="me", now=NOW))


def draft(store: Store, scenario_id: int, result: PlanResult, **options: int) -> int:
    def work(session):
        return store_draft(
            session, scenario_id, result, label="稿", created_by="me", now=NOW, **options
        )

    return store.submit(work)


def states(store: Store) -> dict[int, str]:
    with store.read() as session:
        return dict(session.execute(select(Roster.id, Roster.state)).all())


def test_a_plan_comes_back(store: Store, scenario_id: int, result: PlanResult) -> None:
    number = draft(store, scenario_id, result)
    with store.read() as session:
        found = load_result(session, number)
        roster = load_roster(session, number)
    for name in ("roster", "gaps", "prices"):
        left, right = getattr(found, name), getattr(result, name).reset_index(drop=True)
        pd.testing.assert_frame_equal(left[list(right.columns)], right, check_dtype=False)
    pd.testing.assert_frame_equal(roster, result.roster)
    assert found.report == result.report
    assert len(result.gaps) > 0
    assert len(result.roster) > 3


def test_a_plan_of_another_scenario_is_refused(
    store: Store, scenario_id: int, result: PlanResult
) -> None:
    other = replace(result, report=replace(result.report, scenario_sha256="f" * 64))
    with pytest.raises(RosterStateError, match="a plan of the scenario"):
        draft(store, scenario_id, other)
    with pytest.raises(ScenarioMissingError):
        draft(store, 99, result)
    with pytest.raises(ScenarioMissingError, match="roster, got 5"):
        draft(store, scenario_id, result, predecessor_id=5)


def test_a_repair_succeeds_what_it_repairs(
    store: Store, scenario_id: int, result: PlanResult
) -> None:
    first = draft(store, scenario_id, result)
    store.submit(lambda s: publish(s, first, by="chief", now=LATER))
    repaired = draft(store, scenario_id, result, predecessor_id=first)
    rival = draft(store, scenario_id, result, predecessor_id=first)
    stranger = draft(store, scenario_id, result)
    with pytest.raises(RosterStateError, match="no other published roster"):
        store.submit(lambda s: publish(s, stranger, by="chief", now=LATER))
    store.submit(lambda s: publish(s, repaired, by="chief", now=LATER))
    assert states(store) == {
        first: "archived",
        repaired: "published",
        rival: "draft",
        stranger: "draft",
    }
    with pytest.raises(RosterStateError, match="to be published, got one that is archived"):
        store.submit(lambda s: publish(s, rival, by="chief", now=LATER))
    assert states(store)[rival] == "draft"


def test_only_a_whole_plan_that_keeps_the_rules_is_published(
    store: Store, scenario_id: int, result: PlanResult
) -> None:
    broken = replace(result.report, violations={**result.report.violations, "H3": 2})
    number = draft(store, scenario_id, replace(result, report=broken))
    with pytest.raises(RosterStateError, match=r"keep every rule, got \{'H3': 2\}"):
        store.submit(lambda s: publish(s, number, by="chief", now=LATER))
    bare = store.submit(lambda s: _bare_roster(s, scenario_id))
    with pytest.raises(RosterStateError, match="to have a report, got none"):
        store.submit(lambda s: publish(s, bare, by="chief", now=LATER))


def _bare_roster(session, scenario_id: int) -> int:
    row = Roster(scenario_id=scenario_id, state="draft", label="x", created_at=NOW, created_by="me")
    session.add(row)
    session.flush()
    return row.id


def test_each_step_needs_its_state(store: Store, scenario_id: int, result: PlanResult) -> None:
    number = draft(store, scenario_id, result)
    with pytest.raises(RosterStateError, match="to be published"):
        store.submit(lambda s: archive(s, number, by="chief", now=LATER))
    store.submit(lambda s: publish(s, number, by="chief", now=LATER))
    with pytest.raises(RosterStateError, match="to be draft"):
        store.submit(lambda s: publish(s, number, by="chief", now=LATER))
    with pytest.raises(RosterStateError, match="to be draft"):
        store.submit(lambda s: delete_draft(s, number))


def test_a_draft_goes_with_all_that_is_its(
    store: Store, scenario_id: int, result: PlanResult
) -> None:
    number = draft(store, scenario_id, result)
    store.submit(lambda s: delete_draft(s, number))
    with store.read() as session:
        for table in (Roster, Assignment, RosterGap, RosterPrice):
            assert session.scalar(select(func.count()).select_from(table)) == 0


ATTEMPTS = [
    "UPDATE assignment SET beat = 1",
    "UPDATE assignment SET roster_id = 2 WHERE roster_id = 1",
    "DELETE FROM assignment WHERE roster_id = 1",
    "INSERT INTO assignment (roster_id, person, shift, beat, role, position)"
    " VALUES (1, 5, 2, 0, 0, 99)",
    "UPDATE roster_report SET objective = objective + 1",
    "DELETE FROM roster_report",
    "UPDATE roster_gap SET missing = 0",
    "DELETE FROM roster_gap",
    "UPDATE roster_price SET price = 1",
    "DELETE FROM roster_price",
    "DELETE FROM roster WHERE id = 1",
    "UPDATE roster SET state = 'draft', published_at = NULL WHERE id = 1",
    "UPDATE roster SET label = 'another' WHERE id = 1",
    "UPDATE roster SET published_by = 'another' WHERE id = 1",
    "UPDATE roster SET created_at = '2020-01-01 00:00:00' WHERE id = 1",
    "UPDATE roster SET state = 'archived', archived_at = published_at, label = 'x' WHERE id = 1",
    "INSERT INTO roster (scenario_id, state, label, created_at, created_by, published_at)"
    " VALUES (1, 'published', 'x', '2020-01-01 00:00:00', 'x', '2020-01-01 00:00:00')",
    "UPDATE scenario SET settings = '{}'",
    "UPDATE scenario_demand SET required = 0",
    "DELETE FROM scenario_demand",
    "DELETE FROM scenario_person",
    "UPDATE scenario_person SET qualifications = 'all'",
    "INSERT INTO scenario_availability (scenario_id, person, shift, position, dislike)"
    " SELECT 1, 5, 2, 99, 0 WHERE 1 = 1",
    "DELETE FROM scenario WHERE id = 1",
    "UPDATE edition_beat SET lat = 0",
    "DELETE FROM edition_beat",
    "UPDATE ground_edition SET num_cells = 1",
]


def test_what_was_published_never_changes(
    store: Store, scenario_id: int, result: PlanResult
) -> None:
    number = draft(store, scenario_id, result)
    draft(store, scenario_id, result)
    assert (scenario_id, number) == (1, 1)
    store.submit(lambda s: publish(s, number, by="chief", now=LATER))
    before = contents(store)
    for statement in ATTEMPTS:
        with pytest.raises(IntegrityError):
            store.submit(lambda s, statement=statement: s.execute(text(statement)))
        assert contents(store) == before, statement


def contents(store: Store) -> dict[str, list[tuple[object, ...]]]:
    tables = ("roster", "assignment", "roster_report", "roster_gap", "roster_price", "scenario")
    with store.read() as session:
        return {
            name: sorted(
                map(tuple, session.execute(select(text("*")).select_from(text(name)))), key=str
            )
            for name in (*tables, "scenario_demand", "edition_beat", "ground_edition")
        }


def test_a_draft_may_change(store: Store, scenario_id: int, result: PlanResult) -> None:
    """The same statements pass where nothing is published: the guards refuse no more than meant."""
    draft(store, scenario_id, result)
    store.submit(lambda s: _bare_roster(s, scenario_id))
    before = contents(store)
    for statement in ATTEMPTS[:10]:
        if statement.startswith("DELETE FROM assignment"):  # its rows moved to roster 2 before
            statement = "DELETE FROM assignment"  # noqa: PLW2901
        store.submit(lambda s, statement=statement: s.execute(text(statement)))
        after = contents(store)
        assert after != before, statement
        before = after


@pytest.mark.only("sqlite")
def test_replace_is_no_way_around(store: Store, scenario_id: int, result: PlanResult) -> None:
    number = draft(store, scenario_id, result)
    store.submit(lambda s: publish(s, number, by="chief", now=LATER))
    row = "SELECT roster_id, person, shift, 1, role, position FROM assignment"
    with pytest.raises(IntegrityError, match="never changes"):
        store.submit(lambda s: s.execute(text(f"REPLACE INTO assignment {row}")))
    with pytest.raises(IntegrityError):
        store.submit(lambda s: s.execute(text("REPLACE INTO roster SELECT * FROM roster")))


@pytest.mark.only("postgresql")
@pytest.mark.parametrize("table", ["assignment", "roster", "roster_gap"])
def test_truncate_is_no_way_around(
    store: Store, scenario_id: int, result: PlanResult, table: str
) -> None:
    draft(store, scenario_id, result)
    with pytest.raises(IntegrityError, match="never changes"):
        store.submit(lambda s: s.execute(text(f"TRUNCATE {table} CASCADE")))


@pytest.mark.only("postgresql")
def test_a_late_row_does_not_slip_into_a_roster_that_is_just_published(
    store: Store, scenario_id: int, result: PlanResult
) -> None:
    """The guard locks the roster: publishing waits for the writer, then nobody writes."""
    number = draft(store, scenario_id, result)
    wrote, published = threading.Event(), threading.Event()

    def late(session) -> None:
        session.execute(update(Assignment).where(Assignment.roster_id == number).values(beat=1))
        wrote.set()
        assert not published.wait(0.5)

    writer = threading.Thread(target=store.submit, args=(late,))
    writer.start()
    assert wrote.wait(10)
    store.submit(lambda s: publish(s, number, by="chief", now=LATER))
    published.set()
    writer.join()
    assert states(store)[number] == "published"


def test_erasure_may_touch_a_person_of_a_scenario(
    store: Store, scenario_id: int, result: PlanResult
) -> None:
    number = draft(store, scenario_id, result)
    store.submit(lambda s: publish(s, number, by="chief", now=LATER))
    erase = "UPDATE scenario_person SET extra = NULL, person_id = NULL, lng = 0, lat = 0"
    store.submit(lambda s: s.execute(text(erase)))
    store.submit(lambda s: s.execute(text("UPDATE scenario SET erased_at = created_at")))
