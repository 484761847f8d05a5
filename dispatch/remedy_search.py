"""From a roster to the remedies of its short lines: the compiled search, put together by line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from dispatch.funnel import Funnel, funnel
from dispatch.remedies import CHANGES, NOBODY, Key, Line, Part, PostState, Remedy, Search
from dispatch.remedy_kernel import FREE, HOLE, NUM_ENDS, find_chains
from dispatch.rules import Tier
from dispatch.standing import LINE, Standing, stand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dispatch.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Depth:
    """How far the search for one chain goes.

    Attributes
    ----------
    max_lines : int
        Lines that it may meet.
    max_moves : int
        People moved from one place to another.
    max_ways : int
        Ways to fill each place that are combined with each other.
    max_remedies : int
        Remedies for each line.
    """

    max_lines: int
    max_moves: int
    max_ways: int
    max_remedies: int


SHALLOW: Final = Depth(16, 2, 3, 1)
"""For every short line of a city, in some seconds."""

DEEP: Final = Depth(4000, 5, 100, 100)
"""For one line that somebody asks about."""


@dataclass(frozen=True, slots=True)
class Survey:
    """A roster looked at: who could fill what.

    Attributes
    ----------
    scenario : Scenario
        With a line of no place for a supervisor on every post that has none.
    num_lines : int
        Lines of the scenario as it was given; they come first.
    keys : list of Key
    standing : Standing
    found : Funnel
    """

    scenario: Scenario
    num_lines: int
    keys: list[Key]
    standing: Standing
    found: Funnel

    @classmethod
    def of(cls, scenario: Scenario, roster: pd.DataFrame) -> Survey:
        """Survey a roster that keeps H1-H9."""
        full = _with_places_for_supervisors(scenario)
        keys = list(zip(*(full.demand[name].tolist() for name in LINE), strict=True))
        standing = stand(full, roster)
        return cls(full, len(scenario.demand), keys, standing, funnel(standing))

    @property
    def missing(self) -> NDArray[np.int64]:
        """(L,) unfilled places of each line."""
        required = np.diff(self.standing.place_start)
        return np.maximum(0, required - self.standing.line_heads)

    def remedies(
        self, wanted: NDArray[np.int64], depth: Depth
    ) -> Iterator[tuple[int, bool, list[Remedy]]]:
        """Look for remedies of short lines.

        Yields
        ------
        line : int
        now : bool
            Whether somebody could be added as things stand.
        remedies : list of Remedy
            Best first; at least one.
        """
        standing, missing = self.standing, self.missing
        volunteers = wanted[~standing.line_staffed[wanted]]
        post = np.isin(standing.line_post, standing.line_post[volunteers])
        beside = post & (standing.line_staffed | (missing > 0))
        beside[wanted] = True
        lines = np.flatnonzero(beside)
        known = dict(zip(lines.tolist(), self._lines(lines, depth), strict=True))
        hazardous = self.hazardous().tolist()
        posts: dict[int, PostState] = {}
        of_post = standing.line_post.tolist()
        staffed = standing.line_staffed.tolist()
        for number, line in known.items():
            state = posts.get(of_post[number])
            if state is None:
                state = posts[of_post[number]] = self._post(number)
            if staffed[number]:
                state.staff.append(line)
            elif missing[number] and not hazardous[number]:
                state.short.insert(len(state.short) if line.supervised else 0, line)
        search = Search(self.keys, standing.seats, standing.min_volunteers, depth.max_remedies)
        for number in wanted.tolist():
            if hazardous[number]:
                yield number, False, [Remedy(obstacle="hazardous")]
            elif staffed[number]:
                yield number, *search.staff_line(known[number])
            else:
                yield number, *search.volunteer_line(known[number], posts[of_post[number]])

    def cheapest_move(self, line: int) -> tuple[int, int] | None:
        """Find who could be moved to a line from another, and leave that open, at the least loss.

        Returns
        -------
        person, line : int
            None where nobody may leave; whether it pays is another question.
        """
        moves, person, row, _, _, _ = find_chains(
            self.standing, self.found, np.array([line]), DEEP.max_lines, 1
        )
        if moves[0, HOLE] < 1:
            return None
        return int(person[0, HOLE, 0]), int(self.standing.work_line[row[0, HOLE, 0]])

    def hazardous(self) -> NDArray[np.bool_]:
        """(L,) say which lines are volunteers' in a hazardous role: never to be filled (H8)."""
        roles = self.scenario.roles
        barred = roles["hazardous"] & (roles["tier"] == Tier.VOLUNTEER)
        flags: NDArray[np.bool_] = barred.to_numpy(np.bool_)[self.standing.line_role]
        return flags

    def seats(self, line: int) -> int:
        """Return how many more supervised volunteers the post of a line has room for (H6)."""
        standing = self.standing
        post = standing.line_post[line]
        seats = standing.seats * int(standing.post_supervisors[post])
        return seats - int(standing.post_supervised[post])

    def _post(self, line: int) -> PostState:
        standing = self.standing
        post = standing.line_post[line]
        return PostState(self.seats(line), int(standing.post_volunteers[post]), [], [])

    def _lines(self, lines: NDArray[np.int64], depth: Depth) -> Iterator[Line]:
        """Give lines with every way to fill one more place of each."""
        standing, found = self.standing, self.found
        chains = find_chains(standing, found, lines, depth.max_lines, depth.max_moves)
        moves, person, row, last, last_m, cost = (table.tolist() for table in chains)
        work_line = standing.work_line.tolist()
        free, free_cost = found.free[lines].tolist(), found.free_cost[lines].tolist()
        fix, fix_cost, fix_m = (
            table[lines, :, 1].tolist() for table in (found.fix, found.fix_cost, found.fix_m)
        )
        first_shift = int(self.scenario.costs.extra_shift[0])
        start, value = standing.place_start.tolist(), standing.place_value
        heads, supervised = standing.line_heads.tolist(), standing.line_supervised.tolist()
        for q, number in enumerate(lines.tolist()):
            parts = [
                Part(number, (), who, "", -1, int(price))
                for who, price in zip(free[q], free_cost[q], strict=True)
                if who >= 0
            ]
            for end in range(NUM_ENDS):
                n = moves[q][end]
                if n < 0 or (end == FREE and n == 0):
                    continue
                movers = tuple((person[q][end][i], work_line[row[q][end][i]]) for i in range(n))
                hole = movers[-1][1] if end == HOLE else -1
                change = CHANGES[end - 1] if FREE < end < HOLE else ""
                parts.append(
                    Part(number, movers, last[q][end], change, hole, cost[q][end], last_m[q][end])
                )
            parts += [
                Part(number, (), who, kind, -1, int(price), metres)
                for kind, who, price, metres in zip(
                    CHANGES, fix[q], fix_cost[q], fix_m[q], strict=False
                )
                if who >= 0
            ]
            parts.sort(key=_order)
            parts = parts[: depth.max_ways]
            parts.append(Part(number, (), NOBODY, "recruit", -1, first_shift))
            begin = min(start[number] + heads[number], start[number + 1])
            values = value[begin : start[number + 1]].tolist()
            yield Line(number, supervised[number], values, parts)


def _order(part: Part) -> tuple[float, int]:
    return part.effort, part.cost


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
    demand = scenario.demand
    staffed = demand["role"].isin([role for _, _, role in staff])
    has_staff = staffed.groupby([demand["beat_id"], demand["shift_id"]], sort=False).any()
    bare = [(*post, plain, 0, ()) for post in has_staff.index[~has_staff]]
    if not bare:
        return scenario
    more = pd.DataFrame(bare, columns=[*LINE, "required", "weight"])
    return replace(scenario, demand=pd.concat([demand, more], ignore_index=True))
