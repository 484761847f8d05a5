"""Until when people are insured: their covers put end to end.

A cover counts only while its policy runs. Covers that overlap or follow each other without a day
between them are one; a gap of a single day ends it.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import and_, case, select

from data.store.tables.insurance import InsuranceCover, InsurancePolicy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

_DAY = timedelta(days=1)
_CHUNK = 5000

STARTS = case(
    (InsuranceCover.starts_on > InsurancePolicy.starts_on, InsuranceCover.starts_on),
    else_=InsurancePolicy.starts_on,
)
ENDS = case(
    (InsuranceCover.ends_on < InsurancePolicy.ends_on, InsuranceCover.ends_on),
    else_=InsurancePolicy.ends_on,
)
"""The first and last day on which a cover counts."""


def last_day(covers: Iterable[tuple[date, date]], today: date) -> date | None:
    """Give the last day of unbroken cover from today on; None without cover today.

    Parameters
    ----------
    covers : iterable of (date, date)
        First and last day, both covered, in any order.
    """
    reach = today - _DAY
    for start, end in sorted(covers):
        if start > reach + _DAY:
            break
        reach = max(reach, end)
    return reach if reach >= today else None


def spans(
    session: Session, people: Sequence[int] | Select[int], today: date
) -> Iterator[tuple[int, list[tuple[date, date]]]]:
    """Give each person's covers that have not ended before today, by rising id.

    Parameters
    ----------
    people : sequence of int, or a query that gives them
    """
    for part in _chunks(people):
        query = (
            select(InsuranceCover.person_id, STARTS.label("first"), ENDS.label("last"))
            .join(InsurancePolicy, InsurancePolicy.id == InsuranceCover.policy_id)
            .where(
                InsuranceCover.person_id.in_(part),
                InsuranceCover.ends_on >= today,
                InsurancePolicy.ends_on >= today,
            )
            .order_by(InsuranceCover.person_id)
        )
        rows = session.execute(query).all()
        for person, group in groupby(rows, key=lambda row: row[0]):
            yield person, [(row.first, row.last) for row in group]


def insured_until(
    session: Session, people: Sequence[int] | Select[int], today: date
) -> dict[int, date]:
    """Give the last day of unbroken cover by person; those without cover today are left out."""
    found = {}
    for person, covers in spans(session, people, today):
        if until := last_day(covers, today):
            found[person] = until
    return found


def covers_day(day: date) -> ColumnElement[bool]:
    """Give the condition that a cover, joined with its policy, counts on a day."""
    return and_(
        InsuranceCover.starts_on <= day,
        InsuranceCover.ends_on >= day,
        InsurancePolicy.starts_on <= day,
        InsurancePolicy.ends_on >= day,
    )


def _chunks(
    people: Sequence[int] | Select[int],
) -> Iterator[Sequence[int] | Select[int]]:
    """Cut long lists: a statement takes only so many parameters."""
    if not isinstance(people, (list, tuple)):
        yield people
        return
    for start in range(0, len(people), _CHUNK):
        yield people[start : start + _CHUNK]
