"""What a city may edit and we ship: roles, professions, qualifications and shift templates.

Each is a CSV file in this package with a code, ``label_zh`` and ``label_en``; the loaders give all
columns as text.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Literal

import pandas as pd


def load_roles() -> pd.DataFrame:
    """Load the nine duty roles (九大员), the school-gate guard and the staff's roles.

    Returns
    -------
    DataFrame
        ``role, label_zh, label_en, tier, hazardous, supervised, professions, qualifications``.
    """
    return _load("roles")


def load_professions() -> pd.DataFrame:
    """Load the professions seen in the programme: ``profession, label_zh, label_en``."""
    return _load("professions")


def load_qualifications() -> pd.DataFrame:
    """Load the qualifications that roles ask for: ``qualification, label_zh, label_en``."""
    return _load("qualifications")


def load_shift_templates() -> pd.DataFrame:
    """Load the day's shift templates.

    Returns
    -------
    DataFrame
        ``template, label_zh, label_en, workday_starts, workday_ends, weekend_starts,
        weekend_ends``; times as ``HH:MM``, an end before its start lies on the next day.
    """
    return _load("shift_templates")


def labels(language: Literal["zh", "en"]) -> dict[str, str]:
    """Return what people call each role and qualification, by its code.

    English labels begin with a small letter, as they stand inside a sentence.
    """
    found: dict[str, str] = {}
    for table in (load_roles(), load_qualifications()):
        found |= dict(zip(table.iloc[:, 0], table[f"label_{language}"], strict=True))
    if language == "zh":
        return found
    return {code: label[:1].lower() + label[1:] for code, label in found.items()}


def _load(name: str) -> pd.DataFrame:
    with files(__name__).joinpath(f"{name}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype="str", keep_default_na=False)
