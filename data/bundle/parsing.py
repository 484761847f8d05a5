"""The tables of a bundle, each from text to the columns that `dispatch.scenario` documents."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from data.columns import (
    booleans,
    days,
    ids,
    instants,
    integers,
    labels,
    lists,
    no_repeats,
    numbers,
    references,
    texts,
    unique_ids,
)
from dispatch.rules import Tier
from grid.cells import is_valid_cells, resolutions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from data.sheets import Sheet

MAX_REQUIRED = 100_000
MAX_WEIGHT = 10**9
PIN_KINDS = ("fixed", "forbidden")
_MAX_COUNT = 10**9
_HEX = np.full(256, 0, np.uint64)
_HEX[np.frombuffer(b"0123456789abcdef", np.uint8)] = np.arange(16)
_HEX[np.frombuffer(b"ABCDEF", np.uint8)] = np.arange(10, 16)
_HEX_SHIFTS = np.arange(56, -1, -4, dtype=np.uint64)


def parse_beats(sheet: Sheet) -> pd.DataFrame:
    """Parse ``beats``; names of station and sub-bureau default to their ids."""
    table = pd.DataFrame(
        {
            "beat_id": unique_ids(sheet, "beat_id"),
            "station_id": ids(sheet, "station_id"),
            "sub_bureau_id": ids(sheet, "sub_bureau_id"),
            "name": texts(sheet, "name"),
            "lng": numbers(sheet, "lng", -180, 180),
            "lat": numbers(sheet, "lat", -90, 90),
        }
    )
    for unit in ("station", "sub_bureau"):
        given = texts(sheet, f"{unit}_name")
        table[f"{unit}_name"] = given.where(given != "", table[f"{unit}_id"])
    return table


def parse_cells(sheet: Sheet, beat_ids: pd.Series, resolution: int) -> pd.DataFrame:
    """Parse ``cells``: valid H3 cells of the scenario's resolution, each once."""
    cells = _cells(sheet, resolution)
    references(sheet, "beat_id", beat_ids, "beats")
    known = np.where(cells > 0, cells, 0).astype(np.int64)
    no_repeats(sheet, ("cell",), (np.where(known > 0, known, -1),))
    weight = numbers(sheet, "weight", 0)
    return pd.DataFrame({"cell": cells, "beat_id": texts(sheet, "beat_id"), "weight": weight})


def parse_shifts(sheet: Sheet) -> pd.DataFrame:
    """Parse ``shifts``: times with offset, each shift ending after it starts."""
    before = len(sheet.problems.lines)
    table = pd.DataFrame(
        {
            "shift_id": unique_ids(sheet, "shift_id"),
            "starts_at": instants(sheet, "starts_at"),
            "ends_at": instants(sheet, "ends_at"),
        }
    )
    if len(sheet.problems.lines) == before:
        late = np.flatnonzero((table["ends_at"] <= table["starts_at"]).to_numpy())
        sheet.refuse(late, "ends_at", "a time after starts_at")
    return table


def parse_roles(sheet: Sheet) -> pd.DataFrame:
    """Parse ``roles``; `supervised` is true unless the file says otherwise."""
    return pd.DataFrame(
        {
            "role": unique_ids(sheet, "role"),
            "tier": labels(sheet, "tier", tuple(Tier)),
            "hazardous": booleans(sheet, "hazardous"),
            "supervised": booleans(sheet, "supervised", default=True),
            "professions": lists(sheet, "professions"),
            "qualifications": lists(sheet, "qualifications"),
        }
    )


def parse_people(sheet: Sheet) -> pd.DataFrame:
    """Parse ``people``."""
    tier = labels(sheet, "tier", tuple(Tier))
    return pd.DataFrame(
        {
            "person_id": unique_ids(sheet, "person_id"),
            "tier": tier,
            "station_id": ids(sheet, "station_id", (tier == Tier.VOLUNTEER).to_numpy()),
            "profession": texts(sheet, "profession"),
            "qualifications": lists(sheet, "qualifications"),
            "lng": numbers(sheet, "lng", -180, 180),
            "lat": numbers(sheet, "lat", -90, 90),
            "max_shifts": integers(sheet, "max_shifts", 0, _MAX_COUNT),
            "travel_limit_m": numbers(sheet, "travel_limit_m", 0, default=np.nan),
            "insured_until": days(sheet, "insured_until"),
            "show_up": numbers(sheet, "show_up", 0, 1, open_low=True, default=1),
        }
    )


