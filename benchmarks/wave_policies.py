"""Whom to call: our waves beside "the nearest N" and "everybody within 1 km".

    python benchmarks/wave_policies.py [--incidents 10000] [--seed 1] [--share 0.2]

Incidents are drawn from the demo city's cells by weight, over ninety days. At each, a share of the
37,289 volunteers can be called (the same ones for every policy); they go on foot, delivery riders
by e-bike, taxi drivers by car. Each volunteer has an acceptance of their own, drawn from the prior,
that no policy knows: ours learns from the answers. Whoever was called lately accepts less. Delays
are slower and wider in the simulation than the model believes, so that the model is wrong, as
models are. The first arrival stands all others down, whatever the policy; who has set out by then
set out in vain. All policies meet the same people with the same luck.
"""

from __future__ import annotations

import argparse
import time
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from data.demo import build_demo
from dispatch.alerts import AlertState, CallState, Duty, Mode
from dispatch.alerts_response import PRIORS, ResponseModel
from dispatch.alerts_step import Call, Candidates, OpenAlert, advance, wants_wave
from dispatch.nearest import NearestIndex, Things
from dispatch.nearest_rules import State, as_masks, person_rules
from dispatch.rules import Tier
from grid.coverage import TIER_MODES
from grid.lattice import build_index
from grid.travel import SPEEDS_KMH, TRAVEL_FACTOR
from grid.travel import Mode as Travel

if TYPE_CHECKING:
    from collections.abc import Iterator

BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
DAYS = 90
TARGET_MIN, TARGET_CHANCE, ANSWER_S = 5.0, 0.9, 45
GIVEN_UP_MIN = 30.0
NEAREST = 400
BUDGET = 8
POOL = (Tier.VOLUNTEER, False)
BELIEF = ResponseModel()
TRUTH = replace(BELIEF, answer_median_min=0.7, answer_sigma=1.0, travel_sigma=0.35, keeps=0.85)
MODES = {"taxi_driver": Travel.CAR, "delivery_rider": Travel.EBIKE}


@dataclass(frozen=True, slots=True)
class Luck:
    """What each of an incident's candidates would do if called, by position."""

    accepts: np.ndarray  # compared with the acceptance: uniform
    answers: np.ndarray  # minutes
    travels: np.ndarray  # minutes
    keeps: np.ndarray
    says_no: np.ndarray


@dataclass(slots=True)
class Memory:
    """What happened to each person under one policy."""

    accepted: np.ndarray
    called: np.ndarray
    lately: deque[tuple[float, np.ndarray]] = field(default_factory=deque)
    recent: np.ndarray = field(default_factory=lambda: np.zeros(0))
    most: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def forget(self, day: float) -> None:
        """Drop what is older than thirty days."""
        while self.lately and self.lately[0][0] < day - 30:
            np.subtract.at(self.recent, self.lately.popleft()[1], 1)

    def learn(self, day: float, who: np.ndarray, said_yes: np.ndarray) -> None:
        """Keep who was called and what they said."""
        self.called[who] += 1
        self.accepted[who[said_yes]] += 1
        self.recent[who] += 1
        np.maximum.at(self.most, who, self.recent[who])
        self.lately.append((day, who))


@dataclass(slots=True)
class Running:
    """One incident under one policy: who was called when, and what comes of it."""

    accept: np.ndarray
    minutes: np.ndarray
    luck: Luck
    called_at: dict[int, float] = field(default_factory=dict)

    def call(self, at: int, moment: float) -> None:
        """Call a candidate."""
        self.called_at.setdefault(at, moment)

    def says_yes(self, at: int) -> bool:
        """Whether they accept; they may not come all the same."""
        return bool(self.luck.accepts[at] < self.accept[at])

    def answered(self, at: int) -> float:
        """When they answer; infinity for silence."""
        if self.says_yes(at) or self.luck.says_no[at]:
            return self.called_at[at] + float(self.luck.answers[at])
        return np.inf

    def set_out(self, at: int) -> float:
        """When they set out."""
        if not self.says_yes(at):
            return np.inf
        return self.answered(at) + TRUTH.ready_min

    def arrives(self, at: int) -> float:
        """When they are there."""
        comes = self.says_yes(at) and self.luck.keeps[at]
        return self.set_out(at) + float(self.luck.travels[at]) if comes else np.inf

    def first(self) -> float:
        """When the first of those called is there."""
        return min((self.arrives(at) for at in self.called_at), default=np.inf)


class Policy(Protocol):
    """Whom to call: works on a `Running` until somebody is there."""

    def run(self, running: Running, memory: Memory, who: np.ndarray, metres: np.ndarray) -> None:
        """Call people."""
        ...


