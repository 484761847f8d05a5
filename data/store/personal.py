"""ID numbers and phones: encrypted in their columns, found by a blind index, masked when shown."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from data.store.keys import Keys
    from data.store.tables.people import Person

ID_NUMBER, PHONE = "person.id_number", "person.phone"
_DIGIT_SIGNS = re.compile(r"[\s()\-‐–—.]")


def plain_id_number(text: str) -> str:
    """Give an ID number as it is compared: half-width, no blanks, capitals."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()


def plain_phone(text: str) -> str:
    """Give a phone number as it is compared: half-width digits, no country code of China."""
    digits = _DIGIT_SIGNS.sub("", unicodedata.normalize("NFKC", text))
    return re.sub(r"^(\+|00)86", "", digits)


def set_personal(
    person: Person, keys: Keys, *, id_number: str | None = None, phone: str | None = None
) -> None:
    """Encrypt and index what is given; None leaves a field as it is, the empty text clears it.

    The person's ``code`` must be set and never change: the ciphertext is bound to it.
    """
    if id_number is not None:
        plain = plain_id_number(id_number)
        person.id_number_sealed = seal_id_number(keys, person.code, plain) if plain else None
        person.id_number_index = id_number_index(keys, plain) if plain else None
    if phone is not None:
        plain = plain_phone(phone)
        person.phone_sealed = seal_phone(keys, person.code, plain) if plain else None
        person.phone_index = phone_index(keys, plain) if plain else None


def seal_id_number(keys: Keys, code: str, id_number: str) -> bytes:
    """Encrypt the ID number of the person with this code."""
    return keys.seal(plain_id_number(id_number), f"{ID_NUMBER}:{code}")


def seal_phone(keys: Keys, code: str, phone: str) -> bytes:
    """Encrypt the phone number of the person with this code."""
    return keys.seal(plain_phone(phone), f"{PHONE}:{code}")


def open_id_number(keys: Keys, code: str, sealed: bytes | None) -> str | None:
    """Decrypt an ID number; None where there is none."""
    return None if sealed is None else keys.open(sealed, f"{ID_NUMBER}:{code}")


def open_phone(keys: Keys, code: str, sealed: bytes | None) -> str | None:
    """Decrypt a phone number; None where there is none."""
    return None if sealed is None else keys.open(sealed, f"{PHONE}:{code}")


def id_number_index(keys: Keys, id_number: str) -> bytes:
    """Give what ``person.id_number_index`` holds for an ID number, however it is written."""
    return keys.blind(plain_id_number(id_number), ID_NUMBER)


def phone_index(keys: Keys, phone: str) -> bytes:
    """Give what ``person.phone_index`` holds for a phone number, however it is written."""
    return keys.blind(plain_phone(phone), PHONE)


def masked(text: str | None, first: int = 3, last: int = 2) -> str:
    """Show the ends of a number and nothing between: ``138******12``; short ones not at all."""
    if not text:
        return ""
    if len(text) < 2 * (first + last):
        return "*" * len(text)
    return text[:first] + "*" * (len(text) - first - last) + text[-last:]