def parse_availability(sheet: Sheet, people: pd.Series, shifts: pd.Series) -> pd.DataFrame:
    """Parse ``availability``, at most one row a person and shift."""
    key = ("person_id", "shift_id")
    codes = tuple(
        references(sheet, column, known, table)
        for column, known, table in zip(key, (people, shifts), ("people", "shifts"), strict=True)
    )
    no_repeats(sheet, key, codes)
    dislike = integers(sheet, "dislike", 0, _MAX_COUNT, default=0)
    return pd.DataFrame({**{column: texts(sheet, column) for column in key}, "dislike": dislike})


def parse_demand(
    sheet: Sheet, beats: pd.Series, shifts: pd.Series, roles: pd.Series
) -> pd.DataFrame:
    """Parse ``demand``, one line a key, one weight a place."""
    key = ("beat_id", "shift_id", "role")
    codes = tuple(
        references(sheet, column, known, table)
        for column, known, table in zip(
            key, (beats, shifts, roles), ("beats", "shifts", "roles"), strict=True
        )
    )
    no_repeats(sheet, key, codes)
    required = integers(sheet, "required", 0, MAX_REQUIRED)
    table = pd.DataFrame({column: texts(sheet, column) for column in key})
    table["required"] = required
    table["weight"] = _weights(sheet, required)
    return table


def parse_pins(
    sheet: Sheet, people: pd.Series, beats: pd.Series, shifts: pd.Series, roles: pd.Series
) -> pd.DataFrame:
    """Parse ``pins``: known ids, a known kind, no row twice."""
    key = ("person_id", "beat_id", "shift_id", "role")
    known = ((people, "people"), (beats, "beats"), (shifts, "shifts"), (roles, "roles"))
    codes = [
        references(sheet, column, values, table)
        for column, (values, table) in zip(key, known, strict=True)
    ]
    kind = labels(sheet, "kind", PIN_KINDS)
    no_repeats(sheet, (*key, "kind"), (*codes, (kind == "fixed").to_numpy().astype(np.int32)))
    return pd.DataFrame({**{column: texts(sheet, column) for column in key}, "kind": kind})


def _cells(sheet: Sheet, resolution: int) -> NDArray[np.uint64]:
    """Give valid cells of the resolution; 0 where there is none, which is noted."""
    values = sheet["cell"]
    written = pc.match_substring_regex(values, "^[0-9a-fA-F]{15}$")
    # Every text has 15 characters now, so the column is one block of digits.
    block = "".join(pc.if_else(written, values, "0" * 15).to_pylist()).encode()
    digits = _HEX[np.frombuffer(block, np.uint8)].reshape(-1, 15)
    cells: NDArray[np.uint64] = (digits << _HEX_SHIFTS).sum(axis=1, dtype=np.uint64)
    valid = is_valid_cells(cells)
    sheet.refuse(np.flatnonzero(~valid), "cell", "an H3 cell of 15 hex digits")
    cells[~valid] = 0
    other = valid.copy()
    other[valid] = resolutions(cells[valid]) != resolution
    sheet.refuse(np.flatnonzero(other), "cell", f"an H3 cell of resolution {resolution}")
    return cells


def _weights(sheet: Sheet, required: NDArray[np.int64]) -> pd.Series:
    """Give one tuple a line with a weight for each place; few different ones exist in a city."""
    encoded = pc.dictionary_encode(sheet["weight"])
    text_code = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    # Lines whose `required` is wrong (-1) are told already; their weights cannot be judged.
    pairs, inverse = np.unique(
        np.where(required < 0, -1, text_code * (MAX_REQUIRED + 1) + required), return_inverse=True
    )
    texts_ = encoded.dictionary.to_pylist()
    pool = np.empty(len(pairs), object)
    for i, pair in enumerate(pairs.tolist()):
        pool[i] = ()
        text, places = texts_[pair // (MAX_REQUIRED + 1)], pair % (MAX_REQUIRED + 1)
        weights = _read_weights(text, places) if pair >= 0 else ()
        if weights is not None:
            pool[i] = weights
        else:
            expected = f"one integer in 1..{MAX_WEIGHT} or {places} of them that never rise"
            sheet.refuse(np.flatnonzero(inverse == i), "weight", expected)
    return pd.Series(pool[inverse], dtype=object)


def _read_weights(text: str, places: int) -> tuple[int, ...] | None:
    parts = [part.strip() for part in text.split(";")]
    if places == 0 and parts == [""]:
        return ()
    if not all(part.isascii() and part.isdecimal() and len(part) <= 10 for part in parts):
        return None
    weights = tuple(int(part) for part in parts)
    if min(weights) < 1 or max(weights) > MAX_WEIGHT or any(b > a for a, b in pairwise(weights)):
        return None
    if len(weights) == 1:
        return weights * places
    return weights if len(weights) == places else None
