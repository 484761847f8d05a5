"""The value of training: what a qualification would bring if one person had it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from dispatch.shadow_kernel import learners
from dispatch.shadow_prices import line_worth
from dispatch.standing import LINE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.remedy_search import Survey

TRAINING_COLUMNS: Final = ("qualification", "person_id", "value", "shifts", "best", *LINE)
"""Columns of `training_values`."""


def training_values(
    survey: Survey, *, worth: NDArray[np.int64] | None = None, most: int | None = None
) -> pd.DataFrame:
    """Tell whom to train in what: a scan of all lines with one qualification added, by person.

    Every row stands for itself: train this one person, nobody else. Two people may be worth much
    for the same place, so the values must never be added up.

    Parameters
    ----------
    survey : Survey
        Of a roster that keeps H1-H9.
    worth : (L,) int64, optional
        `line_worth` of it, where it is known already.
    most : int, optional
        Keep the best so many people of each qualification.

    Returns
    -------
    DataFrame
        `TRAINING_COLUMNS`, by qualification and falling value: ``value`` of ``shifts`` shifts that
        the person could take beside the own ones, ``best`` of the best of them, on the line
        ``beat_id, shift_id, role``.
    """
    scenario, standing = survey.scenario, survey.standing
    worth = line_worth(survey) if worth is None else worth
    padded = np.zeros(standing.line_beat.size, np.int64)
    padded[: worth.size] = worth
    worked = np.diff(standing.work_start)
    steps = np.asarray(scenario.costs.extra_shift, np.int64)
    wanted = scenario.roles["qualifications"]
    tables = []
    for qualification in sorted({code for codes in wanted for code in codes}):
        opened = np.array([qualification in codes for codes in wanted], np.bool_)
        value, best, line, shifts = learners(standing, padded, opened, worked, steps)
        who = np.flatnonzero(value > 0)
        who = who[np.argsort(-value[who], kind="stable")][:most]
        at = scenario.demand.iloc[line[who]][LINE].reset_index(drop=True)
        facts = {
            "qualification": qualification,
            "person_id": scenario.people["person_id"].to_numpy()[who],
            "value": value[who],
            "shifts": shifts[who],
            "best": best[who],
        }
        tables.append(pd.DataFrame(facts, index=at.index).join(at))
    if not tables:
        tables = [pd.DataFrame(columns=list(TRAINING_COLUMNS))]
    whole = pd.concat(tables, ignore_index=True)[list(TRAINING_COLUMNS)]
    texts = dict.fromkeys(("qualification", "person_id", *LINE), "str")
    return whole.astype(texts | dict.fromkeys(("value", "shifts", "best"), "int64"))
