"""How the store is: reachable, of this program's schema, with how many jobs in which state."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from data.store.errors import StoreError
from data.store.tables.jobs import JOB_STATES, Job

if TYPE_CHECKING:
    from data.store.engine import Store


def is_reachable(store: Store) -> bool:
    """Return whether the database answers a question."""
    try:
        with store.read() as session:
            return session.scalar(select(1)) == 1
    except (SQLAlchemyError, StoreError):
        return False


def is_current(store: Store) -> bool:
    """Return whether the database has the schema that this program works with."""
    from data.store.migrate import current_revision  # noqa: PLC0415 - alembic takes 0.2 s

    try:
        with store.engines.readers.connect() as connection:
            return current_revision(connection) == _head()
    except SQLAlchemyError:
        return False


@cache
def _head() -> str:
    from data.store.migrate import head_revision  # noqa: PLC0415 - as above

    return head_revision()


def job_states(store: Store) -> dict[str, int] | None:
    """Return how many jobs are in each state; None where the database does not answer."""
    query = select(Job.state, func.count()).group_by(Job.state)
    try:
        with store.read() as session:
            return dict.fromkeys(JOB_STATES, 0) | dict(session.execute(query).all())
    except (SQLAlchemyError, StoreError):
        return None
