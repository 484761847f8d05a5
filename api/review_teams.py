"""Who bears the work together: the bureau's teams, or each station's people of one tier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from api.coverage import TIERS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from api.city import City


@dataclass(frozen=True, slots=True)
class Teams:
    """Teams and who is in them.

    Attributes
    ----------
    name : tuple of str or None
        None for a station's people of one tier, whom a page names in its own words.
    station : NDArray[int64], (teams,)
        Position in ``city.stations``; -1 for none.
    tier : tuple of str
        Of its members; ``all`` where they may be of several.
    team_of : NDArray[int64], (people,)
        The team of each of ``scenario.people``; -1 for none.
    """

    name: tuple[str | None, ...]
    station: NDArray[np.int64]
    tier: tuple[str, ...]
    team_of: NDArray[np.int64]


def teams_by_station(city: City) -> Teams:
    """Return each station's people of one tier as a team."""
    people = city.scenario.people
    stations = {code: k for k, code in enumerate(city.stations["station_id"])}
    station = people["station_id"].map(stations).fillna(-1).to_numpy(np.int64)
    tier = people["tier"].map({name: k for k, name in enumerate(TIERS)}).to_numpy(np.int64)
    number = len(stations) * len(TIERS)
    return Teams(
        name=(None,) * number,
        station=np.repeat(np.arange(len(stations)), len(TIERS)),
        tier=TIERS * len(stations),
        team_of=np.where(station >= 0, station * len(TIERS) + tier, -1),
    )


def teams_of_members(city: City, members: pd.DataFrame) -> Teams:
    """Return the bureau's teams; everybody else is with the station's people of the tier.

    Parameters
    ----------
    members : DataFrame
        ``person_id, team_id, team_name, station_id`` (empty for none); of a person in several
        teams the first counts.
    """
    rest = teams_by_station(city)
    teams = members.drop_duplicates("team_id").reset_index(drop=True)
    position = {code: k for k, code in enumerate(teams["team_id"])}
    own = members.drop_duplicates("person_id").set_index("person_id")["team_id"].map(position)
    of = city.scenario.people["person_id"].map(own).fillna(-1).to_numpy(np.int64)
    stations = {code: k for k, code in enumerate(city.stations["station_id"])}
    station = teams["station_id"].map(stations).fillna(-1).to_numpy(np.int64)
    others = np.where(rest.team_of >= 0, rest.team_of + len(teams), -1)
    return Teams(
        name=(*teams["team_name"].astype(str), *rest.name),
        station=np.concatenate((station, rest.station)),
        tier=(*("all",) * len(teams), *rest.tier),
        team_of=np.where(of >= 0, of, others),
    )
