"""For each rule H1-H9 the smallest rosters that break it, and it alone.

The base is one evening in Haiwei: the auxiliary Li, the lawyer Chen as mediator and the rider Sun
on patrol fill the whole demand. Each case changes one thing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tiny_city import (
    AVAILABILITY,
    HUASHENG,
    change_person,
    demand_table,
    pins_table,
    roster_table,
    tiny_scenario,
)

if TYPE_CHECKING:
    import pandas as pd

    from dispatch.scenario import Scenario

LI = ("li", "haiwei", "evening", "auxiliary")
CHEN = ("chen", "haiwei", "evening", "mediator")
SUN = ("sun", "haiwei", "evening", "patrol_guard")
LIU = ("liu", "haiwei", "evening", "mediator")
LINES = (
    ("haiwei", "evening", "auxiliary", (3,)),
    ("haiwei", "evening", "mediator", (2,)),
    ("haiwei", "evening", "patrol_guard", (2,)),
)
SUN_AT_HUASHENG_M = 1293.718  # great circle from Huasheng to Haiwei, 995.168 m, times 1.3


@dataclass(frozen=True)
class Case:
    """A roster that breaks one rule ``times`` times; ``pays`` where breaking it saves costs."""

    name: str
    rule: str
    scenario: Scenario
    roster: pd.DataFrame
    times: int = 1
    pays: bool = True


def base(*extra_lines: tuple[Any, ...], without: str = "", **changes: Any) -> Scenario:
    """Make the base with more demand lines or other rules, and without one of its volunteers."""
    available = AVAILABILITY[~AVAILABILITY["person_id"].isin(["liu", without])]
    tables = {"availability": available.reset_index(drop=True)}
    return tiny_scenario(**(tables | {"demand": demand_table(*LINES, *extra_lines)} | changes))


def case(name: str, scenario: Scenario, *rows: tuple[str, ...], **kwargs: Any) -> Case:
    return Case(name, name[:2], scenario, roster_table(*(rows or (LI, CHEN, SUN))), **kwargs)


def person(name: str, scenario: Scenario | None = None, **values: Any) -> Scenario:
    return change_person(scenario or base(), name, **values)


SCHOOL = ("haiwei", "morning", "school_guard", (2, 2))
NIGHT = ("haiwei", "night", "patrol_guard", (2, 2)), ("haiwei", "night", "auxiliary", (2,))
AT_SCHOOL = tuple((who, "haiwei", "morning", "school_guard") for who in ("chen", "sun"))
BY_NIGHT = (
    ("li", "haiwei", "night", "auxiliary"),
    ("chen", "haiwei", "night", "patrol_guard"),
    ("sun", "haiwei", "night", "patrol_guard"),
)

CASES = (
    case("H1 not available", base(without="sun")),
    case("H2 neither the profession nor a qualification", person("chen", profession="teacher")),
    case("H2 an officer as auxiliary", person("li", tier="officer")),
    case(
        "H3 rests for too short",
        base(SCHOOL, min_rest_hours=8.01),
        LI,
        CHEN,
        SUN,
        *AT_SCHOOL,
        times=2,
    ),
    case("H3 shifts overlap", base(*NIGHT, min_rest_hours=0), LI, CHEN, SUN, *BY_NIGHT, times=3),
    case(
        "H3 two posts in one shift",
        base(("huasheng", "evening", "auxiliary", (1,))),
        *(LI, CHEN, SUN),
        ("li", "huasheng", "evening", "auxiliary"),
    ),
    case(
        "H4 more shifts than wanted",
        person("sun", base(SCHOOL), max_shifts=1),
        LI,
        CHEN,
        SUN,
        *AT_SCHOOL,
    ),
    case("H4 wants no shift", person("sun", max_shifts=0)),
    case("H5 too far", person("sun", lng=HUASHENG[1], travel_limit_m=SUN_AT_HUASHENG_M - 0.01)),
    case(
        "H5 further than the default",
        person("sun", base(volunteer_travel_limit_m=1000), lng=HUASHENG[1]),
    ),
    case("H5 an auxiliary of another station", person("li", station_id="wusutu")),
    case("H6 more than a supervisor leads", base(volunteers_per_supervisor=1)),
    case("H6 no supervisor", base(without="li"), CHEN, SUN),
    case("H7 alone", base(without="chen"), LI, SUN),
    case("H7 two where three are wanted", base(min_volunteers_per_post=3)),
    case("H8 never insured", person("sun", insured_until=None)),
    case("H8 insured until the day before", person("sun", insured_until="2026-11-26")),
    case(
        "H8 insured when the shift begins, not when it ends",
        person("sun", base(demand=demand_table(*NIGHT)), insured_until="2026-11-27"),
        *BY_NIGHT,
    ),
    case(
        "H8 hazardous",
        base(("haiwei", "evening", "fire_fighter", (9,)), without="liu"),
        *(LI, CHEN, ("sun", "haiwei", "evening", "fire_fighter")),
    ),
    case(
        "H9 no such line",
        base(),
        LI,
        CHEN,
        SUN,
        ("wang", "haiwei", "evening", "officer"),
        pays=False,
    ),
    case(
        "H9 beyond required",
        tiny_scenario(demand=demand_table(*LINES)),
        LI,
        CHEN,
        SUN,
        LIU,
        pays=False,
    ),
    case("H9 there twice", base(), LI, CHEN, SUN, SUN, pays=False),
    case(
        "H9 a fixed pin is missing",
        base(
            ("huasheng", "evening", "auxiliary", (1,)),
            pins=pins_table(("li", "huasheng", "evening", "auxiliary", "fixed")),
        ),
    ),
    case("H9 a forbidden pin is there", base(pins=pins_table((*SUN, "forbidden")))),
)
"""Each breaks the rule that its name begins with."""
