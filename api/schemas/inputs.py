"""What people send: texts in one form (NFC) without control characters, lengths, points, days.

Models of bodies derive from `Body` and take these types; query parameters are
`Annotated[str | None, Query(min_length=1, max_length=128), CLEANED]`.
Points are held to the city's box by `data.store.city_box.city_box(session).require(lat, lng)`.
"""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any, Final

from fastapi import Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

# Control, surrogate, private, unassigned; of the format characters those that turn text around.
_REFUSED: Final = frozenset({"Cc", "Cs", "Co", "Cn"})
_TURNING: Final = frozenset(
    "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u2028\u2029"
)


def clean_line(text: str) -> str:
    """Return a text as it is kept: NFC, without blanks around it.

    Raises
    ------
    ValueError
        Where it holds a control character or one that turns the direction of writing.
    """
    return _clean(text, "")


def clean_text(text: str) -> str:
    """Return a text of several lines as it is kept."""
    return _clean(text.replace("\r\n", "\n"), "\n\t")


def _clean(text: str, also: str) -> str:
    kept = unicodedata.normalize("NFC", text).strip()
    for letter in kept:
        if letter not in also and (letter in _TURNING or unicodedata.category(letter) in _REFUSED):
            raise ValueError(f"expected no control characters, got U+{ord(letter):04X}")
    return kept


def _not_empty(text: str) -> str:
    if not text:
        raise ValueError("expected a text, got blanks")
    return text


_Line = AfterValidator(clean_line)
_Some = AfterValidator(_not_empty)

Code = Annotated[str, Field(min_length=1, max_length=128), _Line, _Some]
"""What names a record: of a person, a station, a beat."""
Name = Annotated[str, Field(min_length=1, max_length=64), _Line, _Some]
Line = Annotated[str, Field(max_length=200), _Line]
"""A line that may be empty."""
Note = Annotated[str, Field(max_length=2000), AfterValidator(clean_text)]
"""Several lines that may be empty."""
Reason = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(clean_text), _Some]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False, examples=[40.657])]
Lng = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False, examples=[109.84])]
Number = Annotated[int, Field(ge=1, lt=2**63, examples=[1])]
"""The number (id) of a row."""


CLEANED: Final = AfterValidator(lambda text: text if text is None else clean_line(text))
"""For an optional line of text in a query."""


class Body(BaseModel):
    """A body that people send: nothing more than what is named, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def text_query(description: str, *, longest: int = 128, **options: Any) -> Any:
    """Return the annotation of an optional query parameter that is a line of text."""
    return Annotated[
        str | None,
        Query(min_length=1, max_length=longest, description=description, **options),
        CLEANED,
    ]
