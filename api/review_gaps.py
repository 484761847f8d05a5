"""Short lines of a plan for the reviewer's map: by weighted person-hours, with cause and remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from api.language import texts_of
from api.views.names import city_names, shift_names

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from api.city import City
    from dispatch.wording import Language

LISTED: Final = 500
"""Lines of a week that are sent: what a reader can go through; the total tells of the others."""


def shift_hours(city: City) -> NDArray[np.float64]:
    """Return how long each shift is, hours."""
    table = city.scenario.shifts
    seconds = (table["ends_at"] - table["starts_at"]).dt.total_seconds()
    return seconds.to_numpy(np.float64) / 3600


def gap_list(city: City, language: Language, shift: int | None = None) -> dict[str, Any]:
    """Return the short lines of a shift or of the week, column by column, heaviest first.

    A line's *weighted person-hours* are the weights of its unfilled places, added up, times the
    length of the shift: what the objective loses there, for as long as it is lost.

    Parameters
    ----------
    language : str
        Of the remedies: sentences that name people and beats, so they go the way of words, as JSON.
    shift : int or None
        Position of a shift; None for the week, of which the first `LISTED` lines are given.
    """
    table = city.gaps if shift is None else city.gaps[city.gaps["shift"] == shift]
    hours = table["weight"].to_numpy(np.float64) * shift_hours(city)[table["shift"].to_numpy()]
    order = np.argsort(-hours, kind="stable")[:LISTED]
    rows = table.iloc[order]
    names = city_names(city, shift_names(city, texts_of(language)))
    roles, codes = np.unique(rows["role"].to_numpy(str), return_inverse=True)
    return {
        "total": len(table),
        "beat": rows["beat"].tolist(),
        "shift": rows["shift"].tolist(),
        "roles": roles.tolist(),
        "role": codes.tolist(),
        "missing": rows["missing"].tolist(),
        "hours": hours[order].round(2).tolist(),
        "cause": rows["cause"].astype(str).tolist(),
        "remedy": names.all_told(rows[f"remedy_{language}"].fillna("").astype(str)),
    }
