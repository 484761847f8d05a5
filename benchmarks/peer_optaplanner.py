"""The planning problem for OptaPlanner by optapy: needs optapy, numpy and a Java 17.

An entity is an available shift of a person, its nullable variable the line on which the person
stands then; each entity has the lines that it may take as its value range. Scores are hard, medium,
soft: broken rules (H3, H4, H6, H9), the weight of filled places, travel and fairness. A volunteer
alone (H7) is not a broken rule but fills nothing, and is taken off at the end: as a broken rule
it would wall in every post without volunteers, as moves add one person at a time. The search starts
from the greedy roster; OptaPlanner's default local search (late acceptance; change and swap moves)
runs with an incremental score calculator, which optapy translates to Java. A pinned duty has one
line, and leaving it would cost a thousand broken rules.
"""

from __future__ import annotations

import time

import numpy as np
import optapy
import optapy.config
import optapy.score
from optapy.types import Duration

STAFF, SUPERVISED = 0, 1
LEAST_SECONDS = 5.0


@optapy.planning_entity
class Duty:
    """An available shift of a person."""

    def __init__(self, code, person, shift, must, lines, costs, line=None):
        self.code = code
        self.must = must
        self.person = person
        self.shift = shift
        self.lines = lines
        self.costs = costs
        self.line = line

    @optapy.planning_id
    def get_code(self):
        return self.code

    @optapy.value_range_provider(range_id="lines", value_range_type=int)
    def get_lines(self):
        return self.lines

    @optapy.planning_variable(int, value_range_provider_refs=["lines"], nullable=True)
    def get_line(self):
        return self.line

    def set_line(self, line):
        self.line = line


@optapy.planning_solution
class Week:
    """All duties, and what lines, posts and people are."""

    def __init__(self, duties, facts, score=None):
        self.duties = duties
        self.facts = facts
        self.score = score

    @optapy.planning_entity_collection_property(Duty)
    def get_duties(self):
        return self.duties

    @optapy.planning_score(optapy.score.HardMediumSoftScore)
    def get_score(self):
        return self.score

    def set_score(self, score):
        self.score = score


@optapy.incremental_score_calculator
class Calculator:
    """Keeps the score up to date as one duty changes."""

    hard: int
    medium: int
    soft: int
    seats: int
    least: int
    post_of: list
    kind_of: list
    required: list
    worth: list
    lines_of: list
    before: list
    most: list
    steps: list
    price: list
    count: list
    worked: list
    staff: list
    led: list
    company: list

    def resetWorkingSolution(self, working_solution: Week):
        facts = working_solution.facts
        self.hard = 0
        self.medium = 0
        self.soft = 0
        # Copies live in Java; what the solution holds would be asked of Python at every look.
        self.post_of = self.copy(facts[0])
        self.kind_of = self.copy(facts[1])
        self.required = self.copy(facts[2])
        self.worth = self.copies(facts[3])
        self.lines_of = self.copies(facts[4])
        self.before = self.copy(facts[5])
        self.most = self.copy(facts[6])
        self.steps = self.copy(facts[7])
        self.seats = facts[8]
        self.least = facts[9]
        self.count = [0] * len(self.post_of)
        posts = len(self.lines_of)
        self.staff = [0] * posts
        self.led = [0] * posts
        self.company = [0] * posts
        self.worked = list()
        for person in self.most:
            self.worked.append(list())
        self.price = list()
        for duty in working_solution.duties:
            own = dict()
            at = 0
            for line in duty.lines:
                own[line] = duty.costs[at]
                at = at + 1
            self.price.append(own)
        for duty in working_solution.duties:
            self.change(duty, 1)

    def copy(self, values: list):
        result = list()
        for value in values:
            result.append(value)
        return result

    def copies(self, lists: list):
        result = list()
        for values in lists:
            result.append(self.copy(values))
        return result

    def beforeEntityAdded(self, entity: Duty):
        pass

    def afterEntityAdded(self, entity: Duty):
        self.change(entity, 1)

    def beforeVariableChanged(self, entity: Duty, variableName: str):
        self.change(entity, -1)

    def afterVariableChanged(self, entity: Duty, variableName: str):
        self.change(entity, 1)

    def beforeEntityRemoved(self, entity: Duty):
        self.change(entity, -1)

    def afterEntityRemoved(self, entity: Duty):
        pass

    def change(self, duty: Duty, sign: int):
        line = duty.line
        if line is None:
            return
        post = self.post_of[line]
        kind = self.kind_of[line]
        self.account(post, -1)
        self.count[line] = self.count[line] + sign
        if kind == 0:
            self.staff[post] = self.staff[post] + sign
        else:
            self.company[post] = self.company[post] + sign
            if kind == 1:
                self.led[post] = self.led[post] + sign
        self.account(post, 1)
        self.soft = self.soft - sign * self.price[duty.code][line]
        self.hard = self.hard + sign * duty.must * 1000
        person = duty.person
        mine = self.worked[person]
        shift = duty.shift
        if sign < 0:
            mine.remove(shift)
        before = len(mine)
        clashes = 0
        for other in mine:
            if other < shift:
                if other >= self.before[shift]:
                    clashes = clashes + 1
            else:
                if shift >= self.before[other]:
                    clashes = clashes + 1
        if before >= self.most[person]:
            clashes = clashes + 1
        self.hard = self.hard - sign * clashes
        step = before
        if step >= len(self.steps):
            step = len(self.steps) - 1
        self.soft = self.soft - sign * self.steps[step]
        if sign > 0:
            mine.append(shift)

    def account(self, post: int, sign: int):
        lonely = self.company[post] > 0 and self.company[post] < self.least
        for line in self.lines_of[post]:
            filled = self.count[line]
            required = self.required[line]
            if filled > required:
                self.hard = self.hard - sign * (filled - required)
                filled = required
            if self.kind_of[line] == 0 or not lonely:
                self.medium = self.medium + sign * self.worth[line][filled]
        if lonely:
            self.soft = self.soft - sign * 50
        over = self.led[post] - self.seats * self.staff[post]
        if over > 0:
            self.hard = self.hard - sign * over

    def calculateScore(self):
        return optapy.score.HardMediumSoftScore.of(self.hard, self.medium, self.soft)


