"""One's turns as a calendar file (RFC 5545), for the phone's own calendar."""

from __future__ import annotations

import hashlib
from datetime import UTC
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from api.views.phone.reader import Reader
    from data.field.duty_turns import DutyTurn

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
_LONGEST: Final = 75  # octets a line, RFC 5545 section 3.1
_REMIND: Final = "-PT2H"


def calendar_of(turns: Iterable[DutyTurn], reader: Reader) -> str:
    """Return turns as a calendar; the same turn keeps its UID, so that loading again updates it."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Jingge//Turns//ZH", "CALSCALE:GREGORIAN"]
    lines.append(f"X-WR-CALNAME:{_text(reader.texts('phone.shifts'))}")
    for turn in turns:
        lines += _event(turn, reader)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(turn: DutyTurn, reader: Reader) -> list[str]:
    uid = hashlib.blake2b(turn.source.encode(), digest_size=12).hexdigest()
    title = f"{reader.role(turn.role)} · {turn.title}"
    return [
        "BEGIN:VEVENT",
        f"UID:{uid}@jingge",
        f"DTSTAMP:{_moment(reader.now)}",
        f"DTSTART:{_moment(turn.starts_at)}",
        f"DTEND:{_moment(turn.ends_at)}",
        f"SUMMARY:{_text(title)}",
        f"LOCATION:{_text(turn.place)}",
        f"GEO:{turn.lat:.6f};{turn.lng:.6f}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_text(title)}",
        f"TRIGGER:{_REMIND}",
        "END:VALARM",
        "END:VEVENT",
    ]


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(words: str) -> str:
    for letter in "\\;,":
        words = words.replace(letter, f"\\{letter}")
    return " ".join(words.split())


def _folded(line: str) -> Iterator[str]:
    """Yield a line in parts of at most 75 octets, never within a character."""
    part, size = "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > _LONGEST:
            yield part
            part, size = " ", 1
        part, size = part + letter, size + octets
    yield part
