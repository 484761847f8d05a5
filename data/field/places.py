"""Stations, beats and people by their codes, as far as a jurisdiction goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from data.field.errors import FieldMissingError, FieldValueError
from data.store.scope import CITY
from data.store.tables.ground import Beat, Station
from data.store.tables.people import Person
from grid.cells import cell_centres

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def beats_listed(session: Session, scope: Scope) -> list[tuple[str, str, str]]:
    """List code, name and station's name of the beats for which a jurisdiction answers."""
    query = (
        select(Beat.code, Beat.name, Station.code.label("station"), Station.name.label("of"))
        .join(Station, Station.id == Beat.station_id)
        .where(scope.beats_(homes=False))
        .order_by(Station.code, Beat.code)
    )
    return [
        (row.code, row.name or row.code, row.of or row.station) for row in session.execute(query)
    ]


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


def names_of(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """Give names by code; whoever has none kept is left out."""
    wanted, found = sorted(set(codes)), dict[str, str]()
    for first in range(0, len(wanted), 500):
        query = select(Person.code, Person.name).where(
            Person.code.in_(wanted[first : first + 500]), Person.name.is_not(None)
        )
        found |= {row.code: row.name for row in session.execute(query)}
    return found


def place_names(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """Give what beats and stations are called by code; beats with their station before."""
    wanted, found = sorted(set(codes)), dict[str, str]()
    beats = select(Beat.code, Beat.name, Station.name.label("of")).join(Station)
    for first in range(0, len(wanted), 500):
        some = wanted[first : first + 500]
        stations = select(Station.code, Station.name).where(Station.code.in_(some))
        found |= {row.code: row.name or row.code for row in session.execute(stations)}
        for row in session.execute(beats.where(Beat.code.in_(some))):
            found[row.code] = " · ".join(filter(None, (row.of, row.name or row.code)))
    return found


def name_near(session: Session, cell: str) -> str | None:
    """Give what the beat in the middle of a cell is called; None while there are no beats.

    Parameters
    ----------
    cell : str
        As hexadecimal digits.
    """
    lat, lng = (float(centre[0]) for centre in cell_centres([int(cell, 16)]))
    far = (Beat.lat - lat) * (Beat.lat - lat) + (Beat.lng - lng) * (Beat.lng - lng)
    code = session.scalar(select(Beat.code).order_by(far, Beat.id).limit(1))
    return None if code is None else place_names(session, [code])[code]
