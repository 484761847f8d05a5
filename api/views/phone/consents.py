"""What the reader has agreed to, and what taking it back would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.views.phone.moments import moment_words
from data.records.consents import ends_membership

if TYPE_CHECKING:
    from datetime import datetime

    from api.views.phone.reader import Reader
    from data.records.person_file import PersonFile


def consent_lines(file: PersonFile, reader: Reader) -> list[dict[str, Any]]:
    """Return the consents of a file, those that hold first."""
    rows = sorted(file.consents, key=lambda row: (row["withdrawn_at"] is not None, row["id"]))
    tier, state = file.profile["tier"], file.profile["state"]
    return [
        {
            "id": row["id"],
            "purpose": reader.texts.label("label.consent", row["purpose"]),
            "wording": row["wording"],
            "given": _when(row["given_at"], reader),
            "withdrawn": row["withdrawn_at"] and _when(row["withdrawn_at"], reader),
            "holds": row["withdrawn_at"] is None,
            "erases": ends_membership(row["purpose"], tier, state),
        }
        for row in rows
    ]


def _when(at: datetime, reader: Reader) -> str:
    return moment_words(at, reader.now, reader.limits.zone, reader.texts)
