"""包头市 (division code 150200): the ground, names and census that the product ships.

`SOURCES.md` beside the files says where each comes from and under which licence. Coordinates are
WGS-84. Figures of population and names of places are real; nothing here holds a real person.

**The high-tech zone.** 150271 (稀土高新区) is an administration with a census row,
three townships and a sub-bureau of its own, but the outlines have no area for it: its ground lies
inside the outline of 青山区 (150204). So `load_district_cells` never names 150271; `OUTLINE_OF`
says in whose outline a district's ground is to be looked for. `load_sub_bureau_cells` cuts the zone
out along `ZONE_NORTH_EDGE`, at the waist of that outline: **an assumption of ours** that lets all
ten sub-bureaus have ground; the real edge is not in any open table that we know. The ten districts'
populations add up to the city's: 150204's figure is *without* the zone's people.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Final

import numpy as np
import pandas as pd

from grid.cells import cell_centres, uncompact
from grid.stations import build_stations

__all__ = [
    "CELL_RESOLUTION",
    "CITY_CODE",
    "HIGH_TECH_ZONE",
    "OUTLINE_OF",
    "ZONE_NORTH_EDGE",
    "load_census",
    "load_communities",
    "load_district_cells",
    "load_districts",
    "load_stations",
    "load_sub_bureau_cells",
    "load_townships",
]

CITY_CODE: Final = "150200"
HIGH_TECH_ZONE: Final = "150271"
OUTLINE_OF: Final = {HIGH_TECH_ZONE: "150204"}
"""District code -> the district whose outline holds its ground; others have their own."""
ZONE_NORTH_EDGE: Final = ((109.835, 40.640), (109.980, 40.605))
"""Two points (lng, lat); cells of the outline 150204 south of their line count as the zone's."""
CELL_RESOLUTION: Final = 9

_AGE_BAND = r"^(?P<sex>male|female)_(?P<low>\d+)_(?P<high>\d+|plus)$"


def load_district_cells() -> pd.DataFrame:
    """Read the city's cells of resolution 9 and the district whose outline holds each centre.

    Returns
    -------
    DataFrame, 315,020 rows
        ``cell`` (uint64, H3 index, ascending within a district), ``district_code`` (str, nine
        different ones: the high-tech zone has no outline of its own, see the package's text).
    """
    compacted = _table("district_cells.parquet")
    parts = [
        (str(code), uncompact(group.to_numpy(np.uint64), CELL_RESOLUTION))
        for code, group in compacted.groupby("district_code")["cell"]
    ]
    return pd.DataFrame(
        {
            "cell": np.concatenate([np.sort(cells) for _, cells in parts]),
            "district_code": np.repeat(
                [code for code, _ in parts], [cells.size for _, cells in parts]
            ),
        }
    ).astype({"district_code": "str"})


def load_sub_bureau_cells() -> pd.DataFrame:
    """Read the city's cells with their centres and the sub-bureau (分局) that answers for them.

    Returns
    -------
    DataFrame, 315,020 rows in the order of `load_district_cells`
        ``cell`` (uint64), ``district_code`` (str, ten different ones: the high-tech zone's cells
        are taken out of 150204, see the package's text), ``lat, lng`` (float64, degrees).
    """
    return _sub_bureau_cells().copy()


@cache
def _sub_bureau_cells() -> pd.DataFrame:
    table = load_district_cells()
    lat, lng = cell_centres(table["cell"].to_numpy())
    (west, at_west), (east, at_east) = ZONE_NORTH_EDGE
    edge_lat = at_west + (lng - west) * (at_east - at_west) / (east - west)
    in_zone = (table["district_code"] == OUTLINE_OF[HIGH_TECH_ZONE]) & (lat < edge_lat)
    code = table["district_code"].mask(in_zone, HIGH_TECH_ZONE)
    return table.assign(district_code=code, lat=lat, lng=lng)


def load_stations() -> pd.DataFrame:
    """Make the city's 91 stations (派出所), one for each township.

    Returns
    -------
    DataFrame, 91 rows
        ``station_id`` (str, the township's code), ``name`` (乌素图派出所), ``district_code`` (str),
        ``lat, lng`` (float64, degrees), ``office_is_synthetic`` (bool: 31 are placed by
        `grid.stations.build_stations`, because nobody has told where they are).
    """
    return _stations().copy()


@cache
def _stations() -> pd.DataFrame:
    ground = _sub_bureau_cells()
    return build_stations(
        load_townships(),
        ground["lat"].to_numpy(),
        ground["lng"].to_numpy(),
        ground["district_code"].to_numpy(str),
    )


def load_townships() -> pd.DataFrame:
    """Read the 91 street offices, towns, sumu and parks of 2023.

    Returns
    -------
    DataFrame, 91 rows
        ``code`` (9 digits), ``name``, ``district_code`` (str), ``lng, lat`` (float64, degrees, of
        the office to about 0.5 km; NaN for the 31 whose place is not known).
    """
    return _table("townships.csv").astype({"lng": "float64", "lat": "float64"})


def load_communities() -> pd.DataFrame:
    """Read the 855 residents' and villagers' committees (社区, 村, 嘎查), without places.

    Returns
    -------
    DataFrame, 855 rows
        ``code`` (12 digits), ``name``, ``township_code`` (str).
    """
    return _table("communities.parquet").astype("str")


def load_districts() -> pd.DataFrame:
    """Read the ten districts' names and totals of the census of 2020, the city itself left out.

    Returns
    -------
    DataFrame, 10 rows
        ``district_code, name`` (str), ``population, male, female, urban, rural, households``
        (int64), ``outline_code`` (str: whose outline in `load_district_cells` holds its ground).
    """
    table = _table("census2020.csv")
    table = table[table["district_code"] != CITY_CODE].reset_index(drop=True)
    counts = ["population", "male", "female", "urban", "rural", "households"]
    districts = table[["district_code", "name", *counts]].astype(dict.fromkeys(counts, "int64"))
    return districts.assign(outline_code=districts["district_code"].replace(OUTLINE_OF))


def load_census() -> pd.DataFrame:
    """Read the census of 2020 by district, sex and age band, one row a count.

    Returns
    -------
    DataFrame, 380 rows
        ``district_code`` (str, ten districts), ``sex`` (``male`` or ``female``), ``age_low,
        age_high`` (int64, years, both included; the open last band ends at 100), ``population``
        (int64). The sum of ``population`` is the city's.
    """
    table = _table("census2020.csv")
    table = table[table["district_code"] != CITY_CODE]
    bands = table.columns[table.columns.str.match(_AGE_BAND)]
    long = table[["district_code", *bands]].melt(
        "district_code", var_name="band", value_name="population"
    )
    parts = long["band"].str.extract(_AGE_BAND)
    tidy = pd.DataFrame(
        {
            "district_code": long["district_code"],
            "sex": parts["sex"],
            "age_low": parts["low"].astype("int64"),
            "age_high": parts["high"].replace("plus", "100").astype("int64"),
            "population": long["population"].astype("int64"),
        }
    )
    return tidy.sort_values(["district_code", "sex", "age_low"], ignore_index=True)


@cache
def _table(name: str) -> pd.DataFrame:
    with files(__name__).joinpath(name).open("rb") as stream:
        if name.endswith(".parquet"):
            return pd.read_parquet(stream)
        return pd.read_csv(stream, dtype="str", encoding="utf-8")
