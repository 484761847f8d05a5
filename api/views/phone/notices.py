"""Notices on the phone: the inbox, and few choices that cover all topics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.views.phone.moments import moment_words
from data.notices.words import TOPICS

if TYPE_CHECKING:
    from collections.abc import Collection
    from zoneinfo import ZoneInfo

    from api.views.phone.reader import Reader
    from data.notices.inbox import Notice
    from data.notices.preferences import Preference

GROUPS: Final = ("task", "turn", "tip")
"""What may be turned off; alerts have a mute of their own, and who is alone is always asked."""


def topics_of(group: str) -> list[str]:
    """Return the topics of a group."""
    return [topic for topic in TOPICS if topic.startswith(f"{group}.")]


def group_choices(stops: Collection[str], reader: Reader) -> list[dict[str, Any]]:
    """Return the groups, and whether all their topics are wanted."""
    return [
        {
            "code": group,
            "label": reader.texts.label("label.notice_group", group),
            "on": not set(topics_of(group)) & set(stops),
        }
        for group in GROUPS
    ]


def quiet_values(found: Preference) -> dict[str, str]:
    """Return the quiet hours as the fields of a form take them."""
    start, end = found.quiet_from, found.quiet_until
    return {
        "start": "" if start is None else f"{start:%H:%M}",
        "end": "" if end is None else f"{end:%H:%M}",
    }


def notice_card(one: Notice, reader: Reader) -> dict[str, Any]:
    """Return what a card shows of a notice."""
    return {
        "title": one.title,
        "body": one.body,
        "url": one.url,
        "when": moment_words(one.created_at, reader.now, reader.limits.zone, reader.texts),
        "is_new": one.read_at is None,
    }


def muted_words(until: Any, reader: Reader, zone: ZoneInfo) -> str:
    """Return until when alerts are muted; nothing where they are not."""
    if until is None or until <= reader.now:
        return ""
    moment = moment_words(until, reader.now, zone, reader.texts)
    return reader.texts("notices.muted_until", until=moment)
