"""The jobs behind the commands: they join files, planner and hashes, and print nothing."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from grid.errors import JinggeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dispatch.effort import Effort, Progress
    from dispatch.executors import PiecePool
    from dispatch.roster import PlanResult

# What a plan can depend on: written into its report.
_STACK: Final = ("jingge", "h3", "numba", "numpy", "ortools", "pandas", "scipy")
_RECIPE: Final = "demo.json"
_WRITING_PER_READING: Final = 0.7
"""Writing a result, in two languages, takes so many times as long as reading its bundle."""
_COMPILING_S: Final = 8.0
"""Loading compiled kernels takes a second or two; what takes longer compiles them."""
_START_S: Final = 0.7
"""Python's own start, and that of the command line."""
_LEAVING_PER_LOADING: Final = 0.4
"""Python's end, which gives gigabytes back, takes so many times as long as loading the planner."""


def stack_versions() -> dict[str, str]:
    """Return the versions of what a plan can depend on."""
    return {name: version(name) for name in _STACK}


def plan_bundle(
    bundle: Path,
    out: Path,
    *,
    effort: Effort,
    workers: int,
    seed: int,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
    pool: PiecePool | None = None,
) -> PlanResult:
    """Plan a bundle and write the checked result, with the bundle's hash and the versions.

    Parameters
    ----------
    progress, stop : callable, optional
        As `dispatch.planner.plan` takes them.
    pool : PiecePool, optional
        Where pieces are solved, of as many workers; without it, processes of this machine.

    Raises
    ------
    BundleError, JinggeError
        Where the bundle cannot be read or planned.
    """
    begun = time.perf_counter()
    from api.gaps import in_both_languages
    from data.bundle import bundle_sha256, read_bundle
    from data.results import write_result
    from dispatch.planner import plan
    from dispatch.warm_up import compile_kernels

    loading_s = time.perf_counter() - begun
    begun = time.perf_counter()
    sha256 = bundle_sha256(bundle)
    scenario = read_bundle(bundle)
    reading_s = time.perf_counter() - begun
    if effort.time_limit_s is not None:
        compile_kernels(scenario)
        warming_s = time.perf_counter() - begun - reading_s
        # Compiling happens once after installing, and is no reason for a bad first plan.
        warming_s = warming_s if warming_s < _COMPILING_S else 0.0
        effort = _rest(effort, reading_s, loading_s, warming_s)
    result = plan(
        scenario,
        effort=effort,
        workers=workers,
        seed=seed,
        clock=time.perf_counter,
        progress=progress,
        stop=stop,
        pool=pool,
    )
    report = replace(result.report, scenario_sha256=sha256, versions=stack_versions())
    result = in_both_languages(scenario, replace(result, report=report))
    write_result(result, out)
    return result


def _rest(effort: Effort, reading_s: float, loading_s: float, warming_s: float) -> Effort:
    """Take all but planning off a time limit: it is for the command, from files to files."""
    assert effort.time_limit_s is not None  # noqa: S101 - the caller looks first
    spent = _START_S + (1 + _LEAVING_PER_LOADING) * loading_s + warming_s
    spent += (1 + _WRITING_PER_READING) * reading_s
    return replace(effort, time_limit_s=max(effort.time_limit_s - spent, 0.2 * effort.time_limit_s))


@dataclass(frozen=True, slots=True)
class DemoRecipe:
    """What a demo city is made of; equal recipes give equal bundles."""

    volunteers: int
    seed: int
    jingge: str
    sha256: str = ""


class DemoError(JinggeError):
    """A directory that holds something else than a demo of ours."""


def ensure_demo(
    home: Path, *, volunteers: int, seed: int, progress: Callable[..., None] | None = None
) -> tuple[Path, bool]:
    """Write the demo city to ``home/bundle`` unless the same one stands there.

    Returns
    -------
    tuple of Path, bool
        The bundle's directory, and whether it was there already.

    Raises
    ------
    DemoError
        Where ``home/bundle`` was not written by this function: it is never overwritten.
    """
    from data.bundle import bundle_sha256
    from data.demo import write_demo

    bundle, file = home / "bundle", home / _RECIPE
    recipe = DemoRecipe(volunteers, seed, version("jingge"))
    if bundle.exists():
        known = _read_recipe(file)
        if known is None:
            raise DemoError(f"Expected {bundle} to be a demo city written by `jingge run`.")
        same = replace(known, sha256="") == recipe
        if same and known.sha256 == bundle_sha256(bundle):
            return bundle, True
    home.mkdir(parents=True, exist_ok=True)
    write_demo(bundle, volunteers=volunteers, seed=seed, progress=progress)
    recipe = replace(recipe, sha256=bundle_sha256(bundle))
    file.write_text(json.dumps(asdict(recipe), indent=1) + "\n", encoding="utf-8")
    return bundle, False


def _read_recipe(file: Path) -> DemoRecipe | None:
    try:
        return DemoRecipe(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def finished_result(bundle: Path, out: Path) -> PlanResult | None:
    """Return the result in ``out`` where it is a checked plan of exactly this bundle."""
    from data.bundle import bundle_sha256
    from data.results import read_result

    try:
        result = read_result(out)
    except (JinggeError, OSError):
        return None
    fits = result.report.scenario_sha256 == bundle_sha256(bundle)
    return result if fits and not any(result.report.violations.values()) else None
