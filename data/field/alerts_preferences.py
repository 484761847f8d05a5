"""When a person wants no alerts: quiet hours, a mute, how many a month; kept at the server.

They hold while off duty; on duty everybody can be called.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data.field.live import MONTHLY_CALLS
from data.store.row_versions import require_version
from data.store.tables.alerts import AlertPreference

if TYPE_CHECKING:
    from datetime import datetime, time

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class PreferenceView:
    """What a person chose; without a choice there are no quiet hours and the usual budget.

    Attributes
    ----------
    quiet_from, quiet_until : time or None
        Local time; may go over midnight.
    muted_until : datetime or None
    monthly_calls : int
        Calls in thirty days while off duty, at most; 0: none.
    row_version : int
        0 before the first choice.
    """

    quiet_from: time | None
    quiet_until: time | None
    muted_until: datetime | None
    monthly_calls: int
    row_version: int


def preference_of(session: Session, person_id: int) -> PreferenceView:
    """Read what a person chose."""
    row = session.get(AlertPreference, person_id, populate_existing=True)
    if row is None:
        return PreferenceView(None, None, None, MONTHLY_CALLS, 0)
    budget = MONTHLY_CALLS if row.monthly_calls is None else row.monthly_calls
    return PreferenceView(row.quiet_from, row.quiet_until, row.muted_until, budget, row.row_version)


def set_preference(
    session: Session,
    person_id: int,
    *,
    quiet_from: time | None,
    quiet_until: time | None,
    muted_until: datetime | None,
    monthly_calls: int,
    now: datetime,
    expected: int | None = None,
) -> PreferenceView:
    """Write what a person chose.

    Parameters
    ----------
    expected : int or None
        The version that the person saw; StaleError where it is another now.
    """
    row = session.get(AlertPreference, person_id, with_for_update=True)
    if row is None:
        row = AlertPreference(person_id=person_id)
        session.add(row)
    elif expected is not None:
        require_version(row, expected)
    row.quiet_from, row.quiet_until = quiet_from, quiet_until
    row.muted_until, row.monthly_calls, row.updated_at = muted_until, monthly_calls, now
    session.flush()
    return preference_of(session, person_id)
