"""How many places each beat and shift of a roster wants and fills, kept while they stand.

Counting a city's takes a tenth of a second. What a scenario wants never changes; what a roster
fills changes with a step of a draft, by which the last counts are known, so that a page shows a
change at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.kept import Kept
from data.planning.remedies import edit_mark
from data.planning.week_fill import PlaceCounts, count_filled, count_required

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    import numpy as np
    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from data.store.tables.rosters import Roster
    from data.store.tables.scenarios import Scenario

KEPT: Final = 32
"""Tables that are kept; one of a large city takes 200 kB."""


class RosterCounts:
    """The counts of the scenarios and rosters that were asked for last: a `week_fill.Counter`."""

    def __init__(self) -> None:
        self._known: Kept[NDArray[np.int32]] = Kept(KEPT)

    def __call__(self, session: Session, roster: Roster, scenario: Scenario) -> PlaceCounts:
        """Give the counts as they are now."""
        store: Any = session.connection().engine.url
        of_roster = (str(store), "filled", roster.id, edit_mark(session, roster.id))
        of_scenario = (str(store), "required", scenario.id)
        return PlaceCounts(
            self._get(of_scenario, lambda: count_required(session, scenario)),
            self._get(of_roster, lambda: count_filled(session, roster, scenario)),
        )

    def _get(self, key: Hashable, count: Callable[[], NDArray[np.int32]]) -> NDArray[np.int32]:
        found = self._known.get(key)
        if found is None:
            # Not under a lock: who asks for another roster does not wait.
            found = count()
            self._known.put(key, found)
        return found


COUNTS: Final = RosterCounts()
"""Shared by the process, as `CEILINGS` is."""
