"""A roster as rows that people read: names instead of ids, times of the city, one row a duty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd

from data.catalogue import labels
from dispatch.rules import Tier
from grid.errors import JinggeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data.importers.wording import Language
    from dispatch.scenario import Scenario

Scope = Literal["station", "beat", "team"]
SCOPES: Final[tuple[Scope, ...]] = ("station", "beat", "team")
_TIER_ORDER: Final = {tier.value: order for order, tier in enumerate(Tier)}
_COLUMNS: Final = {"station": ("station_id", "station_name"), "beat": ("beat_id", "beat_name"),
                   "team": ("team_id", "team_name")}  # fmt: skip


class ExportError(JinggeError):
    """What is wanted cannot be exported."""


@dataclass(frozen=True, slots=True)
class Directory:
    """What people and teams are called.

    Attributes
    ----------
    people : DataFrame
        ``person_id, name, team_id`` (str; empty where unknown), each person once.
    teams : DataFrame
        ``team_id, name`` (str).
    """

    people: pd.DataFrame
    teams: pd.DataFrame

    @classmethod
    def empty(cls) -> Directory:
        """Know nobody: ids stand for names."""
        return cls(
            pd.DataFrame({name: pd.Series([], dtype="str") for name in ("person_id", "name",
                                                                        "team_id")}),
            pd.DataFrame({name: pd.Series([], dtype="str") for name in ("team_id", "name")}),
        )  # fmt: skip


def roster_rows(
    scenario: Scenario,
    roster: pd.DataFrame,
    directory: Directory | None = None,
    *,
    language: Language = "zh",
) -> pd.DataFrame:
    """Return one row a duty, with everything that is printed of it.

    Parameters
    ----------
    scenario : Scenario
    roster : DataFrame
        ``person_id, beat_id, shift_id, role``, known ids.
    directory : Directory, optional
        Names of people and teams.
    language : {"zh", "en"}
        Of the roles' labels.

    Returns
    -------
    DataFrame
        ``shift_id, starts_at, ends_at`` (of the scenario's zone), ``station_id, station_name,
        beat_id, beat_name, lng, lat`` (of the beat's reporting point), ``role, role_label,
        person_id, name, tier, team_id, team_name``; by shift, station, beat, tier, role, person.
    """
    directory = directory or Directory.empty()
    shifts = scenario.shifts.assign(order=np.arange(len(scenario.shifts)))
    beats = scenario.beats[["beat_id", "name", "station_id", "station_name", "lng", "lat"]]
    rows = (
        roster[["person_id", "beat_id", "shift_id", "role"]]
        .merge(shifts, on="shift_id", how="left", validate="m:1")
        .merge(beats.rename(columns={"name": "beat_name"}), on="beat_id", validate="m:1")
        .merge(scenario.people[["person_id", "tier"]], on="person_id", validate="m:1")
        .merge(directory.people, on="person_id", how="left", validate="m:1")
    )
    rows["name"] = rows["name"].fillna("")
    rows["name"] = rows["name"].where(rows["name"] != "", rows["person_id"])
    rows["team_id"] = rows["team_id"].fillna("")
    teams = dict(zip(directory.teams["team_id"], directory.teams["name"], strict=True))
    rows["team_name"] = [teams.get(team, team) for team in rows["team_id"]]
    known = labels(language)
    rows["role_label"] = [known.get(role, role) for role in rows["role"]]
    rows["tier_order"] = rows["tier"].map(_TIER_ORDER)
    for name in ("starts_at", "ends_at"):
        rows[name] = rows[name].dt.tz_convert(scenario.timezone)
    order = ["starts_at", "order", "station_id", "beat_id", "tier_order", "role", "person_id"]
    rows = rows.sort_values(order, kind="stable", ignore_index=True)
    return rows[
        ["shift_id", "starts_at", "ends_at", "station_id", "station_name", "beat_id", "beat_name",
         "lng", "lat", "role", "role_label", "person_id", "name", "tier", "team_id", "team_name"]
    ]  # fmt: skip


def by_scope(
    rows: pd.DataFrame, scope: Scope, only: str | None = None
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield id, name and rows of each station, beat or team, by id.

    Parameters
    ----------
    rows : DataFrame
        Of `roster_rows`.
    scope : {"station", "beat", "team"}
        People without a team stand in no team's roster.
    only : str, optional
        The one id that is wanted.

    Raises
    ------
    ExportError
        Where `only` has no duty.
    """
    id_column, name_column = _COLUMNS[scope]
    picked = rows[rows[id_column] != ""]
    if only is not None:
        picked = picked[picked[id_column] == only]
        if not len(picked):
            raise ExportError(f"Expected a {scope} with duties, got {only!r}.")
    for key, group in picked.groupby(id_column, sort=True):
        yield str(key), str(group[name_column].iloc[0]), group.reset_index(drop=True)
