"""Remedies: what could be changed so that one more place of a short demand line is filled.

A remedy is a set of *changes* to the scenario (somebody comes who had not signed up, works one
shift more, is insured, travels further, is trained, is recruited; the post gets one more place for
a supervisor) and the *moves* of people that follow, as a value that anybody can apply and check:
`dispatch.remedy_trial` does. It is put together from parts, each of which fills one place by a
chain of `dispatch.remedy_kernel`: the wanted place, a supervisor where the post has no seat left
(H6), and company where a volunteer would stand alone (H7).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from dispatch.funnel import MAX_GROUP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

NOBODY: Final = -1
"""Stands for somebody who is not of the scenario yet: to be recruited."""

CHANGES: Final = ("available", "one_more_shift", "insured", "reach", "trained", "recruit", "place")
"""What can be changed; the first five in the order of `dispatch.funnel_kernel`."""

EFFORT: Final[dict[str, float]] = {
    "available": 1.0,  # a call
    "one_more_shift": 1.3,  # a favour
    "insured": 3.0,  # a form and a fee
    "reach": 4.0,  # a long way, every time
    "place": 5.0,  # the demand itself is changed
    "trained": 6.0,  # a course
    "recruit": 10.0,
}
MOVE_EFFORT: Final = 0.4
"""Of each person who is moved and each place that is emptied: less than asking somebody new."""

Key = tuple[str, str, str]
"""``beat_id, shift_id, role`` of a demand line."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to change.

    Attributes
    ----------
    kind : str
        One of `CHANGES`.
    person : int
        Row of ``scenario.people``; `NOBODY` for ``recruit`` and ``place``.
    line : Key
        The demand line for which it is changed.
    metres : float
        Distance of that person to the beat.
    """

    kind: str
    person: int
    line: Key
    metres: float = 0.0

    @property
    def limit_m(self) -> int:
        """Reach that the person needs: the distance, rounded up to 100 m."""
        return math.ceil(self.metres / 100) * 100


@dataclass(frozen=True, slots=True)
class Move:
    """One person takes a place, and leaves another where `leaves` is one."""

    person: int
    takes: Key
    leaves: Key | None = None


@dataclass(frozen=True, slots=True)
class Remedy:
    """Changes and moves that together fill one more place of a line.

    Attributes
    ----------
    changes : tuple of Change
    moves : tuple of Move
        The first fills the place of the line.
    supervisors, companions : tuple of int
        Positions in `moves` of who comes along to supervise (H6), and as company (H7).
    emptied : tuple of Key
        Lines that lose a person for good.
    delta : int
        By how much the objective changes; negative is better.
    cost, gain : int
        Its two sides: ``delta = cost - gain``. `gain` is what the filled places are worth.
    obstacle : str
        Why there is none: ``hazardous`` or ``group``; empty where there is one.
    """

    changes: tuple[Change, ...] = ()
    moves: tuple[Move, ...] = ()
    supervisors: tuple[int, ...] = ()
    companions: tuple[int, ...] = ()
    emptied: tuple[Key, ...] = ()
    cost: int = 0
    gain: int = 0
    obstacle: str = ""

    @property
    def delta(self) -> int:
        """By how much the objective changes."""
        return self.cost - self.gain

    @property
    def effort(self) -> float:
        """How much it asks of people, in units of one phone call."""
        asked = sum(EFFORT[change.kind] for change in self.changes)
        moved = sum(move.leaves is not None for move in self.moves) + len(self.emptied)
        return asked + MOVE_EFFORT * moved

    @property
    def rank(self) -> tuple[int, float, int]:
        """Order of remedies: a single change first, then the effort, then the objective."""
        return max(0, len(self.changes) - 1), self.effort, self.delta

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of its changes; ``("add",)`` or ``("move",)`` where there is none."""
        if self.changes:
            return tuple(change.kind for change in self.changes)
        if self.obstacle:
            return (self.obstacle,)
        return ("move",) if any(move.leaves for move in self.moves) else ("add",)