@dataclass(frozen=True, slots=True)
class NearestN:
    """The nearest `count`; with `replaces`, another one for each who declines."""

    count: int
    replaces: bool = False

    def run(self, running: Running, memory: Memory, who: np.ndarray, metres: np.ndarray) -> None:
        """Call the first at once, others as answers come."""
        del memory, metres
        queue = list(range(len(who)))
        for at in queue[: self.count]:
            running.call(at, 0.0)
        if not self.replaces:
            return
        rest, told = queue[self.count :], set()
        while rest:
            said_no = [
                (running.answered(at), at)
                for at in running.called_at
                if at not in told and not running.says_yes(at) and running.answered(at) < np.inf
            ]
            if not said_no or min(said_no)[0] >= min(running.first(), GIVEN_UP_MIN):
                return
            moment, at = min(said_no)
            told.add(at)
            running.call(rest.pop(0), moment)


@dataclass(frozen=True, slots=True)
class Within:
    """Everybody within so many metres of ground distance, great circle."""

    metres: float

    def run(self, running: Running, memory: Memory, who: np.ndarray, metres: np.ndarray) -> None:
        """Call all at once."""
        del memory, who
        for at in np.flatnonzero(metres <= self.metres):
            running.call(int(at), 0.0)


@dataclass(frozen=True, slots=True)
class Waves:
    """Ours: the smallest set for the chance wanted, silence and refusal replaced, a budget."""

    target: float = TARGET_CHANCE

    def run(self, running: Running, memory: Memory, who: np.ndarray, metres: np.ndarray) -> None:
        """Step by step, as the server does."""
        del metres
        believed = BELIEF.acceptance(
            POOL, memory.accepted[who], memory.called[who], memory.recent[who]
        )
        free = memory.recent[who] < BUDGET
        now = 0.0
        while now < min(running.first(), GIVEN_UP_MIN):
            alert = self._seen(running, believed, now)
            moment = BEGIN + timedelta(minutes=now)
            left = np.zeros(0, np.int64)
            if wants_wave(alert, moment, BELIEF):
                called = np.isin(np.arange(len(who)), list(running.called_at))
                left = np.flatnonzero(free & ~called)
            step = advance(
                alert,
                Candidates(believed[left], running.minutes[left], memory.recent[who[left]]),
                moment,
                BELIEF,
            )
            for at, _ in step.wave:
                running.call(int(left[at]), now)
            again = (step.look_again_at - BEGIN).total_seconds() / 60
            said_no = [
                running.answered(at)
                for at in running.called_at
                if not running.says_yes(at) and running.answered(at) > now
            ]
            now = min([again, *said_no])

    def _seen(self, running: Running, believed: np.ndarray, now: float) -> OpenAlert:
        """Return what the server knows at a moment."""
        calls = []
        for at, moment in running.called_at.items():
            state = CallState.CALLED
            answered_at = set_out_at = None
            if running.answered(at) <= now:
                state = CallState.ACCEPTED if running.says_yes(at) else CallState.DECLINED
                answered_at = BEGIN + timedelta(minutes=running.answered(at))
                if running.set_out(at) <= now:
                    state = CallState.ON_THE_WAY
                    set_out_at = BEGIN + timedelta(minutes=running.set_out(at))
            elif moment + ANSWER_S / 60 <= now:
                state = CallState.SILENT
            called_at = BEGIN + timedelta(minutes=moment)
            calls.append(
                Call(
                    *(at, state, Duty.ACT, float(believed[at]), float(running.minutes[at])),
                    *(called_at, called_at + timedelta(seconds=ANSWER_S), answered_at, set_out_at),
                )
            )
        return OpenAlert(
            *(AlertState.OPEN, Mode.WAVES, BEGIN, TARGET_MIN, self.target, 1, NEAREST, ANSWER_S),
            tuple(calls),
        )


POLICIES: dict[str, Policy] = {
    "waves, 0.90": Waves(),
    "waves, 0.95": Waves(0.95),
    "waves, 0.80": Waves(0.8),
    "nearest 3": NearestN(3),
    "nearest 7, refusals replaced": NearestN(7, replaces=True),
    "nearest 10": NearestN(10),
    "nearest 20": NearestN(20),
    "all within 1 km": Within(1000),
}


