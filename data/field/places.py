"""Stations, beats and people by their codes, as far as a jurisdiction goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from data.field.errors import FieldMissingError, FieldValueError
from data.store.scope import CITY
from data.store.tables.ground import Beat, Station
from data.store.tables.people import Person

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.store.scope import Scope


def place_ids(
    session: Session, scope: Scope, station: str | None, beat: str | None
) -> tuple[int | None, int | None]:
    """Give the numbers of a station and a beat; without a station the beat's.

    Raises
    ------
    FieldMissingError
        For a code that names nothing within the jurisdiction.
    FieldValueError
        For a beat of another station.
    """
    station_id = None
    if station is not None:
        within = (Station.code == station, scope.stations_())
        station_id = session.scalar(select(Station.id).where(*within))
        if station_id is None:
            raise FieldMissingError(f"Expected the code of a station, got {station[:80]!r}.")
    if beat is None:
        return station_id, None
    query = select(Beat.id, Beat.station_id).where(Beat.code == beat, scope.beats_())
    found = session.execute(query).one_or_none()
    if found is None:
        raise FieldMissingError(f"Expected the code of a beat, got {beat[:80]!r}.")
    if station_id not in {None, found.station_id}:
        raise FieldValueError(f"Expected a beat of station {station}, got {beat[:80]!r}.")
    return found.station_id, found.id


def person_id_of(session: Session, code: str, scope: Scope = CITY) -> int:
    """Give the number of a person by their code.

    Raises
    ------
    FieldMissingError
        Where there is none within the jurisdiction.
    """
    found = session.scalar(select(Person.id).where(Person.code == code, scope.people()))
    if found is None:
        raise FieldMissingError(f"Expected the code of a person, got {code[:80]!r}.")
    return found
