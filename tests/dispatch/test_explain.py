from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import naive_check, random_roster, with_pins
from portions import portion
from rule_breakers import CHEN, LI, LINES, LIU, SUN, base, person
from tiny_city import (
    HUASHENG,
    availability_table,
    demand_table,
    pins_table,
    roster_table,
    scenarios,
    tiny_scenario,
)

from dispatch.explain import explain
from dispatch.explain_people import People
from dispatch.explain_words import PEOPLE, RULES, TEXTS, ExplainWords
from dispatch.remedy_search import Survey
from dispatch.remedy_trial import try_rows
from dispatch.rules import Tier
from grid.errors import ScenarioError

FULL = roster_table(LI, CHEN, SUN)
PATROL = ("haiwei", "evening", "patrol_guard")


def why_not(scenario, roster, who, role="patrol_guard"):
    found = explain(scenario, roster, beat="haiwei", shift="evening", role=role, person=who)
    (reason,) = found.person
    return reason


def in_words(scenario, reason, language="en"):
    return ExplainWords(scenario, language, {}).person(reason)


def rows_of(table):
    return set(table.itertuples(index=False, name=None))


# why not this person: the first rule that fails, with its numbers


@pytest.mark.parametrize(
    ("scenario", "who", "reason", "text"),
    [
        (base(), "wang", "tier", "the place is for volunteer tier, this person is officer tier"),
        (
            person("liu", lng=HUASHENG[1], travel_limit_m=700),
            "liu",
            "too_far",
            "too far, 1,294 m > the limit of 700 m",
        ),
        (person("liu", insured_until=None), "liu", "never_insured", "ends on 2026-11-27"),
        (
            person("liu", insured_until="2026-11-26"),
            "liu",
            "insured_until",
            "insured until 2026-11-26 only, the shift ends on 2026-11-27",
        ),
        (base(), "liu", "unavailable", "not available for this shift"),
    ],
)
def test_the_first_rule_that_fails(scenario, who, reason, text):
    found = why_not(scenario, FULL, who)
    assert found.reason == reason
    assert text in in_words(scenario, found)


def test_who_is_not_qualified_hears_what_is_wanted():
    found = why_not(base(), FULL, "sun", "mediator")
    assert (found.reason, found.facts["qualifications"]) == ("unqualified", ["mediation"])
    assert in_words(base(), found) == (
        "sun: not qualified; mediator wants one of the professions lawyer, or one of the "
        "qualifications mediation; profession of this person: delivery_rider"
    )


def test_staff_of_another_station():
    found = why_not(tiny_scenario(), roster_table(), "zhao", "auxiliary")
    assert (found.reason, found.facts["wanted"]) == ("station", "kunbei")


def with_liu(*lines, **changes):
    """Liu can come in the evening, too."""
    return tiny_scenario(demand=demand_table(*LINES, *lines), **changes)


def test_a_free_person_is_dearer_than_the_one_who_is_there():
    scenario = person("liu", with_liu(), lng=HUASHENG[1])
    found = why_not(scenario, FULL, "liu")
    assert (found.reason, found.facts["delta"], found.facts["instead_of"]) == ("dearer", 13, "sun")


def test_somebody_needed_elsewhere_would_have_to_leave():
    scenario = with_liu(("huasheng", "evening", "patrol_guard", (5,)), min_volunteers_per_post=1)
    demand = demand_table(
        ("huasheng", "evening", "officer", (1,)),
        ("huasheng", "evening", "patrol_guard", (5,)),
        ("haiwei", "evening", "auxiliary", (3,)),
        ("haiwei", "evening", "patrol_guard", (2,)),
    )
    scenario = replace(scenario, demand=demand)
    roster = roster_table(
        LI,
        ("wang", "huasheng", "evening", "officer"),
        ("liu", "huasheng", "evening", "patrol_guard"),
    )
    available = scenario.availability
    only = available[~available["person_id"].isin(["chen", "sun"])].reset_index(drop=True)
    found = why_not(replace(scenario, availability=only), roster, "liu")
    assert found.reason == "needed_there"
    assert found.facts == {
        "delta": 30_000 - 13,
        "leaves": ("huasheng", "evening", "patrol_guard"),
    }
    assert in_words(scenario, found) == (
        "liu: would have to leave the patrol_guard place at huasheng, where more would be lost: "
        "objective +29,987"
    )


