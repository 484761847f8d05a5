"""One horizon's planning problem as validated tables: what a scenario bundle holds.

The tables are the contract between files (`data.bundle`), the planner (`dispatch.problem`
encodes them as arrays) and the independent checker, which reads them directly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from dispatch.rules import Costs, Rules


@dataclass(frozen=True, slots=True)
class Scenario:
    """A planning problem as tables, each with a RangeIndex and in file order.

    Whoever makes a scenario has validated it: ids are unique and known, numbers in range.

    Attributes
    ----------
    name : str
        What people call it.
    timezone : str
        IANA name; H8 compares local dates in it.
    cell_resolution : int
        H3 resolution of `cells`.
    rules, costs : Rules, Costs
        Numbers behind H1-H9 and the objective.
    beats : DataFrame
        ``beat_id, station_id, sub_bureau_id, name`` (str), ``lng, lat`` (float64, degrees, WGS-84:
        the point where people report), ``station_name, sub_bureau_name`` (str; the id where the
        file has none).
    cells : DataFrame
        ``cell`` (uint64), ``beat_id`` (str), ``weight`` (float64 >= 0).
    shifts : DataFrame
        ``shift_id`` (str), ``starts_at, ends_at`` (datetime64[us, UTC]); file order.
    roles : DataFrame
        ``role`` (str), ``tier`` (str), ``hazardous, supervised`` (bool), ``professions,
        qualifications`` (tuple of str; both empty: everybody of the tier).
    people : DataFrame
        ``person_id, tier, station_id, profession`` (str), ``qualifications`` (tuple of str),
        ``lng, lat`` (float64), ``max_shifts`` (int64), ``travel_limit_m`` (float64, NaN: the
        tier's), ``insured_until`` (datetime64[s] at midnight, no zone: a date; NaT: not insured),
        ``show_up`` (float64 in (0, 1]).
    availability : DataFrame
        ``person_id, shift_id`` (str), ``dislike`` (int64 >= 0).
    demand : DataFrame
        ``beat_id, shift_id, role`` (str), ``required`` (int64), ``weight`` (tuple of int with one
        entry a place, non-increasing, ``len == required``).
    pins : DataFrame
        ``person_id, beat_id, shift_id, role, kind`` (str; ``fixed`` or ``forbidden``).
    """

    name: str
    timezone: str
    cell_resolution: int
    rules: Rules
    costs: Costs
    beats: pd.DataFrame
    cells: pd.DataFrame
    shifts: pd.DataFrame
    roles: pd.DataFrame
    people: pd.DataFrame
    availability: pd.DataFrame
    demand: pd.DataFrame
    pins: pd.DataFrame
