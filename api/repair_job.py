"""The job behind ``jingge repair``: files in, repaired roster and what is proven of it out."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pandas as pd

from api.gaps import in_both_languages
from api.jobs import stack_versions
from data.bundle import bundle_sha256, read_bundle
from data.changes import read_changes, write_repair
from data.results import ResultError, read_result, read_roster
from dispatch.check import check
from dispatch.gaps import find_gaps
from dispatch.repair import Repair, RepairDesk, RepairError
from dispatch.repair_region import THOROUGH
from dispatch.roster import PRICE_COLUMNS, PlanResult, Report

if TYPE_CHECKING:
    from pathlib import Path

    from dispatch.repair_changes import Changes


def repair_bundle(
    bundle: Path,
    roster: Path,
    changes: Path,
    out: Path,
    *,
    tolerance: int = 0,
    at_most: int | None = None,
    curve: bool = False,
    thorough: bool = False,
) -> Repair:
    """Repair a published roster and write the checked result.

    `thorough` searches a larger region where the city is large: some seconds more.

    Raises
    ------
    BundleError, ResultError, ChangesError
        Files that cannot be used, with every problem.
    RepairError
        The published roster breaks a rule, or no plan keeps the rules or the wishes.
    """
    started = time.perf_counter()
    sha256 = bundle_sha256(bundle)
    scenario = read_bundle(bundle)
    published = read_roster(roster, scenario)
    asked = read_changes(changes, scenario)
    read = time.perf_counter()
    desk = RepairDesk(scenario, published)
    ready = time.perf_counter()
    repair = desk.repair(
        asked,
        tolerance=tolerance,
        at_most=at_most,
        curve=curve,
        growth=THOROUGH if thorough and desk.large else None,
    )
    repaired = time.perf_counter()
    bound = _published_bound(roster, sha256, asked, repair)
    result = repaired_plan(
        repair,
        sha256=sha256,
        bound=bound,
        seconds={"read": read - started, "prepare": ready - read, "repair": repaired - ready},
    )
    write_repair(result, repair.moves(), facts_of(repair), out)
    return repair


def repaired_plan(
    repair: Repair, *, sha256: str, bound: int, seconds: dict[str, float]
) -> PlanResult:
    """Return a repair as a plan that was checked and explained.

    Parameters
    ----------
    sha256 : str
        Of the scenario that the plan names.
    bound : int
        That holds for the changed scenario.
    seconds : dict
        By stage; the check is added.

    Raises
    ------
    RepairError
        Where the checker finds a broken rule or another objective: never written, never shown.
    """
    begun = time.perf_counter()
    changed, table = repair.scenario(), repair.roster()
    checked = check(changed, table)
    if not checked.ok or checked.objective != repair.objective:
        raise RepairError(
            f"Expected a repaired roster without violations that costs {repair.objective}, "
            f"got {checked.violations} at {checked.objective}."
        )
    gaps = find_gaps(changed, table)
    seconds = {**seconds, "check": time.perf_counter() - begun}
    report = Report(
        objective=checked.objective,
        bound=bound,
        gap=(checked.objective - bound) / checked.objective if checked.objective else 0.0,
        weighted_unmet=checked.weighted_unmet,
        unmet=checked.unmet,
        travel_cost=checked.travel_cost,
        fairness_cost=checked.fairness_cost,
        dislike_cost=checked.dislike_cost,
        assigned=checked.assigned,
        violations=checked.violations,
        seconds={stage: round(value, 3) for stage, value in seconds.items()},
        seed=0,
        workers=1,
        scenario_sha256=sha256,
        versions=stack_versions(),
    )
    prices = pd.DataFrame(columns=list(PRICE_COLUMNS)).astype("str")
    result = PlanResult(table, report, gaps.table, prices, gaps.remedies)
    return in_both_languages(changed, result)


def facts_of(repair: Repair) -> dict[str, Any]:
    """Return what a repair found and proved, as plain values for ``report.json``."""
    return {
        "people_disturbed": repair.people,
        "people_disturbed_bound": repair.people_bound,
        "people_disturbed_bound_anywhere": repair.people_bound_anywhere,
        "proven_for": "every roster" if repair.whole else "the region",
        "region": {"arcs": repair.arcs, "parts": repair.parts},
        "assignments_dropped": repair.dropped,
        "tolerance": repair.tolerance,
        "weighted_unmet_published": repair.published_weight,
        "weighted_unmet_goal": repair.goal,
        "weighted_unmet_bound": repair.weighted_unmet_bound,
        "released_pins": repair.released.to_dict("records"),
        "curve": [asdict(point) for point in repair.curve],
    }


def _published_bound(roster: Path, sha256: str, changes: Changes, repair: Repair) -> int:
    """Return the published plan's bound where it still holds, else 0.

    Absences only take rosters away, so a bound of the published scenario stands. Added demand and
    ended pins bring new ones.
    """
    if len(changes.demand) or len(repair.released):
        return 0
    try:
        report = read_result(roster.parent).report
    except (ResultError, OSError):
        return 0
    fits = report.scenario_sha256 == sha256 and report.bound <= repair.objective
    return report.bound if fits else 0
