"""Change how many people many demand lines want, at once; what it comes to is told before.

::

    told = resize_view(session, scope, wanted, Resize(factor=1.2), timezone)
    resize_lines(session, scope, wanted, Resize(factor=1.2), timezone, version=told.version)
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, select, update

from data.planning.demand_search import dated_turns, lines_meant
from data.planning.places import MOST_PLACES, resized
from data.store.row_versions import StaleError
from data.store.tables.demand import DemandLine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from data.planning.demand_search import DemandFilter
    from data.store.scope import Scope

_CHUNK = 200
Kind = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Resize:
    """What lines are to want: so many people, or so many times what they want; one of the two."""

    people: int | None = None
    factor: float | None = None

    def of(self, required: int) -> int:
        """Return how many people a line will want.

        A factor rounds half up, and leaves one of whoever was wanted: a factor thins demand out,
        it ends none.
        """
        if self.factor is None:
            return required if self.people is None else self.people
        # What a hand would get: 1.1 × 5 is 5.5, though not so in binary.
        wanted = math.floor(round(required * self.factor, 9) + 0.5)
        return min(max(wanted, min(required, 1)), MOST_PLACES)


@dataclass(frozen=True, slots=True)
class ResizeView:
    """What a change comes to.

    Attributes
    ----------
    num_lines, num_changed : int
        Lines that are meant, and those that change.
    people_before, people_after : int
        Of all lines that are meant.
    hours_before, hours_after : float
        Person-hours.
    version : int
        Of the state that it was worked out for.
    """

    num_lines: int
    num_changed: int
    people_before: int
    people_after: int
    hours_before: float
    hours_after: float
    version: int


@dataclass(frozen=True, slots=True)
class _Group:
    """Lines that are alike: how many of a shift of so many hours want so many people."""

    hours: float
    required: int
    weights: str
    count: int


def resize_view(
    session: Session, scope: Scope, wanted: DemandFilter, resize: Resize, timezone: str
) -> ResizeView:
    """Tell what a change of the lines that a filter means would come to."""
    return _told(_read(session, scope, wanted, timezone)[1], wanted, resize)


def resize_lines(
    session: Session,
    scope: Scope,
    wanted: DemandFilter,
    resize: Resize,
    timezone: str,
    *,
    version: int,
) -> ResizeView:
    """Change the lines that a filter means.

    Parameters
    ----------
    version : int
        Of what was told before.

    Raises
    ------
    StaleError
        Where it would come to something else now.
    """
    within, groups = _read(session, scope, wanted, timezone)
    told = _told(groups, wanted, resize)
    if told.version != version:
        raise StaleError
    kinds = {(one.required, one.weights) for one in groups}
    changed = [one for one in kinds if resize.of(one[0]) != one[0]]
    # What one step has changed must not be of the kind that a later one changes.
    changed.sort(reverse=resize.factor is not None and resize.factor > 1)
    if resize.people is not None:
        within &= DemandLine.required != resize.people
    for first in range(0, len(changed), _CHUNK):
        _step(session, within, changed[first : first + _CHUNK], resize)
    session.expire_all()
    return told


def _step(
    session: Session, within: ColumnElement[bool], kinds: Iterable[Kind], resize: Resize
) -> None:
    alike = [
        (and_(DemandLine.required == required, DemandLine.weights == weights), required, weights)
        for required, weights in kinds
    ]
    people: Any = case(
        *((same, resize.of(required)) for same, required, _ in alike), else_=DemandLine.required
    )
    weights: Any = case(
        *((same, resized(text, resize.of(required))) for same, required, text in alike),
        else_=DemandLine.weights,
    )
    session.execute(
        update(DemandLine)
        .where(within)
        .values(required=people, weights=weights)
        .execution_options(synchronize_session=False)
    )


def _read(
    session: Session, scope: Scope, wanted: DemandFilter, timezone: str
) -> tuple[ColumnElement[bool], list[_Group]]:
    turns = dated_turns(session, timezone)
    hours = {one.number: one.hours for one in turns}
    within = lines_meant(scope, wanted, turns)
    keys = (DemandLine.shift_id, DemandLine.required, DemandLine.weights)
    query = select(*keys, func.count()).where(within).group_by(*keys).order_by(*keys)
    return within, [
        _Group(hours[shift], required, weights, int(count))
        for shift, required, weights, count in session.execute(query)
    ]


def _told(groups: list[_Group], wanted: DemandFilter, resize: Resize) -> ResizeView:
    after = [resize.of(one.required) for one in groups]
    pairs = list(zip(groups, after, strict=True))
    return ResizeView(
        sum(one.count for one in groups),
        sum(one.count for one, people in pairs if people != one.required),
        sum(one.count * one.required for one in groups),
        sum(one.count * people for one, people in pairs),
        sum(one.count * one.required * one.hours for one in groups),
        sum(one.count * people * one.hours for one, people in pairs),
        zlib.crc32(repr((groups, wanted, resize)).encode()) + 1,
    )
