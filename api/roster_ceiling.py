"""How much of a roster's weighted demand is filled, and how much any roster could fill.

What bounds it is read from the whole scenario, which takes seconds for a city and never changes:
the last scenarios' are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final

from api.city_holder import scenario_of
from api.kept import Kept
from data.store.result_io import find_roster
from dispatch.ceiling import Ceiling

if TYPE_CHECKING:
    from api.city_holder import Served
    from data.planning.rosters import RosterView
    from data.store.engine import Store

KEPT: Final = 16


@dataclass(frozen=True, slots=True)
class FilledShare:
    """Shares of the weighted demand: what a roster fills, and what none can exceed."""

    filled: float
    ceiling: float


class RosterCeilings:
    """The ceilings of the scenarios that were asked for last."""

    def __init__(self) -> None:
        self._known: Kept[Ceiling] = Kept(KEPT)
        self._lock = Lock()

    def share(
        self, store: Store, view: RosterView, served: Served | None = None
    ) -> FilledShare | None:
        """Return the shares of a roster; None where its figures are not to be seen.

        Parameters
        ----------
        served : Served, optional
            What the service holds in memory: a city of this scenario is not read again.
        """
        figures = view.figures
        if not figures or "weighted_unmet" not in figures or "bound" not in figures:
            return None
        ceiling = self._ceiling(store, view.roster_id, served)
        if not ceiling.total:
            return FilledShare(1.0, 1.0)
        filled = ceiling.total - int(figures["weighted_unmet"])
        most = max(ceiling.filled(int(figures["bound"])), filled)
        return FilledShare(filled / ceiling.total, most / ceiling.total)

    def _ceiling(self, store: Store, roster_id: int, served: Served | None) -> Ceiling:
        with self._lock, store.read() as session:
            scenario_id = find_roster(session, roster_id).scenario_id
            key = (str(store.engines.url), scenario_id)
            known = self._known.get(key)
            if known is None:
                known = Ceiling.of(scenario_of(session, scenario_id, served))
                self._known.put(key, known)
        return known


CEILINGS: Final = RosterCeilings()
"""Shared by the process, as `EXPLAINER` is."""
