"""Tips as their author sees them: what was handed in and how far it is, never the case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.views.phone.moments import moment_words

if TYPE_CHECKING:
    from api.views.phone.reader import Reader
    from data.tips.reading import OwnTip

_TONES: Final = {"submitted": "calm", "claimed": "calm", "verified": "good"}
_DECIDED: Final = frozenset({"verified", "unfounded", "unverifiable", "duplicate"})


def tip_card(tip: OwnTip, reader: Reader, labels: dict[str, str]) -> dict[str, Any]:
    """Return what a list shows of a tip."""
    return {
        "code": tip.code,
        "category": labels.get(tip.category, tip.category),
        "state": reader.texts.label("label.tip_state", tip.state),
        "tone": _TONES.get(tip.state, "warn"),
        "when": moment_words(tip.submitted_at, reader.now, reader.limits.zone, reader.texts),
    }


def tip_page(tip: OwnTip, reader: Reader, labels: dict[str, str]) -> dict[str, Any]:
    """Return what its own page shows: the words, the photos, and three steps."""
    last = tip.state if tip.state in _DECIDED else "decided"
    order = ("submitted", "claimed", last)
    reached = {"submitted": 0, "claimed": 1}.get(tip.state, 2)
    steps = [
        {
            "label": reader.texts.label("label.tip_state", word),
            "tone": "done" if place < reached or reached == 2 else "",
        }
        for place, word in enumerate(order)
    ]
    if reached < 2:
        steps[reached]["tone"] = "here"
    return {
        **tip_card(tip, reader, labels),
        "text": tip.text,
        "points": tip.points,
        "photos": [f"/m/tips/{tip.code}/photos/{number}" for number in range(tip.num_photos)],
        "steps": steps,
    }
