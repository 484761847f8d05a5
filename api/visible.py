"""What of the served city lies in somebody's jurisdiction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from data.store.scope_codes import beat_codes, person_codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from api.city import City
    from data.store.engine import Store
    from data.store.scope import Scope


def visible_beats(city: City, store: Store, scope: Scope) -> NDArray[np.bool_]:
    """Return which of ``city.scenario.beats`` lie in a jurisdiction."""
    if scope.city:
        return np.ones(len(city.scenario.beats), dtype=bool)
    with store.read() as session:
        codes = beat_codes(session, scope)
    visible: NDArray[np.bool_] = city.scenario.beats["beat_id"].isin(codes).to_numpy()
    return visible


def visible_assignments(city: City, store: Store, scope: Scope) -> NDArray[np.bool_]:
    """Return which rows of ``city.roster`` do: by their beat or by their person."""
    if scope.city:
        return np.ones(len(city.roster), dtype=bool)
    with store.read() as session:
        beats, people = beat_codes(session, scope), person_codes(session, scope)
    of_person = city.roster["person_id"].isin(people)
    if scope.sub_bureaus or scope.stations or scope.beats:
        of_person |= city.roster["beat_id"].isin(beats)
    visible: NDArray[np.bool_] = of_person.to_numpy()
    return visible
