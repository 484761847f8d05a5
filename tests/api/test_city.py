"""The city that is served: whole, of one bundle, never a roster that breaks a rule."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from api.city import City, CityError, load_city
from api.coverage import TIERS_AND_ALL
from api.summary import week_figures
from dispatch.check import check
from dispatch.rules import Tier
from grid.cells import cell_centres
from grid.coverage import RINGS_MIN
from grid.travel import great_circle_m

if TYPE_CHECKING:
    from pathlib import Path


def test_every_cell_keeps_its_beat_and_weight(city: City) -> None:
    table = city.scenario.cells.set_index("cell")
    for position, cell in enumerate(city.lattice.cells):
        beat = city.scenario.beats["beat_id"].iloc[city.cell_beat[position]]
        assert beat == table.loc[cell, "beat_id"]
        assert city.cell_weight[position] == table.loc[cell, "weight"]


def test_lines_agree_with_the_checker(city: City) -> None:
    found = check(city.scenario, city.result.roster)
    figures = week_figures(city)
    assert figures.total.unmet == found.unmet
    assert figures.total.weight_unmet == found.weighted_unmet
    assert figures.total.assigned == found.assigned


def test_figures_add_up_whichever_way_they_are_cut(city: City) -> None:
    figures = week_figures(city)
    tiers = [places for places, _, _ in figures.by_tier.values()]
    for parts in (figures.by_shift, figures.by_station, tiers):
        for name in ("required", "assigned", "weight_required", "weight_filled"):
            assert sum(getattr(p, name) for p in parts) == getattr(figures.total, name)
    assert figures.by_tier[Tier.VOLUNTEER][1:] == (3, 2)


def test_no_roster_can_beat_the_ceiling(city: City) -> None:
    figures = week_figures(city)
    assert figures.total.share <= figures.share_ceiling <= 1


def test_coverage_is_the_chance_that_somebody_in_reach_comes(city: City) -> None:
    """Each cell by brute force, from the roster and the distances."""
    speeds = {"officer": 500.0, "auxiliary": 1000 / 3, "volunteer": 250 / 3}
    people = city.scenario.people.set_index("person_id")
    beats = city.scenario.beats.set_index("beat_id")
    shift = city.shift_position["evening"]
    lat, lng = cell_centres(city.lattice.cells)
    for position in range(0, len(lat), 7):
        given = {(r, t): c for r, t, c in city.coverage.of_cell(position, shift)}
        for ring in RINGS_MIN:
            absent = dict.fromkeys(TIERS_AND_ALL, 1.0)
            for row in city.result.roster.query("shift_id == 'evening'").to_dict("records"):
                person, beat = people.loc[row["person_id"]], beats.loc[row["beat_id"]]
                metres = great_circle_m(lat[position], lng[position], beat["lat"], beat["lng"])
                reach = city.coverage.reached[ring, person["tier"]]
                stands = city.beat_position[row["beat_id"]]
                near = bool(reach[[position]].toarray()[0, stands])
                own = city.lattice.index_at([beat["lat"]], [beat["lng"]])[0] == position
                limit = speeds_limit(ring, person["tier"], speeds)
                assert near == (own or metres <= limit)
                if near:
                    for tier in (person["tier"], "all"):
                        absent[tier] *= 1 - person["show_up"]
            for tier in TIERS_AND_ALL:
                assert given[ring, tier] == pytest.approx(1 - absent[tier], abs=1e-8)


def speeds_limit(ring: int, tier: str, _: dict[str, float]) -> float:
    from grid.coverage import TIER_MODES, Ring

    return Ring(ring, TIER_MODES[tier]).radius_m()


def test_areas_average_their_cells(city: City) -> None:
    shift = city.shift_position["evening"]
    whole = city.coverage.by_area(5, "all", np.zeros(3, dtype=int), 1)[shift, 0]
    values = [
        next(c for r, t, c in city.coverage.of_cell(i, shift) if (r, t) == (5, "all"))
        for i in range(len(city.lattice.cells))
    ]
    assert whole == pytest.approx(np.average(values, weights=city.cell_weight), abs=1e-6)


def test_outlines_cover_the_cells(city: City) -> None:
    assert city.beat_outlines.cells.sum() == len(city.lattice.cells)
    assert city.district_outlines.area_km2.sum() == pytest.approx(city.beat_outlines.area_km2.sum())


def with_report(result_dir: Path, target: Path, **changes: object) -> Path:
    shutil.copytree(result_dir, target)
    file = target / "report.json"
    report = json.loads(file.read_text(encoding="utf-8")) | changes
    file.write_text(json.dumps(report), encoding="utf-8")
    return target


def test_a_result_of_another_bundle_is_refused(
    bundle: Path, result_dir: Path, tmp_path: Path
) -> None:
    other = with_report(result_dir, tmp_path / "other", scenario_sha256="0" * 64)
    with pytest.raises(CityError, match="plan it again"):
        load_city(bundle, other)


def test_a_roster_that_breaks_a_rule_is_refused_whatever_its_report_says(
    bundle: Path, result_dir: Path, tmp_path: Path
) -> None:
    lying = with_report(result_dir, tmp_path / "lying")
    roster = lying / "roster.csv"
    roster.write_text(
        roster.read_text(encoding="utf-8") + "chen,limin,night,patrol_guard\n", encoding="utf-8"
    )
    with pytest.raises(CityError, match="breaks H5, H7"):
        load_city(bundle, lying)
