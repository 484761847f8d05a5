"""Why a post is staffed as it is: short lines and what would fill them, people and why (not).

`explain` answers for one post of a roster, deeper than ``gaps.csv`` does for all: chains of up to
`remedy_search.DEEP` moves, every way to fill a place combined with every other. Whatever it states
was tried: each remedy is applied and counted by the independent checker, each "would cost" is a
difference of two objectives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dispatch.check import check
from dispatch.explain_people import People, PersonReason
from dispatch.gaps import REASONS, STEPS, cause_of
from dispatch.remedies import NOBODY
from dispatch.remedy_search import DEEP, Survey
from dispatch.remedy_trial import try_remedy, try_rows
from grid.errors import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from dispatch.remedies import Key, Remedy
    from dispatch.scenario import Scenario
    from dispatch.walk_check import WalkReport

_MOST_REMEDIES: Final = 5
_PARTS: Final = ("travel_cost", "fairness_cost", "dislike_cost")


@dataclass(frozen=True, slots=True)
class TriedRemedy:
    """A remedy that was applied and checked.

    Attributes
    ----------
    delta : int
        By how much the objective changes.
    unmet, travel_cost, fairness_cost, dislike_cost : int
        The parts of that; ``unmet`` in units of the objective.
    disturbed : tuple of (person_id, from, to)
        Who leaves a place, and for which; people newly called in are not in it.
    emptied : tuple of Key
        Places that lose a person.
    """

    remedy: Remedy
    delta: int
    unmet: int
    travel_cost: int
    fairness_cost: int
    dislike_cost: int
    disturbed: tuple[tuple[str, Key, Key], ...]
    emptied: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class LineStory:
    """One demand line: who is there and why, what is wanting and what would help.

    Attributes
    ----------
    funnel, reasons : dict of str to int
        People who remain after each rule of `gaps.STEPS`; why those available are not free.
    cause : str
        One of `gaps.CAUSES`; empty where nothing is wanting.
    supervisors, supervised, seats : int
        Officers and auxiliaries on the post, supervised volunteers there, and how many more they
        could take (H6).
    nearest_move : tuple, optional
        The cheapest person who could be moved here from another place, that place, and by how
        much the objective would change: why somebody on that shift is needed there.
    """

    line: Key
    required: int
    missing: int
    weight: int
    people: tuple[PersonReason, ...]
    cause: str
    funnel: dict[str, int]
    reasons: dict[str, int]
    remedies: tuple[TriedRemedy, ...]
    obstacle: str = ""
    supervisors: int = 0
    supervised: int = 0
    seats: int = 0
    nearest_move: tuple[str, Key, int] | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What `explain` finds of a post.

    ``lines`` are empty where one person was asked about: ``person`` has a reason a line then.
    """

    beat_id: str
    shift_id: str
    lines: tuple[LineStory, ...]
    person: tuple[PersonReason, ...]


def explain(
    scenario: Scenario,
    roster: pd.DataFrame,
    *,
    beat: str,
    shift: str,
    role: str | None = None,
    person: str | None = None,
    known: People | None = None,
) -> Explanation:
    """Explain one post of a roster that keeps every rule.

    Parameters
    ----------
    beat, shift : str
        The post.
    role : str, optional
        One of its lines only.
    person : str, optional
        Say why this person is there, or why not.
    known : People, optional
        What `people_of` gives of the same scenario and roster, where more than one post is asked
        about: it takes seconds for a city.

    Raises
    ------
    ScenarioError
        Where an id is unknown, the post has no such demand, or the roster breaks a rule.
    """
    _known(scenario, beat, shift, role, person)
    demand = scenario.demand
    wanted = (demand["beat_id"] == beat) & (demand["shift_id"] == shift)
    wanted &= demand["required"] > 0
    if not wanted.any():
        raise ScenarioError(f"Expected a post with demand, got {beat} {shift}.")
    if role is not None:
        roles = ", ".join(demand.loc[wanted, "role"])
        wanted &= demand["role"] == role
        if not wanted.any():
            raise ScenarioError(f"Expected a role that {beat} {shift} wants ({roles}), got {role}.")
    people = people_of(scenario, roster) if known is None else known
    lines = np.flatnonzero(wanted.to_numpy(np.bool_))
    if person is not None:
        who = people.row_of[person]
        reasons = tuple(people.why_not(who, line) for line in lines.tolist())
        return Explanation(beat, shift, (), _of_tier(reasons))
    stories = _stories(people.survey, people, lines.tolist())
    return Explanation(beat, shift, tuple(stories), ())


def people_of(scenario: Scenario, roster: pd.DataFrame) -> People:
    """Survey a roster after checking it, to explain several of its posts.

    Raises
    ------
    ScenarioError
        Where it breaks a rule: what is said of it would not hold.
    """
    return People(surveyed(scenario, roster), roster)


