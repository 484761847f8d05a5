"""Why this person, and why not that one: facts that were found by applying the rules and trying."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dispatch.funnel_kernel import (
    BUSY,
    FAILS_AVAILABLE,
    FAILS_INSURED,
    FAILS_LIMIT,
    FAILS_QUALIFIED,
    FAILS_REACH,
    FAILS_REST,
    FORBIDDEN,
    NEVER,
    OF_ANOTHER_TIER,
    ON_SHIFT,
)
from dispatch.remedies import NOBODY
from dispatch.remedy_kernel import rows_to_leave
from dispatch.remedy_trial import Trial, try_rows
from dispatch.rules import Tier
from dispatch.standing import limit_m
from grid.travel import great_circle_m

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from dispatch.remedies import Key
    from dispatch.remedy_search import Survey
    from dispatch.walk_part import Row

_MOST_SWAPS: Final = 40


@dataclass(frozen=True, slots=True)
class PersonReason:
    """Why a person is, or is not, on a line.

    Attributes
    ----------
    person_id : str
    line : Key
        ``beat_id, shift_id, role``.
    assigned : bool
    reason : str
        A key of `explain_words.PEOPLE`.
    facts : dict
        Numbers and ids that belong to the reason.
    """

    person_id: str
    line: Key
    assigned: bool
    reason: str
    facts: dict[str, Any] = field(default_factory=dict)


class People:
    """Answers questions about people of one surveyed roster."""

    def __init__(self, survey: Survey, roster: pd.DataFrame) -> None:
        self.survey = survey
        self.roster = roster
        people = survey.scenario.people
        self.ids: list[str] = people["person_id"].tolist()
        self.row_of = {who: row for row, who in enumerate(self.ids)}
        self._limit_m = limit_m(survey.scenario)

    def metres(self, person: int, line: int) -> float:
        """Distance of a person to the beat of a line."""
        scenario = self.survey.scenario
        beat = int(self.survey.standing.line_beat[line])
        who, where = (
            [float(table[name].iloc[row]) for name in ("lat", "lng")]
            for table, row in ((scenario.people, person), (scenario.beats, beat))
        )
        return float(great_circle_m(*who, *where)) * scenario.rules.travel_factor

    def works(self, person: int) -> NDArray[np.int64]:
        """Lines that a person works."""
        standing = self.survey.standing
        return standing.work_line[standing.work_start[person] : standing.work_start[person + 1]]

    def on_line(self, line: int) -> list[int]:
        """Return who works a line."""
        beat, shift, role = self.survey.keys[line]
        rows = self.roster
        here = (rows["beat_id"] == beat) & (rows["shift_id"] == shift) & (rows["role"] == role)
        return [self.row_of[who] for who in rows.loc[here, "person_id"]]

    def why(self, person: int, line: int) -> PersonReason:
        """Say why a person works a line."""
        survey, standing = self.survey, self.survey.standing
        fixed = standing.work_fixed[standing.work_start[person] : standing.work_start[person + 1]]
        here = self.works(person) == line
        own_m = self.metres(person, line)
        facts: dict[str, Any] = {"metres": round(own_m)}

        def told(reason: str) -> PersonReason:
            return PersonReason(self.ids[person], survey.keys[line], True, reason, facts)

        if fixed[here].any():
            return told("pinned")
        who, metres, bits = self._could_come(line)
        others = who != person
        facts["could_come"] = int(others.sum()) + 1
        if not others.any():
            return told("only")
        nearer = others & (metres < own_m - 0.5)
        facts["nearer"] = int(nearer.sum())
        for name, which in (
            ("on_shift", (bits & ON_SHIFT) != 0),
            ("rest", (bits & (ON_SHIFT | FAILS_REST)) == FAILS_REST),
            ("limit", (bits & BUSY) == FAILS_LIMIT),
            ("free", (bits & BUSY) == 0),
        ):
            facts[name] = int((nearer & which).sum())
        cheapest = self._cheapest_swap(person, line)
        if cheapest is not None:
            facts["other"], facts["more"] = self.ids[cheapest[0]], cheapest[1]
            if cheapest[1] < 0:
                return told("swap_pays")
        return told("passed_over" if nearer.any() else "nearest")

    def why_not(self, person: int, line: int) -> PersonReason:
        """Say why a person does not work a line: the first rule that fails, or what it costs."""
        if (self.works(person) == line).any():
            return self.why(person, line)
        survey = self.survey
        rule = self._first_failing(person, line)
        if rule is None:
            reason, facts = self._what_it_costs(person, line)
        else:
            reason, facts = rule
        return PersonReason(self.ids[person], survey.keys[line], False, reason, facts)

    def _bits(self, person: int, line: int) -> int:
        standing = self.survey.standing
        role, shift = standing.line_role[line], standing.line_shift[line]
        bits = int(standing.role_fails[role, person]) | int(standing.shift_fails[shift, person])
        if self.metres(person, line) > self._limit_m[person]:
            bits |= FAILS_REACH
        key = person * standing.line_beat.size + line
        return bits | (FORBIDDEN if key in standing.forbidden else 0)

    def _first_failing(self, person: int, line: int) -> tuple[str, dict[str, Any]] | None:
        """Return the first rule of a single assignment that fails, in the funnel's order."""
        scenario, standing = self.survey.scenario, self.survey.standing
        who = scenario.people.iloc[person]
        role = scenario.roles.iloc[int(standing.line_role[line])]
        beat = scenario.beats.iloc[int(standing.line_beat[line])]
        bits = self._bits(person, line)
        reach = (round(self.metres(person, line)), self._limit_m[person])
        rules: tuple[tuple[bool | int, str, dict[str, Any]], ...] = (
            (bits & OF_ANOTHER_TIER, "tier", {"tier": who["tier"], "wanted": role["tier"]}),
            (
                who["tier"] != Tier.VOLUNTEER and who["station_id"] != beat["station_id"],
                "station",
                {"station": who["station_id"], "wanted": beat["station_id"]},
            ),
            (bits & FAILS_REACH, "too_far", dict(zip(("metres", "limit_m"), reach, strict=True))),
            (
                bits & FAILS_QUALIFIED,
                "unqualified",
                {
                    "profession": who["profession"],
                    "professions": list(role["professions"]),
                    "qualifications": list(role["qualifications"]),
                },
            ),
            (bits & FAILS_INSURED and role["hazardous"], "hazardous", {}),
            (bits & FAILS_INSURED, *self._insurance(person, line)),
            (bits & FAILS_AVAILABLE, "unavailable", {}),
            (bits & FORBIDDEN, "barred", {}),
            (bits & NEVER, "wants_none", {}),
        )
        return next(((reason, facts) for fails, reason, facts in rules if fails), None)

    def _insurance(self, person: int, line: int) -> tuple[str, dict[str, Any]]:
        scenario = self.survey.scenario
        shift = int(self.survey.standing.line_shift[line])
        ends_on = scenario.shifts["ends_at"].dt.tz_convert(scenario.timezone).dt.date.iloc[shift]
        until = scenario.people["insured_until"].dt.date.iloc[person]
        if until != until:  # noqa: PLR0124 - NaT differs from itself
            return "never_insured", {"day": str(ends_on)}
        return "insured_until", {"until": str(until), "day": str(ends_on)}

    def _could_come(
        self, line: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.int64]]:
        """Return who could come if they were not busy: people, metres, bits of what they fail."""
        standing = self.survey.standing
        beat, shift = standing.line_beat[line], standing.line_shift[line]
        pairs = slice(int(standing.pair_start[beat]), int(standing.pair_start[beat + 1]))
        who = standing.pair_person[pairs]
        bits = standing.pair_fails[pairs].astype(np.int64)
        bits |= standing.role_fails[standing.line_role[line]][who]
        bits |= standing.shift_fails[shift][who]
        keys = who.astype(np.int64) * standing.line_beat.size + line
        bits |= np.where(np.isin(keys, standing.forbidden), FORBIDDEN, 0)
        could = (bits & ~BUSY) == 0
        return who[could], standing.pair_m[pairs][could], bits[could]

    def _cheapest_swap(self, person: int, line: int) -> tuple[int, int] | None:
        """Try free people in somebody's place; return the cheapest, and how much dearer it is."""
        key = self.survey.keys[line]
        found = []
        for other in self.survey.found.free[line].tolist():
            if other < 0:
                break
            trial = self._try([(person, key)], [(other, key)])
            if not trial.broken:
                found.append((trial.delta, other))
        if not found:
            return None
        more, other = min(found)
        return other, more

    def _try(self, gone: list[tuple[int, Key]], come: list[tuple[int, Key]]) -> Trial:
        def rows(moves: list[tuple[int, Key]]) -> list[Row]:
            return [(self.ids[person], *key) for person, key in moves]

        return try_rows(self.survey.scenario, self.roster, rows(gone), rows(come))

    def _what_it_costs(self, person: int, line: int) -> tuple[str, dict[str, Any]]:
        """Try the person there: beside the others, or in place of each where the line is full."""
        survey, standing = self.survey, self.survey.standing
        key = survey.keys[line]
        work_shift = standing.line_shift[standing.work_line]
        shift = standing.line_shift[line]
        leave: list[int | None] = [None]
        bits = self._bits(person, line)
        if bits & BUSY:
            begin, end = rows_to_leave(
                standing.work_start, work_shift, standing.apart, person, shift
            )
            rows = [row for row in range(begin, end) if not standing.work_fixed[row]]
            if not rows:
                clashes = [
                    survey.keys[at]
                    for at in self.works(person)
                    if not standing.apart[standing.line_shift[at], shift]
                ]
                return "must_leave_many", {"places": clashes or self._keys(person)}
            leave = [int(standing.work_line[row]) for row in rows]
        full = not survey.missing[line]
        displaced: list[int | None] = [*self.on_line(line)] if full else [None]
        return self._best_try(person, key, leave, displaced[:_MOST_SWAPS])

    def _keys(self, person: int) -> list[Key]:
        return [self.survey.keys[at] for at in self.works(person)]

    def _best_try(
        self, person: int, key: Key, leave: list[int | None], displaced: list[int | None]
    ) -> tuple[str, dict[str, Any]]:
        keys = self.survey.keys
        best: tuple[int, int | None, int | None, int] | None = None
        broken: tuple[tuple[str, ...], int | None] = ((), None)
        for left, other in product(leave, displaced):
            fill = [] if left is None else self.survey.found.free[left].tolist()
            for new in (NOBODY, *(p for p in fill if p not in {NOBODY, person, other})):
                gone = [] if left is None else [(person, keys[left])]
                gone += [] if other is None else [(other, key)]
                come = [] if left is None or new == NOBODY else [(new, keys[left])]
                trial = self._try(gone, [(person, key), *come])
                if trial.broken:
                    broken = (trial.broken, left)
                elif best is None or trial.delta < best[0]:
                    best = (trial.delta, left, other, new)
        if best is None:
            rules, left = broken
            facts: dict[str, Any] = {"rules": list(rules)}
            if left is not None:
                facts["leaves"] = keys[left]
            return ("breaks_leaving" if left is not None else "breaks"), facts
        delta, left, other, new = best
        facts = {"delta": delta}
        if left is not None:
            facts["leaves"] = keys[left]
        if other is not None:
            facts["instead_of"] = self.ids[other]
        if new != NOBODY:
            facts["relieved_by"] = self.ids[new]
        if delta < 0:
            return "would_pay", facts
        if left is None:
            return ("dearer" if other is not None else "costs_more"), facts
        return "needed_there", facts