def improve(model, seconds, threads, begun):
    """Search until the time is over; return arcs, no bound, build seconds and a note."""
    week, arc_of = _week(model)
    config = (
        optapy.config.solver.SolverConfig()
        .withSolutionClass(optapy.get_class(Week))
        .withEntityClasses(optapy.get_class(Duty))
        .withScoreDirectorFactory(
            optapy.config.score.director.ScoreDirectorFactoryConfig()
            .withIncrementalScoreCalculatorClass(optapy.get_class(Calculator))
        )
    )  # fmt: skip
    build = time.perf_counter() - begun
    left = max(LEAST_SECONDS, seconds - build)
    config.withTerminationSpentLimit(Duration.ofMillis(int(left * 1000)))
    found = optapy.solver_factory_create(config).buildSolver().solve(week)
    taken = np.zeros(model["arcs"], bool)
    for duty in found.duties:
        if duty.line is not None:
            taken[arc_of[duty.code, duty.line]] = True
    _without_lonely(model, taken)
    return taken, None, build, f"optapy 9.37.0b0, score {found.get_score()}"


def _week(model):
    """Make the entities and the facts from the arrays."""
    lists = {name: model[name].tolist() for name in (
        "line_post", "line_kind", "line_required", "shift_prev", "max_shifts", "steps",
        "row_person", "row_shift", "arc_start", "arc_line", "arc_cost", "place_start", "row_forced",
    )}  # fmt: skip
    weight = (model["place_value"] // max(1, int(model["unmet"]))).tolist()
    lines = range(len(lists["line_post"]))
    worth = []
    for line in lines:
        filled = [0]
        for place in range(lists["place_start"][line], lists["place_start"][line + 1]):
            filled.append(filled[-1] + weight[place])
        worth.append(filled)
    of_post = [[] for _ in range(int(model["posts"]))]
    for line in lines:
        of_post[lists["line_post"][line]].append(line)
    steps = np.diff(model["steps"]).tolist()
    facts = [
        lists["line_post"], lists["line_kind"], lists["line_required"], worth, of_post,
        lists["shift_prev"], lists["max_shifts"], steps, int(model["seats"]),
        int(model["min_volunteers"]),
    ]  # fmt: skip
    taken = model["hint"][: model["arcs"]] > 0.5
    duties, arc_of = [], {}
    for row, person in enumerate(lists["row_person"]):
        low, high = lists["arc_start"][row], lists["arc_start"][row + 1]
        own = lists["arc_line"][low:high]
        for arc, line in zip(range(low, high), own, strict=True):
            arc_of[row, line] = arc
        start = [line for arc, line in zip(range(low, high), own, strict=True) if taken[arc]]
        duties.append(
            Duty(
                row,
                person,
                lists["row_shift"][row],
                int(lists["row_forced"][row]),
                own,
                lists["arc_cost"][low:high],
                start[0] if start else None,
            )
        )
    return Week(duties, facts), arc_of


def _without_lonely(model, taken):
    """Take volunteers off posts that have too few of them (H7)."""
    post = model["line_post"][model["arc_line"]]
    helper = model["line_kind"][model["arc_line"]] != STAFF
    company = np.bincount(post[taken & helper], minlength=int(model["posts"]))
    taken &= ~(helper & (company < int(model["min_volunteers"]))[post])
