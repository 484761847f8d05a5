"""``changes.csv``, read and written: what happened to a roster, and what a repair makes of it.

What happened stands in rows of two kinds, each with a comma for every value::

    absent,person_id,shift_id
    demand,beat_id,shift_id,role,required,weight

These two lines may stand in the file as headings. A file with one heading for both, ``kind`` and
the columns' names in any order, is read, too: that is what a spreadsheet saves.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from data.files import whole_directory
from data.results import ENGLISH_GAPS_FILE, REPORT_FILE, write_result
from data.sheets import InputError, Problems, shown
from data.tables import write_table
from dispatch.repair_changes import ABSENT_COLUMNS, DEMAND_COLUMNS, Changes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd

    from dispatch.roster import PlanResult
    from dispatch.scenario import Scenario

CHANGES_FILE = "changes.csv"
MAX_REQUIRED = 100_000
MAX_WEIGHT = 10**9
_COLUMNS = {"absent": ABSENT_COLUMNS, "demand": DEMAND_COLUMNS}
_KIND = "kind"
_INTEGER = re.compile(r"[0-9]{1,18}")


class ChangesError(InputError):
    """A file of changes that cannot be used, with every problem in it."""


@dataclass(slots=True)
class _Found:
    """The rows that are right so far, and the line of each key."""

    absent: list[tuple[str, str]] = field(default_factory=list)
    demand: list[tuple[str, str, str, tuple[int, ...]]] = field(default_factory=list)
    lines: dict[tuple[str, ...], int] = field(default_factory=dict)


def read_changes(path: Path, scenario: Scenario) -> Changes:
    """Read dropouts and added demand, of people, beats, shifts and roles that the scenario knows.

    Raises
    ------
    ChangesError
        With every problem, such as ``changes.csv:17: person_id: expected an id of people,
        got 'x'``.
    """
    problems = Problems()
    text = _text(path, problems)
    problems.raise_if_any(ChangesError)
    known = {
        "person_id": frozenset(scenario.people["person_id"]),
        "beat_id": frozenset(scenario.beats["beat_id"]),
        "shift_id": frozenset(scenario.shifts["shift_id"]),
        "role": frozenset(scenario.roles["role"]),
    }
    found = _Found()
    for line, values in _rows(path.name, text, problems):
        _take(found, line, values, known, f"{path.name}:{line}", problems)
    problems.raise_if_any(ChangesError)
    return Changes.of(found.absent, found.demand)


def write_repair(
    result: PlanResult, moves: pd.DataFrame, repair: Mapping[str, Any], directory: Path
) -> None:
    """Write what `write_result` does, ``changes.csv``, and ``repair`` into ``report.json``.

    Parameters
    ----------
    result : PlanResult
        The repaired roster.
    moves : DataFrame
        With `dispatch.repair_tables.MOVE_COLUMNS`.
    repair : mapping
        Plain values: what the repair found and proved.
    directory : Path
        Appears whole: an interruption leaves what stood there before.
    """
    with whole_directory(directory, stale=(ENGLISH_GAPS_FILE,)) as fresh:
        write_result(result, fresh)
        write_table(moves, fresh / CHANGES_FILE)
        report = json.loads((fresh / REPORT_FILE).read_text("utf-8"))
        text = json.dumps({**report, "repair": dict(repair)}, ensure_ascii=False, indent=2)
        (fresh / REPORT_FILE).write_text(text + "\n", "utf-8", newline="\n")


def _text(path: Path, problems: Problems) -> str:
    if not path.is_file():
        problems.add(path.name, "expected this file, got none")
        return ""
    try:
        raw = path.read_bytes()
    except OSError as error:
        problems.add(path.name, f"expected a readable file, got {error.strerror or error}")
        return ""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        problems.add(f"{path.name}:{line}", f"expected UTF-8, got byte 0x{raw[error.start]:02x}")
        return ""


def _rows(file: str, text: str, problems: Problems) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line and values by column, `_KIND` among them, of every row that has its columns."""
    reader = csv.reader(io.StringIO(text, newline=""))
    heading: list[str] | None = None
    line = 1
    try:
        for record in reader:
            at, line = line, reader.line_num + 1
            cells = list(record)
            while cells and not cells[-1].strip():
                cells.pop()
            if not cells or _is_form([cell.strip() for cell in cells]):
                continue
            cells[0] = cells[0].strip()
            if cells[0] == _KIND and heading is None:
                heading = _heading(f"{file}:{at}", [cell.strip() for cell in cells], problems)
                if heading is None:
                    return
                continue
            values = _by_place(cells) if heading is None else _by_name(cells, heading)
            if isinstance(values, str):
                problems.add(f"{file}:{at}", values)
            else:
                yield at, values
    except csv.Error as error:
        problems.add(f"{file}:{line}", f"expected a row of values, got {shown(str(error))}")


