"""The independent checker: which of the rules H1-H9 a roster breaks, and what it costs.

It reads the scenario's tables as they are and shares no code with the planner, so that neither
can inherit the other's mistake. What counts as one violation:

====  ===========================================================================================
rule  one violation is
====  ===========================================================================================
H1    an assignment for a shift at which the person is not available
H2    an assignment in a role of another tier, or that the person may not fill
H3    two assignments of a person, next to each other in time order, with too little rest between
      (so also two posts in one shift, and shifts that overlap)
H4    a person with more than ``max_shifts`` assignments
H5    an assignment out of the volunteer's travel limit, or off the officer's or auxiliary's station
H6    a post with more volunteers in supervised roles than its supervisors may lead
H7    a post with volunteers, but fewer than ``min_volunteers_per_post``
H8    an assignment of a volunteer not insured on the local date on which the shift ends; an
      assignment of a volunteer in a hazardous role
H9    an assignment off every demand line; beyond ``required``; a row that stands there already;
      a fixed pin that is missing; a forbidden pin that is there
====  ===========================================================================================

A row that stands there already counts under H9 and nowhere else: everything else, the objective
included, is of the distinct rows. Tiers are the persons', not the roles'.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from dispatch.roster import ROSTER_COLUMNS
from dispatch.rules import Tier
from dispatch.wording import VIOLATIONS, Language
from grid.errors import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from dispatch.rules import Costs
    from dispatch.scenario import Scenario

EARTH_RADIUS_M: Final = 6_371_008.8
RULES: Final = ("H1", "H2", "H3", "H4", "H5", "H6", "H7", "H8", "H9")
ROSTER: Final = list(ROSTER_COLUMNS)
LINE: Final = ["beat_id", "shift_id", "role"]
POST: Final = ["beat_id", "shift_id"]
_PERSON: Final = [
    *("tier", "station_id", "profession", "qualifications", "lat", "lng"),
    *("max_shifts", "travel_limit_m", "insured_until"),
]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What the checker found.

    Attributes
    ----------
    objective : int
        Cost of the roster: unmet, travel, fairness and dislike together.
    weighted_unmet, unmet : int
        Sum of the weights of the unfilled places, and their number.
    travel_cost, fairness_cost, dislike_cost : int
        The other parts of the objective.
    assigned : int
        Number of distinct rows.
    violations : dict
        Rule → number of violations; every rule is there.
    details : DataFrame
        ``rule``, ``row`` (position in the roster from 0; -1 where it is not about one row) and
        ``detail`` in words, at most the wanted number for each kind of violation.
    """

    objective: int
    weighted_unmet: int
    unmet: int
    travel_cost: int
    fairness_cost: int
    dislike_cost: int
    assigned: int
    violations: dict[str, int]
    details: pd.DataFrame = field(compare=False, repr=False)

    @property
    def ok(self) -> bool:
        """Whether no rule is broken."""
        return not any(self.violations.values())


def check(
    scenario: Scenario, roster: pd.DataFrame, *, details: int = 20, language: Language = "en"
) -> CheckReport:
    """Check a roster against H1-H9 and count what it costs.

    Parameters
    ----------
    scenario : Scenario
        The planning problem.
    roster : DataFrame
        ``person_id, beat_id, shift_id, role``, any rows of known ids in any order.
    details : int
        How many violations of each kind to put into words.
    language : {"en", "zh"}
        Of those words.

    Raises
    ------
    ScenarioError
        A column is missing, or an id is not of the scenario.
    """
    facts = _Facts.of(scenario, roster)
    counts = dict.fromkeys(RULES, 0)
    found: list[tuple[str, int, str]] = []
    for rule, kind, find in _KINDS:
        broken = find(facts)
        counts[rule] += len(broken)
        if len(broken):
            found += _in_words(broken.head(details), rule, VIOLATIONS[kind][language])
    weighted_unmet, unmet = _unmet(facts)
    travel = _travel(facts)
    fairness = _fairness(facts.rows, scenario.costs)
    dislike = int(facts.rows["dislike"].sum())
    return CheckReport(
        objective=scenario.costs.unmet * weighted_unmet + travel + fairness + dislike,
        weighted_unmet=weighted_unmet,
        unmet=unmet,
        travel_cost=travel,
        fairness_cost=fairness,
        dislike_cost=dislike,
        assigned=len(facts.rows),
        violations=counts,
        details=pd.DataFrame(found, columns=["rule", "row", "detail"]),
    )


