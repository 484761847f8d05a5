"""The catalogue of a city that begins: what we ship, and words that only its bundle has."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Any

from data.catalogue import (
    load_professions,
    load_qualifications,
    load_roles,
    load_shift_templates,
)
from data.store.filling import paired
from data.store.tables import catalogue, shifts

if TYPE_CHECKING:
    import pandas as pd

    from data.store.filling import Columns, Filling

_TIMES = ("workday_starts", "workday_ends", "weekend_starts", "weekend_ends")


def fill_catalogue(filling: Filling) -> None:
    """Insert professions, qualifications, duty roles with who may fill them, shift templates."""
    scenario = filling.scenario
    roles = scenario.roles
    professions = _words(roles["professions"]) | set(scenario.people["profession"]) - {""}
    qualifications = _words(roles["qualifications"]) | _words(scenario.people["qualifications"])
    _fill_words(filling, catalogue.Profession, load_professions(), professions)
    _fill_words(filling, catalogue.Qualification, load_qualifications(), qualifications)
    known = load_roles().set_index("role")
    columns: Columns = {
        "code": roles["role"].tolist(),
        "label_zh": [_label(known, code, "label_zh") for code in roles["role"]],
        "label_en": [_label(known, code, "label_en") for code in roles["role"]],
        **{name: roles[name].tolist() for name in ("tier", "hazardous", "supervised")},
        "is_active": [True] * len(roles),
    }
    filling.insert(catalogue.DutyRole, columns)
    for mapped, column in (
        (catalogue.DutyRoleProfession, "professions"),
        (catalogue.DutyRoleQualification, "qualifications"),
    ):
        pairs = [
            (role, word)
            for role, words in zip(roles["role"], roles[column], strict=True)
            for word in dict.fromkeys(words)
        ]
        filling.insert(mapped, paired(("role", column.removesuffix("s")), pairs))
    templates = load_shift_templates()
    filling.insert(
        shifts.ShiftTemplate,
        {
            "code": templates["template"].tolist(),
            **{name: templates[name].tolist() for name in ("label_zh", "label_en")},
            **{name: [time.fromisoformat(text) for text in templates[name]] for name in _TIMES},
            "is_active": [True] * len(templates),
        },
    )


def _fill_words(filling: Filling, mapped: Any, shipped: pd.DataFrame, used: set[str]) -> None:
    """Insert shipped words and those that only the bundle has, which are their own labels."""
    known = shipped.set_index(shipped.columns[0])
    codes = [*known.index, *sorted(used - set(known.index))]
    filling.insert(
        mapped,
        {
            "code": codes,
            "label_zh": [_label(known, code, "label_zh") for code in codes],
            "label_en": [_label(known, code, "label_en") for code in codes],
            "is_active": [True] * len(codes),
        },
    )


def _words(lists: pd.Series) -> set[str]:
    return {word for words in set(lists) for word in words}


def _label(known: pd.DataFrame, code: str, language: str) -> str:
    return str(known.loc[code, language]) if code in known.index else code
