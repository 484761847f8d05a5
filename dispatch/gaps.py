"""Why demand lines are short: who remains after each rule, and what would fill one more place."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from dispatch.funnel import LINE, Funnel, funnel
from dispatch.remedies import NOBODY, Line, PostState, Remedy, Search
from dispatch.roster import GAP_COLUMNS
from dispatch.rules import Tier
from dispatch.wording import REMEDIES, TOGETHER, Language

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from dispatch.scenario import Scenario

STEPS: Final = ("in_reach", "qualified", "insured", "available", "free", "supervised")
"""The funnel: H5, H2, H8, H1, then H3, H4 and pins, then H6 and H7."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """Short lines of a roster.

    Attributes
    ----------
    table : DataFrame
        One row for every short line in the order of ``scenario.demand``, with `GAP_COLUMNS`.
    remedies : tuple of Remedy
        One for every row; `word_remedies` puts them into words of another language.
    """

    table: pd.DataFrame
    remedies: tuple[Remedy, ...]


def explain_gaps(
    scenario: Scenario,
    roster: pd.DataFrame,
    *,
    language: Language = "zh",
    labels: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Explain every short demand line of a roster that keeps H1-H9.

    Returns
    -------
    DataFrame
        `GAP_COLUMNS`, one row for every line with fewer people than required. The funnel counts
        the people of the role's tier that remain after each rule: ``in_reach`` (H5; officers and
        auxiliaries: of the station), ``qualified`` (H2), ``insured`` (H8; also 0 for volunteers
        in a hazardous role), ``available`` (H1), ``free`` (H3, H4: no shift of theirs clashes and
        they have one left; not forbidden by a pin), ``supervised`` (H6, H7: the post has a seat,
        and enough volunteers or free companions). ``cause`` is the first that is 0; where people
        remain after all, ``cost`` (adding one would cost more than the place is worth) or
        ``trade`` (it would pay: the plan can still be improved). ``remedy`` is the cheapest
        single change that would fill one more place, in words, with ids and no names; `labels`
        are as for `word_remedies`.
    """
    return find_gaps(scenario, roster, language=language, labels=labels).table


def find_gaps(
    scenario: Scenario,
    roster: pd.DataFrame,
    *,
    language: Language = "zh",
    labels: Mapping[str, str] | None = None,
) -> Gaps:
    """Do what `explain_gaps` does, and also return the remedies as values."""
    scenario = _with_places_for_supervisors(scenario)
    demand = _Demand.of(scenario, roster)
    found = funnel(scenario, roster, demand.lines_to_look_at())
    posts = demand.posts(scenario.rules.volunteers_per_supervisor)
    lines = list(_lines(found, demand))
    for line in lines:
        post = posts[demand.post[line.number]]
        (post.staff if demand.staffed[line.number] else post.short).append(line)
    rules = scenario.rules
    search = Search(rules.volunteers_per_supervisor, rules.min_volunteers_per_post)
    rows: list[tuple[Any, ...]] = []
    remedies = []
    for line, counts in zip(lines, found.counts.tolist(), strict=True):
        if not line.missing:  # looked at for its supervisors only
            continue
        n, post = line.number, posts[demand.post[line.number]]
        if demand.hazardous[n]:
            now, remedy = False, Remedy("hazardous")
        elif demand.staffed[n]:
            now, remedy = search.staff_line(line)
        else:
            now, remedy = search.volunteer_line(line, post)
        unfilled = demand.weight[n][-line.missing :]
        steps = (*counts, counts[-1] if now else 0)
        gain = scenario.costs.unmet * unfilled[0]
        remedies.append(replace(remedy, gain=gain, group=search.group(post)))
        cause = _cause(steps, remedies[-1])
        rows.append((*demand.key[n], line.missing, sum(unfilled), cause, *steps, ""))
    table = _table(rows)
    worded = word_remedies(scenario, table, remedies, language=language, labels=labels)
    return Gaps(table.assign(remedy=pd.Series(worded, dtype="str")), tuple(remedies))


def word_remedies(
    scenario: Scenario,
    gaps: pd.DataFrame,
    remedies: Sequence[Remedy],
    *,
    language: Language,
    labels: Mapping[str, str] | None = None,
) -> list[str]:
    """Put remedies into words, without looking for them again.

    Parameters
    ----------
    scenario : Scenario
        That the gaps were found in.
    gaps : DataFrame
        ``beat_id, shift_id, role`` of each short line; other columns are passed over.
    remedies : sequence of Remedy
        As `find_gaps` gave them, one for every row of `gaps`.
    language : {"zh", "en"}
    labels : mapping of str to str, optional
        What people call a role or a qualification in that language, by its code. What has no
        label is called by its code. Labels are data that a city may edit, hence not known here.
    """
    words = _Words(scenario, language, labels or {})
    keys = zip(*(gaps[name] for name in LINE), strict=True)
    return [words.remedy(remedy, *key) for remedy, key in zip(remedies, keys, strict=True)]


def _with_places_for_supervisors(scenario: Scenario) -> Scenario:
    """Add a line of no place to posts without any staff line, so that a supervisor can be found.

    Its role is the first of auxiliaries (or else of officers) that asks for nothing special.
    """
    staff = [
        (len(role["professions"]) + len(role["qualifications"]), role["tier"], role["role"])
        for role in scenario.roles.to_dict("records")
        if role["tier"] != Tier.VOLUNTEER
    ]
    if not staff:
        return scenario
    plain = min(staff)[2]  # "auxiliary" comes before "officer"
    roles = {role for _, _, role in staff}
    demand = scenario.demand
    has_staff: dict[tuple[str, str], bool] = {}
    for beat, shift, role in zip(*(demand[name] for name in LINE), strict=True):
        has_staff[beat, shift] = has_staff.get((beat, shift), False) or role in roles
    bare = [(*post, plain, 0, ()) for post, staffed in has_staff.items() if not staffed]
    if not bare:
        return scenario
    more = pd.DataFrame(bare, columns=[*LINE, "required", "weight"])
    return replace(scenario, demand=pd.concat([demand, more], ignore_index=True))


