"""What needs more than one column, or more than one sheet: places, times, weights, keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from data.importers.cells import RefusedError
from data.importers.claims import Claims, check_claims
from data.importers.places import Ground, resolve
from data.importers.preview import Refusal
from data.importers.table_files import TableFileError, file_problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from data.importers.kinds import Kind
    from data.importers.reading import Checked

    Refuse = Callable[[int, str, RefusedError], None]

MAX_WEIGHT = 10**9


def finish(
    kind: Kind,
    checked: list[Checked],
    ground: Ground,
    *,
    system: str,
    file: str,
    zone: ZoneInfo,
    claims: Claims | None = None,
) -> tuple[pd.DataFrame, list[Refusal]]:
    """Finish a kind's table from its sheets.

    Returns
    -------
    table : DataFrame
        Rows without a refusal, in file order; the columns that the file has, helpers used up.
    refused : list of Refusal
        In file order.

    Raises
    ------
    TableFileError
        Where coordinates are given and nothing names their system.
    """
    if not any(one.report.num_rows for one in checked):
        raise TableFileError([file_problem(file, "no_rows")])
    parts, places = [], []
    claims = claims or Claims()
    seen: dict[str, dict[bytes, str]] = {}
    for one in checked:
        refuse = _refuser(kind, one, file)
        part = _finished(
            kind, one, refuse, ground, system=system or one.system, file=file, zone=zone
        )
        check_claims(kind, part, claims, seen, _quiet(one, refuse))
        good = np.array([row not in one.refused for row in range(len(part))], np.bool_)
        parts.append(part[good])
        places += [(one, row) for row in np.flatnonzero(good).tolist()]
    table = _in_order(kind, pd.concat(parts, ignore_index=True))
    repeated = _repeated(kind, table, places, file)
    once = np.array([row not in repeated for row in range(len(table))], np.bool_)
    table = table[once].reset_index(drop=True)
    refused = [
        refusal for one in checked for row in sorted(one.refused) for refusal in one.refused[row]
    ]
    return table, refused


def _refuser(kind: Kind, one: Checked, file: str) -> Refuse:
    def refuse(row: int, column: str, error: RefusedError) -> None:
        kept = one.refused.setdefault(row, [])
        if one.keeper.has_room():
            heading = one.headings.get(column) or kind[column].heading.zh
            sheet = one.report.sheet
            kept.append(Refusal(file, sheet, one.row_numbers[row], heading, column, error.words))

    return refuse


def _finished(
    kind: Kind,
    one: Checked,
    refuse: Refuse,
    ground: Ground,
    *,
    system: str,
    file: str,
    zone: ZoneInfo,
) -> pd.DataFrame:
    table = one.table
    if "lng" in table or "community_id" in table:
        has_system = system or "coordinate_system" in table
        if "lng" in table and not has_system and table["lng"].notna().any():
            raise TableFileError([file_problem(file, "no_system")])
        table = resolve(table, system, ground, _quiet(one, refuse), needed=kind.name == "incidents")
    match kind.name:
        case "shifts":
            return _shift_times(table, one, refuse, zone)
        case "demand":
            return _weights(table, one, refuse)
        case "insurance":
            _check_order(table, "starts_on", "ends_on", one, refuse)
    return table


def _quiet(one: Checked, refuse: Refuse) -> Refuse:
    """Say nothing of places in a row that is refused already: a bad number looks like none."""
    before = set(one.refused)

    def loud(row: int, column: str, error: RefusedError) -> None:
        if row not in before:
            refuse(row, column, error)

    return loud


# ---- shifts


def _shift_times(table: pd.DataFrame, one: Checked, refuse: Refuse, zone: ZoneInfo) -> pd.DataFrame:
    """Make moments of days and times of day; an end that is not after its start is on the next."""
    days = table["day"] if "day" in table else pd.Series([pd.NaT] * len(table))
    starts: list[datetime | None] = []
    ends: list[datetime | None] = []
    for row in range(len(table)):
        if row in one.refused:
            start = end = None
        else:
            start, end = _one_shift(row, days.iloc[row], table, refuse, zone)
        starts.append(start)
        ends.append(end)
    finished = table.drop(columns="day", errors="ignore")
    for name, values in (("starts_at", starts), ("ends_at", ends)):
        moments = pd.to_datetime(pd.Series(values, dtype=object), utc=True)
        finished[name] = moments.dt.as_unit("us")
    return finished


def _one_shift(
    row: int, day: Any, table: pd.DataFrame, refuse: Refuse, zone: ZoneInfo
) -> tuple[datetime | None, datetime | None]:
    own = None if pd.isna(day) else pd.Timestamp(day).date()
    start_day, start_clock, start = table["starts_at"].iloc[row]
    end_day, end_clock, end = table["ends_at"].iloc[row]
    start_day = start_day or own
    if start_day is None:
        refuse(row, "day" if "day" in table else "starts_at", RefusedError("required"))
        return None, None
    start = start or datetime.combine(start_day, start_clock, zone)
    told = end is not None or end_day is not None
    end = end or datetime.combine(end_day or start_day, end_clock, zone)
    if end <= start and not told:
        end = datetime.combine(start_day + timedelta(days=1), end_clock, zone)
    if end <= start:
        refuse(row, "ends_at", RefusedError("not_after", earlier=f"{start:%Y-%m-%d %H:%M}"))
    return start.astimezone(UTC), end.astimezone(UTC)


# ---- demand


def _weights(table: pd.DataFrame, one: Checked, refuse: Refuse) -> pd.DataFrame:
    """Make a weight a place of each text: one integer, or one a place that never rise."""
    if "weight" not in table:
        return table
    pool = np.empty(len(table), object)
    for row, (text, required) in enumerate(zip(table["weight"], table["required"], strict=True)):
        pool[row] = ()
        if row in one.refused:
            continue
        weights = _read_weights(text, int(required))
        if weights is None:
            refuse(row, "weight", RefusedError("weights", required=int(required), got=text[:60]))
        else:
            pool[row] = weights
    return table.assign(weight=pd.Series(pool, dtype=object))


def _read_weights(text: str, required: int) -> tuple[int, ...] | None:
    parts = [part.strip() for part in text.replace("；", ";").split(";")]
    if parts == [""]:
        return (1,) * required
    if not all(part.isascii() and part.isdecimal() and len(part) <= 10 for part in parts):
        return None
    weights = tuple(int(part) for part in parts)
    if min(weights) < 1 or max(weights) > MAX_WEIGHT or any(b > a for a, b in pairwise(weights)):
        return None
    if len(weights) == 1:
        return weights * required
    return weights if len(weights) == required else None


# ---- insurance, keys, order


def _check_order(
    table: pd.DataFrame, first: str, second: str, one: Checked, refuse: Refuse
) -> None:
    for row in np.flatnonzero((table[second] < table[first]).to_numpy()):
        at = int(row)
        if at not in one.refused:
            refuse(
                at, second, RefusedError("not_after", earlier=f"{table[first].iloc[at]:%Y-%m-%d}")
            )


def _in_order(kind: Kind, table: pd.DataFrame) -> pd.DataFrame:
    order = [column.name for column in kind.columns if column.name in table]
    return table[order]


def _repeated(
    kind: Kind, table: pd.DataFrame, places: list[tuple[Checked, int]], file: str
) -> set[int]:
    """Refuse rows whose key stood on an earlier row, and return their positions."""
    keys = pd.MultiIndex.from_frame(table[list(kind.key)])
    firsts: dict[Any, int] = {}
    repeated = set()
    for position in np.flatnonzero(keys.duplicated(keep=False)):
        at = int(position)
        key = keys[at]
        if key not in firsts:
            firsts[key] = at
            continue
        (first, first_row), (one, row) = places[firsts[key]], places[at]
        same = first.report.sheet == one.report.sheet
        code = "repeated" if same else "repeated_in"
        error = RefusedError(code, sheet=first.report.sheet, row=first.row_numbers[first_row])
        _refuser(kind, one, file)(row, kind.key[0], error)
        repeated.add(at)
    return repeated