def _is_form(cells: list[str]) -> bool:
    """Whether a row is one of the two headings."""
    return tuple(cells[1:]) == _COLUMNS.get(cells[0])


def _heading(place: str, cells: list[str], problems: Problems) -> list[str] | None:
    before = len(problems.lines)
    wanted = [_KIND, *ABSENT_COLUMNS]
    if "beat_id" in cells or "required" in cells:
        wanted += [name for name in DEMAND_COLUMNS if name not in wanted]
    for name in wanted:
        if cells.count(name) != 1:
            problems.add(
                place, f"{name}: expected this column once, got it {cells.count(name)} times"
            )
    return cells if len(problems.lines) == before else None


def _by_place(cells: list[str]) -> dict[str, str] | str:
    kind, values = cells[0], cells[1:]
    columns = _COLUMNS.get(kind)
    if columns is None:
        return f"kind: expected absent or demand, got {shown(kind)}"
    if len(values) > len(columns) or (kind == "demand" and len(values) < len(columns)):
        return f"expected {kind},{','.join(columns)}, got {len(values)} values after {kind}"
    return {_KIND: kind, **dict.fromkeys(columns, ""), **dict(zip(columns, values, strict=False))}


def _by_name(cells: list[str], heading: list[str]) -> dict[str, str] | str:
    if len(cells) > len(heading):
        return f"expected {len(heading)} values, got {len(cells)}"
    values = dict.fromkeys(heading, "") | dict(zip(heading, cells, strict=False))
    if values[_KIND] not in _COLUMNS:
        return f"kind: expected absent or demand, got {shown(values[_KIND])}"
    columns = _COLUMNS[values[_KIND]]
    if missing := [name for name in columns if name not in values]:
        return f"{missing[0]}: expected this column, got {', '.join(heading)}"
    foreign = [
        name
        for name in (*ABSENT_COLUMNS, *DEMAND_COLUMNS)
        if name not in columns and values.get(name)
    ]
    if foreign:
        return (
            f"{foreign[0]}: expected nothing in a row of {values[_KIND]}, "
            f"got {shown(values[foreign[0]])}"
        )
    return values


def _take(  # noqa: PLR0917 - one row with all that it is judged by
    found: _Found,
    line: int,
    values: dict[str, str],
    known: Mapping[str, frozenset[str]],
    place: str,
    problems: Problems,
) -> None:
    """Judge one row; keep it where nothing is wrong with it."""
    before = len(problems.lines)
    kind = values[_KIND]
    names = [name for name in _COLUMNS[kind] if name in known]
    for name in names:
        horizon = kind == "absent" and name == "shift_id"
        if values[name] not in known[name] and not (horizon and not values[name]):
            expected = f"an id of {_table_of(name)}" + (" or nothing" if horizon else "")
            problems.add(place, f"{name}: expected {expected}, got {shown(values[name])}")
    weights = _weights(values, place, problems) if kind == "demand" else ()
    if len(problems.lines) > before:
        return
    key = (kind, *(values[name] for name in names))
    if key in found.lines:
        got = ", ".join(shown(value) for value in key[1:])
        problems.add(
            place,
            f"{', '.join(names)}: expected a key once, got {got} again after line "
            f"{found.lines[key]}",
        )
        return
    found.lines[key] = line
    if kind == "absent":
        found.absent.append((values["person_id"], values["shift_id"]))
    else:
        found.demand.append((values["beat_id"], values["shift_id"], values["role"], weights))


def _table_of(name: str) -> str:
    return {"person_id": "people", "beat_id": "beats", "shift_id": "shifts", "role": "roles"}[name]


def _weights(values: dict[str, str], place: str, problems: Problems) -> tuple[int, ...]:
    """Read one weight for each added place, as in ``demand.csv``."""
    text = values["required"].strip()
    if not _INTEGER.fullmatch(text) or not 0 <= int(text) <= MAX_REQUIRED:
        problems.add(
            place, f"required: expected an integer in 0..{MAX_REQUIRED}, got {shown(text)}"
        )
        return ()
    required, parts = int(text), [part.strip() for part in values["weight"].split(";")]
    numbers = [int(part) for part in parts if _INTEGER.fullmatch(part)]
    good = (
        len(numbers) == len(parts)
        and len(numbers) in {1, required}
        and all(1 <= number <= MAX_WEIGHT for number in numbers)
        and numbers == sorted(numbers, reverse=True)
    )
    if not good:
        problems.add(
            place,
            f"weight: expected an integer ≥ 1, or {required} such integers that do not rise "
            f"joined by ';', got {shown(values['weight'])}",
        )
        return ()
    return tuple(numbers * required) if len(numbers) == 1 else tuple(numbers)
