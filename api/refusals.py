"""Answers to what there is no time for: made once at start, sent as they are.

A refusal must cost next to nothing, or a rush takes the time of those who were let in: no session
is read, no page made, nothing written to the log but a line a second that says how many.
"""

from __future__ import annotations

import logging
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.requests import Request

from api.errors import MEDIA_TYPE, problem_response
from api.language import TAGS, texts_of
from api.logs import FIELDS
from api.security import constant_headers
from api.templating import page_language
from api.watching import HEADER, UNKNOWN, request_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Scope, Send

    from api.metrics import Metrics
    from api.templating import Templates

RETRY_AFTER_S: Final = 2
TELL_EVERY_S: Final = 1.0
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
_LOG: Final = logging.getLogger("jingge.request")
_Headers = list[tuple[bytes, bytes]]


class Refusals:
    """The answers of one application to what is too much.

    Parameters
    ----------
    detail : str
        What a program is told.
    templates : Templates
    metrics : Metrics
    clock : callable
        Gives seconds.
    """

    def __init__(
        self,
        detail: str,
        templates: Templates,
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._metrics, self._clock = metrics, clock
        problem = problem_response(HTTPStatus.SERVICE_UNAVAILABLE, detail)
        self._problem = _whole(bytes(problem.body), MEDIA_TYPE)
        self._pages = {
            language: _whole(
                templates.text("too_many.html", t=texts_of(language)).encode(),
                "text/html; charset=utf-8",
                tag,
            )
            for language, tag in TAGS.items()
        }
        self._number = 0
        self._told_s = clock()

    async def send(self, scope: Scope, send: Send) -> None:
        """Answer a request: a page for a reader, a problem for a program."""
        accept, given = b"", b""
        for name, value in scope["headers"]:
            if name == b"accept":
                accept = value
            elif name == b"x-request-id":
                given = value
        headers, body = self._problem
        if b"text/html" in accept and not scope["path"].startswith("/api/"):
            headers, body = self._pages[page_language(Request(scope))[0]]
        number = request_number(given.decode("latin-1")).encode()
        start = {"type": "http.response.start", "status": 503}
        await send({**start, "headers": [*headers, (HEADER.encode(), number)]})
        await send({"type": "http.response.body", "body": body})
        self._note(scope["method"])

    def _note(self, method: str) -> None:
        self._metrics.note(method, UNKNOWN, 503, 0.0)
        self._number += 1
        now = self._clock()
        if now >= self._told_s + TELL_EVERY_S:
            _LOG.warning("refused", extra={FIELDS: {"status": 503, "number": self._number}})
            self._number, self._told_s = 0, now


def _whole(body: bytes, media_type: str, tag: str = "") -> tuple[_Headers, bytes]:
    headers = {
        **constant_headers(_POLICY),
        "Content-Type": media_type,
        "Content-Length": str(len(body)),
        "Retry-After": str(RETRY_AFTER_S),
        **({"Content-Language": tag} if tag else {}),
    }
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()], body