class Part(NamedTuple):
    """A chain that fills one place of a line.

    Attributes
    ----------
    line : int
    movers : tuple of (person, line)
        Who moves to the place before theirs, and the line they leave.
    last : int
        Who takes the last place; `NOBODY` for a recruit.
    change : str
        What has to be changed about that person; empty where nothing.
    hole : int
        Line that loses a person, or -1.
    cost : int
        What it adds to the objective, the gain on `line` not counted.
    metres : float
        Distance of `last` to the last place.
    effort : float
        See `Remedy.effort`.
    """

    line: int
    movers: tuple[tuple[int, int], ...]
    last: int
    change: str
    hole: int
    cost: int
    metres: float = 0.0
    effort: float = 0.0

    @property
    def direct(self) -> bool:
        """Whether somebody free could be added as things stand."""
        return not self.movers and not self.change

    @property
    def people(self) -> list[int]:
        """Everybody in it, recruits aside."""
        people = [person for person, _ in self.movers]
        return people if self.last == NOBODY else [*people, self.last]

    def moves(self, keys: Sequence[Key]) -> Iterator[Move]:
        """Give the moves, that to the line first."""
        takes = keys[self.line]
        for person, leaves in self.movers:
            yield Move(person, takes, keys[leaves])
            takes = keys[leaves]
        if self.hole < 0:
            yield Move(self.last, takes)

    def changes(self, keys: Sequence[Key]) -> Iterator[Change]:
        """Give the change, if there is one."""
        if self.change:
            takes = self.movers[-1][1] if self.movers else self.line
            yield Change(self.change, self.last, keys[takes], self.metres)


@dataclass(slots=True)
class Line:
    """A demand line as the search sees it.

    ``values`` are worth of its unfilled places, in the order in which they are filled.
    """

    number: int
    supervised: bool
    values: Sequence[int]
    parts: list[Part]

    @property
    def is_full(self) -> bool:
        """Whether no place is unfilled."""
        return not self.values

    def gain(self, places: int) -> int:
        """Worth of the next places."""
        return sum(self.values[:places])


@dataclass(frozen=True, slots=True)
class PostState:
    """A post: what H6 leaves of seats, volunteers on it, its short lines and all staff lines.

    Of the short lines those come first whose volunteers need no supervisor.
    """

    seats: int
    volunteers: int
    short: list[Line]
    staff: list[Line]


class _Plan(NamedTuple):
    """Volunteers who come together, the wanted one first, and who comes to supervise them.

    ``supervised`` of them count for H6; ``gain`` is what the filled places are worth; ``place``
    says that the supervisor's is a new one.
    """

    parts: tuple[Part, ...]
    supervised: int
    gain: int
    supervisor: Part | None = None
    place: bool = False

    @property
    def cost(self) -> int:
        return sum([part.cost for part in self.all_parts])

    @property
    def all_parts(self) -> tuple[Part, ...]:
        return (*self.parts, self.supervisor) if self.supervisor else self.parts

    @property
    def num_changes(self) -> int:
        return sum([bool(part.change) for part in self.all_parts]) + self.place

    @property
    def rank(self) -> tuple[int, float, int]:
        """Order of `Remedy.rank`."""
        return self.order[1:]

    @property
    def order(self) -> tuple[bool, int, float, int]:
        """Put last what moves people and gains nothing by it: there may be no other."""
        changes, effort, cost, moved = int(self.place), 0.0, 0, False
        for part in self.all_parts:
            changes += bool(part.change)
            effort += part.effort
            cost += part.cost
            moved = moved or bool(part.movers)
        loses = moved and not changes and cost >= self.gain
        effort += self.place * EFFORT["place"]
        return loses, max(0, changes - 1), effort, cost - self.gain


