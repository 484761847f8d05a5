"""The tiny city of two neighbourhoods with ground around its beats, planned by hand and served."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from starlette.testclient import TestClient
from tiny_city import BEATS, roster_table, tiny_scenario

from api.app import create_app
from api.city import City, load_city
from api.settings import Settings
from data.bundle import bundle_sha256, read_bundle, write_bundle
from data.results import write_result
from dispatch.check import check
from dispatch.gaps import explain_gaps
from dispatch.roster import PlanResult, Report
from grid.cells import cell_centres, cells_at
from grid.travel import great_circle_m

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dispatch.scenario import Scenario

# Keeps every rule; Haiwei's evening lacks its third patrol guard and the mediator.
ROSTER = roster_table(
    ("li", "haiwei", "evening", "auxiliary"),
    ("liu", "haiwei", "evening", "patrol_guard"),
    ("sun", "haiwei", "evening", "patrol_guard"),
    ("wang", "huasheng", "evening", "officer"),
    ("zhao", "limin", "night", "auxiliary"),
)
HOSTILE = "</script><script>alert(1)</script>{{ 7*7 }}"


def ground() -> pd.DataFrame:
    """Give every beat the cells of a square kilometre around it that are nearest to it."""
    steps = np.arange(-0.006, 0.0061, 0.0008)
    beats = BEATS[["lat", "lng"]].to_numpy()
    points = np.concatenate(
        [np.stack(np.meshgrid(lat + steps, lng + steps), -1).reshape(-1, 2) for lat, lng in beats]
    )
    cells = np.unique(cells_at(points[:, 0], points[:, 1], 9))
    lat, lng = cell_centres(cells)
    distance = great_circle_m(lat[:, None], lng[:, None], beats[:, 0], beats[:, 1])
    owner = BEATS["beat_id"].to_numpy()[distance.argmin(axis=1)]
    weight = np.where(distance.min(axis=1) < 500, 2.0, 0.5)
    weight[0] = 0.0
    table = pd.DataFrame({"cell": cells, "beat_id": owner, "weight": weight})
    return table.astype({"beat_id": "str"})


def named(beats: pd.DataFrame) -> pd.DataFrame:
    """Give the third beat a name that would run in a careless page."""
    return beats.assign(name=["海威警格", "华盛警格", HOSTILE]).astype({"name": "str"})


def plan_by_hand(scenario: Scenario, roster: pd.DataFrame, sha256: str) -> PlanResult:
    """Make a checked result with the true objective and a bound that is surely one."""
    found = check(scenario, roster)
    report = Report(
        objective=found.objective,
        bound=found.objective // 2,
        gap=1 - (found.objective // 2) / found.objective,
        weighted_unmet=found.weighted_unmet,
        unmet=found.unmet,
        travel_cost=found.travel_cost,
        fairness_cost=found.fairness_cost,
        dislike_cost=found.dislike_cost,
        assigned=found.assigned,
        violations=found.violations,
        seconds={"by hand": 1.0},
        seed=1,
        workers=1,
        scenario_sha256=sha256,
        versions={},
    )
    prices = scenario.demand[["beat_id", "shift_id", "role"]].assign(price=0)
    return PlanResult(roster, report, explain_gaps(scenario, roster), prices)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("tiny") / "bundle"
    write_bundle(replace(tiny_scenario(), cells=ground(), beats=named(BEATS)), directory)
    return directory


@pytest.fixture(scope="session")
def result_dir(bundle: Path) -> Path:
    directory = bundle.parent / "result"
    write_result(plan_by_hand(read_bundle(bundle), ROSTER, bundle_sha256(bundle)), directory)
    return directory


@pytest.fixture(scope="session")
def city(bundle: Path, result_dir: Path) -> City:
    return load_city(bundle, result_dir)


@pytest.fixture(scope="session")
def client(city: City) -> Iterator[TestClient]:
    with TestClient(create_app(city, Settings(docs=True))) as client:
        yield client
