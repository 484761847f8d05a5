"""The parts that a repair is made of: regions, groups, curves, tables."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import naive_check, random_roster, with_pins
from portions import portion
from tiny_city import (
    availability_table,
    demand_table,
    people_table,
    pins_table,
    random_scenario,
    roster_table,
    shifts_table,
    tiny_scenario,
)

from dispatch.repair import RepairDesk, RepairError
from dispatch.repair_bound import fewest_anywhere
from dispatch.repair_changes import Changes, absent_pairs, changed_scenario, ended_pins
from dispatch.repair_cluster import group_holes
from dispatch.repair_curve import add_curves
from dispatch.repair_region import Growth
from dispatch.repair_tables import move_table

CURVES = st.lists(
    st.dictionaries(st.integers(0, 4), st.integers(-9, 9), min_size=1, max_size=4),
    min_size=1,
    max_size=4,
)


@settings(deadline=None)
@given(CURVES)
def test_curves_add_up_as_every_split_does(curves):
    total = add_curves(curves)
    most = sum(max(curve) for curve in curves)
    assert total.value.size == most + 1
    for people in range(most + 1):
        splits = [
            sum(values)
            for choice in product(*(curve.items() for curve in curves))
            if sum(k for k, _ in choice) <= people
            for values in [[value for _, value in choice]]
        ]
        if not splits:
            assert people < total.fewest
            continue
        assert total.value[people] == min(splits)
        shares = total.split(people)
        assert sum(shares) <= people
        assert total.value[people] == sum(
            min(value for k, value in curve.items() if k <= share)
            for curve, share in zip(curves, shares, strict=True)
        )
    wanted = int(total.value[most])
    fewest = total.fewest_with(wanted)
    assert total.value[fewest] <= wanted
    assert fewest == 0 or total.value[fewest - 1] > wanted
    assert total.fewest_with(wanted - 1) is None


@settings(deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 12))
def test_groups_own_everything_once_and_keep_to_their_size(seed, most):
    rng = np.random.default_rng(seed)
    holes, things = int(rng.integers(1, 9)), 12
    must = (np.arange(holes), rng.permutation(things)[: max(holes, 1)].astype(np.int64))
    must = (must[0][: must[1].size], must[1])
    uses = (rng.integers(0, holes, 30), rng.integers(0, things, 30))
    sizes = rng.integers(1, 4, holes)
    group, owner = group_holes(holes, must, uses, sizes, most)
    assert (owner[must[1]] == group[must[0]]).all()
    assert set(owner[owner >= 0]) <= set(group)
    assert set(np.flatnonzero(owner >= 0)) == set(must[1]) | set(uses[1])
    for name in set(group):
        members = np.flatnonzero(group == name)
        assert members.size == 1 or sizes[members].sum() <= most


@pytest.mark.parametrize("seed", range(portion(40)))
@pytest.mark.parametrize(
    "growth", [Growth(3, 30, 3, 3), Growth(2, 20, 2, 2, group=2), Growth(1, 5, 1, 1, group=1)]
)
def test_a_region_keeps_the_rules_and_never_beats_the_whole(seed, growth):
    rng = random.Random(seed)
    scenario = random_scenario(seed, people=12, shifts=4)
    if rng.random() < 0.5:
        scenario = with_pins(scenario, rng)
    published = random_roster(scenario, rng)
    working = sorted(set(published["person_id"]))
    absent = [(person, "") for person in rng.sample(working, min(3, len(working)))]
    desk = RepairDesk(scenario, published)
    changes = Changes.of(absent)
    try:
        found = desk.repair(changes, growth=growth)
    except RepairError:
        # A pinned volunteer whom this region gives no supervisor: the whole gives him one or not.
        assert desk._kept(changes).broken_posts().size
        return
    whole = desk.repair(changes, curve=True)
    best = {point.people: point.objective for point in whole.curve}
    broken, cost = naive_check(found.scenario(), found.roster())
    assert not any(broken.values()), broken
    assert found.objective == cost
    assert not found.whole
    assert found.weighted_unmet >= found.weighted_unmet_bound >= whole.weighted_unmet_bound
    assert found.people_bound_anywhere <= found.people
    assert found.people_bound <= found.people
    moves = found.moves()
    assert moves.loc[moves["reason"] != "absent", "person_id"].nunique() == found.people
    for point in desk.repair(changes, growth=growth, curve=True).curve:
        assert point.bound <= point.objective
        assert point.people >= whole.curve[0].people
        assert point.objective >= best.get(point.people, 0)


def two_volunteers(**changes):
    """One evening in Haiwei under Li, Chen on patrol with Sun, and Liu at home."""
    return tiny_scenario(
        demand=demand_table(
            ("haiwei", "evening", "auxiliary", (5,)), ("haiwei", "evening", "patrol_guard", (3, 2))
        ),
        **changes,
    )


PUBLISHED = roster_table(
    ("li", "haiwei", "evening", "auxiliary"),
    ("chen", "haiwei", "evening", "patrol_guard"),
    ("sun", "haiwei", "evening", "patrol_guard"),
)


def test_one_of_two_is_replaced_by_somebody_at_home():
    found = RepairDesk(two_volunteers(), PUBLISHED).repair(Changes.of([("sun", "evening")]))
    assert found.moves()[["person_id", "reason", "replaces"]].to_numpy().tolist() == [
        ["liu", "called", "sun"],
        ["sun", "absent", ""],
    ]
    assert (found.people, found.dropped, found.weighted_unmet) == (1, 1, 0)


def test_the_last_one_is_sent_home_when_nobody_comes():
    scenario = two_volunteers(
        availability=availability_table(*((who, "evening", 0) for who in ("li", "chen", "sun")))
    )
    found = RepairDesk(scenario, PUBLISHED).repair(Changes.of([("sun", "")]))
    assert found.moves()[["person_id", "reason"]].to_numpy().tolist() == [
        ["chen", "released"],
        ["sun", "absent"],
    ]
    with pytest.raises(RepairError, match="at least 1 "):
        RepairDesk(scenario, PUBLISHED).repair(Changes.of([("sun", "")]), at_most=0)


def test_a_pin_that_cannot_stand_alone_is_named():
    pins = pins_table(("chen", "haiwei", "evening", "patrol_guard", "fixed"))
    desk = RepairDesk(two_volunteers(pins=pins), PUBLISHED)
    with pytest.raises(RepairError, match="chen"):
        desk.repair(Changes.of([("li", "")]))


def test_tolerance_spares_people():
    desk = RepairDesk(two_volunteers(min_volunteers_per_post=1), PUBLISHED)
    changes = Changes.of([("sun", "")])
    assert [desk.repair(changes, tolerance=t).people for t in (0, 1, 2)] == [1, 1, 0]


def test_what_was_short_when_published_stays_as_it_is():
    """Liu is at home and a place was open all along: that is no matter of this repair."""
    roster = roster_table(
        ("li", "haiwei", "evening", "auxiliary"),
        ("chen", "haiwei", "evening", "patrol_guard"),
    )
    desk = RepairDesk(two_volunteers(min_volunteers_per_post=1), roster)
    assert desk.repair(Changes.of([("wang", "")])).people == 0


def test_nothing_to_do():
    found = RepairDesk(two_volunteers(), PUBLISHED).repair(Changes.of())
    assert found.people == 0
    assert found.moves().empty
    assert found.roster().equals(PUBLISHED.sort_values(list(PUBLISHED.columns), ignore_index=True))


def test_a_broken_roster_is_not_repaired_silently():
    with pytest.raises(RepairError, match="H6"):
        RepairDesk(two_volunteers(), PUBLISHED.iloc[1:])


@pytest.mark.parametrize("wish", [{"tolerance": -1}, {"at_most": -1}])
def test_wishes_are_checked(wish):
    with pytest.raises(RepairError, match=">= 0"):
        RepairDesk(two_volunteers(), PUBLISHED).repair(Changes.of(), **wish)


def test_short_shifts_inside_a_long_one_do_not_exclude_each_other():
    """A long shift overlaps both short ones, which one person may work one after the other."""
    scenario = tiny_scenario(
        shifts=shifts_table(
            ("early", "2026-11-27 08:00", "2026-11-27 10:00"),
            ("late", "2026-11-27 12:00", "2026-11-27 14:00"),
            ("long", "2026-11-27 07:00", "2026-11-27 16:00"),
        ),
        people=people_table(*({"person_id": who, "tier": "auxiliary"} for who in ("li", "wang"))),
        availability=availability_table(
            *((who, shift, 0) for who in ("li", "wang") for shift in ("early", "late", "long"))
        ),
        demand=demand_table(
            ("haiwei", "early", "auxiliary", (3,)), ("haiwei", "late", "auxiliary", (3,))
        ),
        min_rest_hours=1,
    )
    published = roster_table(
        ("li", "haiwei", "early", "auxiliary"), ("li", "haiwei", "late", "auxiliary")
    )
    found = RepairDesk(scenario, published).repair(Changes.of([("li", "")]))
    assert (found.people, found.weighted_unmet) == (1, 0)


def test_changes_by_hand():
    pins = pins_table(
        ("li", "haiwei", "evening", "auxiliary", "fixed"),
        ("sun", "haiwei", "evening", "patrol_guard", "forbidden"),
    )
    scenario = two_volunteers(pins=pins)
    changes = Changes.of(
        [("li", "evening"), ("sun", "")],
        [
            ("haiwei", "evening", "patrol_guard", (9, 2)),
            ("limin", "night", "auxiliary", (4,)),
        ],
    )
    assert sorted(absent_pairs(scenario, changes)) == [
        ("li", "evening"),
        *(("sun", shift) for shift in ("evening", "morning", "night")),
    ]
    changed, released = changed_scenario(scenario, changes)
    assert released["person_id"].tolist() == ["li"]
    assert ended_pins(scenario, changes).equals(released)
    assert changed.pins["kind"].tolist() == ["forbidden"]
    assert len(changed.availability) == len(scenario.availability) - 4
    demand = {tuple(row[:3]): row[3:] for row in changed.demand.itertuples(index=False)}
    assert demand["haiwei", "evening", "patrol_guard"] == (4, (9, 3, 2, 2))
    assert demand["limin", "night", "auxiliary"] == (1, (4,))


@settings(max_examples=portion(50), deadline=None)
@given(st.integers(0, 2**32))
def test_moves_lead_from_one_roster_to_the_other(seed):
    rng = random.Random(seed)

    def some_roster():
        rows = [
            (person, rng.choice("ab"), shift, rng.choice("xy"))
            for person in ("p", "q", "r")
            for shift in ("1", "2")
            if rng.random() < 0.6
        ]
        return roster_table(*rows)

    old, new = some_roster(), some_roster()
    moves = move_table(old, new, pd.MultiIndex.from_tuples([("p", "1")]))
    before = {(row[0], row[2]): (row[1], row[3]) for row in old.itertuples(index=False)}
    after = {(row[0], row[2]): (row[1], row[3]) for row in new.itertuples(index=False)}
    told = dict(before)
    for row in moves.itertuples(index=False):
        key = (row.person_id, row.shift_id)
        assert before.get(key, ("", "")) == (row.old_beat_id, row.old_role)
        told[key] = (row.new_beat_id, row.new_role)
    assert {key: value for key, value in told.items() if value != ("", "")} == after


def test_added_places_bring_their_supervisor_along():
    """A region that only looked at the added line would find nobody to supervise it."""
    scenario = tiny_scenario(
        demand=demand_table(("haiwei", "evening", "auxiliary", (1,))),
        people=people_table(
            {"person_id": "li", "tier": "auxiliary"},
            *({"person_id": who, "tier": "volunteer"} for who in ("chen", "sun")),
        ),
        availability=availability_table(
            *((who, "evening", 0) for who in ("li", "chen", "sun")),
        ),
    )
    desk = RepairDesk(scenario, roster_table())
    changes = Changes.of([], [("haiwei", "evening", "patrol_guard", (3, 3))])
    found = desk.repair(changes, growth=Growth(3, 20, 2, 2))
    assert (found.people, found.weighted_unmet) == (3, 0)


def test_one_person_who_can_recover_all_spoils_the_bound_of_two():
    """Two places are lost; the one at home could take both, so one is enough anywhere."""
    shifts = shifts_table(
        ("early", "2026-11-27 08:00", "2026-11-27 10:00"),
        ("late", "2026-11-27 12:00", "2026-11-27 14:00"),
    )
    names = ("li", "wang", "zhao")
    scenario = tiny_scenario(
        shifts=shifts,
        people=people_table(
            *({"person_id": who, "tier": "auxiliary", "max_shifts": 2} for who in names)
        ),
        availability=availability_table(
            *((who, shift, 0) for who in names for shift in ("early", "late"))
        ),
        demand=demand_table(
            ("haiwei", "early", "auxiliary", (3,)), ("haiwei", "late", "auxiliary", (3,))
        ),
        min_rest_hours=1,
    )
    published = roster_table(
        ("li", "haiwei", "early", "auxiliary"), ("li", "haiwei", "late", "auxiliary")
    )
    changes = Changes.of([("li", "")])
    kept = RepairDesk(scenario, published)._kept(changes)
    assert fewest_anywhere(kept, 0) == 1
    tired = replace(scenario, rules=replace(scenario.rules, min_rest_hours=0))
    rested = replace(
        tired,
        people=people_table(
            {"person_id": "li", "tier": "auxiliary", "max_shifts": 2},
            *({"person_id": who, "tier": "auxiliary", "max_shifts": 1} for who in names[1:]),
        ),
    )
    kept = RepairDesk(rested, published)._kept(changes)
    assert fewest_anywhere(kept, 0) == 2
    assert fewest_anywhere(kept, 3) == 1


def test_a_pinned_volunteer_gets_a_supervisor_at_any_price():
    """Li is worth far more elsewhere, but a pin holds Chen where Wang dropped out."""
    names = ("li", "wang")
    scenario = tiny_scenario(
        people=people_table(
            *({"person_id": who, "tier": "auxiliary"} for who in names),
            *({"person_id": who, "tier": "volunteer"} for who in ("chen", "sun")),
        ),
        availability=availability_table(*((who, "evening", 0) for who in (*names, "chen", "sun"))),
        demand=demand_table(
            ("haiwei", "evening", "auxiliary", (1,)),
            ("haiwei", "evening", "patrol_guard", (1, 1)),
            ("huasheng", "evening", "auxiliary", (900,)),
        ),
        pins=pins_table(("chen", "haiwei", "evening", "patrol_guard", "fixed")),
    )
    published = roster_table(
        ("wang", "haiwei", "evening", "auxiliary"),
        ("li", "huasheng", "evening", "auxiliary"),
        *((who, "haiwei", "evening", "patrol_guard") for who in ("chen", "sun")),
    )
    desk = RepairDesk(scenario, published)
    for growth in (None, Growth(2, 20, 2, 2), Growth(1, 20, 1, 1, group=1)):
        found = desk.repair(Changes.of([("wang", "")]), growth=growth)
        assert (found.people, found.weighted_unmet) == (1, 900)
