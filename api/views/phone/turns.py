"""A turn as it is kept, on its card: check in, all is well, check out, what it brought."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from api.views.phone.moments import moment_words, span_words

if TYPE_CHECKING:
    from datetime import datetime

    from api.views.phone.reader import Reader
    from data.field.checkins import CheckInView
    from data.field.duty_turns import DutyTurn
    from data.field.roster_turns import RosterTurn
    from data.field.swaps import ExchangeView

LEFT: Final = timedelta(hours=12)
"""For so long after its end a turn that was not checked out of stands among the next ones."""


def turn_path(turn: DutyTurn) -> str:
    """Return the address under which a turn is kept."""
    if turn.task_id is not None:
        return f"/m/turns/task/{turn.task_id}"
    return f"/m/turns/roster/{turn.scenario_id}/{turn.shift}"


def turn_page(turn: DutyTurn) -> str:
    """Return the address of a turn's own page."""
    if turn.task_id is not None:
        return f"/m/tasks/{turn.task_id}"
    return f"/m/shifts/{turn.scenario_id}/{turn.shift}"


def with_kept(
    card: dict[str, Any],
    turn: DutyTurn,
    kept: CheckInView | None,
    alone: datetime | None,
    reader: Reader,
) -> dict[str, Any]:
    """Return a turn's card with what is to be done now.

    Parameters
    ----------
    card : dict
        Of `api.views.phone.duties`.
    alone : datetime or None
        Until when the reader, being alone, has to say that all is well.
    """
    texts, path = reader.texts, turn_path(turn)
    # The key of the form: sending what waited without a network twice has one effect.
    key = hashlib.blake2b(turn.source.encode(), digest_size=10).hexdigest()
    card = {**card, "key": key, "check_in_url": f"{path}/in", "check_out_url": f"{path}/out"}
    if kept is None:
        opens = turn.starts_at - timedelta(minutes=reader.limits.early_min)
        if not opens <= reader.now < turn.ends_at:
            return card
        late = turn.starts_at <= reader.now
        word = "late" if late else "due"
        label = texts.label("label.turn_state", word)
        return {**card, "state": "due", "state_label": label, "tone": "warn" if late else "calm"}
    label = texts.label("label.turn_state", kept.state)
    found = {**card, "state": kept.state, "state_label": label, "tone": "good"}
    if kept.state == "in":
        found["safe_until"] = alone and _time(alone, reader)
    elif kept.state == "no_show":
        found["tone"], found["hint"] = "warn", texts("phone.missed_hint")
    elif kept.points:
        found["hint"] = texts("phone.kept_points", minutes=kept.minutes, points=kept.points)
    else:
        found["hint"] = texts("phone.kept", minutes=kept.minutes)
    return found


def exchange_card(
    exchange: ExchangeView, given: RosterTurn, wanted: RosterTurn | None, reader: Reader
) -> dict[str, Any]:
    """Return the card of a turn that somebody offers.

    Parameters
    ----------
    given, wanted : RosterTurn
        What the reader would take, and give for it; None: nothing.
    """
    texts, zone = reader.texts, reader.limits.zone
    until = moment_words(exchange.expires_at, reader.now, zone, texts)
    return {
        "id": exchange.exchange_id,
        "title": given.beat_name or given.beat_code,
        "when": span_words(given.starts_at, given.ends_at, reader.now, zone, texts),
        "where": given.beat_name or given.beat_code,
        "role": reader.role(given.role_code),
        "gives": wanted and turn_words(wanted, reader),
        "is_asked": exchange.taker_id == reader.person_id,
        "until": texts("phone.answer_until", until=until),
    }


def turn_words(turn: RosterTurn, reader: Reader) -> str:
    """Return when and where a turn is, in a line."""
    zone = reader.limits.zone
    when = span_words(turn.starts_at, turn.ends_at, reader.now, zone, reader.texts)
    return f"{when} · {turn.beat_name or turn.beat_code}"


def _time(moment: datetime, reader: Reader) -> str:
    return f"{moment.astimezone(reader.limits.zone):%H:%M}"
