"""What a handler of the records works with: who asks, the store, the keys, the time.

::

    Reader = Annotated[Office, Depends(office("person.read"))]

    @router.get("/people/{code}")
    def person(at: Reader, code: CodePath) -> Response:
        with at.store.read() as session:
            file = read_file(session, at.access.scope, at.keys, code, today=at.today)
        at.note("person", code)
        return at.answer(file)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from fastapi import Depends, Request, Response

from api.access.actor import Access
from api.access.policy import allowed
from api.dependencies import KeysDep, NowDep, StoreDep, TodayDep
from api.responses import json_response
from data.store.audit import append
from data.store.engine import Store
from data.store.keys import Keys

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy.orm import Session

    from data.store.scope import Scope


@dataclass(frozen=True, slots=True)
class Office:
    """All that a handler needs, for one request."""

    access: Access
    store: Store
    keys: Keys
    now: datetime
    today: date
    request: Request

    @property
    def scope(self) -> Scope:
        """The jurisdiction in which the action is allowed."""
        return self.access.scope

    @property
    def by(self) -> str:
        """What the audit calls who asks."""
        return self.access.actor.key

    def keep(self, session: Session, kind: str, key: str, **detail: Any) -> None:
        """Write the audit's entry, as the last step of a work; no personal data in details."""
        append(session, self.keys, self.now, self.access.event(kind, key, **detail))

    def note(self, kind: str, key: str, **detail: Any) -> None:
        """Write that something was read."""
        self.store.submit(lambda session: self.keep(session, kind, key, **detail))

    def answer(self, body: Any, *, tag: str = "") -> Response:
        """Return a body of JSON with the entity tag that an edit has to name."""
        response = json_response(body, self.request)
        if tag:
            response.headers["ETag"] = tag
        return response


def office(action: str) -> Callable[..., Awaitable[Office]]:
    """Return the dependency that gives an office to whoever has an action."""
    check = allowed(action)

    # A default, not an annotation: those are read as text, which does not know `check`.
    async def get(
        store: StoreDep,
        keys: KeysDep,
        now: NowDep,
        today: TodayDep,
        *,
        request: Request,
        access: Access = Depends(check),  # noqa: B008
    ) -> Office:
        return Office(access, store, keys, now, today, request)

    return get
