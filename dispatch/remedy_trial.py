"""A remedy applied: the changed scenario and roster, and what a checker says of them.

Nothing is said of a remedy that was not tried. `try_remedy` counts with `dispatch.walk_check`,
which shares nothing with the search, on the part of the city that the remedy can touch: the posts
where somebody is added, moved or taken away, and all posts where these people work. Rules and
objective fall apart by person and by post, so what changes there changes in the whole city.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dispatch.remedies import NOBODY
from dispatch.roster import ROSTER_COLUMNS
from dispatch.standing import LINE
from dispatch.walk_part import walk_check_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dispatch.remedies import Change, Key, Remedy
    from dispatch.scenario import Scenario
    from dispatch.walk_check import WalkReport
    from dispatch.walk_part import Row

RECRUIT = "recruit-{number}"
"""Ids of people who are still to be found."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A scenario and a roster before and after.

    Attributes
    ----------
    before, after : WalkReport
        Of the part of the city that is touched.
    """

    before: WalkReport
    after: WalkReport

    @property
    def delta(self) -> int:
        """By how much the objective changed."""
        return self.after.objective - self.before.objective

    @property
    def broken(self) -> tuple[str, ...]:
        """Rules that are broken more often than before."""
        was = self.before.violations
        return tuple(rule for rule, n in self.after.violations.items() if n > was[rule])


def apply_remedy(
    scenario: Scenario, roster: pd.DataFrame, remedy: Remedy
) -> tuple[Scenario, pd.DataFrame]:
    """Make the changes and the moves that a remedy asks for."""
    people, availability = scenario.people, scenario.availability
    demand = scenario.demand
    ids = people["person_id"].tolist()
    recruits: list[str] = []
    for change in remedy.changes:
        match change.kind:
            case "available":
                availability = _also(availability, ids[change.person], change.line[1])
            case "one_more_shift":
                people = _with(people, change, "max_shifts", people["max_shifts"] + 1)
            case "insured":
                people = _with(people, change, "insured_until", _end_day(scenario, change.line[1]))
            case "reach":
                people = _with(people, change, "travel_limit_m", float(change.limit_m))
            case "trained":
                people = _trained(scenario, people, change)
            case "place":
                demand = _with_place(demand, change.line)
            case _:
                recruits.append(RECRUIT.format(number=len(recruits) + 1))
                new = _recruit(scenario, people, change.line, recruits[-1])
                people = pd.concat([people, new], ignore_index=True)
                availability = _also(availability, recruits[-1], change.line[1])
    coming = iter(recruits)
    gone = {(ids[m.person], *m.leaves) for m in remedy.moves if m.leaves}
    come = [(next(coming) if m.person == NOBODY else ids[m.person], *m.takes) for m in remedy.moves]
    changed = replace(scenario, people=people, availability=availability, demand=demand)
    return changed, apply_rows(roster, gone, come)


def apply_rows(roster: pd.DataFrame, gone: Iterable[Row], come: Iterable[Row]) -> pd.DataFrame:
    """Take rows out of a roster and put others in."""
    columns = list(ROSTER_COLUMNS)
    leave = pd.MultiIndex.from_tuples(list(gone), names=columns)
    kept = roster[columns]
    if len(leave):
        kept = kept[~pd.MultiIndex.from_frame(kept).isin(leave)]
    new = pd.DataFrame(list(come), columns=columns).astype("str")
    return pd.concat([kept, new], ignore_index=True)


def try_remedy(scenario: Scenario, roster: pd.DataFrame, remedy: Remedy) -> Trial:
    """Apply a remedy and have what it touches checked."""
    ids = scenario.people["person_id"].tolist()
    people = {ids[move.person] for move in remedy.moves if move.person != NOBODY}
    lines = [line for move in remedy.moves for line in (move.takes, move.leaves) if line]
    scenario, roster = part_of_city(scenario, roster, people, [line[:2] for line in lines])
    again = {who: row for row, who in enumerate(scenario.people["person_id"])}

    def moved(person: int) -> int:
        return person if person == NOBODY else again[ids[person]]

    local = replace(
        remedy,
        changes=tuple(replace(c, person=moved(c.person)) for c in remedy.changes),
        moves=tuple(replace(m, person=moved(m.person)) for m in remedy.moves),
    )
    changed, after = apply_remedy(scenario, roster, local)
    return Trial(walk_check_rows(scenario, roster), walk_check_rows(changed, after))


def try_rows(
    scenario: Scenario, roster: pd.DataFrame, gone: Iterable[Row], come: Iterable[Row]
) -> Trial:
    """Take rows out of a roster, put others in, and have what that touches checked."""
    gone, come = list(gone), list(come)
    people = {row[0] for row in (*gone, *come)}
    posts = [row[1:3] for row in (*gone, *come)]
    scenario, roster = part_of_city(scenario, roster, people, posts)
    after = apply_rows(roster, gone, come)
    return Trial(walk_check_rows(scenario, roster), walk_check_rows(scenario, after))


def part_of_city(
    scenario: Scenario, roster: pd.DataFrame, people: set[str], posts: Iterable[tuple[str, str]]
) -> tuple[Scenario, pd.DataFrame]:
    """Cut out everything that a change to some people and posts can touch.

    Returns
    -------
    Scenario, DataFrame
        The posts, those where these people work, everybody there, and their rows there.
    """
    theirs = roster["person_id"].isin(people)
    of_theirs = zip(roster.loc[theirs, "beat_id"], roster.loc[theirs, "shift_id"], strict=True)
    wanted = pd.MultiIndex.from_tuples(sorted({*posts, *of_theirs}), names=LINE[:2])

    def at(table: pd.DataFrame) -> pd.DataFrame:
        near = table[table["beat_id"].isin(wanted.unique(0))]
        return near[pd.MultiIndex.from_frame(near[LINE[:2]]).isin(wanted)].reset_index(drop=True)

    rows = at(roster)
    who = people | set(rows["person_id"])

    def of(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["person_id"].isin(who)].reset_index(drop=True)

    part = replace(
        scenario,
        people=of(scenario.people),
        availability=of(scenario.availability),
        demand=at(scenario.demand),
        pins=of(at(scenario.pins)),
    )
    return part, rows


def _also(availability: pd.DataFrame, person: str, shift: str) -> pd.DataFrame:
    new = pd.DataFrame({"person_id": [person], "shift_id": [shift], "dislike": [0]})
    return pd.concat([availability, new.astype(availability.dtypes.to_dict())], ignore_index=True)


def _with(people: pd.DataFrame, change: Change, column: str, value: object) -> pd.DataFrame:
    new = pd.Series(value, index=people.index) if not isinstance(value, pd.Series) else value
    mine = np.arange(len(people)) == change.person
    return people.assign(**{column: people[column].mask(mine, new)})


def _end_day(scenario: Scenario, shift: str) -> pd.Timestamp:
    """Local date on which a shift ends."""
    local = scenario.shifts["ends_at"].dt.tz_convert(scenario.timezone).dt.tz_localize(None)
    days = dict(zip(scenario.shifts["shift_id"], local.dt.normalize(), strict=True))
    day: pd.Timestamp = days[shift].as_unit("s")
    return day


def _trained(scenario: Scenario, people: pd.DataFrame, change: Change) -> pd.DataFrame:
    roles = scenario.roles
    learnt = dict(zip(roles["role"], roles["qualifications"], strict=True))[change.line[2]][:1]
    held = people["qualifications"].tolist()
    held[change.person] = (*held[change.person], *learnt)
    return people.assign(qualifications=pd.Series(held, index=people.index, dtype=object))


def _with_place(demand: pd.DataFrame, line: Key) -> pd.DataFrame:
    """One more place of the least weight; the line may be new."""
    at = np.flatnonzero(pd.MultiIndex.from_frame(demand[LINE]) == line)
    if not at.size:
        new = pd.DataFrame([(*line, 1, (1,))], columns=[*LINE, "required", "weight"])
        return pd.concat([demand, new.astype({"required": "int64"})], ignore_index=True)
    weight = demand["weight"].tolist()
    weight[at[0]] = (*weight[at[0]], 1)
    mine = np.arange(len(demand)) == at[0]
    return demand.assign(required=demand["required"] + mine, weight=pd.Series(weight, dtype=object))


def _recruit(scenario: Scenario, people: pd.DataFrame, line: Key, person: str) -> pd.DataFrame:
    """Somebody who lives at the beat and may fill the role."""
    beat = scenario.beats.set_index("beat_id").loc[line[0]]
    role = scenario.roles.set_index("role").loc[line[2]]
    facts = {
        "person_id": person,
        "tier": role["tier"],
        "station_id": beat["station_id"],
        "profession": next(iter(role["professions"]), ""),
        "qualifications": tuple(role["qualifications"]),
        "lng": beat["lng"],
        "lat": beat["lat"],
        "max_shifts": 1,
        "travel_limit_m": np.nan,
        "insured_until": _end_day(scenario, line[1]),
        "show_up": 1.0,
    }
    columns = {name: [facts.get(name)] for name in people.columns}
    return pd.DataFrame(columns).astype(people.dtypes.to_dict())