@dataclass(frozen=True, slots=True)
class Search:
    """Finds remedies for one scenario's rules.

    ``keys`` are those of its demand lines, ``num_wanted`` is how many remedies a line gets.
    """

    keys: Sequence[Key]
    volunteers_per_supervisor: int
    min_volunteers: int
    num_wanted: int = 1

    def group(self, post: PostState) -> int:
        """Return how many volunteers must come at once so that nobody stands alone (H7)."""
        return max(1, self.min_volunteers - post.volunteers)

    def staff_line(self, line: Line) -> tuple[bool, list[Remedy]]:
        """Find the remedies for a short line of officers or auxiliaries.

        Returns
        -------
        bool, list of Remedy
            Whether somebody could be added as things stand, and the remedies, best first.
        """
        value = line.gain(1)
        found = [
            _Plan((part,), 0, value)
            for part in line.parts
            if part.direct or part.change == "recruit" or _pays(part, value)
        ]
        return any(part.direct for part in line.parts), self._best(found)

    def volunteer_line(self, line: Line, post: PostState) -> tuple[bool, list[Remedy]]:
        """Find the remedies for a short line of volunteers; see `staff_line`."""
        group = self.group(post)
        if group > MAX_GROUP:
            return False, [Remedy(obstacle="group")]
        now = self._free_team(line, post, group, post.seats)
        more_seats = post.seats + self.volunteers_per_supervisor
        teams = (
            []
            if now and self.num_wanted == 1 and now.cost < now.gain
            else list(self._teams(line, post, group, more_seats))
        )
        if now:
            teams.append(now)
        elif free := self._free_team(line, post, group, more_seats):
            teams.append(free)
        found = [team for team in teams if team.supervised <= post.seats]
        found += [
            team._replace(supervisor=supervisor, gain=team.gain + worth, place=place)
            for team in _fewest(team for team in teams if team.supervised > post.seats)
            for supervisor, worth, place in _supervisors(post.staff, team.gain - team.cost)
        ]
        return now is not None, self._best(found) or [Remedy(obstacle="group")]

    def _best(self, found: list[_Plan]) -> list[Remedy]:
        """Give the best as remedies, as many as are wanted."""
        if self.num_wanted == 1:
            return [self._remedy(min(found, key=_order))] if found else []
        return [self._remedy(plan) for plan in sorted(found, key=_order)[: self.num_wanted]]

    def _free_team(self, line: Line, post: PostState, group: int, seats: int) -> _Plan | None:
        """Find free people for a group, nobody and nothing changed; None where there are none."""
        for first in line.parts:
            if first.direct and (team := self._team(line, post, group, seats, first, free=True)):
                return team
        return None

    def _teams(self, line: Line, post: PostState, group: int, seats: int) -> Iterator[_Plan]:
        for first in line.parts:
            if first.direct or not _pays(first, line.gain(1)):
                continue
            team = self._team(line, post, group, seats, first, free=True)
            team = team or self._team(line, post, group, seats, first, free=False)
            if team:
                yield team
        if group > 1:
            for first in line.parts:
                if first.direct and (team := self._team(line, post, group, seats, first)):
                    yield team
                    break

    @staticmethod
    def _team(
        line: Line, post: PostState, group: int, seats: int, first: Part, *, free: bool = False
    ) -> _Plan | None:
        """Find company for `first`; with `free`, of free people alone."""
        heads = int(line.supervised)
        if heads > seats:
            return None
        if group == 1:
            return _Plan((first,), heads, line.gain(1))
        parts, used, gain = [first], set(first.people), line.values[0]
        for other in post.short:
            place = int(other is line)
            for part in other.parts:
                if (free and not part.direct) or part.hole >= 0 or _meets(part, used):
                    continue
                again = group if part.last == NOBODY else 1
                while again and len(parts) < group and place < len(other.values):
                    if other.supervised and heads == seats:
                        break
                    if not part.direct and not _pays(part, other.values[place]):
                        break
                    parts.append(part)
                    used.update(part.people)
                    gain += other.values[place]
                    place, heads, again = place + 1, heads + other.supervised, again - 1
                if len(parts) == group:
                    return _Plan(tuple(parts), heads, gain)
        return None

    def _remedy(self, plan: _Plan) -> Remedy:
        """Join the parts; a new place for a supervisor is one more change."""
        moves: list[Move] = []
        begins = []
        for part in plan.all_parts:
            begins.append(len(moves))
            moves += part.moves(self.keys)
        changes = [change for part in plan.all_parts for change in part.changes(self.keys)]
        if plan.place and plan.supervisor:
            changes.insert(0, Change("place", NOBODY, self.keys[plan.supervisor.line]))
        team = len(plan.parts)
        return Remedy(
            changes=tuple(changes),
            moves=tuple(moves),
            supervisors=tuple(begins[team:]),
            companions=tuple(begins[1:team]),
            emptied=tuple(self.keys[part.hole] for part in plan.all_parts if part.hole >= 0),
            cost=plan.cost,
            gain=plan.gain,
        )


def _order(plan: _Plan) -> tuple[bool, int, float, int]:
    return plan.order


def _meets(part: Part, used: set[int]) -> bool:
    """Whether somebody in it is used already."""
    return part.last in used or any(person in used for person, _ in part.movers)


def _pays(part: Part, value: int) -> bool:
    """Whether filling a place by a chain is worth more than it costs.

    A hole that is hardly worth less than the place that is filled is no remedy: it would only be
    somewhere else.
    """
    return part.cost < (value if part.hole < 0 else value // 2)


def _fewest(teams: Iterable[_Plan]) -> list[_Plan]:
    """Keep the best team for each number of changes."""
    best: dict[int, _Plan] = {}
    for team in teams:
        changes = team.num_changes
        known = best.get(changes)
        if known is None or team.rank < known.rank:
            best[changes] = team
    return list(best.values())


def _supervisors(staff: list[Line], surplus: int) -> Iterator[tuple[Part, int, bool]]:
    """Give ways to bring a supervisor: part, worth of the place, whether the place is new."""
    for line in staff:
        value, place = line.gain(1), not line.values
        for part in line.parts:
            if part.hole < 0 or _pays(part, value + surplus):
                yield part, value, place