def surveyed(scenario: Scenario, roster: pd.DataFrame) -> Survey:
    """Survey a roster after checking it.

    Raises
    ------
    ScenarioError
        Where it breaks a rule: what is said of it would not hold.
    """
    broken = {rule: n for rule, n in check(scenario, roster, details=0).violations.items() if n}
    if broken:
        told = ", ".join(f"{rule} × {n}" for rule, n in broken.items())
        raise ScenarioError(f"Expected a roster that keeps H1-H9, got one that breaks {told}.")
    return Survey.of(scenario, roster)


def _of_tier(reasons: tuple[PersonReason, ...]) -> tuple[PersonReason, ...]:
    """Leave out the lines of other tiers, unless there is no other."""
    return tuple(r for r in reasons if r.reason != "tier") or reasons


def _known(scenario: Scenario, beat: str, shift: str, role: str | None, person: str | None) -> None:
    for name, value, known in (
        ("beat", beat, scenario.beats["beat_id"]),
        ("shift", shift, scenario.shifts["shift_id"]),
        ("role", role, scenario.roles["role"]),
        ("person", person, scenario.people["person_id"]),
    ):
        if value is not None and not (known == value).any():
            raise ScenarioError(f"Expected a {name} of the scenario, got {value!r}.")


def _stories(survey: Survey, people: People, lines: list[int]) -> Iterable[LineStory]:
    missing, standing = survey.missing, survey.standing
    short = np.array([line for line in lines if missing[line]], np.int64)
    found = {line: (now, some) for line, now, some in survey.remedies(short, DEEP)}
    weights = survey.scenario.demand["weight"].tolist()
    for line in lines:
        now, remedies = found.get(line, (False, []))
        steps = survey.found.counts[line].tolist()
        steps.append(steps[-1] if now else 0)
        reasons = survey.found.reasons[line].tolist()
        wanting = int(missing[line])
        tried = tuple(_tried(people, _varied(remedies)))
        yield LineStory(
            line=survey.keys[line],
            required=len(weights[line]),
            missing=wanting,
            weight=sum(weights[line][-wanting:]) if wanting else 0,
            people=tuple(people.why(person, line) for person in people.on_line(line)),
            cause=cause_of(steps, reasons, remedies[0]) if wanting else "",
            funnel=dict(zip(STEPS, steps, strict=True)),
            reasons=dict(zip(REASONS, reasons, strict=True)),
            remedies=tried,
            obstacle=remedies[0].obstacle if remedies else "",
            supervisors=int(standing.post_supervisors[standing.line_post[line]]),
            supervised=int(standing.post_supervised[standing.line_post[line]]),
            seats=survey.seats(line),
            nearest_move=_nearest_move(survey, people, line) if wanting else None,
        )


def _varied(remedies: list[Remedy]) -> list[Remedy]:
    """Keep the best remedy of each sort, and few sorts; more changes only where they are easier."""
    best: dict[Any, Remedy] = {}
    for remedy in remedies:
        if remedy.obstacle:
            continue
        moved = any(move.leaves for move in remedy.moves)
        best.setdefault((frozenset(remedy.kinds), moved, bool(remedy.emptied)), remedy)
    kept = list(best.values())
    single = [remedy for remedy in kept if len(remedy.changes) <= 1]
    if not single:
        return kept[:_MOST_REMEDIES]
    # two calls may still be less trouble than one call and many moves
    easier = [r for r in kept if len(r.changes) > 1 and r.effort < single[0].effort]
    return single[: _MOST_REMEDIES - 1] + sorted(easier, key=lambda r: r.rank)[:1]


def _tried(people: People, remedies: list[Remedy]) -> Iterable[TriedRemedy]:
    unmet = people.survey.scenario.costs.unmet
    for remedy in remedies:
        trial = try_remedy(people.survey.scenario, people.roster, remedy)
        if trial.broken or trial.delta != remedy.delta:  # pragma: no cover - would be a bug
            raise RuntimeError(f"Expected a remedy to do what it says, got {trial} from {remedy}.")

        def part(name: str, before: WalkReport = trial.before, after: WalkReport = trial.after):  # type: ignore[no-untyped-def]
            return getattr(after, name) - getattr(before, name)

        yield TriedRemedy(
            remedy=remedy,
            delta=trial.delta,
            unmet=unmet * part("weighted_unmet"),
            travel_cost=part("travel_cost"),
            fairness_cost=part("fairness_cost"),
            dislike_cost=part("dislike_cost"),
            disturbed=tuple(
                (people.ids[move.person], move.leaves, move.takes)
                for move in remedy.moves
                if move.leaves and move.person != NOBODY
            ),
            emptied=remedy.emptied,
        )


def _nearest_move(survey: Survey, people: People, line: int) -> tuple[str, Key, int] | None:
    """Try to move each suitable person who works that shift elsewhere; return the cheapest."""
    part = survey.cheapest_move(line)
    if part is None:
        return None
    person, leaves = part
    who, key, left = people.ids[person], survey.keys[line], survey.keys[leaves]
    trial = try_rows(survey.scenario, people.roster, [(who, *left)], [(who, *key)])
    return None if trial.broken else (who, left, trial.delta)