def _cause(steps: tuple[int, ...], remedy: Remedy) -> str:
    for step, remaining in zip(STEPS, steps, strict=True):
        if not remaining:
            return step
    return "trade" if remedy.cost < remedy.gain else "cost"


def _table(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    texts = ("beat_id", "shift_id", "role", "cause", "remedy")
    table = pd.DataFrame(rows, columns=list(GAP_COLUMNS))
    return table.astype({name: "str" if name in texts else "int64" for name in GAP_COLUMNS})


@dataclass(frozen=True, slots=True)
class _Demand:
    """Demand lines as plain lists in the order of ``scenario.demand``, with what they have."""

    key: list[tuple[str, str, str]]
    weight: list[tuple[int, ...]]
    assigned: list[int]
    missing: list[int]
    post: list[int]
    staffed: list[bool]
    supervised: list[bool]
    hazardous: list[bool]

    @classmethod
    def of(cls, scenario: Scenario, roster: pd.DataFrame) -> _Demand:
        demand, roles = scenario.demand, scenario.roles
        key = list(zip(*(demand[name] for name in LINE), strict=True))
        heads = Counter(zip(*(roster[name] for name in LINE), strict=True))
        assigned = [heads[line] for line in key]
        posts: dict[tuple[str, str], int] = {}
        role = pd.Index(roles["role"]).get_indexer(pd.Index(demand["role"]))
        staffed = (roles["tier"] != Tier.VOLUNTEER).to_numpy(np.bool_)[role]
        supervised = roles["supervised"].to_numpy(np.bool_)[role] & ~staffed
        hazardous = roles["hazardous"].to_numpy(np.bool_)[role] & ~staffed
        return cls(
            key=key,
            weight=demand["weight"].tolist(),
            assigned=assigned,
            missing=[max(0, n - m) for n, m in zip(demand["required"], assigned, strict=True)],
            post=[posts.setdefault(line[:2], len(posts)) for line in key],
            staffed=staffed.tolist(),
            supervised=supervised.tolist(),
            hazardous=hazardous.tolist(),
        )

    def lines_to_look_at(self) -> NDArray[np.int64]:
        """Return short lines, and full ones of staff where volunteers may want a supervisor."""
        short, staffed = np.array(self.missing, np.int64) > 0, np.array(self.staffed, np.bool_)
        post = np.array(self.post, np.int64)
        return np.flatnonzero(short | (staffed & np.isin(post, post[short & ~staffed])))

    def posts(self, volunteers_per_supervisor: int) -> list[PostState]:
        """Return the heads and seats of every post."""
        posts = [PostState() for _ in range(max(self.post, default=-1) + 1)]
        for n, heads in enumerate(self.assigned):
            post = posts[self.post[n]]
            if self.staffed[n]:
                post.seats += volunteers_per_supervisor * heads
            else:
                post.volunteers += heads
                post.seats -= heads * self.supervised[n]
        return posts


def _lines(found: Funnel, demand: _Demand) -> Iterator[Line]:
    columns = (found.lines, found.free, found.free_cost, found.fix, found.fix_m)
    for n, free, cost, fix, fix_m in zip(*(c.tolist() for c in columns), strict=True):
        yield Line(
            number=n,
            key=demand.key[n],
            missing=demand.missing[n],
            supervised=demand.supervised[n],
            free=[p for p in free if p >= 0],
            free_cost=cost,
            fix=fix,
            fix_m=fix_m,
        )


class _Words:
    """Puts remedies into words of one language."""

    def __init__(self, scenario: Scenario, language: Language, labels: Mapping[str, str]) -> None:
        self._language = language
        self._labels = labels
        self._person = scenario.people["person_id"].tolist()
        self._max_shifts = scenario.people["max_shifts"].tolist()
        ends_at = scenario.shifts["ends_at"].dt.tz_convert(scenario.timezone)
        self._ends_on = dict(zip(scenario.shifts["shift_id"], ends_at.dt.date, strict=True))
        self._learn = {
            role: self._label(next(iter(qualifications), ""))
            for role, qualifications in zip(
                scenario.roles["role"], scenario.roles["qualifications"], strict=True
            )
        }

    def _label(self, code: str) -> str:
        return self._labels.get(code, code)

    def remedy(self, remedy: Remedy, beat: str, shift: str, role: str) -> str:
        changed, companions = remedy.changed, remedy.added[1:]
        values = {"beat": beat, "role": self._label(role), "cost": remedy.cost}
        values |= {"gain": remedy.gain, "group": remedy.group}
        if remedy.person != NOBODY:
            values["person"] = self._person[remedy.person]
        if changed != NOBODY:
            values["limit"] = self._max_shifts[changed] + 1
        if remedy.kind.startswith("supervisor") and companions:
            supervisor, (_, _, supervisor_role) = companions[0]
            if supervisor != NOBODY:
                values["supervisor"] = self._person[supervisor]
            values["supervisor_role"] = self._label(supervisor_role)
            companions = companions[1:]
        values["until"] = self._ends_on[shift]
        values["limit_m"] = remedy.limit_m
        values["qualification"] = self._learn[role]
        text = REMEDIES[remedy.kind][self._language].format_map(values)
        if companions:
            ids = ", ".join(self._person[person] for person, _ in companions)
            text += TOGETHER[self._language].format(companions=ids)
        return text
