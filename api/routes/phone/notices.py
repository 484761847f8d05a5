"""``/m/inbox``, and what the settings page says of notices: which, when, where; alerts muted."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from api.errors import ParameterError
from api.phone import Phone, PhoneDep
from api.views.phone.notices import (
    GROUPS,
    group_choices,
    muted_words,
    notice_card,
    quiet_values,
    topics_of,
)
from api.views.phone.reader import reader_of
from data.field import alerts_preferences as alerts
from data.notices.inbox import list_inbox, mark_all_read
from data.notices.preferences import keep_stops, preference_of, set_preference, stops_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from api.views.phone.reader import Reader

router = APIRouter(prefix="/m", include_in_schema=False)

_SHOWN: Final = 50
_WAKING: Final = time(6)
"""A mute ends in the morning, before the first duty."""
_SAVED: Final = "/m/settings?told=saved"


@router.get("/inbox")
def inbox(phone: PhoneDep) -> Response:
    """Show what the reader was told, the newest first; what is shown counts as read."""
    me, language = phone.access.actor.account_id, "zh-CN"
    if phone.texts.language != "zh":
        language = "en"
    with phone.store.read() as session:
        reader = reader_of(session, phone)
        found = list_inbox(session, me, language, limit=_SHOWN)
    if any(one.read_at is None for one in found):
        last = found[0].id
        phone.store.submit(lambda session: mark_all_read(session, me, last, phone.now))
    cards = [notice_card(one, reader) for one in found]
    return phone.render("inbox.html", tab="me", back="/m/me", notices=cards)


@router.post("/settings/notices")
def post_notices(
    phone: PhoneDep,
    topic: Annotated[list[Literal["task", "turn", "tip"]] | None, Form()] = None,
    quiet_from: Annotated[str, Form(max_length=8)] = "",
    quiet_until: Annotated[str, Form(max_length=8)] = "",
) -> Response:
    """Keep which notices the reader wants, and when they want none."""
    wanted, me = set(topic or ()), phone.access.actor.account_id
    since, until = _clock(quiet_from), _clock(quiet_until)
    if (since is None) != (until is None):
        raise ParameterError("Expected both ends of the quiet hours, got one of them.")
    language = "zh-CN" if phone.texts.language == "zh" else "en"
    off = [one for group in GROUPS if group not in wanted for one in topics_of(group)]

    def work(session: Session) -> None:
        quiet = {"quiet_from": since, "quiet_until": until}
        set_preference(session, me, phone.now, None, language=language, **quiet)
        keep_stops(session, me, off, phone.now)
        phone.note(session, "account", str(me), what="notices")

    phone.store.submit(work)
    return RedirectResponse(_SAVED, 303)


@router.post("/settings/mute")
def mute(phone: PhoneDep, until: Annotated[Literal["now", "tomorrow"], Form()]) -> Response:
    """Call the reader to no alert until tomorrow morning, or again at once; off duty alone."""

    def work(session: Session) -> None:
        reader = reader_of(session, phone)
        found = alerts.preference_of(session, phone.person)
        alerts.set_preference(
            session,
            phone.person,
            quiet_from=found.quiet_from,
            quiet_until=found.quiet_until,
            muted_until=_tomorrow(reader) if until == "tomorrow" else None,
            monthly_calls=found.monthly_calls,
            now=phone.now,
        )
        phone.note(session, "person", reader.code, what="alerts")

    phone.store.submit(work)
    return RedirectResponse(_SAVED, 303)


def notice_settings(session: Session, phone: Phone) -> dict[str, Any]:
    """Return what the settings page shows of notices and alerts."""
    reader, me = reader_of(session, phone), phone.access.actor.account_id
    key = phone.request.app.state.push_key
    until = alerts.preference_of(session, phone.person).muted_until
    return {
        "topics": group_choices(stops_of(session, me), reader),
        "quiet": quiet_values(preference_of(session, me)),
        "push_key": "" if key is None else key.public,
        "muted": muted_words(until, reader, reader.limits.zone),
    }


def _tomorrow(reader: Reader) -> datetime:
    zone = reader.limits.zone
    day = reader.now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, _WAKING, zone)


def _clock(text: str) -> time | None:
    try:
        return time.fromisoformat(text) if text else None
    except ValueError:
        raise ParameterError(f"Expected a time such as 22:00, got {text!r}.") from None
