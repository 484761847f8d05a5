"""What the reader agreed to, what they may agree to, and what taking it back would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.views.phone.moments import moment_words
from data.records.consent_wordings import find_wording

if TYPE_CHECKING:
    from datetime import datetime

    from api.views.phone.reader import Reader
    from data.records.consent_wordings import Tongue, Wording
    from data.records.consents import Given, Standing


def consent_card(one: Standing, reader: Reader) -> dict[str, Any]:
    """Return the card of a purpose: its words, how the reader stands to it, and since when."""
    texts = reader.texts
    holds = one.holds
    agreed = None if holds is None else find_wording(one.purpose, holds.wording)
    shown = agreed if holds is not None else one.asked
    return {
        "purpose": one.purpose,
        "title": texts.label("label.consent", one.purpose),
        "text": _text(shown, reader),
        "wording": holds.wording if holds else one.asked and one.asked.version,
        "state": texts.label("label.consent_state", _state(one)),
        "tone": "good" if holds else "warn" if one.earlier else "calm",
        "id": holds and holds.id,
        "since": holds and _when(holds.given_at, reader),
        "may_give": one.may_give,
        "is_newer": one.may_give and holds is not None,
        "ends": texts.label("label.consent_ends", one.ends),
        "erases": one.ends == "membership",
        "earlier": [_earlier(row, reader) for row in one.earlier],
    }


def asked_card(one: Standing, reader: Reader) -> dict[str, Any]:
    """Return what a page shows that asks for a consent: the wording of today."""
    return {
        "purpose": one.purpose,
        "title": reader.texts.label("label.consent", one.purpose),
        "text": _text(one.asked, reader),
        "version": one.asked and one.asked.version,
        "ends": reader.texts.label("label.consent_ends", one.ends),
    }


def _state(one: Standing) -> str:
    if one.holds is not None:
        return "given"
    return "withdrawn" if one.earlier else "open"


def _text(wording: Wording | None, reader: Reader) -> str:
    tongue: Tongue = "zh-CN" if reader.texts.language == "zh" else "en"
    return reader.texts("consents.elsewhere") if wording is None else wording.text(tongue)


def _earlier(row: Given, reader: Reader) -> str:
    values = {"wording": row.wording, "given": _when(row.given_at, reader)}
    if row.withdrawn_at is None:
        return reader.texts("consents.earlier", **values)
    return reader.texts(
        "consents.earlier_until", **values, withdrawn=_when(row.withdrawn_at, reader)
    )


def _when(at: datetime, reader: Reader) -> str:
    return moment_words(at, reader.now, reader.limits.zone, reader.texts)