class City:
    """Volunteers, incidents, luck."""

    def __init__(self, num_incidents: int, share: float, seed: int) -> None:
        scenario = build_demo().scenario
        people = scenario.people
        helpers = people[people["tier"] == "volunteer"]
        self.size = len(helpers)
        rng = np.random.default_rng(seed)
        self.accept = rng.beta(*PRIORS[POOL], self.size)
        usual = TIER_MODES["volunteer"]
        modes = [MODES.get(word, usual) for word in helpers["profession"]]
        layers = list(dict.fromkeys([usual, *MODES.values()]))
        paces = [60 * TRAVEL_FACTOR / (SPEEDS_KMH[mode] * 1000) for mode in layers]
        self.state = np.full(self.size, int(State.VOLUNTEER | State.INSURED), np.uint64)
        zeros = np.zeros(self.size, np.uint64)
        things = Things(
            *(helpers["lat"].to_numpy(), helpers["lng"].to_numpy()),
            *(zeros, self.state, zeros, np.full(self.size, np.inf)),
            np.zeros(self.size, np.int64),
            np.array([layers.index(mode) for mode in modes], np.int8),
        )
        cells = scenario.cells
        index = build_index(cells["cell"].to_numpy())
        self.index = NearestIndex(index, things, paces)
        weight = cells["weight"].to_numpy()
        chosen = rng.choice(len(cells), num_incidents, p=weight / weight.sum())
        lat, lng = (
            axis[index.positions(cells["cell"].to_numpy()[chosen])] for axis in index.centres()
        )
        self.spots = np.stack((lat, lng), axis=1) + rng.uniform(-0.001, 0.001, (num_incidents, 2))
        self.days = np.sort(rng.uniform(0, DAYS, num_incidents))
        self.share, self.seed = share, seed
        self.masks = as_masks(person_rules([Tier.VOLUNTEER]))

    def incidents(self) -> Iterator[tuple[float, np.ndarray, np.ndarray, np.ndarray, Luck]]:
        """Give day, candidates, their minutes and metres, and their luck, incident by incident."""
        everybody = np.arange(self.size)
        for number, (lat, lng) in enumerate(self.spots):
            rng = np.random.default_rng((self.seed, number))
            willing = rng.random(self.size) < self.share
            state = self.state | np.where(willing, np.uint64(State.WILLING), np.uint64(0))
            self.index.change(everybody, np.zeros(self.size, np.uint64), state)
            near = self.index.search(lat, lng, self.masks, NEAREST)
            count = len(near)
            luck = Luck(
                rng.random(count),
                TRUTH.answer_median_min * np.exp(TRUTH.answer_sigma * rng.normal(size=count)),
                near.minutes * np.exp(TRUTH.travel_sigma * rng.normal(size=count)),
                rng.random(count) < TRUTH.keeps,
                rng.random(count) < TRUTH.says_no,
            )
            yield float(self.days[number]), near.number, near.minutes, near.distance_m, luck


def simulate(city: City) -> dict[str, dict[str, Any]]:
    """Run every policy on every incident; return the sums of each."""
    memories = {
        name: Memory(
            *np.zeros((2, city.size)), recent=np.zeros(city.size), most=np.zeros(city.size)
        )
        for name in POLICIES
    }
    sums: dict[str, dict[str, Any]] = {
        name: {"first": [], "alerts": [], "early": [], "vain": [], "seconds": 0.0}
        for name in POLICIES
    }
    for day, who, minutes, metres, luck in city.incidents():
        for name, policy in POLICIES.items():
            memory, result = memories[name], sums[name]
            memory.forget(day)
            accept = city.accept[who] * TRUTH.fatigue ** memory.recent[who]
            running = Running(accept, minutes, luck)
            begun = time.perf_counter()
            policy.run(running, memory, who, metres)
            result["seconds"] += time.perf_counter() - begun
            first = running.first()
            called = [at for at, moment in running.called_at.items() if moment <= first]
            gone = sum(running.set_out(at) < first for at in called)
            result["first"].append(first)
            result["alerts"].append(len(called))
            result["early"].append(sum(running.called_at[at] < TARGET_MIN for at in called))
            result["vain"].append(gone - (first < np.inf))
            yes = np.array([running.says_yes(at) for at in called], bool)
            memory.learn(day, who[np.array(called, np.int64)], yes)
    for name, memory in memories.items():
        sums[name]["over"] = float((memory.most > BUDGET).mean())
        sums[name]["most"] = float(memory.most.max())
    return sums


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=10_000)
    parser.add_argument("--share", type=float, default=0.2, help="of volunteers who can be called")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    results = simulate(City(options.incidents, options.share, options.seed))
    print("| policy | there within 5 min | within 15 min | alerts an incident | of them in 5 min |"
          " set out in vain | called over 8 × a month | most a month |")  # fmt: skip
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, one in results.items():
        first, alerts = np.array(one["first"]), np.array(one["alerts"])
        in_time = first <= TARGET_MIN
        error = 1.96 * np.sqrt(in_time.mean() * (1 - in_time.mean()) / len(first))
        print(
            f"| {name} | {in_time.mean():.1%} ± {error:.1%} | {(first <= 15).mean():.1%} |"
            f" {alerts.mean():.1f} | {np.mean(one['early']):.1f} | {np.mean(one['vain']):.2f} |"
            f" {one['over']:.1%} |"
            f" {one['most']:.0f} |"
        )


if __name__ == "__main__":
    main()
