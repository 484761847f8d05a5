"""For whom a page is written: language, time, place, and what limits hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data.field.eligibility_facts import code_and_home
from data.field.limits import limits_of

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from api.language import Texts
    from api.phone import Phone
    from data.field.limits import Limits


@dataclass(frozen=True, slots=True)
class Reader:
    """A person who reads a page.

    Attributes
    ----------
    code : str
        What their record is called.
    place : (lat, lng) or None
        Where they are, or live.
    """

    person_id: int
    code: str
    texts: Texts
    limits: Limits
    now: datetime
    place: tuple[float, float] | None

    def role(self, code: str) -> str:
        """Return the label of a duty role."""
        return self.texts.label("role", code)


def reader_of(session: Session, phone: Phone, here: tuple[float, float] | None = None) -> Reader:
    """Read for whom a page is written; without a position of the phone it is their home."""
    code, home = code_and_home(session, phone.person)
    return reader_known(session, phone, code, here or home)


def reader_known(
    session: Session, phone: Phone, code: str, place: tuple[float, float] | None
) -> Reader:
    """Return for whom a page is written, where their record was read already."""
    index = phone.request.app.state.live.index
    limits = index.live().limits if index.is_current else limits_of(session)
    return reader_at(phone, limits, code, place)


def reader_at(phone: Phone, limits: Limits, code: str, place: tuple[float, float] | None) -> Reader:
    """Return for whom a page is written, where the limits are known as well."""
    return Reader(phone.person, code, phone.texts, limits, phone.now, place)
