"""The board of a shift as the console shows it, and what a change of it did, in words."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from api.views.console.weeks import day_words, hours
from data.catalogue import labels, load_professions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from zoneinfo import ZoneInfo

    from api.language import Texts
    from data.planning.board import Board, Line, Member
    from data.planning.edits import Outcome
    from data.planning.suggestions import Suggestion
    from dispatch.wording import Language

MARKS = {"officer": "police", "auxiliary": "aux", "volunteer": "vol"}


def board_parts(
    board: Board, texts: Texts, zone: ZoneInfo, pins: Collection[tuple[str, str, str]] = ()
) -> dict[str, Any]:
    """Return a board's posts with their lines and people.

    Parameters
    ----------
    pins : collection of (str, str, str)
        Person, beat and role (codes) that the next plan must keep in this shift.
    """
    return {
        "station": board.station_code,
        "station_name": board.station_name,
        "shift": board.shift_code,
        "when": f"{day_words(board.starts_at, texts, zone)} "
        f"{hours(board.starts_at, board.ends_at, zone)}",
        "required": board.required,
        "missing": board.missing,
        "posts": [
            {
                "beat": post.beat_code,
                "name": post.beat_name,
                "missing": post.missing,
                "lines": [_line(line, texts, post.beat_code, pins) for line in post.lines],
            }
            for post in board.posts
        ],
    }


def _line(
    line: Line, texts: Texts, beat: str, pins: Collection[tuple[str, str, str]]
) -> dict[str, Any]:
    return {
        "key": f"{line.beat}-{line.role}",
        "role": line.role_code,
        "role_name": texts.label("role", line.role_code),
        "tier": line.tier,
        "required": line.required,
        "filled": len(line.members),
        "missing": line.missing,
        "members": [
            {**_member(one, texts), "is_pinned": (one.code, beat, line.role_code) in pins}
            for one in line.members
        ],
    }


def _member(member: Member, texts: Texts) -> dict[str, Any]:
    return {
        "number": member.number,
        "code": member.code,
        "name": member.name,
        "tier": texts(f"tier.{member.tier}"),
        "mark": MARKS.get(member.tier, "vol"),
        "profession": _named(member.profession, texts),
        "turns": texts("board.turns", count=member.turns),
    }


def suggestion_rows(found: list[Suggestion], texts: Texts) -> list[dict[str, Any]]:
    """Return who could come, each with the reason in a sentence and the price."""
    return [
        {
            **_member(one.member, texts),
            "why": texts(
                "board.why_nearest" if not n else "board.why_near",
                what=_what(one, texts),
                minutes=one.walk_min,
                metres=f"{one.distance_m:,.0f}",
                count=one.member.turns,
            ),
            "price": price_words(one.outcome, texts),
            "broken": [_broken(b, texts, {}) for b in one.outcome.broken],
        }
        for n, one in enumerate(found)
    ]


def _what(one: Suggestion, texts: Texts) -> str:
    profession = one.member.profession
    what = _named(profession, texts) or texts(f"tier.{one.member.tier}")
    if one.qualification:
        return texts("board.certified", what=what, held=_named(one.qualification, texts))
    return what


def _named(code: str, texts: Texts) -> str:
    return _catalogue(texts.language).get(code, code)


@cache
def _catalogue(language: Language) -> dict[str, str]:
    professions = load_professions()
    named = zip(professions.iloc[:, 0], professions[f"label_{language}"], strict=True)
    return {**dict(named), **labels(language)}


def outcome_words(
    outcome: Outcome, texts: Texts, names: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Return what a change did: sentences, and the rules that it breaks."""
    said = [price_words(outcome, texts)]
    said += [texts("board.mended", rule=rule) for rule in outcome.mended]
    return said, [_broken(one, texts, names) for one in outcome.broken]


def price_words(outcome: Outcome, texts: Texts) -> str:
    """Return what a change costs: places, weighted demand, objective."""
    key = "board.price_better" if outcome.cost < 0 else "board.price_worse"
    if not outcome.cost:
        return texts("board.price_same")
    price = texts(key, cost=f"{abs(outcome.cost):,}")
    if not outcome.filled:
        return price
    key = "board.filled_more" if outcome.filled > 0 else "board.filled_fewer"
    return texts("board.and", first=texts(key, count=abs(outcome.filled)), second=price)


def _broken(one: Any, texts: Texts, names: Mapping[str, str]) -> str:
    return texts("board.rule", rule=one.rule, words=one.words(texts.language, names))
