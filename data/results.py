"""Finished plans as result directories, and rosters from files."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import pandas as pd

from data.columns import ids, integers, numbers, references, texts
from data.files import whole_directory
from data.sheets import InputError, Problems, Sheet, read_sheet
from data.tables import write_table
from dispatch.roster import GAP_COLUMNS, PRICE_COLUMNS, ROSTER_COLUMNS, PlanResult, Report

if TYPE_CHECKING:
    from pathlib import Path

    from dispatch.scenario import Scenario

REPORT_FILE = "report.json"
ENGLISH_GAPS_FILE = "gaps_en.csv"
SHADOW_FILE = "shadow_prices.csv"
TRAINING_FILE = "training.csv"
_GAP_TEXTS = ("beat_id", "shift_id", "role", "cause", "remedy")


class ResultError(InputError):
    """A roster or result that cannot be used, with every problem in it."""


def write_result(result: PlanResult, directory: Path) -> None:
    """Write ``roster.csv``, ``report.json``, ``gaps.csv`` and ``prices.csv``.

    Where the gaps have ``remedy_en``, ``gaps_en.csv`` is ``gaps.csv`` in English.
    The directory appears whole: an interruption leaves what stood there before. Other files in
    it, a map say, stay.
    """
    with whole_directory(directory, stale=(ENGLISH_GAPS_FILE, SHADOW_FILE, TRAINING_FILE)) as fresh:
        write_table(result.roster.loc[:, list(ROSTER_COLUMNS)], fresh / "roster.csv")
        write_table(result.gaps.loc[:, list(GAP_COLUMNS)], fresh / "gaps.csv")
        if "remedy_en" in result.gaps:
            english = result.gaps.assign(remedy=result.gaps["remedy_en"])
            write_table(english.loc[:, list(GAP_COLUMNS)], fresh / ENGLISH_GAPS_FILE)
        write_table(result.prices.loc[:, list(PRICE_COLUMNS)], fresh / "prices.csv")
        (fresh / REPORT_FILE).write_text(report_json(result.report), "utf-8", newline="\n")


def write_shadow_prices(shadow: pd.DataFrame, training: pd.DataFrame, directory: Path) -> None:
    """Write ``shadow_prices.csv`` and ``training.csv`` beside a roster; a new plan removes them."""
    with whole_directory(directory) as fresh:
        write_table(shadow, fresh / SHADOW_FILE)
        write_table(training, fresh / TRAINING_FILE)


def report_json(report: Report) -> str:
    """Write a report as the text of ``report.json``, keys in the contract's order."""
    return json.dumps(asdict(report), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def read_result(directory: Path) -> PlanResult:
    """Read a result directory.

    Raises
    ------
    ResultError
        With every problem, by file and line.
    """
    problems = Problems()
    report = _read_report(directory / REPORT_FILE, problems)
    roster = _read(directory / "roster.csv", ROSTER_COLUMNS, problems)
    gaps = _read(directory / "gaps.csv", GAP_COLUMNS, problems)
    english = None
    if (directory / ENGLISH_GAPS_FILE).exists():
        english = _read(directory / ENGLISH_GAPS_FILE, GAP_COLUMNS, problems)
    prices = _read(directory / "prices.csv", PRICE_COLUMNS, problems)
    problems.raise_if_any(ResultError)
    if report is None or roster is None or gaps is None or prices is None:  # pragma: no cover
        raise ResultError([f"{directory}: expected a result, got none"])
    gap_table = _gap_table(gaps)
    if english is not None:
        gap_table = _with_english(gap_table, _gap_table(english), problems)
    result = PlanResult(_text_table(roster), report, gap_table, _price_table(prices))
    problems.raise_if_any(ResultError)
    return result


def read_roster(path: Path, scenario: Scenario) -> pd.DataFrame:
    """Read a roster, ``.csv`` or ``.parquet``, of known people, beats, shifts and roles.

    Returns
    -------
    DataFrame
        The columns of `dispatch.roster.ROSTER_COLUMNS` as text, in file order. Whether it keeps
        the rules is the checker's matter: rows that stand twice are kept for it.

    Raises
    ------
    ResultError
        With every problem, such as ``roster.csv:3: person_id: expected an id of people, got 'x'``.
    """
    problems = Problems()
    sheet = _read(path, ROSTER_COLUMNS, problems)
    problems.raise_if_any(ResultError)
    if sheet is None:  # pragma: no cover - always told in problems
        raise ResultError([f"{path}: expected a roster, got none"])
    for column, known, table in (
        ("person_id", scenario.people, "people"),
        ("beat_id", scenario.beats, "beats"),
        ("shift_id", scenario.shifts, "shifts"),
        ("role", scenario.roles, "roles"),
    ):
        references(sheet, column, known[column], table)
    problems.raise_if_any(ResultError)
    return _text_table(sheet)


def _read(path: Path, columns: tuple[str, ...], problems: Problems) -> Sheet | None:
    if not path.is_file():
        problems.add(path.name, "expected this file, got none")
        return None
    return read_sheet(path, columns, (), problems)


def _text_table(sheet: Sheet) -> pd.DataFrame:
    return pd.DataFrame({column: ids(sheet, column) for column in ROSTER_COLUMNS})


def _gap_table(sheet: Sheet) -> pd.DataFrame:
    return pd.DataFrame(
        {
            column: texts(sheet, column) if column in _GAP_TEXTS else integers(sheet, column, 0)
            for column in GAP_COLUMNS
        }
    )


def _with_english(gaps: pd.DataFrame, english: pd.DataFrame, problems: Problems) -> pd.DataFrame:
    facts = [column for column in GAP_COLUMNS if column != "remedy"]
    if not gaps[facts].equals(english[facts]):
        problems.add(ENGLISH_GAPS_FILE, "expected the rows of gaps.csv, got others")
        return gaps
    return gaps.assign(remedy_en=english["remedy"])


def _price_table(sheet: Sheet) -> pd.DataFrame:
    table = pd.DataFrame({column: texts(sheet, column) for column in PRICE_COLUMNS[:-1]})
    price = numbers(sheet, "price", 0)
    whole = bool((price == price.astype("int64")).all()) if len(price) else True
    table["price"] = price.astype("int64") if whole else price
    return table


def _read_report(path: Path, problems: Problems) -> Report | None:
    try:
        content = json.loads(path.read_text("utf-8-sig"))
        return Report(**{item.name: _report_value(content, item) for item in fields(Report)})
    except FileNotFoundError:
        problems.add(path.name, "expected this file, got none")
    except OSError as error:
        problems.add(path.name, f"expected a readable file, got {error.strerror or error}")
    except (ValueError, RecursionError) as error:
        problems.add(path.name, f"expected a report as JSON, got: {error}")
    return None


def _report_value(content: object, item: Any) -> Any:
    if not isinstance(content, dict) or item.name not in content:
        raise ValueError(f"no {item.name}")
    value = content[item.name]
    kinds: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "str": (str,)}
    if not isinstance(value, kinds.get(str(item.type), (dict,))) or isinstance(value, bool):
        raise ValueError(f"{item.name} {value!r}")  # noqa: TRY004 - all told in one way
    return value
