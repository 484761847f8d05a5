"""All that a server holds: one bundle and one checked plan of it, with look-ups built once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from api.coverage import build_coverage
from api.errors import UnknownIdError
from api.gaps import rank_gaps
from api.outlines import outline_areas
from api.summary import week_figures
from data.bundle import bundle_sha256, read_bundle
from data.results import read_result
from dispatch.check import check
from dispatch.on_duty import on_duty
from grid.cells import cell_areas_km2
from grid.errors import JinggeError
from grid.lattice import build_index

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from api.coverage import CoverageTable
    from api.outlines import Outlines
    from api.summary import WeekFigures
    from dispatch.on_duty import OnDuty
    from dispatch.roster import PlanResult
    from dispatch.scenario import Scenario
    from grid.lattice import CellIndex


class CityError(JinggeError):
    """A result that may not be served: of another bundle, or one that breaks a rule."""


@dataclass(frozen=True)
class City:
    """One week's scenario, its plan and what the routes look up in them.

    Attributes
    ----------
    scenario : Scenario
    result : PlanResult
    sha256 : str
        Hash of the bundle: with the result's, the version that entity tags are made of.
    lattice : CellIndex
        The city's cells: a `Lattice`, or the sorted fallback where they lie on no one face.
    coverage : CoverageTable
        Mean coverage by ring, tier, shift and beat, and the reach it comes from.
    on_duty : OnDuty
        Headcount and log absence by tier, shift and beat.
    beat_outlines, district_outlines : Outlines
        By position in ``scenario.beats`` and ``districts``.
    cell_beat : NDArray[int32], (n_cells,)
        Position in ``scenario.beats`` of the beat that owns each cell, in lattice order.
    cell_weight : NDArray[float32], (n_cells,)
        The scenario's weight of each cell, in lattice order.
    beat_position, shift_position : dict
        Id → position in ``scenario.beats`` and ``scenario.shifts``.
    stations : DataFrame
        ``station_id, station_name, sub_bureau_id, sub_bureau_name, lat, lng`` (mean of its beats)
        and ``beats`` (their number), sorted by sub-bureau and id.
    districts : DataFrame
        ``sub_bureau_id, sub_bureau_name, lat, lng, beats, stations``.
    beat_station, station_district : NDArray[int32]
        Position of each beat's station in ``stations``, of each station's district in
        ``districts``.
    lines : DataFrame
        One row a demand line: ``beat, shift`` (int32 positions), ``role, tier`` (str),
        ``required, assigned, shortfall, weight_required, weight_filled`` (int64), in the order of
        ``scenario.demand``.
    roster : DataFrame
        The result's roster with ``beat, shift`` (int32 positions) and ``tier`` added.
    gaps : DataFrame
        The result's gaps, heaviest first, as `api.gaps.rank_gaps` makes them, with ``beat, shift``.
    people : frozenset of str
        Codes of everybody in the scenario.
    """

    scenario: Scenario
    result: PlanResult
    sha256: str
    lattice: CellIndex
    on_duty: OnDuty
    coverage: CoverageTable
    beat_outlines: Outlines
    district_outlines: Outlines
    cell_beat: NDArray[np.int32]
    cell_weight: NDArray[np.float32]
    beat_position: dict[str, int]
    shift_position: dict[str, int]
    stations: pd.DataFrame
    districts: pd.DataFrame
    beat_station: NDArray[np.int32]
    station_district: NDArray[np.int32]
    lines: pd.DataFrame
    roster: pd.DataFrame
    gaps: pd.DataFrame
    people: frozenset[str]

    @cached_property
    def figures(self) -> WeekFigures:
        """The week's figures."""
        return week_figures(self)

    @cached_property
    def version(self) -> str:
        """Sixteen hex digits that change with the bundle or the roster."""
        return self.sha256[:8] + f"{roster_digest(self.result.roster):08x}"

    @cached_property
    def shift_order(self) -> list[int]:
        """Positions of the shifts in time order."""
        table = self.scenario.shifts
        return [int(i) for i in table.sort_values(["starts_at", "ends_at", "shift_id"]).index]

    def require_person(self, person: str) -> None:
        """Raise UnknownIdError where nobody has this code."""
        if person not in self.people:
            raise UnknownIdError("person", person)

    def require_role(self, role: str) -> None:
        """Raise UnknownIdError where there is no such duty role."""
        if not (self.scenario.roles["role"] == role).any():
            raise UnknownIdError("role", role)


def roster_digest(roster: pd.DataFrame) -> int:
    """Return a 32-bit digest of a roster's rows, whatever their order."""
    rows = pd.util.hash_pandas_object(roster, index=False).to_numpy()
    return int(np.bitwise_xor.reduce(rows, initial=np.uint64(len(roster)))) & 0xFFFF_FFFF


def load_city(bundle_dir: Path, result_dir: Path) -> City:
    """Read a bundle and the result of planning it, and build the look-ups.

    Raises
    ------
    BundleError
        Where either directory cannot be read.
    CityError
        Where the result was made from another bundle, or breaks a rule: it is never shown.
    """
    scenario = read_bundle(bundle_dir)
    sha256 = bundle_sha256(bundle_dir)
    result = read_result(result_dir)
    if result.report.scenario_sha256 and result.report.scenario_sha256 != sha256:
        raise CityError(
            f"Expected {result_dir} to be a plan of {bundle_dir} (sha256 {sha256[:12]}…), "
            f"got a plan of {result.report.scenario_sha256[:12]}…: plan it again."
        )
    # What the report says of the roster may be wrong or old: the roster itself is checked.
    broken = [rule for rule, count in check(scenario, result.roster).violations.items() if count]
    if broken:
        raise CityError(
            f"Expected {result_dir} to hold a roster that keeps every rule, "
            f"got one that breaks {', '.join(broken)}."
        )
    return build_city(scenario, result, sha256)


