"""The demo's days: something on every page, in the ledger's order, made once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tiny_store import NOW

from data.demo.living import fill_living
from data.points.verifying import verify
from data.store.tables.alerts import Alert
from data.store.tables.gifts import Gift, Redemption
from data.store.tables.points import PointTransfer
from data.store.tables.tasks import Task
from data.store.tables.teams import TeamMember
from data.store.tables.tips import Tip

if TYPE_CHECKING:
    from service_client import RunningService


def test_the_pages_of_the_demo_live(tiny: RunningService) -> None:
    tiny.clock.now = NOW
    officer = tiny.client_as("community_officer", beat="haiwei", person="wang")
    phone = tiny.client_as("volunteer", person="liu")
    phone.headers["Accept"] = "text/html"
    assert tiny.store.submit(lambda s: fill_living(s, tiny.keys, NOW))
    assert not tiny.store.submit(lambda s: fill_living(s, tiny.keys, NOW))
    with tiny.store.read() as session:
        report = verify(session, tiny.keys)
        counts = {one: session.query(one).count() for one in (Gift, Tip, PointTransfer, Redemption)}
        states = {state for (state,) in session.query(Tip.state)}
        titles = [one.title for one in session.query(Task)] + [
            one.title for one in session.query(Alert)
        ]
    assert report.problems == ()
    assert counts[Gift] == 6
    assert counts[Tip] > 8
    assert counts[PointTransfer] > 5
    assert counts[Redemption] > 0
    assert {"submitted", "claimed", "verified", "unfounded"} <= states
    assert titles
    assert all("演练" in title for title in titles)
    assert officer.get("/api/v1/tips?state=open").json()["items"]
    for path, word in (("/m/tips", "涉诈线索"), ("/m/points", "演示")):
        assert word in phone.get(path).text, path


def test_without_its_accounts_there_are_gifts_alone(tiny: RunningService) -> None:
    assert tiny.store.submit(lambda s: fill_living(s, tiny.keys, NOW))
    with tiny.store.read() as session:
        assert session.query(Gift).count() == 6
        assert session.query(Tip).count() == 0


def test_each_team_has_a_leader(tiny: RunningService) -> None:
    tiny.store.submit(lambda s: fill_living(s, tiny.keys, NOW))
    with tiny.store.read() as session:
        current = session.query(TeamMember).where(TeamMember.until.is_(None)).all()
    leaders = Counter(one.team_id for one in current if one.is_leader)
    assert leaders
    assert leaders == dict.fromkeys({one.team_id for one in current}, 1)