def test_a_pin_that_forbids():
    scenario = with_liu(pins=pins_table(("liu", *PATROL, "forbidden")))
    assert why_not(scenario, FULL, "liu").reason == "barred"


def test_coming_alone_breaks_company():
    scenario = tiny_scenario(
        demand=demand_table(
            ("haiwei", "evening", "auxiliary", (3,)), ("haiwei", "evening", "patrol_guard", (2, 2))
        )
    )
    found = why_not(scenario, roster_table(LI), "sun")
    assert (found.reason, found.facts["rules"]) == ("breaks", ["H7"])
    assert "H7" in in_words(scenario, found)


def test_a_plan_that_can_be_improved_is_told():
    found = why_not(base(), roster_table(LI, CHEN, LIU)[:0], "li", "auxiliary")
    assert (found.reason, found.facts["delta"]) == ("would_pay", -30_000)


# why this person


def why(scenario, roster, who, line):
    people = People(Survey.of(scenario, roster), roster)
    return people.why_not(people.row_of[who], people.survey.keys.index(line))


def test_the_only_one_who_could_come():
    scenario = base()  # without Liu
    found = why(scenario, FULL, "chen", ("haiwei", "evening", "mediator"))
    assert (found.assigned, found.reason) == (True, "only")


def test_the_nearest_and_the_one_passed_over():
    scenario = person("liu", with_liu(), lng=HUASHENG[1])
    assert why(scenario, FULL, "sun", PATROL).reason == "nearest"
    further = person("sun", scenario, lng=HUASHENG[1])
    further = person("liu", further, max_shifts=1)
    night = ("haiwei", "morning", "school_guard", (2, 2))
    further = replace(further, demand=demand_table(*LINES, night))
    at_school = [("liu", *night[:3]), ("chen", *night[:3])]
    near = person("liu", further, lng=109.82)
    found = why(near, roster_table(LI, CHEN, SUN, *at_school), "sun", PATROL)
    assert found.reason == "passed_over"
    assert {k: found.facts[k] for k in ("nearer", "on_shift", "limit", "free")} == {
        "nearer": 2,
        "on_shift": 1,
        "limit": 1,
        "free": 0,
    }
    assert in_words(near, found, "zh") == (
        "sun（1,294 米）：能来的 3 人中有 2 人更近：1 人该班已在岗，1 人已排满班数"
    )


def test_a_pin_and_a_better_swap():
    scenario = with_liu(pins=pins_table((*SUN, "fixed")))
    assert why(scenario, FULL, "sun", PATROL).reason == "pinned"
    dear = with_liu(
        availability=availability_table(
            *((who, "evening", 50 * (who == "sun")) for who in ("li", "chen", "sun", "liu"))
        )
    )
    found = why(dear, FULL, "sun", PATROL)
    assert (found.reason, found.facts["other"], found.facts["more"]) == ("swap_pays", "liu", -50)


