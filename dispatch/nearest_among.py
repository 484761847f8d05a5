"""Nearest search among few: a scan over given numbers, with the same rules and the same order.

For whoever may see only some of the people: a station's or a sub-bureau's, some thousands at most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dispatch.nearest import EXAMPLES, Nearest, Reasons, Refused
from dispatch.nearest_kernel import ALL, ANY, NONE
from dispatch.nearest_rules import Refusal, Rule, Word
from grid.travel import EARTH_RADIUS_M, unit_vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dispatch.nearest import NearestIndex, Rows


def search_among(
    index: NearestIndex,
    numbers: NDArray[np.int64],
    spot: tuple[float, float],
    rules: Sequence[Rule],
    k: int,
    *,
    within_m: float = np.inf,
) -> Nearest:
    """Return the first `k` of these numbers that pass the rules, by minutes, then by number.

    Parameters
    ----------
    numbers : ndarray of int64
        Of things in the index; each once.
    spot : (float, float)
        Latitude and longitude, WGS-84 degrees.
    """
    rows = index.rows(numbers)
    metres = metres_from(rows, spot)
    minutes = metres * np.asarray(index.minutes_per_m)[rows.layer]
    passes = (_first_failed(rows, rules) == len(rules)) & (metres <= rows.place[:, 3])
    at = np.flatnonzero(passes & (metres <= within_m))
    at = at[np.lexsort((numbers[at], minutes[at]))][:k]
    return Nearest(numbers[at], minutes[at], metres[at])


def reasons_among(
    index: NearestIndex,
    numbers: NDArray[np.int64],
    spot: tuple[float, float],
    rules: Sequence[Rule],
    within_m: float,
) -> Reasons:
    """Count who of these numbers fails which rule first; see `NearestIndex.reasons`."""
    rows = index.rows(numbers)
    metres = metres_from(rows, spot)
    minutes = metres * np.asarray(index.minutes_per_m)[rows.layer]
    failed = _first_failed(rows, rules)
    failed[(failed == len(rules)) & (metres > rows.place[:, 3])] = len(rules) + 1
    near = metres <= within_m
    names = [*(rule.refusal for rule in rules), None, Refusal.OWN_LIMIT]
    refused = []
    for name in dict.fromkeys(one for one in names if one is not None):
        places = [place for place, other in enumerate(names) if other == name]
        at = np.flatnonzero(near & np.isin(failed, places))
        first = at[np.lexsort((numbers[at], minutes[at]))][:EXAMPLES]
        listed = tuple((int(numbers[a]), float(minutes[a]), float(metres[a])) for a in first)
        if len(at):
            refused.append(Refused(name, len(at), listed))
    return Reasons(int((near & (failed == len(rules))).sum()), tuple(refused))


def metres_from(rows: Rows, spot: tuple[float, float]) -> NDArray[np.float64]:
    """Return great-circle metres from a spot, by the chord as the index has them."""
    offset = rows.place[:, :3] - unit_vectors(*spot)[0]
    chord = np.sqrt((offset * offset).sum(axis=1))
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, 0.5 * chord)))


def _first_failed(rows: Rows, rules: Sequence[Rule]) -> NDArray[np.int64]:
    """Return the position of the first rule that each fails; the number of rules: none."""
    words = {Word.ROLES: rows.words[:, 0], Word.STATE: rows.state, Word.NEEDS: rows.words[:, 1]}
    failed = np.full(len(rows.state), len(rules), np.int64)
    for place in range(len(rules) - 1, -1, -1):
        rule = rules[place]
        word, mask = words[rule.word], np.uint64(rule.mask)
        if rule.kind == ANY:
            fails = (word & mask) == 0
        elif rule.kind == ALL:
            fails = (word & mask) != mask
        elif rule.kind == NONE:
            fails = (word & mask) != 0
        else:
            fails = (word & ~mask) != 0
        failed[fails] = place
    return failed
