"""How much work a beat is: person-hours wanted, how many of them are filled, hours a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from api.review_gaps import shift_hours

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from api.city import City


def workload_tables(city: City) -> dict[str, Any]:
    """Return the week's workload by beat.

    Returns
    -------
    dict
        By beat, null where it has no demand: ``wanted``, person-hours; ``filled``, percent of them
        that somebody works; ``each``, hours a person who works there; ``people``, how many do.
        ``mean`` holds the city's: of a beat, of all hours, of a person.
    """
    lines, roster = city.lines, city.roster
    number = len(city.scenario.beats)
    hours = shift_hours(city)
    of_line = hours[lines["shift"].to_numpy()]
    weighted = lines["required"].to_numpy(np.float64) * of_line
    wanted = np.bincount(lines["beat"], weighted, number).astype(np.float64)
    worked = np.bincount(roster["beat"], hours[roster["shift"].to_numpy()], number).astype(
        np.float64
    )
    pairs = roster[["beat", "person_id"]].drop_duplicates()
    people = np.bincount(pairs["beat"], minlength=number)
    persons = roster["person_id"].nunique()
    return {
        "wanted": _known(wanted, wanted > 0),
        "filled": _known(100 * _share(worked, wanted), wanted > 0),
        "each": _known(_share(worked, people.astype(np.float64)), people > 0),
        "people": people.tolist(),
        "mean": {
            "wanted": float(wanted[wanted > 0].mean()) if (wanted > 0).any() else 0.0,
            "filled": float(100 * worked.sum() / wanted.sum()) if wanted.sum() > 0 else 0.0,
            "each": float(worked.sum() / persons) if persons else 0.0,
        },
    }


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)


def _known(values: NDArray[np.float64], known: NDArray[np.bool_]) -> list[float | None]:
    return [
        round(value, 2) if here else None
        for value, here in zip(values.tolist(), known.tolist(), strict=True)
    ]
