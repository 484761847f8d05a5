"""What a person's fields may hold: checked the same way for a new file and for an edit."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from data.records.errors import DuplicateError, SafetyError, ValueRefusedError
from data.records.finding import require_word
from data.store.personal import id_number_index, plain_id_number, plain_phone, set_personal
from data.store.tables.catalogue import Profession
from data.store.tables.ground import GroundCell
from data.store.tables.people import Person
from grid.cells import cells_at, check_degrees, resolutions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from data.store.keys import Keys

PLAIN: Final = ("name", "sex", "born_on", "employer", "address", "note")
LIMITS: Final = ("max_shifts", "travel_limit_m")
EDITABLE: Final = (*PLAIN, *LIMITS, "profession", "phone", "id_number", "home")
"""What an edit may change; everything else has a step of its own."""

LEAST_AGE: Final = 18
_RESOLUTION: Final = 9
_WEIGHTS: Final = tuple(2 ** (17 - i) % 11 for i in range(17))


def age_on(born_on: date, day: date) -> int:
    """Give somebody's age in full years on a day."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def require_adult(born_on: date | None, today: date) -> None:
    """Refuse whoever is under age, or may be.

    Raises
    ------
    SafetyError
    """
    if born_on is None:
        raise SafetyError("Expected a date of birth, got none: nobody under 18 may serve.")
    if age_on(born_on, today) < LEAST_AGE:
        raise SafetyError(f"Expected somebody of {LEAST_AGE} or older, got one who is younger.")


def apply_values(
    session: Session, keys: Keys, person: Person, values: Mapping[str, Any], *, today: date
) -> list[str]:
    """Put values into a person's row; return the names of those that it did not hold before.

    ``home`` is a pair of latitude and longitude (WGS-84) or None; ``phone`` and ``id_number`` are
    texts of which the empty one clears. An ID number gives the date of birth and the sex.

    Raises
    ------
    ValueRefusedError, DuplicateError, RecordMissingError, SafetyError
    """
    if unknown := sorted(set(values) - set(EDITABLE)):
        raise ValueRefusedError(f"Expected fields of {EDITABLE}, got {unknown}.")
    before = _shown(person)
    for name in (*PLAIN, *LIMITS):
        if name in values:
            setattr(person, name, values[name])
    if "profession" in values:
        code = values["profession"]
        if code is not None and code != person.profession:
            require_word(session, Profession, "profession", code)
        person.profession = code
    if "home" in values:
        _set_home(session, person, values["home"])
    if "phone" in values:
        set_personal(person, keys, phone=checked_phone(values["phone"] or ""))
    if "id_number" in values:
        _set_id_number(session, keys, person, values["id_number"] or "")
    _check(person, today)
    return [name for name, value in _shown(person).items() if value != before[name]]


def checked_phone(text: str) -> str:
    """Give a phone as it is kept; the empty text for none."""
    plain = plain_phone(text)
    if plain and not re.fullmatch(r"\+?[0-9]{5,15}", plain):
        raise ValueRefusedError("Expected a telephone number of 5 to 15 digits, got another text.")
    return plain


def checked_id_number(text: str) -> str:
    """Give an ID number as it is kept (GB 11643: 18 characters, the last one a check)."""
    plain = plain_id_number(text)
    if not plain:
        return ""
    if not re.fullmatch(r"[0-9]{17}[0-9X]", plain):
        raise ValueRefusedError("Expected an ID number of 18 characters, got another text.")
    total = sum(int(digit) * weight for digit, weight in zip(plain[:17], _WEIGHTS, strict=True))
    if "10X98765432"[total % 11] != plain[17] or birth_of(plain) is None:
        raise ValueRefusedError("Expected an ID number whose check character fits, got another.")
    return plain


def birth_of(id_number: str) -> date | None:
    """Give the date of birth that an ID number holds; None where there is no such day."""
    try:
        return date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))
    except ValueError:
        return None


def _set_id_number(session: Session, keys: Keys, person: Person, text: str) -> None:
    plain = checked_id_number(text)
    if plain:
        with session.no_autoflush:
            other = session.scalar(
                select(Person.id).where(Person.id_number_index == id_number_index(keys, plain))
            )
        if other is not None and other != person.id:
            # Whose file it is stays untold: it may lie outside the caller's scope.
            raise DuplicateError("Expected an ID number that no file holds yet, got one that does.")
        person.born_on = birth_of(plain)
        person.sex = "male" if int(plain[16]) % 2 else "female"
    set_personal(person, keys, id_number=plain)


def _set_home(session: Session, person: Person, home: tuple[float, float] | None) -> None:
    if home is None:
        person.home_lat = person.home_lng = person.home_cell = None
        return
    lat, lng = home
    check_degrees([lat], [lng])
    some_cell = session.scalar(select(GroundCell.cell).limit(1))
    resolution = _RESOLUTION if some_cell is None else int(resolutions([some_cell])[0])
    person.home_lat, person.home_lng = lat, lng
    person.home_cell = int(cells_at([lat], [lng], resolution)[0])


def _check(person: Person, today: date) -> None:
    if person.born_on is not None:
        if person.born_on > today or age_on(person.born_on, today) > 120:
            raise ValueRefusedError("Expected a date of birth in the last 120 years, got another.")
        if person.state in {"vetted", "training", "active"}:
            require_adult(person.born_on, today)
    for name, low, high in (("max_shifts", 0, 1000), ("travel_limit_m", 0, 1e6)):
        value = getattr(person, name)
        if value is not None and not low <= value <= high:
            raise ValueRefusedError(f"Expected {name} in {low}..{high:g}, got {value!r:.40}.")


def _shown(person: Person) -> dict[str, Any]:
    """Give what tells two states of a row apart; numbers by their index, never in the clear."""
    plain = {name: getattr(person, name) for name in (*PLAIN, *LIMITS, "profession")}
    return plain | {
        "phone": person.phone_index,
        "id_number": person.id_number_index,
        "home": (person.home_lat, person.home_lng),
    }
