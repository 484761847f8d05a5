"""The service's log: one JSON object a line on standard error, without personal data.

A line holds when, how grave, who says it, and what; a request's also its number, route template,
status, time, and the number of the account. Of an exception it holds the kinds and where in the
code, never its message, which may quote what somebody typed or what the database holds.
"""

from __future__ import annotations

import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import orjson

if TYPE_CHECKING:
    from typing import TextIO

Form = Literal["", "json", "plain"]
FORMS: Final = ("", "json", "plain")
FIELDS: Final = "fields"
"""The attribute of a record with what else its line holds."""
_FRAMES: Final = 12


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = told_error(record.exc_info[1])
        return orjson.dumps(line, default=str).decode()


class PlainFormatter(logging.Formatter):
    """Formats a record for a terminal, with as little of an exception as `JsonFormatter`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S")

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is logging's
        """Return the kinds of an exception and where they were raised."""
        told = told_error(ei[1])
        return "\n".join([" < ".join(told["kinds"]), *(f"  {place}" for place in told["where"])])


def told_error(error: BaseException) -> dict[str, list[str]]:
    """Return what may be told of an exception: its kind, its causes' kinds, places in the code."""
    kinds: list[str] = []
    found: BaseException | None = error
    while found is not None and len(kinds) < _FRAMES:
        kinds.append(type(found).__qualname__)
        found = found.__cause__ or found.__context__
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return {"kinds": kinds, "where": where}


def set_up_logs(form: Form = "", stream: TextIO | None = None) -> None:
    """Send the log of the whole process to standard error.

    Parameters
    ----------
    form : str
        ``json``, or ``plain``: warnings alone, for people; empty: plain on a terminal.
    """
    stream = stream or sys.stderr
    plain = form == "plain" or (form == "" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(PlainFormatter() if plain else JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING if plain else logging.INFO)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "alembic"):
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = True
        logger.setLevel(logging.WARNING)