def _in_words(broken: pd.DataFrame, rule: str, sentence: str) -> Iterator[tuple[str, int, str]]:
    for record in broken.to_dict("records"):
        yield rule, int(record.get("row", -1)), sentence.format_map(record)


# what the rules look at


@dataclass(frozen=True, slots=True)
class _Facts:
    """A roster joined with everything the scenario says of its people, places, times and roles.

    Attributes
    ----------
    roster : DataFrame
        All rows as given, with their position ``row``.
    rows : DataFrame
        The distinct ones among them, joined.
    posts : DataFrame
        ``beat_id, shift_id, volunteers, supervised, supervisors``: head counts of every post
        that has anybody.
    """

    scenario: Scenario
    roster: pd.DataFrame
    rows: pd.DataFrame
    posts: pd.DataFrame

    @classmethod
    def of(cls, scenario: Scenario, roster: pd.DataFrame) -> _Facts:
        missing = [column for column in ROSTER if column not in roster]
        if missing:
            raise ScenarioError(f"Expected the roster's columns {ROSTER}, {missing} are missing.")
        given = roster[ROSTER].reset_index(drop=True)
        given["row"] = np.arange(len(given))
        rows = _join(scenario, given, ~given.duplicated(ROSTER).to_numpy())
        return cls(scenario, given, rows, _posts(rows))


def _join(scenario: Scenario, roster: pd.DataFrame, keep: NDArray[np.bool_]) -> pd.DataFrame:
    """Join the kept rows with people, beats, shifts, roles, availability and demand."""
    beats = scenario.beats.rename(
        columns={"station_id": "beat_station_id", "lat": "beat_lat", "lng": "beat_lng"}
    )
    rows = pd.concat(
        [
            roster,
            _found(scenario.people, roster, "person_id", _PERSON),
            _found(beats, roster, "beat_id", ["beat_station_id", "beat_lat", "beat_lng"]),
            _found(scenario.shifts, roster, "shift_id", ["starts_at", "ends_at"]),
            _found(scenario.roles, roster, "role", ["hazardous", "supervised"]),
        ],
        axis="columns",
    )
    available = scenario.availability[["person_id", "shift_id", "dislike"]]
    demand = scenario.demand[[*LINE, "required"]]
    rows = (
        rows[keep]
        .merge(available, how="left", on=["person_id", "shift_id"], validate="m:1")
        .merge(demand, how="left", on=LINE, validate="m:1")
    )
    rules = scenario.rules
    ends_at = rows["ends_at"].dt.tz_convert(scenario.timezone)
    return rows.assign(
        available=rows["dislike"].notna(),
        dislike=rows["dislike"].fillna(0).astype("int64"),
        is_volunteer=rows["tier"] == Tier.VOLUNTEER,
        distance_m=_great_circle_m(rows) * rules.travel_factor,
        limit_m=rows["travel_limit_m"].fillna(rules.volunteer_travel_limit_m),
        ends_on=ends_at.dt.tz_localize(None).dt.normalize(),
    )


def _found(table: pd.DataFrame, roster: pd.DataFrame, key: str, columns: list[str]) -> pd.DataFrame:
    """Take some columns of the rows of `table` that the roster names."""
    at = pd.Index(table[key]).get_indexer(pd.Index(roster[key]))
    if (at < 0).any():
        row = int(np.argmin(at))
        raise ScenarioError(
            f"Expected a known {key} in row {row} of the roster, got {roster[key].iloc[row]!r}."
        )
    return table[columns].take(at).set_axis(roster.index)


