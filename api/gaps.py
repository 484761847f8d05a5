"""The short demand lines of a plan, ranked, with names put in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from api.lookup import beat_of, shift_of, station_of
from data.catalogue import labels
from dispatch.gaps import explain_gaps, word_remedies

if TYPE_CHECKING:
    from api.city import City
    from dispatch.roster import PlanResult
    from dispatch.scenario import Scenario
    from dispatch.wording import Language

LANGUAGES: Final[tuple[Language, Language]] = ("zh", "en")
_LINE = ["beat_id", "shift_id", "role"]
_COUNTS = (
    *("missing", "weight"),
    *("in_reach", "qualified", "insured", "available", "free", "supervised"),
)


GAP_FIELDS = (
    *("rank", "beat_id", "beat_name", "station_id", "shift_id", "role", "missing", "weight"),
    *("cause", "in_reach", "qualified", "insured", "available", "free", "supervised", "remedy"),
)


@dataclass(frozen=True, slots=True)
class GapFilter:
    """Which short lines are wanted; None is no condition."""

    beat: str | None = None
    station: str | None = None
    shift: str | None = None
    role: str | None = None


def ranked_gaps(city: City, wanted: GapFilter, language: Language) -> pd.DataFrame:
    """Return short lines, heaviest first: a row has the fields of `api.schemas.plan.Gap`.

    ``rank`` is the place among all of the plan's, whatever the filter.

    Raises
    ------
    UnknownIdError
        Where the filter names something the city does not have.
    """
    table = city.gaps
    keep = np.ones(len(table), dtype=bool)
    if wanted.beat is not None:
        keep &= (table["beat"] == beat_of(city, wanted.beat)).to_numpy()
    if wanted.station is not None:
        station_of(city, wanted.station)
        keep &= (table["station_id"] == wanted.station).to_numpy()
    if wanted.shift is not None:
        keep &= (table["shift"] == shift_of(city, wanted.shift)).to_numpy()
    if wanted.role is not None:
        city.require_role(wanted.role)
        keep &= (table["role"] == wanted.role).to_numpy()
    return table.loc[keep].assign(remedy=table[f"remedy_{language}"])[list(GAP_FIELDS)]


def in_both_languages(scenario: Scenario, result: PlanResult) -> PlanResult:
    """Return a fresh plan with its remedies in words, with the catalogue's labels."""
    chinese, english = (
        pd.Series(
            word_remedies(
                scenario, result.gaps, result.remedies, language=language, labels=labels(language)
            ),
            dtype="str",
        )
        for language in LANGUAGES
    )
    return replace(result, gaps=result.gaps.assign(remedy=chinese, remedy_en=english))


def rank_gaps(scenario: Scenario, result: PlanResult) -> pd.DataFrame:
    """Return a plan's gaps in order of weight, with rank, beat name, station and two remedies.

    Ties keep the order of beat, shift and role, so that the ranking is one and the same always.
    ``gaps.csv`` holds the remedy in Chinese, ``remedy_zh``; where a result brings no ``remedy_en``,
    remedies are looked for once more.
    """
    names = scenario.beats[["beat_id", "name", "station_id"]]
    named = result.gaps.merge(names, on="beat_id", how="left", validate="many_to_one")
    named = named.rename(columns={"name": "beat_name"})
    named = named.rename(columns={"remedy": "remedy_zh"})
    if "remedy_en" not in named:
        english = explain_gaps(scenario, result.roster, language="en", labels=labels("en"))
        english = english[[*_LINE, "remedy"]].rename(columns={"remedy": "remedy_en"})
        named = named.merge(english, on=_LINE, how="left", validate="one_to_one")
    named = named.sort_values(
        ["weight", "beat_id", "shift_id", "role"], ascending=[False, True, True, True]
    ).reset_index(drop=True)
    named.insert(0, "rank", np.arange(1, len(named) + 1))
    return named.astype(dict.fromkeys(_COUNTS, np.int64))
