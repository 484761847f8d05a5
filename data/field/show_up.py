"""Show-up rates: how often people come to the turns they hold, a Beta posterior a person.

Counts are taken from the turns of the last year as they were kept, every time anew, so that a
no-show that an officer corrects is forgotten. A person is one of a pool, their team or else the
tier at their station; the pool's rate is drawn towards the city's, the person's towards the pool's.
How strongly is read off the people (`concentration`): where all are alike the pool says nearly
everything, where they differ each one's own turns do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, cast

import numpy as np
from sqlalchemy import bindparam, func, select, update

from data.store.tables.checkins import CheckIn, ShowUpRate
from data.store.tables.people import Person
from data.store.tables.teams import TeamMember

if TYPE_CHECKING:
    from datetime import date, datetime

    from numpy.typing import NDArray
    from sqlalchemy import Table
    from sqlalchemy.orm import Session

YEAR: Final = timedelta(days=365)
CITY_PRIOR: Final = (18.0, 2.0)
"""Beta of a city of which nothing is known: nine of ten come."""
POOL_TURNS: Final = 20.0
"""A pool's own turns weigh as much as the city's rate once there are so many."""
USUAL: Final = 10.0
"""The concentration where too few people are known to read it off them."""
LEAST, MOST = 2.0, 100.0


@dataclass(frozen=True, slots=True)
class Rate:
    """A person's show-up: ``Beta(alpha + came, beta + missed)``."""

    person_id: int
    pool: str
    came: int
    missed: int
    alpha: float
    beta: float

    @property
    def mean(self) -> float:
        """Give the chance that they come to their next turn."""
        return (self.alpha + self.came) / (self.alpha + self.beta + self.came + self.missed)


def learn(session: Session, now: datetime, today: date) -> list[Rate]:
    """Estimate the rate of everybody who held a turn in the last year; return what has changed.

    Written to ``show_up_rate`` and to the person's record, where planner, takers and alerts look.
    """
    pools = _pools(session, today)
    counts = _counts(session, now)
    found = estimate(counts, {person: pools.get(person, "city") for person in counts})
    known = {row.person_id: row for row in session.scalars(select(ShowUpRate))}
    changed = [one for one in found if _differs(known.get(one.person_id), one)]
    for one in changed:
        row = known.get(one.person_id) or ShowUpRate(person_id=one.person_id)
        row.came, row.missed, row.pool = one.came, one.missed, one.pool
        row.alpha, row.beta, row.updated_at = one.alpha, one.beta, now
        session.add(row)
    session.flush()
    if changed:
        people = cast("Table", Person.__table__)
        one_by_one = update(people).where(people.c.id == bindparam("person"))
        rates = [{"person": one.person_id, "rate": round(one.mean, 4)} for one in changed]
        session.connection().execute(one_by_one.values(show_up=bindparam("rate")), rates)
    return changed


def estimate(counts: dict[int, tuple[int, int]], pools: dict[int, str]) -> list[Rate]:
    """Give everybody's rate from (came, missed), drawn towards their pool's.

    Parameters
    ----------
    counts : dict
        By person.
    pools : dict
        The pool of each of them.
    """
    people = sorted(counts)
    if not people:
        return []
    came = np.array([counts[one][0] for one in people], float)
    total = came + np.array([counts[one][1] for one in people], float)
    city = (CITY_PRIOR[0] + came.sum()) / (sum(CITY_PRIOR) + total.sum())
    names, of = np.unique([pools[one] for one in people], return_inverse=True)
    pool_came = np.bincount(of, came, len(names))
    pool_total = np.bincount(of, total, len(names))
    rates = (pool_came + POOL_TURNS * city) / (pool_total + POOL_TURNS)
    strength = concentration(came, total, rates[of])
    return [
        Rate(
            person_id=one,
            pool=str(names[pool]),
            came=counts[one][0],
            missed=counts[one][1],
            alpha=float(strength * rates[pool]),
            beta=float(strength * (1 - rates[pool])),
        )
        for one, pool in zip(people, of.tolist(), strict=True)
    ]


def concentration(
    came: NDArray[np.float64], total: NDArray[np.float64], mean: NDArray[np.float64]
) -> float:
    """Estimate α + β of a Beta-binomial by moments, within `LEAST` and `MOST`.

    With n turns at mean m, E[(came - n m)²] = n m (1 - m) (1 + (n - 1) ρ), where ρ is how alike a
    person's turns are, 1 / (α + β + 1); it is what makes both sides equal in sum.
    """
    several = total >= 2
    if several.sum() < 20:
        return USUAL
    n, m = total[several], mean[several]
    spread = (came[several] - n * m) ** 2
    alone = n * m * (1 - m)
    alike = float((spread - alone).sum() / (alone * (n - 1)).sum())
    return float(np.clip(1 / max(alike, 1e-6) - 1, LEAST, MOST))


def _counts(session: Session, now: datetime) -> dict[int, tuple[int, int]]:
    query = (
        select(CheckIn.person_id, CheckIn.state, func.count())
        .where(CheckIn.starts_at > now - YEAR)
        .group_by(CheckIn.person_id, CheckIn.state)
    )
    found: dict[int, tuple[int, int]] = {}
    for person, state, count in session.execute(query):
        came, missed = found.get(person, (0, 0))
        is_missed = state == "no_show"
        found[person] = (came, missed + count) if is_missed else (came + count, missed)
    return found


def _pools(session: Session, today: date) -> dict[int, str]:
    """Give everybody's pool who held a turn: the team of longest standing, or tier and station."""
    held = select(CheckIn.person_id)
    query = select(Person.id, Person.tier, Person.station_id).where(Person.id.in_(held))
    pools = {person: f"{tier}:{station or 0}" for person, tier, station in session.execute(query)}
    teams = (
        select(TeamMember.person_id, TeamMember.team_id)
        .where(
            TeamMember.person_id.in_(held),
            TeamMember.since <= today,
            TeamMember.until.is_(None) | (TeamMember.until >= today),
        )
        .order_by(TeamMember.since.desc(), TeamMember.id.desc())
    )
    pools |= {person: f"team:{team}" for person, team in session.execute(teams)}
    return pools


def _differs(row: ShowUpRate | None, rate: Rate) -> bool:
    if row is None or (row.came, row.missed, row.pool) != (rate.came, rate.missed, rate.pool):
        return True
    return abs(row.alpha - rate.alpha) + abs(row.beta - rate.beta) > 0.02 * (row.alpha + row.beta)