def _great_circle_m(rows: pd.DataFrame) -> NDArray[np.float64]:
    """Haversine distance between each person's point and the beat's, in metres."""
    lat1, lng1, lat2, lng2 = (
        np.radians(rows[column].to_numpy(np.float64))
        for column in ("lat", "lng", "beat_lat", "beat_lng")
    )
    h = (
        np.sin((lat2 - lat1) / 2) ** 2
        + np.cos(lat1) * np.cos(lat2) * np.sin((lng2 - lng1) / 2) ** 2
    )
    metres: NDArray[np.float64] = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(h, 1.0)))
    return metres


def _posts(rows: pd.DataFrame) -> pd.DataFrame:
    heads = rows.assign(
        volunteers=rows["is_volunteer"],
        supervised=rows["is_volunteer"] & rows["supervised"],
        supervisors=~rows["is_volunteer"],
    )
    counts = heads.groupby(POST)[["volunteers", "supervised", "supervisors"]].sum()
    return counts.astype("int64").reset_index()


# the rules: each returns one row for each violation


def _h1_unavailable(facts: _Facts) -> pd.DataFrame:
    return facts.rows[~facts.rows["available"]]


def _h2_unqualified(facts: _Facts) -> pd.DataFrame:
    roles = {role["role"]: role for role in facts.scenario.roles.to_dict("records")}

    @cache
    def may(role: str, tier: str, profession: str, qualifications: tuple[str, ...]) -> bool:
        wanted = roles[role]
        anybody = not wanted["professions"] and not wanted["qualifications"]
        return tier == wanted["tier"] and (
            anybody
            or profession in wanted["professions"]
            or not set(qualifications).isdisjoint(wanted["qualifications"])
        )

    rows = facts.rows
    columns = (rows[name].tolist() for name in ("role", "tier", "profession", "qualifications"))
    return rows[np.array([not may(*row) for row in zip(*columns, strict=True)], np.bool_)]


def _h3_rest(facts: _Facts) -> pd.DataFrame:
    rows = facts.rows.sort_values(["person_id", "starts_at", "ends_at", "row"])
    previous = rows.groupby("person_id")[["shift_id", "ends_at"]].shift()
    rest = rows["starts_at"] - previous["ends_at"]  # NaT, hence never too short, for the first
    rows = rows.assign(
        previous_shift_id=previous["shift_id"], rest_hours=rest.dt.total_seconds() / 3600
    )
    return rows[rest < pd.Timedelta(hours=facts.scenario.rules.min_rest_hours)]


def _h4_limit(facts: _Facts) -> pd.DataFrame:
    persons = facts.rows.groupby("person_id", as_index=False).agg(
        num_shifts=("row", "size"), max_shifts=("max_shifts", "first")
    )
    return persons[persons["num_shifts"] > persons["max_shifts"]]


def _h5_too_far(facts: _Facts) -> pd.DataFrame:
    rows = facts.rows
    return rows[rows["is_volunteer"] & (rows["distance_m"] > rows["limit_m"])]


def _h5_other_station(facts: _Facts) -> pd.DataFrame:
    rows = facts.rows
    return rows[~rows["is_volunteer"] & (rows["station_id"] != rows["beat_station_id"])]


def _h6_supervision(facts: _Facts) -> pd.DataFrame:
    posts = facts.posts
    seats = facts.scenario.rules.volunteers_per_supervisor * posts["supervisors"]
    return posts[posts["supervised"] > seats]


def _h7_together(facts: _Facts) -> pd.DataFrame:
    volunteers = facts.posts["volunteers"]
    least = facts.scenario.rules.min_volunteers_per_post
    return facts.posts[(volunteers > 0) & (volunteers < least)]


