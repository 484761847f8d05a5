"""Accident insurance: policies, whom they cover when, and renewing for many at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from data.records.errors import DuplicateError, RecordMissingError, StepError, ValueRefusedError
from data.records.finding import find_person, people_ids
from data.records.pages import PageOf, cut, read_cursor, write_cursor
from data.records.person_edit import require_here
from data.store.tables.insurance import InsuranceCover, InsurancePolicy
from data.store.tables.people import Person

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy.orm import Session

    from data.store.scope import Scope


@dataclass(frozen=True, slots=True)
class ListedPolicy:
    """A policy, and how many of those in the scope it covers."""

    policy: int
    insurer: str
    policy_no: str
    starts_on: date
    ends_on: date
    sum_insured_fen: int | None
    num_covered: int


@dataclass(frozen=True, slots=True)
class Renewed:
    """What a renewal did: the policy, how many are newly covered, how many were already."""

    policy: int
    num_added: int
    num_already: int


def list_policies(
    session: Session,
    scope: Scope,
    *,
    ending_from: date | None = None,
    only_covering: bool = False,
    cursor: str | None = None,
    limit: int = 100,
) -> PageOf[ListedPolicy]:
    """Give a page of policies, the newest first.

    Parameters
    ----------
    ending_from : date, optional
        Only those that end then or later.
    only_covering : bool
        Only those that cover somebody in the scope.
    """
    policy = InsurancePolicy
    covered = (
        select(func.count(func.distinct(InsuranceCover.person_id)))
        .join(Person, Person.id == InsuranceCover.person_id)
        .where(InsuranceCover.policy_id == policy.id, scope.people())
        .correlate(policy)
        .scalar_subquery()
    )
    query = select(policy, covered).order_by(policy.id.desc()).limit(limit + 1)
    if ending_from is not None:
        query = query.where(policy.ends_on >= ending_from)
    if only_covering:
        query = query.where(covered > 0)
    if after := read_cursor(cursor, int):
        query = query.where(policy.id < after[0])
    rows, more = cut(session.execute(query).all(), limit)
    items = tuple(_listed(row, count) for row, count in rows)
    return PageOf(items, write_cursor(rows[-1][0].id) if more else None)


def find_policy(session: Session, scope: Scope, number: int) -> ListedPolicy:
    """Give a policy, and how many of those in the scope it covers.

    Raises
    ------
    RecordMissingError
    """
    policy = session.get(InsurancePolicy, number)
    if policy is None:
        raise RecordMissingError("policy", number)
    covered = (
        select(func.count(func.distinct(InsuranceCover.person_id)))
        .join(Person, Person.id == InsuranceCover.person_id)
        .where(InsuranceCover.policy_id == number, scope.people())
    )
    return _listed(policy, session.scalar(covered) or 0)


def add_policy(
    session: Session,
    *,
    insurer: str,
    policy_no: str,
    starts_on: date,
    ends_on: date,
    sum_insured_fen: int | None,
) -> int:
    """Add a policy; return its number.

    Raises
    ------
    DuplicateError
        Where that insurer's policy is there with other dates.
    ValueRefusedError
    """
    if ends_on < starts_on:
        raise ValueRefusedError(f"Expected an end on {starts_on} or later, got {ends_on}.")
    policy = InsurancePolicy
    there = session.scalars(
        select(policy).where(policy.insurer == insurer, policy.policy_no == policy_no)
    ).one_or_none()
    if there is not None:
        if (there.starts_on, there.ends_on) != (starts_on, ends_on):
            raise DuplicateError(
                f"Expected policy {policy_no!r:.80} to run from {there.starts_on} to "
                f"{there.ends_on}, as it is known, got {starts_on} to {ends_on}."
            )
        return there.id
    made = InsurancePolicy(
        insurer=insurer,
        policy_no=policy_no,
        starts_on=starts_on,
        ends_on=ends_on,
        sum_insured_fen=sum_insured_fen,
    )
    session.add(made)
    session.flush()
    return made.id


def cover_people(
    session: Session,
    scope: Scope,
    number: int,
    codes: Iterable[str],
    *,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> Renewed:
    """Cover people by a policy, for all of its days or some; sending it again adds nothing.

    Raises
    ------
    RecordMissingError
        For a policy or person that is not there.
    StepError
        For somebody who has left.
    ValueRefusedError
        For days on which the policy does not run.
    """
    policy = session.get(InsurancePolicy, number)
    if policy is None:
        raise RecordMissingError("policy", number)
    first, last = starts_on or policy.starts_on, ends_on or policy.ends_on
    if not policy.starts_on <= first <= last <= policy.ends_on:
        raise ValueRefusedError(
            f"Expected days from {policy.starts_on} to {policy.ends_on}, got {first} to {last}."
        )
    ids = people_ids(session, scope, codes)
    _refuse_left(session, ids)
    cover = InsuranceCover
    already = set(
        session.scalars(
            select(cover.person_id).where(
                cover.policy_id == number, cover.starts_on <= first, cover.ends_on >= last
            )
        )
    )
    same_start = {
        row.person_id: row
        for row in session.scalars(
            select(cover).where(cover.policy_id == number, cover.starts_on == first)
        )
    }
    rows: list[dict[str, Any]] = []
    added = 0
    for person in ids.values():
        if person in already:
            continue
        added += 1
        if person in same_start:
            same_start[person].ends_on = last
        else:
            days = {"starts_on": first, "ends_on": last}
            rows.append({"policy_id": number, "person_id": person, **days})
    session.flush()
    if rows:
        session.execute(insert(InsuranceCover), rows)
    return Renewed(number, added, len(ids) - added)


def end_cover(session: Session, scope: Scope, code: str, number: int, *, last_day: date) -> None:
    """Let a cover end earlier, on this day.

    Raises
    ------
    RecordMissingError, ValueRefusedError
    """
    person = find_person(session, scope, code)
    require_here(person)
    row = session.get(InsuranceCover, number)
    if row is None or row.person_id != person.id:
        raise RecordMissingError("cover in that file", number)
    if not row.starts_on <= last_day <= row.ends_on:
        raise ValueRefusedError(
            f"Expected a day from {row.starts_on} to {row.ends_on}, got {last_day}."
        )
    row.ends_on = last_day
    session.flush()


def _listed(row: InsurancePolicy, count: int) -> ListedPolicy:
    return ListedPolicy(
        policy=row.id,
        insurer=row.insurer,
        policy_no=row.policy_no,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        sum_insured_fen=row.sum_insured_fen,
        num_covered=count,
    )


def _refuse_left(session: Session, ids: dict[str, int]) -> None:
    numbers = list(ids.values())
    for start in range(0, len(numbers), 5000):
        part = numbers[start : start + 5000]
        gone = session.scalars(
            select(Person.code).where(Person.id.in_(part), Person.state == "left").limit(1)
        ).first()
        if gone is not None:
            raise StepError(f"Expected a person who has not left, got {gone}, who has.")
