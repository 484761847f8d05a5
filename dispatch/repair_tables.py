"""A repaired roster as tables: the roster itself, and who changes from what to what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dispatch.roster import ROSTER_COLUMNS

if TYPE_CHECKING:
    from dispatch.repair_kept import Ground
    from dispatch.seating import Seating

MOVE_COLUMNS = (
    *("person_id", "shift_id", "old_beat_id", "old_role", "new_beat_id", "new_role"),
    *("reason", "replaces"),
)
"""Columns of ``changes.csv``; see `move_table`."""

_KEY = ["person_id", "shift_id"]


def roster_table(ground: Ground, seating: Seating) -> pd.DataFrame:
    """Rows of a seating as a roster, sorted by its columns."""
    problem, scenario = ground.problem, ground.scenario
    rows = np.flatnonzero(seating.row_line >= 0)
    line = problem.line_of[seating.row_line[rows]]
    person = problem.person_of[problem.row_person[rows]]
    table = pd.DataFrame(
        {
            "person_id": scenario.people["person_id"].to_numpy()[person],
            **{name: scenario.demand[name].to_numpy()[line] for name in ROSTER_COLUMNS[1:]},
        },
        columns=list(ROSTER_COLUMNS),
    ).astype("str")
    return table.sort_values(list(ROSTER_COLUMNS), kind="stable").reset_index(drop=True)


def move_table(
    published: pd.DataFrame, roster: pd.DataFrame, absent: pd.MultiIndex
) -> pd.DataFrame:
    """Compare two rosters: one row for each (person, shift) at which they differ.

    Parameters
    ----------
    published, roster : DataFrame
        With `ROSTER_COLUMNS`; nobody stands twice in a shift.
    absent : MultiIndex
        (person, shift) pairs at which somebody is absent.

    Returns
    -------
    DataFrame
        `MOVE_COLUMNS`, all texts, empty where there is no old or new place. ``reason`` is
        ``absent`` (their own absence), ``called`` (takes a place more), ``moved`` (has this place
        instead of another one) or ``released`` (gives a place up for nothing: it lost its
        supervisor or company, or somebody else has it). ``replaces`` names who left the new
        line, each once; empty where the place was open or is new.
    """
    both = published.merge(roster, how="outer", on=_KEY, suffixes=("_old", "_new")).fillna("")
    same = (both["beat_id_old"] == both["beat_id_new"]) & (both["role_old"] == both["role_new"])
    moves = both[~same].rename(
        columns={
            "beat_id_old": "old_beat_id",
            "role_old": "old_role",
            "beat_id_new": "new_beat_id",
            "role_new": "new_role",
        }
    )
    away = pd.Series(
        pd.MultiIndex.from_frame(moves[_KEY]).isin(absent), index=moves.index, dtype=bool
    )
    leaves, comes = moves["old_beat_id"] != "", moves["new_beat_id"] != ""
    # Somebody who leaves one shift and comes to another has moved, too.
    gains = moves["person_id"].isin(moves.loc[comes, "person_id"])
    loses = moves["person_id"].isin(moves.loc[leaves & ~away, "person_id"])
    reason = np.where(
        away,
        "absent",
        np.where(gains & loses, "moved", np.where(comes, "called", "released")),
    )
    moves = moves.assign(reason=reason)
    return (
        moves.assign(replaces=_replaces(moves))
        .sort_values(_KEY, kind="stable")
        .reset_index(drop=True)
        .reindex(columns=list(MOVE_COLUMNS))
        .astype("str")
    )


def _replaces(moves: pd.DataFrame) -> list[str]:
    """Who left the line that each row's person comes to: each leaver is named once."""
    left: dict[tuple[str, str, str], list[str]] = {}
    columns = ("person_id", "shift_id", "old_beat_id", "old_role", "new_beat_id", "new_role")
    rows = list(zip(*(moves[name] for name in columns), strict=True))
    for person, shift, beat, role, _, _ in rows:
        if beat:
            left.setdefault((beat, shift, role), []).append(person)
    names = []
    for _, shift, _, _, beat, role in rows:
        leavers = left.get((beat, shift, role), [])
        names.append(leavers.pop(0) if leavers else "")
    return names