def _h8_uninsured(facts: _Facts) -> pd.DataFrame:
    rows = facts.rows.assign(date=facts.rows["ends_on"].dt.date)
    insured = rows["insured_until"] >= rows["ends_on"]  # False where there is no date
    return rows[rows["is_volunteer"] & ~insured]


def _h8_hazardous(facts: _Facts) -> pd.DataFrame:
    return facts.rows[facts.rows["is_volunteer"] & facts.rows["hazardous"]]


def _h9_off_line(facts: _Facts) -> pd.DataFrame:
    return facts.rows[facts.rows["required"].isna()]


def _h9_beyond_required(facts: _Facts) -> pd.DataFrame:
    rows = facts.rows[facts.rows["required"].notna()].astype({"required": "int64"})
    return rows[rows.groupby(LINE).cumcount() >= rows["required"]]


def _h9_repeated(facts: _Facts) -> pd.DataFrame:
    return facts.roster[facts.roster.duplicated(ROSTER)]


def _h9_fixed_missing(facts: _Facts) -> pd.DataFrame:
    pins = _pins(facts)
    return pins[(pins["kind"] == "fixed") & pins["row"].isna()].drop(columns="row")


def _h9_forbidden_present(facts: _Facts) -> pd.DataFrame:
    pins = _pins(facts)
    return pins[(pins["kind"] == "forbidden") & pins["row"].notna()]


def _pins(facts: _Facts) -> pd.DataFrame:
    """Pins, each with the roster row that it stands in, or none."""
    pins = facts.scenario.pins.drop_duplicates()
    return pins.merge(facts.rows[[*ROSTER, "row"]], how="left", on=ROSTER)


_KINDS: Final[tuple[tuple[str, str, Callable[[_Facts], pd.DataFrame]], ...]] = (
    ("H1", "unavailable", _h1_unavailable),
    ("H2", "unqualified", _h2_unqualified),
    ("H3", "rest", _h3_rest),
    ("H4", "limit", _h4_limit),
    ("H5", "too_far", _h5_too_far),
    ("H5", "other_station", _h5_other_station),
    ("H6", "supervision", _h6_supervision),
    ("H7", "together", _h7_together),
    ("H8", "uninsured", _h8_uninsured),
    ("H8", "hazardous", _h8_hazardous),
    ("H9", "off_line", _h9_off_line),
    ("H9", "beyond_required", _h9_beyond_required),
    ("H9", "repeated", _h9_repeated),
    ("H9", "fixed_missing", _h9_fixed_missing),
    ("H9", "forbidden_present", _h9_forbidden_present),
)


# the objective


def _unmet(facts: _Facts) -> tuple[int, int]:
    """Sum of the weights of the unfilled places, and their number; the first are filled first."""
    demand = facts.scenario.demand
    assigned = facts.rows.groupby(LINE).size()
    filled = demand[LINE].merge(assigned.rename("n").reset_index(), how="left", on=LINE)["n"]
    required = demand["required"].to_numpy(np.int64)
    weights = np.fromiter(chain.from_iterable(demand["weight"]), np.int64, required.sum())
    first = np.repeat(np.cumsum(required) - required, required)
    place = np.arange(len(weights)) - first
    unfilled = place >= np.repeat(filled.fillna(0).to_numpy(np.int64), required)
    return int(weights[unfilled].sum()), int(unfilled.sum())


def _travel(facts: _Facts) -> int:
    hundreds = np.floor(facts.rows["distance_m"].to_numpy(np.float64) / 100 + 0.5)
    return facts.scenario.costs.travel_per_100m * int(hundreds.sum())


def _fairness(rows: pd.DataFrame, costs: Costs) -> int:
    """Cost of everybody's first, second, third … shift; past their end the last step repeats."""
    nth = rows.groupby("person_id").cumcount().to_numpy()
    steps: NDArray[Any] = np.asarray(costs.extra_shift, np.int64)
    return int(steps[np.minimum(nth, len(steps) - 1)].sum())
