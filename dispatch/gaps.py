"""Why demand lines are short: who remains after each rule, and what would fill one more place."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from dispatch.remedy_search import SHALLOW, Survey
from dispatch.remedy_words import RemedyWords
from dispatch.roster import GAP_COLUMNS
from dispatch.standing import LINE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dispatch.remedies import Remedy
    from dispatch.scenario import Scenario
    from dispatch.wording import Language

STEPS: Final = ("in_reach", "qualified", "insured", "available", "free", "supervised")
"""The funnel: H5, H2, H8, H1, then H3, H4 and pins, then H6 and H7."""

REASONS: Final = ("on_shift", "rest", "limit", "barred")
"""Why nobody available is free: on that shift, too little rest, at the limit, by a pin."""

CAUSES: Final = (
    *(step for step in STEPS if step != "free"),
    *REASONS,
    *("cost", "trade"),
)
"""What ``cause`` may be."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """Short lines of a roster.

    Attributes
    ----------
    table : DataFrame
        One row for every short line in the order of ``scenario.demand``, with `GAP_COLUMNS`.
    remedies : tuple of Remedy
        One for every row; `word_remedies` puts them into words of another language.
    """

    table: pd.DataFrame
    remedies: tuple[Remedy, ...]


def explain_gaps(
    scenario: Scenario,
    roster: pd.DataFrame,
    *,
    language: Language = "zh",
    labels: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Explain every short demand line of a roster that keeps H1-H9.

    Returns
    -------
    DataFrame
        `GAP_COLUMNS`, one row for every line with fewer people than required. The funnel counts
        the people of the role's tier that remain after each rule: ``in_reach`` (H5; officers and
        auxiliaries: of the station), ``qualified`` (H2), ``insured`` (H8; also 0 for volunteers
        in a hazardous role), ``available`` (H1), ``free`` (H3, H4: no shift of theirs clashes and
        they have one left; not forbidden by a pin), ``supervised`` (H6, H7: the post has a seat,
        and enough volunteers or free companions). ``cause`` is the first that is 0; for ``free``
        it says what keeps most of those available away: ``on_shift`` (they work that very
        shift), ``rest``, ``limit`` or ``barred`` (a pin). Where people remain after all, it is
        ``cost`` (adding one would cost more than the place is worth) or ``trade`` (it would pay:
        the plan can still be improved). ``remedy`` is the cheapest single change that would fill
        one more place, in words, with ids and no names; where no single change is enough, the
        fewest. The search is `remedy_search.SHALLOW`; `dispatch.explain` searches deeper.
        `labels` are as for `word_remedies`.
    """
    return find_gaps(scenario, roster, language=language, labels=labels).table


def find_gaps(
    scenario: Scenario,
    roster: pd.DataFrame,
    *,
    language: Language = "zh",
    labels: Mapping[str, str] | None = None,
    workers: int = 1,
) -> Gaps:
    """Do what `explain_gaps` does on so many threads, and also return the remedies as values."""
    with _no_collection():
        survey = Survey.of(scenario, roster, workers)
        table, best = _explain(survey, workers)
        worded = word_remedies(scenario, table, best, language=language, labels=labels)
    return Gaps(table.assign(remedy=pd.Series(worded, dtype="str")), tuple(best))


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pause the search for reference cycles: it would take half of the time, and there are none."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _explain(survey: Survey, workers: int) -> tuple[pd.DataFrame, list[Remedy]]:
    """Find the cause and the best remedy of each short line; the words are still to come."""
    missing = survey.missing
    short = np.flatnonzero(missing[: survey.num_lines])
    rows: list[tuple[Any, ...]] = []
    best = []
    counts, reasons = survey.found.counts[short].tolist(), survey.found.reasons[short].tolist()
    weights = survey.scenario.demand["weight"].tolist()
    for funnel, reason, (line, now, remedies) in zip(
        counts, reasons, survey.remedies(short, SHALLOW, workers), strict=True
    ):
        steps = (*funnel, funnel[-1] if now else 0)
        unfilled = weights[line][-missing[line] :]
        best.append(remedies[0])
        cause = cause_of(steps, reason, remedies[0])
        rows.append((*survey.keys[line], missing[line], sum(unfilled), cause, *steps, ""))
    return _table(rows), best


def cause_of(steps: Sequence[int], reasons: Sequence[int], remedy: Remedy) -> str:
    """Return the cause of a shortfall, one of `CAUSES`.

    Parameters
    ----------
    steps : sequence of int
        The funnel, in the order of `STEPS`.
    reasons : sequence of int
        How many of those available are not free, by `REASONS`.
    remedy : Remedy
        The best one.
    """
    for step, remaining in zip(STEPS, steps, strict=True):
        if not remaining:
            return REASONS[int(np.argmax(reasons))] if step == "free" else step
    return "trade" if remedy.delta < 0 and not remedy.changes else "cost"


def word_remedies(
    scenario: Scenario,
    gaps: pd.DataFrame,
    remedies: Sequence[Remedy],
    *,
    language: Language,
    labels: Mapping[str, str] | None = None,
) -> list[str]:
    """Put remedies into words, without looking for them again.

    Parameters
    ----------
    scenario : Scenario
        That the gaps were found in.
    gaps : DataFrame
        ``beat_id, shift_id, role`` of each short line; other columns are passed over.
    remedies : sequence of Remedy
        As `find_gaps` gave them, one for every row of `gaps`.
    language : {"zh", "en"}
    labels : mapping of str to str, optional
        What people call a role or a qualification in that language, by its code. What has no
        label is called by its code. Labels are data that a city may edit, hence not known here.
    """
    words = RemedyWords(scenario, language, labels or {})
    keys = zip(*(gaps[name].tolist() for name in LINE), strict=True)
    return [words.sentence(remedy, key) for remedy, key in zip(remedies, keys, strict=True)]


def _table(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    texts = ("beat_id", "shift_id", "role", "cause", "remedy")
    table = pd.DataFrame(rows, columns=list(GAP_COLUMNS))
    return table.astype({name: "str" if name in texts else "int64" for name in GAP_COLUMNS})
