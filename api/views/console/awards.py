"""The sheets of a member's awards (表彰): giving one, and taking one back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.views.console.sheets import Field, Sheet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from api.language import Texts

_TITLE: Final[dict[str, object]] = {"maxlength": 64}
_LINE: Final[dict[str, object]] = {"maxlength": 200}
_REASON: Final[dict[str, object]] = {"maxlength": 500}


def award_sheets(place: str, told: Mapping[str, Any], texts: Texts) -> list[Sheet]:
    """Return the form that gives an award and, where there is one, that takes one back."""
    give, back = texts("awards.give"), texts("awards.take_back")
    fields: tuple[Field, ...] = (
        Field("title", texts("awards.title"), is_required=True, limits=_TITLE),
        Field(
            *("awarded_on", texts("awards.awarded_on"), "date"),
            hint=texts("awards.day_hint"),
            is_required=True,
        ),
        Field("awarded_by", texts("awards.awarded_by"), limits=_LINE),
        Field("note", texts("awards.reason"), is_required=True, limits=_LINE),
    )
    hint = texts("awards.give_hint")
    found = [
        Sheet("award", f"{place}/awards", give, fields, give, hint, is_once=True, is_folded=True)
    ]
    if told["awards"]:
        given = tuple((str(one["id"]), _words(one)) for one in told["awards"])
        fields = (
            Field("award", texts("awards.award"), "select", choices=given),
            Field("reason", texts("people.reason"), is_required=True, limits=_REASON),
        )
        action, hint = f"{place}/awards/withdrawal", texts("awards.take_back_hint")
        found.append(
            Sheet(
                *("award-back", action, back, fields, back, hint),
                tone="outline-danger",
                is_folded=True,
            )
        )
    return found


def _words(award: Mapping[str, Any]) -> str:
    return f"{award['awarded_on']} {award['title']}"
