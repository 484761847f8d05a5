"""Names, points and headcounts for the maps, as plain values for JSON: the way that words take.

What stands here was written by people. It goes to the browser as JSON and is shown as text; nothing
of it may enter a page's HTML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_DIGITS = 6  # of a degree: 0.1 m


def places(
    beats: pd.DataFrame,
    stations: pd.DataFrame,
    districts: pd.DataFrame,
    beat_station: NDArray[np.integer],
    station_district: NDArray[np.integer],
) -> dict[str, Any]:
    """Return names and points of beats, stations and districts, column by column.

    Parameters
    ----------
    beats, stations, districts : DataFrame
        With ``beat_id, name``; ``station_name``; ``sub_bureau_name``; and ``lat, lng`` each.
    beat_station, station_district : ndarray of int
        Position of what each belongs to.
    """
    return {
        "beats": {
            "id": beats["beat_id"].astype(str).tolist(),
            "name": beats["name"].astype(str).tolist(),
            **_points(beats),
            "station": beat_station.tolist(),
        },
        "stations": {
            "name": stations["station_name"].astype(str).tolist(),
            **_points(stations),
            "district": station_district.tolist(),
        },
        "districts": {
            "name": districts["sub_bureau_name"].astype(str).tolist(),
            **_points(districts),
        },
    }


def shifts(
    shift_table: pd.DataFrame, lines: pd.DataFrame, timezone: str, name: str
) -> dict[str, Any]:
    """Return when each shift is and how many of its places are short.

    Parameters
    ----------
    shift_table : DataFrame
        ``shift_id, starts_at, ends_at`` (UTC).
    lines : DataFrame
        ``shift`` (position), ``required, shortfall``.
    timezone : str
        IANA name, for the local clock.
    name : str
        Of the scenario.
    """
    starts, ends = shift_table["starts_at"], shift_table["ends_at"]
    local = starts.dt.tz_convert(timezone)
    offset = (local.dt.tz_localize(None) - starts.dt.tz_localize(None)) / pd.Timedelta(minutes=1)
    sums = lines.groupby("shift")[["required", "shortfall"]].sum()
    sums = sums.reindex(range(len(shift_table)), fill_value=0)
    return {
        "name": name,
        "id": shift_table["shift_id"].astype(str).tolist(),
        "start": _seconds(starts),
        "end": _seconds(ends),
        "offset": offset.astype(int).tolist(),
        "required": sums["required"].astype(int).tolist(),
        "short": sums["shortfall"].astype(int).tolist(),
    }


def posts(
    lines: pd.DataFrame, heads: Mapping[str, NDArray[np.integer]], num_beats: int
) -> dict[str, Any]:
    """Return the posts of one shift: headcounts by beat, and every line that is short.

    Parameters
    ----------
    lines : DataFrame
        Of this shift: ``beat`` (position), ``role, required, assigned, shortfall,
        weight_required, weight_filled``.
    heads : mapping of tier to ndarray of int, shape (num_beats,)
        People on duty.

    Returns
    -------
    dict
        ``required, assigned`` and ``heads`` by beat; ``short``: ``[beat, role, missing, weight]``,
        heaviest first, with ``role`` a position in ``roles``.
    """
    beat = lines["beat"].to_numpy()
    short = lines[lines["shortfall"] > 0].copy()
    short["weight"] = short["weight_required"] - short["weight_filled"]
    short = short.sort_values(["weight", "beat", "role"], ascending=[False, True, True])
    roles, codes = np.unique(short["role"].to_numpy(str), return_inverse=True)
    table = np.column_stack((short["beat"], codes, short["shortfall"], short["weight"]))
    return {
        "required": np.bincount(beat, lines["required"], num_beats).astype(int).tolist(),
        "assigned": np.bincount(beat, lines["assigned"], num_beats).astype(int).tolist(),
        "heads": {tier: counts.tolist() for tier, counts in heads.items()},
        "roles": roles.tolist(),
        "short": table.astype(int).tolist(),
    }


def _points(table: pd.DataFrame) -> dict[str, list[float]]:
    return {key: table[key].astype(float).round(_DIGITS).tolist() for key in ("lat", "lng")}


def _seconds(times: pd.Series[pd.Timestamp]) -> list[int]:
    epoch = pd.Timestamp(0, tz="UTC")
    return ((times - epoch) // pd.Timedelta(seconds=1)).astype(int).tolist()