@settings(max_examples=portion(10), deadline=None)
@given(scenarios(people=8), st.integers(0, 2**32))
def test_every_reason_holds_when_it_is_applied(scenario, seed):
    """A naive count agrees with each rule, each number and each difference that is told."""
    scenario = with_pins(scenario, random.Random(seed))
    roster = random_roster(scenario, random.Random(seed))
    people = People(Survey.of(scenario, roster), roster)
    before, objective = naive_check(scenario, roster)
    rng = random.Random(seed)
    lines = [n for n, weight in enumerate(scenario.demand["weight"]) if weight]
    for line in rng.sample(lines, min(3, len(lines))):
        key = people.survey.keys[line]
        for who, row in people.row_of.items():
            told = people.why_not(row, line)
            assert told.reason in PEOPLE
            for language in ("zh", "en"):
                assert who in in_words(scenario, told, language)
            if told.assigned:
                assert (who, *key) in rows_of(roster)
                continue
            facts = told.facts
            gone = {(facts["instead_of"], *key)} if "instead_of" in facts else set()
            gone |= {(who, *facts["leaves"])} if "leaves" in facts else set()
            come = {(who, *key)}
            come |= {(facts["relieved_by"], *facts["leaves"])} if "relieved_by" in facts else set()
            after = roster_table(*((rows_of(roster) - gone) | come))
            broken, cost = naive_check(scenario, after)
            worse = {rule for rule, n in broken.items() if n > before[rule]}
            if "delta" in facts:
                assert (cost - objective, worse) == (facts["delta"], set())
            else:
                assert worse & set(facts.get("rules", broken))


# a whole post


def test_a_short_line_tells_its_reasons_and_remedies():
    scenario = base(min_volunteers_per_post=1)
    found = explain(scenario, roster_table(LI, CHEN), beat="haiwei", shift="evening")
    stories = {story.line[2]: story for story in found.lines}
    assert [stories[role].missing for role in ("auxiliary", "mediator", "patrol_guard")] == [
        0,
        0,
        1,
    ]
    short = stories["patrol_guard"]
    assert short.cause == "trade"
    best = short.remedies[0]
    assert (best.remedy.kinds, best.delta) == (("add",), -20_000)
    text = [line for _, line in ExplainWords(scenario, "en", {}).lines(found)]
    assert "patrol_guard: 1 of 1 missing (weight 2)" in text
    assert any(line.startswith("Cheapest remedy: sun is free") for line in text)


@settings(max_examples=4, deadline=None)
@given(scenarios(people=9), st.integers(0, 2**32))
def test_every_post_can_be_explained_in_both_languages(scenario, seed):
    scenario = with_pins(scenario, random.Random(seed))
    roster = random_roster(scenario, random.Random(seed))
    wanted = scenario.demand[scenario.demand["required"] > 0]
    posts = sorted(set(zip(wanted["beat_id"], wanted["shift_id"], strict=True)))
    for beat, shift in posts[:2]:
        found = explain(scenario, roster, beat=beat, shift=shift)
        for language in ("zh", "en"):
            for _, line in ExplainWords(scenario, language, {}).lines(found):
                assert line
                assert "{" not in line


def test_both_languages_have_every_sentence():
    for sentences in (*PEOPLE.values(), *RULES.values(), *TEXTS.values()):
        assert set(sentences) == {"zh", "en"}
    assert {tier.value for tier in Tier} == {"officer", "auxiliary", "volunteer"}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"beat": "x", "shift": "evening"}, "Expected a beat of the scenario, got 'x'."),
        ({"beat": "limin", "shift": "evening"}, "Expected a post with demand, got limin evening."),
        (
            {"beat": "haiwei", "shift": "evening", "role": "officer"},
            "Expected a role that haiwei evening wants (auxiliary, mediator, patrol_guard), "
            "got officer.",
        ),
        (
            {"beat": "haiwei", "shift": "evening", "person": "nobody"},
            "Expected a person of the scenario, got 'nobody'.",
        ),
    ],
)
def test_what_is_not_there_is_named(asked, message):
    with pytest.raises(ScenarioError) as error:
        explain(base(), FULL, **asked)
    assert str(error.value) == message


def test_a_roster_that_breaks_a_rule_is_not_explained():
    with pytest.raises(ScenarioError, match="breaks H6 × 1"):
        explain(base(without="li"), roster_table(CHEN, SUN), beat="haiwei", shift="evening")


def test_a_trial_looks_at_all_that_is_touched():
    """Taking the only supervisor away is seen, though his row alone is named."""
    trial = try_rows(base(), FULL, [LI], [])
    assert trial.broken == ("H6",)
    assert trial.delta == 30_000
