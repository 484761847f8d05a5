"""Tiny planning problems in two real neighbourhoods of Baotou, and random ones of any shape.

Three beats: Haiwei (海威) and Huasheng (华盛), a kilometre apart, are of the station Kunbei (昆北);
Limin (利民), eleven kilometres east, is of Wusutu (乌素图). Three shifts on a Friday: the morning
ends exactly eight hours before the evening begins; the evening overlaps the night, which ends on
Saturday. The points are near the real places; the people are made up.
"""

from __future__ import annotations

import random
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from dispatch.roster import ROSTER_COLUMNS
from dispatch.rules import Costs, Rules
from dispatch.scenario import Scenario

HAIWEI = (40.6720, 109.8200)
HUASHENG = (40.6720, 109.8318)
LIMIN = (40.6543, 109.9471)

Row = dict[str, Any]


def frame(rows: list[Row], dtypes: dict[str, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=list(dtypes))
    return table.astype({column: dtype for column, dtype in dtypes.items() if dtype != "tuple"})


def beats_table(*rows: Row) -> pd.DataFrame:
    texts = ("beat_id", "station_id", "sub_bureau_id", "name", "station_name", "sub_bureau_name")
    full = [
        {
            "sub_bureau_id": "kundulun",
            "name": row["beat_id"],
            "station_name": row["station_id"],
            "sub_bureau_name": "kundulun",
            **row,
        }
        for row in rows
    ]
    return frame(full, dict.fromkeys(texts, "str") | {"lat": "float64", "lng": "float64"})


def shifts_table(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """Make shifts from (id, start, end) in local time."""
    table = pd.DataFrame(rows, columns=["shift_id", "starts_at", "ends_at"])
    for column in ("starts_at", "ends_at"):
        local = pd.to_datetime(table[column]).dt.tz_localize("Asia/Shanghai")
        table[column] = local.dt.tz_convert("UTC").dt.as_unit("us")
    return table.astype({"shift_id": "str"})


def roles_table(*rows: Row) -> pd.DataFrame:
    full = [
        {"hazardous": False, "supervised": True, "professions": (), "qualifications": (), **row}
        for row in rows
    ]
    return frame(
        full,
        {
            "role": "str",
            "tier": "str",
            "hazardous": "bool",
            "supervised": "bool",
            "professions": "tuple",
            "qualifications": "tuple",
        },
    )


def people_table(*rows: Row) -> pd.DataFrame:
    full = [
        {
            "station_id": "kunbei",
            "profession": "other",
            "qualifications": (),
            "lat": HAIWEI[0],
            "lng": HAIWEI[1],
            "max_shifts": 5,
            "travel_limit_m": np.nan,
            "insured_until": "2026-12-31" if row["tier"] == "volunteer" else None,
            "show_up": 1.0,
            **row,
        }
        for row in rows
    ]
    return frame(
        full,
        {
            "person_id": "str",
            "tier": "str",
            "station_id": "str",
            "profession": "str",
            "qualifications": "tuple",
            "lng": "float64",
            "lat": "float64",
            "max_shifts": "int64",
            "travel_limit_m": "float64",
            "insured_until": "datetime64[s]",
            "show_up": "float64",
        },
    )


def availability_table(*rows: tuple[str, str, int]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["person_id", "shift_id", "dislike"])
    return table.astype({"person_id": "str", "shift_id": "str", "dislike": "int64"})


def demand_table(*rows: tuple[str, str, str, tuple[int, ...]]) -> pd.DataFrame:
    """Make demand lines from (beat, shift, role, weight of every place)."""
    full = [
        {
            "beat_id": beat,
            "shift_id": shift,
            "role": role,
            "required": len(weight),
            "weight": weight,
        }
        for beat, shift, role, weight in rows
    ]
    texts = dict.fromkeys(("beat_id", "shift_id", "role"), "str")
    return frame(full, texts | {"required": "int64", "weight": "tuple"})


def pins_table(*rows: tuple[str, str, str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[*ROSTER_COLUMNS, "kind"]).astype("str")


def roster_table(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(ROSTER_COLUMNS)).astype("str")


def cells_table() -> pd.DataFrame:
    return frame([], {"cell": "uint64", "beat_id": "str", "weight": "float64"})


BEATS = beats_table(
    {"beat_id": "haiwei", "station_id": "kunbei", "lat": HAIWEI[0], "lng": HAIWEI[1]},
    {"beat_id": "huasheng", "station_id": "kunbei", "lat": HUASHENG[0], "lng": HUASHENG[1]},
    {"beat_id": "limin", "station_id": "wusutu", "lat": LIMIN[0], "lng": LIMIN[1]},
)
SHIFTS = shifts_table(
    ("morning", "2026-11-27 07:00", "2026-11-27 11:00"),
    ("evening", "2026-11-27 19:00", "2026-11-27 23:00"),
    ("night", "2026-11-27 22:00", "2026-11-28 02:00"),
)
ROLES = roles_table(
    {"role": "officer", "tier": "officer"},
    {"role": "auxiliary", "tier": "auxiliary"},
    {"role": "responder", "tier": "auxiliary", "hazardous": True, "qualifications": ("shield",)},
    {"role": "patrol_guard", "tier": "volunteer"},
    {
        "role": "mediator",
        "tier": "volunteer",
        "professions": ("lawyer",),
        "qualifications": ("mediation",),
    },
    {"role": "school_guard", "tier": "volunteer", "supervised": False},
    {"role": "fire_fighter", "tier": "volunteer", "hazardous": True},
)
PEOPLE = people_table(
    {"person_id": "wang", "tier": "officer"},
    {"person_id": "li", "tier": "auxiliary", "qualifications": ("shield", "first_aid")},
    {"person_id": "zhao", "tier": "auxiliary", "station_id": "wusutu"},
    {"person_id": "chen", "tier": "volunteer", "profession": "lawyer"},
    {"person_id": "liu", "tier": "volunteer", "qualifications": ("mediation",)},
    {"person_id": "sun", "tier": "volunteer", "profession": "delivery_rider"},
)
AVAILABILITY = availability_table(
    *((person, shift, 0) for person in PEOPLE["person_id"] for shift in SHIFTS["shift_id"])
)
DEMAND = demand_table(
    ("haiwei", "morning", "school_guard", (4, 3)),
    ("haiwei", "evening", "auxiliary", (5,)),
    ("haiwei", "evening", "patrol_guard", (3, 2, 1)),
    ("haiwei", "evening", "mediator", (2,)),
    ("huasheng", "evening", "officer", (6,)),
    ("huasheng", "evening", "patrol_guard", (2, 2)),
    ("huasheng", "night", "responder", (7,)),
    ("limin", "night", "auxiliary", (5, 1)),
    ("limin", "night", "patrol_guard", (1, 1)),
)


def tiny_scenario(**changes: Any) -> Scenario:
    """Make the tiny city; ``changes`` replace tables, rules or costs by name."""
    rules = {f.name: changes.pop(f.name) for f in fields(Rules) if f.name in changes}
    costs = {f.name: changes.pop(f.name) for f in fields(Costs) if f.name in changes}
    scenario = Scenario(
        name="Kunbei and Wusutu",
        timezone="Asia/Shanghai",
        cell_resolution=9,
        rules=Rules(**rules),
        costs=Costs(**costs),
        beats=BEATS,
        cells=cells_table(),
        shifts=SHIFTS,
        roles=ROLES,
        people=PEOPLE,
        availability=AVAILABILITY,
        demand=DEMAND,
        pins=pins_table(),
    )
    return replace(scenario, **changes)


def change_person(scenario: Scenario, person_id: str, **values: Any) -> Scenario:
    """Make the same scenario with other facts about one person."""
    people = [
        row | values if row["person_id"] == person_id else row
        for row in scenario.people.to_dict("records")
    ]
    return replace(scenario, people=people_table(*people))


def random_scenario(
    seed: int, *, people: int = 6, beats: int = 3, shifts: int = 4, stations: int = 2
) -> Scenario:
    """Make a valid scenario without pins: of everything at most so many, and odd rules."""
    rng = random.Random(seed)
    owners = ["kunbei", "wusutu"][:stations]
    places = [
        {
            "beat_id": name,
            "station_id": rng.choice(owners),
            "lat": 40.67 + rng.randint(0, 20) / 1000,
            "lng": 109.82 + rng.randint(0, 20) / 1000,
        }
        for name in ["haiwei", "huasheng", "fanqie"][:beats]
    ]
    times = []
    for number in range(shifts):
        start = pd.Timestamp("2026-11-27") + pd.Timedelta(hours=rng.randint(0, 40))
        length = pd.Timedelta(hours=rng.choice([2, 4, 8]))
        times.append((f"shift-{number}", str(start), str(start + length)))
    roles = [
        {"role": "officer", "tier": "officer"},
        {"role": "auxiliary", "tier": "auxiliary", "hazardous": rng.random() < 0.3},
        {"role": "patrol_guard", "tier": "volunteer"},
        {"role": "school_guard", "tier": "volunteer", "supervised": False},
        {
            "role": "mediator",
            "tier": "volunteer",
            "professions": rng.choice([(), ("lawyer",)]),
            "qualifications": rng.choice([(), ("mediation",), ("mediation", "first_aid")]),
            "supervised": rng.random() < 0.5,
        },
        {"role": "fire_fighter", "tier": "volunteer", "hazardous": True},
    ]
    demand = [
        (beat["beat_id"], shift[0], role["role"], _weights(rng))
        for beat in places
        for shift in times
        for role in roles
        if rng.random() < (0.1 if role["role"] == "fire_fighter" else 0.5)
    ]
    persons = [
        {
            "person_id": f"person-{number}",
            "tier": rng.choice(["officer", "auxiliary", "volunteer", "volunteer", "volunteer"]),
            "station_id": rng.choice(owners),
            "profession": rng.choice(["other", "lawyer", "teacher"]),
            "qualifications": rng.choice([(), ("mediation",), ("driving", "first_aid")]),
            "lat": 40.67 + rng.randint(0, 20) / 1000,
            "lng": 109.82 + rng.randint(0, 20) / 1000,
            "max_shifts": rng.choice([0, 1, 1, 2, 3]),
            "travel_limit_m": rng.choice([np.nan, np.nan, 500.0, 1500.0, 4000.0]),
            "insured_until": rng.choice([None, "2026-11-27", "2026-11-28", "2027-01-01"]),
        }
        for number in range(people)
    ]
    availability = [
        (person["person_id"], shift[0], rng.choice([0, 0, 0, 7, 300]))
        for person in persons
        for shift in times
        if rng.random() < 0.8
    ]
    return tiny_scenario(
        beats=beats_table(*places),
        shifts=shifts_table(*times),
        roles=roles_table(*roles),
        people=people_table(*persons),
        availability=availability_table(*availability),
        demand=demand_table(*demand),
        min_rest_hours=rng.choice([0, 2, 8, 12]),
        volunteers_per_supervisor=rng.randint(1, 3),
        min_volunteers_per_post=rng.randint(0, 3),
        travel_factor=rng.choice([1.0, 1.3]),
        volunteer_travel_limit_m=rng.choice([800, 3000]),
        unmet=rng.choice([1, 20, 10_000]),
        travel_per_100m=rng.randint(0, 2),
        extra_shift=rng.choice([(0,), (0, 20, 60), (5, 5, 400)]),
    )


def _weights(rng: random.Random) -> tuple[int, ...]:
    return tuple(sorted((rng.randint(1, 5) for _ in range(rng.randint(0, 3))), reverse=True))


def any_roster(rng: random.Random, scenario: Scenario) -> pd.DataFrame:
    """Make rows of known ids that may break every rule, mostly on demand lines."""
    rows = []
    if len(scenario.people):
        for _ in range(rng.randint(0, 8)):
            person = rng.choice(scenario.people["person_id"].tolist())
            if len(scenario.demand) and rng.random() < 0.8:
                line = scenario.demand.iloc[rng.randrange(len(scenario.demand))]
                rows.append((person, line["beat_id"], line["shift_id"], line["role"]))
            else:
                rows.append(
                    (
                        person,
                        rng.choice(scenario.beats["beat_id"].tolist()),
                        rng.choice(scenario.shifts["shift_id"].tolist()),
                        rng.choice(scenario.roles["role"].tolist()),
                    )
                )
            if rng.random() < 0.1:
                rows.append(rows[-1])
    return roster_table(*rows)


def scenarios(people: int = 6) -> st.SearchStrategy[Scenario]:
    """Draw random scenarios, which Hypothesis shrinks to the fewest people, beats and shifts."""
    return st.builds(
        random_scenario,
        st.integers(0, 2**32),
        people=st.integers(0, people),
        beats=st.integers(1, 3),
        shifts=st.integers(1, 4),
        stations=st.integers(1, 2),
    )
