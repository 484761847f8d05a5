"""``scenario.json``: name, time zone, resolution, rules and costs of a scenario."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, NoReturn
from zoneinfo import ZoneInfo

from data.bundle.layout import SETTINGS_FILE
from dispatch.rules import Costs, Rules
from grid.errors import ScenarioError

if TYPE_CHECKING:
    from pathlib import Path

    from data.sheets import Problems

VERSION = 1
_LIMIT = 10**12


@dataclass(frozen=True, slots=True)
class Settings:
    """What stands in ``scenario.json``."""

    name: str
    timezone: str
    cell_resolution: int
    rules: Rules
    costs: Costs


def settings_json(settings: Settings) -> str:
    """Write settings as the text of ``scenario.json``."""
    content = {
        "version": VERSION,
        "name": settings.name,
        "timezone": settings.timezone,
        "cell_resolution": settings.cell_resolution,
        "rules": asdict(settings.rules),
        "costs": {**asdict(settings.costs), "extra_shift": list(settings.costs.extra_shift)},
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def read_settings(path: Path, problems: Problems) -> Settings | None:
    """Read ``scenario.json``; unknown keys are kept out of the way, absent rules and costs default.

    Returns
    -------
    Settings or None
        None where something is wrong, which `problems` then names.
    """
    before = len(problems.lines)
    content = _read_json(path, problems)
    if content is None:
        return None
    place = SETTINGS_FILE
    version = content.get("version")
    if not _is_integer(version) or version != VERSION:
        problems.add(place, f"version: expected {VERSION}, got {_got(version)}")
    name = content.get("name")
    if not isinstance(name, str):
        problems.add(place, f"name: expected a text, got {_got(name)}")
    timezone = content.get("timezone")
    if not isinstance(timezone, str) or not _is_timezone(timezone):
        problems.add(
            place, f"timezone: expected an IANA name such as Asia/Shanghai, got {_got(timezone)}"
        )
    resolution = content.get("cell_resolution", 9)
    if not _is_integer(resolution) or not 0 <= resolution <= 15:
        problems.add(
            place, f"cell_resolution: expected an integer in 0..15, got {_got(resolution)}"
        )
    rules = _section(content, "rules", Rules, problems)
    costs = _section(content, "costs", Costs, problems)
    if len(problems.lines) > before or rules is None or costs is None:
        return None
    return Settings(str(name), str(timezone), resolution, rules, costs)


def _read_json(path: Path, problems: Problems) -> dict[str, Any] | None:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"expected finite numbers, got {constant}")

    try:
        content = json.loads(path.read_text("utf-8-sig"), parse_constant=refuse)
    except FileNotFoundError:
        problems.add(SETTINGS_FILE, "expected this file, got none")
    except OSError as error:
        problems.add(SETTINGS_FILE, f"expected a readable file, got {error.strerror or error}")
    except RecursionError:
        problems.add(SETTINGS_FILE, "expected a flat JSON object, got one nested without end")
    except UnicodeDecodeError:
        problems.add(SETTINGS_FILE, "expected UTF-8, got other bytes")
    except json.JSONDecodeError as error:
        problems.add(f"{SETTINGS_FILE}:{error.lineno}", f"expected JSON, got: {error.msg}")
    except ValueError as error:
        problems.add(SETTINGS_FILE, str(error))
    else:
        if isinstance(content, dict):
            return content
        problems.add(SETTINGS_FILE, f"expected a JSON object, got {type(content).__name__}")
    return None


def _section(content: dict[str, Any], name: str, kind: type[Any], problems: Problems) -> Any:
    given = content.get(name, {})
    if not isinstance(given, dict):
        problems.add(SETTINGS_FILE, f"{name}: expected an object, got {_got(given)}")
        return None
    values: dict[str, Any] = {}
    good = True
    for item in fields(kind):
        if item.name not in given:
            continue
        value, wanted = given[item.name], _EXPECTED[str(item.type)]
        if wanted.fits(value):
            values[item.name] = tuple(value) if isinstance(value, list) else value
        else:
            good = False
            message = f"{name}.{item.name}: expected {wanted.text}, got {_got(value)}"
            problems.add(SETTINGS_FILE, message)
    if not good:
        return None
    try:
        return kind(**values)
    except ScenarioError as error:
        problems.add(SETTINGS_FILE, f"{name}: {str(error)[0].lower()}{str(error)[1:]}")
        return None


def _got(value: object, limit: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_amount(value: object) -> bool:
    return _is_integer(value) and 0 <= value <= _LIMIT  # type: ignore[operator]


def _is_number(value: object) -> bool:
    return (_is_integer(value) or isinstance(value, float)) and (
        math.isfinite(value) and 0 <= value <= _LIMIT  # type: ignore[arg-type,operator]
    )


def _is_amounts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_is_amount, value))


@dataclass(frozen=True, slots=True)
class _Expected:
    text: str
    fits: Any


_EXPECTED = {
    "int": _Expected("an integer ≥ 0", _is_amount),
    "float": _Expected("a number ≥ 0", _is_number),
    "tuple[int, ...]": _Expected("a list of non-decreasing integers ≥ 0", _is_amounts),
}


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return False
    return True
