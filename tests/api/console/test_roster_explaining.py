"""Explanations that are kept: the same as new ones, and new after each step of a draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from tiny_store import NOW

from api import city_holder
from api.roster_explaining import RosterExplainer
from data.planning.assignments import list_assignments
from data.planning.edits import change_draft, try_change
from data.planning.rosters import Reader
from data.planning.successors import copy_to_draft
from data.store.result_io import find_roster
from data.store.scope import Scope
from data.store.tables.rosters import Assignment

if TYPE_CHECKING:
    from service_client import RunningService
    from sqlalchemy.orm import Session


def told(explainer: RosterExplainer, tiny: RunningService, roster: int, post: Any) -> Any:
    return explainer.explain(tiny.store, roster, *post, role=None, person=None, language="zh")


def test_kept_until_the_next_step(tiny: RunningService) -> None:
    made = tiny.store.submit(
        lambda session: copy_to_draft(session, find_roster(session, 1), label="", by="me", now=NOW)
    )
    with tiny.store.read() as session:
        rows = list_assignments(session, Reader(Scope(city=True), True, ""), made)
    posts = sorted({(one["beat_id"], one["shift_id"]) for one in rows})
    kept, fresh = RosterExplainer(), RosterExplainer()
    first = {post: told(kept, tiny, made, post) for post in posts}
    for post in posts:
        assert told(kept, tiny, made, post) is first[post]
        assert told(fresh, tiny, made, post) == first[post]

    def take(session: Session) -> None:
        """Take somebody off a post that keeps the rules without them."""
        columns = (Assignment.person, Assignment.beat, Assignment.shift, Assignment.role)
        roster = find_roster(session, made)
        for row in session.execute(select(*columns).where(Assignment.roster_id == made)).all():
            place = (row[0], row[1], row[2], row[3])
            if not try_change(session, roster, [place], []).broken:
                change_draft(session, roster, [place], [], by="me", now=NOW)
                return
        raise AssertionError("expected somebody who may leave")

    tiny.store.submit(take)
    fresh = RosterExplainer()
    second = {post: told(kept, tiny, made, post) for post in posts}
    assert second != first
    for post in posts:
        assert told(fresh, tiny, made, post) == second[post]


def test_a_city_in_memory_is_not_read_again(
    tiny: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = tiny.service.cities.served()
    made = tiny.store.submit(
        lambda session: copy_to_draft(session, find_roster(session, 1), label="", by="me", now=NOW)
    )
    with tiny.store.read() as session:
        rows = list_assignments(session, Reader(Scope(city=True), True, ""), 1)
    beat, shift = rows[0]["beat_id"], rows[0]["shift_id"]
    asked: Any = {"role": None, "person": None, "language": "zh"}
    fresh = {number: told(RosterExplainer(), tiny, number, (beat, shift)) for number in (1, made)}

    def no_reading(*_: object) -> None:
        raise AssertionError("expected the scenario in memory")

    monkeypatch.setattr(city_holder, "load_scenario", no_reading)
    for number, answer in fresh.items():
        explainer = RosterExplainer()
        again = explainer.explain(tiny.store, number, beat, shift, served=served, **asked)
        assert again == answer
    with pytest.raises(AssertionError, match="in memory"):
        told(RosterExplainer(), tiny, 1, (beat, shift))
