"""Each hard rule stands in the checker, in the planner, and in the smallest test that breaks it."""

from __future__ import annotations

import pytest
from oracle import naive_check, optimum
from rule_breakers import CASES, CHEN, LI, SUN, base
from tiny_city import roster_table

from dispatch.check import RULES, check

each_case = pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])


def test_the_base_keeps_every_rule():
    assert check(base(), roster_table(LI, CHEN, SUN)).ok


def test_every_rule_is_broken_by_some_case():
    assert {case.rule for case in CASES} == set(RULES)


@each_case
def test_checker_counts_exactly_this_rule(case):
    report = check(case.scenario, case.roster)
    assert report.violations == {rule: case.times * (rule == case.rule) for rule in RULES}
    assert report.details["rule"].tolist() == [case.rule] * case.times


@each_case
def test_a_plain_walk_counts_the_same(case):
    report = check(case.scenario, case.roster)
    assert naive_check(case.scenario, case.roster) == (report.violations, report.objective)


@each_case
def test_breaking_it_would_pay(case):
    """Otherwise the planner would keep the rule for no merit of its own."""
    saved = optimum(case.scenario)[0] - check(case.scenario, case.roster).objective
    assert saved > 0 or not case.pays
