"""What happened after a roster was published: people drop out, demand is added."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dispatch.roster import ROSTER_COLUMNS

if TYPE_CHECKING:
    from dispatch.scenario import Scenario

ABSENT_COLUMNS = ("person_id", "shift_id")
DEMAND_COLUMNS = ("beat_id", "shift_id", "role", "required", "weight")
_LINE = ["beat_id", "shift_id", "role"]


@dataclass(frozen=True, slots=True)
class Changes:
    """Dropouts and added demand, of known ids.

    Attributes
    ----------
    absent : DataFrame
        ``person_id, shift_id`` (str); an empty shift is the whole horizon.
    demand : DataFrame
        ``beat_id, shift_id, role`` (str), ``required`` (int64), ``weight`` (tuple of int with one
        entry a place): places that come on top of what the line has, or a line of their own.
    """

    absent: pd.DataFrame
    demand: pd.DataFrame

    @classmethod
    def of(
        cls,
        absent: list[tuple[str, str]] | None = None,
        demand: list[tuple[str, str, str, tuple[int, ...]]] | None = None,
    ) -> Changes:
        """Make changes from (person, shift) and (beat, shift, role, weight of each place)."""
        rows = [(*line[:3], len(line[3]), line[3]) for line in demand or ()]
        texts = dict.fromkeys(_LINE, "str")
        return cls(
            pd.DataFrame(absent or [], columns=list(ABSENT_COLUMNS)).astype("str"),
            pd.DataFrame(rows, columns=list(DEMAND_COLUMNS)).astype(texts | {"required": "int64"}),
        )


def changed_scenario(scenario: Scenario, changes: Changes) -> tuple[Scenario, pd.DataFrame]:
    """Apply changes: what the new roster has to keep.

    Absent people are no longer available; a fixed pin of somebody absent ends with it. Added
    places join those of their line, heaviest first.

    Returns
    -------
    scenario : Scenario
    released : DataFrame
        The fixed pins that ended.
    """
    gone = absent_pairs(scenario, changes)
    availability = scenario.availability
    keep = ~_pairs(availability).isin(gone)
    pins = scenario.pins
    ended = (pins["kind"] == "fixed").to_numpy() & _pairs(pins).isin(gone)
    changed = replace(
        scenario,
        availability=availability[keep].reset_index(drop=True),
        pins=pins[~ended].reset_index(drop=True),
    )
    if len(changes.demand):
        changed = replace(changed, demand=_with_more(scenario.demand, changes.demand))
    return changed, pins.loc[ended, list(ROSTER_COLUMNS)].reset_index(drop=True)


def ended_pins(scenario: Scenario, changes: Changes) -> pd.DataFrame:
    """List the fixed pins that end because their people are absent."""
    pins = scenario.pins[scenario.pins["kind"] == "fixed"]
    absent = set(changes.absent.itertuples(index=False, name=None))
    pairs = zip(pins["person_id"], pins["shift_id"], strict=True)
    ended = np.array(
        [(who, shift) in absent or (who, "") in absent for who, shift in pairs], np.bool_
    )
    return pins.loc[ended, list(ROSTER_COLUMNS)].reset_index(drop=True)


def absent_pairs(scenario: Scenario, changes: Changes) -> pd.MultiIndex:
    """Every (person, shift) at which somebody is absent, horizon-long absences written out."""
    absent = changes.absent
    whole = absent.loc[absent["shift_id"] == "", ["person_id"]]
    whole = whole.merge(scenario.shifts[["shift_id"]], how="cross")
    pairs = pd.concat([absent[absent["shift_id"] != ""], whole], ignore_index=True)
    return _pairs(pairs.drop_duplicates())


def _pairs(table: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(table[list(ABSENT_COLUMNS)])


def _with_more(demand: pd.DataFrame, added: pd.DataFrame) -> pd.DataFrame:
    """Merge added places into the demand table; its lines keep their order."""
    weights: dict[tuple[str, str, str], tuple[int, ...]] = {}
    for table in (demand, added):
        for *line, weight in zip(*(table[name] for name in (*_LINE, "weight")), strict=True):
            beat, shift, role = line
            known = weights.get((beat, shift, role), ())
            weights[beat, shift, role] = tuple(sorted((*known, *weight), reverse=True))
    rows = [(*line, len(weight), weight) for line, weight in weights.items()]
    table = pd.DataFrame(rows, columns=list(DEMAND_COLUMNS))
    return table.astype(dict.fromkeys(_LINE, "str") | {"required": "int64"})
