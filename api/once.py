"""Creating calls that may be sent again: ``Idempotency-Key``.

::

    @router.post("/teams", status_code=201, responses=problems(401, 403, 409, 422))
    def create(body: NewTeam, store: StoreDep, once: OnceDep, …) -> Response:
        def work(session: Session) -> Answer:
            team = create_team(session, …)
            audit.append(session, keys, now, access.event("team", team.code))
            return answer({"code": team.code}, 201, location=f"/api/v1/teams/{team.code}")

        return once.submit(store, work)

A form has the key in its hidden field ``once``, made by ``new_key()`` when the page was rendered.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import orjson
from fastapi import Depends, Header, Request, Response
from starlette.datastructures import UploadFile

from api.access.forgery import FIELD
from api.access.policy import MaybeActorDep
from api.dependencies import NowDep
from api.errors import ParameterError
from api.writing import written
from data.store.idempotency import Answer, answer_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from data.store.engine import Store

PATTERN: Final = r"^[A-Za-z0-9_.:-]{8,128}$"
FORM_FIELD: Final = "once"
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Once:
    """A key with the request that it came with."""

    caller: str
    key: str
    request_sha256: str
    now: datetime

    def submit(self, store: Store, work: Callable[[Any], Answer]) -> Response:
        """Do a work in a transaction that keeps its answer; give that, now or again."""
        return _response(store.submit(self._whole(work)))

    async def submitted(self, store: Store, work: Callable[[Any], Answer]) -> Response:
        """Do as `submit`, without holding a thread (`api.writing`)."""
        return _response(await written(store, self._whole(work)))

    def _whole(self, work: Callable[[Any], Answer]) -> Callable[[Session], Answer]:
        return lambda session: answer_once(
            session,
            caller=self.caller,
            key=self.key,
            request_sha256=self.request_sha256,
            now=self.now,
            work=work,
        )


def _response(given: Answer) -> Response:
    media_type = "application/json" if given.body else None
    return Response(given.body, given.status, dict(given.headers), media_type)


def answer(body: Any, status: int = 201, *, location: str = "", **headers: str) -> Answer:
    """Return an answer of JSON; None: without a body."""
    given = dict(headers)
    if location:
        given["Location"] = location
    return Answer(status, b"" if body is None else orjson.dumps(body), given)


def new_key() -> str:
    """Return a key for the hidden field of a form."""
    return secrets.token_urlsafe(18)


async def get_once(
    request: Request,
    actor: MaybeActorDep,
    now: NowDep,
    key: Annotated[
        str,
        Header(
            alias="Idempotency-Key",
            pattern=PATTERN,
            description="A new one for each thing to be made; the same when sending it again.",
            examples=["5f0c7d1e-6a53-4b1c-9c1a-0b7a0f6f8a11"],
        ),
    ],
) -> Once:
    """Return the key of an API call."""
    return await _once(request, actor.key if actor else "public", key, now)


async def get_form_once(request: Request, actor: MaybeActorDep, now: NowDep) -> Once:
    """Return the key of a form.

    Raises
    ------
    ParameterError
        Where the form has none.
    """
    key = (await request.form()).get(FORM_FIELD, "")
    if not isinstance(key, str) or not re.fullmatch(PATTERN, key):
        raise ParameterError(f"Expected the form's field {FORM_FIELD}, got none that can be used.")
    return await _once(request, actor.key if actor else "public", key, now)


OnceDep = Annotated[Once, Depends(get_once)]
FormOnceDep = Annotated[Once, Depends(get_form_once)]


async def _once(request: Request, caller: str, key: str, now: datetime) -> Once:
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    if "form" in request.headers.get("content-type", ""):
        for name, value in (await request.form()).multi_items():
            if name not in {FIELD, FORM_FIELD}:
                digest.update(orjson.dumps(name))
                await _add(digest, value)
    else:
        digest.update(await request.body())
    return Once(caller, key, digest.hexdigest(), now)


async def _add(digest: Any, value: UploadFile | str) -> None:
    if isinstance(value, str):
        digest.update(orjson.dumps(value))
        return
    while chunk := await value.read(_CHUNK):
        digest.update(chunk)
    await value.seek(0)
