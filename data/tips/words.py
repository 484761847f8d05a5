"""The words of a tip: NFC, no control characters, nothing that turns the direction of a text."""

from __future__ import annotations

import unicodedata
from typing import Final

from data.tips.errors import TipTextError

MIN_LENGTH: Final = 4
MAX_LENGTH: Final = 2000
_LINES: Final = frozenset("\n")
# Cc control, Cf format (direction, zero width), Cs surrogate, Co private, Cn unassigned.
_REFUSED: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def clean_words(text: str, *, least: int = MIN_LENGTH, most: int = MAX_LENGTH) -> str:
    """Return a text in NFC with plain line ends and no blanks around it.

    Raises
    ------
    TipTextError
        For a text too short or too long, or with a character that is not shown.
    """
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\t", " ")).strip()
    if not least <= len(plain) <= most:
        raise TipTextError(f"Expected {least} to {most} characters, got {len(plain)}.")
    for place, character in enumerate(plain):
        if unicodedata.category(character) in _REFUSED and character not in _LINES:
            raise TipTextError(
                f"Expected characters that can be seen, got U+{ord(character):04X} "
                f"at place {place + 1}."
            )
    return plain