def build_city(scenario: Scenario, result: PlanResult, sha256: str) -> City:
    """Return the city of a scenario and its checked plan."""
    beats = scenario.beats
    beat_position = {beat: i for i, beat in enumerate(beats["beat_id"])}
    shift_position = {shift: i for i, shift in enumerate(scenario.shifts["shift_id"])}
    lattice = build_index(scenario.cells["cell"].to_numpy(np.uint64))
    row = _rows_of(lattice, scenario)
    cell_beat = scenario.cells["beat_id"].map(beat_position).to_numpy(np.int32)[row]
    cell_weight = scenario.cells["weight"].to_numpy(np.float32)[row]
    cell_km2 = cell_areas_km2(lattice.cells)
    duty = on_duty(scenario, result.roster)
    stations, beat_station = _group(beats, ["sub_bureau_id", "station_id"])
    districts, district_of_beat = _group(beats, ["sub_bureau_id"])
    station_district = np.zeros(len(stations), dtype=np.int32)
    station_district[beat_station] = district_of_beat
    districts["stations"] = np.bincount(station_district, minlength=len(districts))
    roster = _positions(result.roster, beat_position, shift_position)
    tier_of = dict(zip(scenario.people["person_id"], scenario.people["tier"], strict=True))
    roster["tier"] = roster["person_id"].map(tier_of)
    return City(
        scenario=scenario,
        result=result,
        sha256=sha256,
        lattice=lattice,
        on_duty=duty,
        coverage=build_coverage(lattice, beats, duty, cell_beat, cell_weight),
        beat_outlines=outline_areas(lattice.cells, cell_km2, cell_beat, len(beats)),
        district_outlines=outline_areas(
            lattice.cells, cell_km2, district_of_beat[cell_beat], len(districts)
        ),
        cell_beat=cell_beat,
        cell_weight=cell_weight,
        beat_position=beat_position,
        shift_position=shift_position,
        stations=stations,
        districts=districts,
        beat_station=beat_station,
        station_district=station_district,
        lines=_lines(scenario, roster, beat_position, shift_position),
        roster=roster,
        gaps=_positions(rank_gaps(scenario, result), beat_position, shift_position),
        people=frozenset(scenario.people["person_id"]),
    )


def _rows_of(lattice: CellIndex, scenario: Scenario) -> NDArray[np.int64]:
    """Return the row of ``scenario.cells`` at each position of the lattice."""
    cells = scenario.cells["cell"].to_numpy(np.uint64)
    order = np.argsort(cells)
    return order[np.searchsorted(cells, lattice.cells, sorter=order)]


def _group(beats: pd.DataFrame, keys: list[str]) -> tuple[pd.DataFrame, NDArray[np.int32]]:
    """Return one row a station or district, and the row of each beat."""
    groups = beats.groupby(keys, sort=True)
    name = {"station_id": "station_name", "sub_bureau_id": "sub_bureau_name"}
    firsts = {column: (column, "first") for column in (name[key] for key in keys)}
    table = groups.agg(
        lat=("lat", "mean"), lng=("lng", "mean"), beats=("beat_id", "size"), **firsts
    ).reset_index()
    return table, groups.ngroup().to_numpy().astype(np.int32)


def _positions(
    table: pd.DataFrame, beat_position: dict[str, int], shift_position: dict[str, int]
) -> pd.DataFrame:
    """Return a copy with ``beat`` and ``shift`` as positions."""
    return table.assign(
        beat=table["beat_id"].map(beat_position).astype(np.int32),
        shift=table["shift_id"].map(shift_position).astype(np.int32),
    )


def _lines(
    scenario: Scenario,
    roster: pd.DataFrame,
    beat_position: dict[str, int],
    shift_position: dict[str, int],
) -> pd.DataFrame:
    """Return the demand lines with what the roster fills of them."""
    keys = ["beat_id", "shift_id", "role"]
    filled = roster.groupby(keys).size().rename("assigned").reset_index()
    lines = scenario.demand.merge(filled, on=keys, how="left", validate="one_to_one")
    lines["assigned"] = lines["assigned"].fillna(0).astype(np.int64)
    lines["shortfall"] = lines["required"] - lines["assigned"]
    tier_of = dict(zip(scenario.roles["role"], scenario.roles["tier"], strict=True))
    lines["tier"] = lines["role"].map(tier_of)
    # Places are filled from the first, so the filled weight is a prefix sum of the line's weights.
    weights = np.fromiter((w for line in lines["weight"] for w in line), dtype=np.int64)
    ends = lines["required"].to_numpy(np.int64).cumsum()
    starts = ends - lines["required"].to_numpy(np.int64)
    prefix = np.concatenate([[0], weights.cumsum()])
    lines["weight_required"] = prefix[ends] - prefix[starts]
    lines["weight_filled"] = prefix[starts + lines["assigned"].to_numpy(np.int64)] - prefix[starts]
    return _positions(lines, beat_position, shift_position)[
        [
            *("beat", "shift", "role", "tier", "required", "assigned", "shortfall"),
            *("weight_required", "weight_filled"),
        ]
    ]
