"""The cheapest single change that would fill one more place of a short demand line.

A remedy changes one thing: a person's availability, limit of shifts, insurance, reach or training,
or one place for a supervisor. It names the people who then go to the post, so that anybody can
apply it and check the larger roster; the tests do. Kinds are tried in the order of `FIXES`,
cheapest first: asking costs a call, training a course.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dispatch.funnel import MAX_GROUP
from dispatch.funnel_kernel import AVAILABLE, INSURED, ONE_MORE_SHIFT, REACH, TRAINED

if TYPE_CHECKING:
    from collections.abc import Iterator

FIXES: Final = (
    ("available", AVAILABLE),
    ("one_more_shift", ONE_MORE_SHIFT),
    ("insured", INSURED),
    ("reach", REACH),
    ("trained", TRAINED),
)

NOBODY: Final = -1
"""Stands for somebody who is not of the scenario."""

Key = tuple[str, str, str]
"""``beat_id, shift_id, role`` of a demand line."""

Placement = tuple[int, Key]
"""A person (row of ``scenario.people``, or `NOBODY`) and a line."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """One change, and who goes to the post once it is made.

    Attributes
    ----------
    kind : str
        A key of `dispatch.wording.REMEDIES`.
    person : int
        Who fills the place of the line, or `NOBODY`.
    changed : int
        Whom the change is about, or `NOBODY`.
    metres : float
        Distance of that person to the beat.
    added : tuple of (person, line)
        All new assignments: the person's, then a supervisor's, then companions'.
    cost : int
        What they add to the objective in travel, extra shift and dislike; for kind ``add`` only.
    gain : int
        What the objective loses once the place is filled.
    group : int
        How many volunteers must come to the post at once (H7).
    """

    kind: str
    person: int = NOBODY
    changed: int = NOBODY
    metres: float = 0.0
    added: tuple[Placement, ...] = ()
    cost: int = 0
    gain: int = 0
    group: int = 1

    @property
    def limit_m(self) -> int:
        """Reach that the changed person needs: the distance, rounded up to 100 m."""
        return math.ceil(self.metres / 100) * 100


@dataclass(slots=True)
class Line:
    """A demand line as the search sees it."""

    number: int
    key: Key
    missing: int
    supervised: bool
    free: list[int]
    free_cost: list[float]
    fix: list[int]
    fix_m: list[float]


@dataclass(slots=True)
class PostState:
    """A post of the roster: heads on it, and the lines that matter for its remedies.

    ``volunteers`` and ``supervised`` count heads, ``seats`` is what H6 leaves.
    """

    volunteers: int = 0
    seats: int = 0
    short: list[Line] = field(default_factory=list)
    staff: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Search:
    """Finds remedies for one scenario's rules."""

    volunteers_per_supervisor: int
    min_volunteers: int

    def group(self, post: PostState) -> int:
        """Return how many volunteers must come at once so that nobody stands alone (H7)."""
        return max(1, self.min_volunteers - post.volunteers)

    def staff_line(self, line: Line) -> tuple[bool, Remedy]:
        """Find the remedy for a short line of officers or auxiliaries.

        Returns
        -------
        bool, Remedy
            Whether somebody could be added as things stand, and the remedy.
        """
        if line.free:
            return True, self._add(line, line.free[0], [])
        for kind, fix in FIXES:
            if line.fix[fix] >= 0:
                return False, self._changed(kind, line, fix, [])
        return False, Remedy("recruit", added=((NOBODY, line.key),))

    def volunteer_line(self, line: Line, post: PostState) -> tuple[bool, Remedy]:
        """Find the remedy for a short line of volunteers; see `staff_line`."""
        group = self.group(post)
        if group > MAX_GROUP:
            return False, Remedy("group")
        for person in line.free:
            companions = self._companions(line, post, person, group, post.seats)
            if companions is not None:
                return True, self._add(line, person, companions)
        return False, (
            self._change_person(line, post, group)
            or self._more_seats(line, post, group)
            or self._last_resort(line, post, group)
        )

    def _companions(
        self, line: Line, post: PostState, person: int, group: int, seats: int
    ) -> list[Placement] | None:
        """Find free people for the other places of a group, or None where there are too few."""
        seats -= line.supervised
        if seats < 0:
            return None
        found: list[Placement] = []
        used = {person}
        others = sorted(
            (other for other in post.short if other is not line), key=lambda o: o.supervised
        )
        for other in (line, *others):
            places = other.missing - (other is line)
            if other.supervised:
                places = min(places, seats)
            new = [p for p in other.free if p not in used][: max(0, min(places, group - 1))]
            new = new[: group - 1 - len(found)]
            used.update(new)
            seats -= other.supervised * len(new)
            found += [(p, other.key) for p in new]
        return found if len(found) == group - 1 else None

    def _change_person(self, line: Line, post: PostState, group: int) -> Remedy | None:
        for kind, fix in FIXES:
            if line.fix[fix] >= 0:
                companions = self._companions(line, post, line.fix[fix], group, post.seats)
                if companions is not None:
                    return self._changed(kind, line, fix, companions)
        return None

    def _more_seats(self, line: Line, post: PostState, group: int) -> Remedy | None:
        """Bring one more supervisor to the post where that is all that is wanting."""
        seats = post.seats + self.volunteers_per_supervisor
        for person in line.free:
            companions = self._companions(line, post, person, group, seats)
            if companions is not None:
                break
        else:
            return None
        for kind, staff, supervisor in _supervisors(post.staff):
            added = ((person, line.key), (supervisor, staff.key), *companions)
            return Remedy(kind, person, supervisor, added=added)
        return None

    def _last_resort(self, line: Line, post: PostState, group: int) -> Remedy:
        companions = self._companions(line, post, NOBODY, group, post.seats)
        if companions is not None:
            return Remedy("recruit", added=((NOBODY, line.key), *companions))
        if post.seats < line.supervised:
            return Remedy("supervisor_and_place" if line.free else "seats")
        return Remedy("group")

    @staticmethod
    def _add(line: Line, person: int, companions: list[Placement]) -> Remedy:
        cost = int(line.free_cost[line.free.index(person)])
        return Remedy("add", person, added=((person, line.key), *companions), cost=cost)

    @staticmethod
    def _changed(kind: str, line: Line, fix: int, companions: list[Placement]) -> Remedy:
        person = line.fix[fix]
        added = ((person, line.key), *companions)
        return Remedy(kind, person, person, line.fix_m[fix], added)


def _supervisors(staff: list[Line]) -> Iterator[tuple[str, Line, int]]:
    """List supervisors who could come to a post: kind of remedy, their line, person."""
    short = [line for line in staff if line.missing]
    yield from (("supervisor", line, line.free[0]) for line in short if line.free)
    for kind, fix in (("supervisor_available", AVAILABLE), ("supervisor_shift", ONE_MORE_SHIFT)):
        yield from ((kind, line, line.fix[fix]) for line in short if line.fix[fix] >= 0)
    full = [line for line in staff if not line.missing]
    yield from (("supervisor_place", line, line.free[0]) for line in full if line.free)
    yield from (("supervisor_recruit", line, NOBODY) for line in short)
