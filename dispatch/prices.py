"""The price of a place: by how much the objective would fall with one more suitable person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dispatch.roster import PRICE_COLUMNS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dispatch.problem import Problem
    from dispatch.scenario import Scenario

_KEYS = ["beat_id", "shift_id", "role"]


def price_table(
    scenario: Scenario, problem: Problem, price: NDArray[np.int64], roster: pd.DataFrame
) -> pd.DataFrame:
    """Dual price of each demand line; 0 where the line is full.

    Parameters
    ----------
    price : (L,) int64
        Prices of the relaxation that prove the bound.
    roster : DataFrame
        Columns of `ROSTER_COLUMNS`.

    Returns
    -------
    DataFrame
        Columns of `PRICE_COLUMNS`, a row a demand line in the order of the scenario.
    """
    table = scenario.demand[_KEYS].copy()
    filled = pd.MultiIndex.from_frame(roster[_KEYS]).value_counts()
    at = pd.MultiIndex.from_frame(table)
    short = filled.reindex(at, fill_value=0).to_numpy() < scenario.demand["required"].to_numpy()
    dual = np.zeros(len(table), np.int64)
    dual[problem.line_of] = price
    return table.assign(price=np.where(short, dual, 0))[list(PRICE_COLUMNS)]
