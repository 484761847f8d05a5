"""Requests made from our own description: no server error, no status that it does not mention.

Asked as somebody with every role of the staff, so that what is fuzzed is the handlers and not the
door. Operations are asked rightly and wrongly in turn, the long run asks each in both ways;
``JINGGE_FUZZ_EXAMPLES=500 JINGGE_LONG=1 pytest tests/api/test_fuzz.py`` is the longest.
"""

from __future__ import annotations

import os
import shutil
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from portions import IS_LONG
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance
from service_client import listed_app, start_service, stop_service
from sqlalchemy import update

from data.store.tables.accounts import Account

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from service_client import RunningService


EXAMPLES = int(os.environ.get("JINGGE_FUZZ_EXAMPLES", "2"))
ROLES = ("administrator", "city_dispatcher", "reviewer", "auditor")
# A wrong `If-Match` is told before a wrong body: 412.
REFUSALS = ["400", "401", "403", "404", "409", "412", "413", "415", "422", "428", "429", "5xx"]
CONFIG = SchemathesisConfig.from_dict(
    {"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}}
)
# What the schema cannot say (west lies west of east, a cursor is of this list), and the tests of
# access, which ask without a session themselves.
NOT_HERE = [positive_data_acceptance, ignored_auth]


def operations() -> list[tuple[str, str]]:
    """Give path and method of every operation that we describe."""
    document = listed_app().openapi()
    return [
        (path, method)
        for path, item in document["paths"].items()
        for method in item
        if method in {"get", "post", "put", "patch", "delete"}
        and path != "/readyz"  # without its threads a service is not ready, which is 503
    ]


def ways() -> list[tuple[str, str, GenerationMode]]:
    """Give each operation with what is sent to it; one without input has nothing to get wrong."""
    document = listed_app().openapi()
    right, wrong = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
    found = []
    turn = 0
    for path, method in operations():
        raw = document["paths"][path][method]
        modes = (right, wrong) if raw.get("parameters") or "requestBody" in raw else (right,)
        if len(modes) > 1 and not IS_LONG:
            modes = (modes[turn % 2],)
            turn += 1
        found += [(path, method, mode) for mode in modes]
    return found


@pytest.fixture(scope="module")
def fuzzed(tiny_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    file = tmp_path_factory.mktemp("fuzz") / "store.db"
    shutil.copy(tiny_file, file)
    running = start_service(f"sqlite:///{file}")
    router = running.app.router
    lifespan = router.lifespan_context
    router.lifespan_context = _no_lifespan  # each request would start it, and workers for its jobs
    yield running
    router.lifespan_context = lifespan
    stop_service(running)


@asynccontextmanager
async def _no_lifespan(_: Any) -> AsyncIterator[None]:
    yield


@pytest.fixture
def headers(fuzzed: RunningService) -> dict[str, str]:
    """Log in for each operation as somebody new: some end sessions, take roles or lock accounts."""

    def work(session: Any) -> None:
        session.execute(update(Account).values(person_id=None))

    fuzzed.store.submit(work)
    client = fuzzed.client(fuzzed.login_as(*ROLES, person="wang"))
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    return {"Cookie": cookie, "X-CSRF-Token": client.headers["X-CSRF-Token"]}


@pytest.fixture(scope="module")
def described(fuzzed: RunningService) -> Any:
    schema = schemathesis.openapi.from_dict(fuzzed.app.openapi(), config=CONFIG)
    schema.app = fuzzed.app
    return schema


@pytest.mark.parametrize(("path", "method", "mode"), ways())
def test_answers_are_as_described(
    described: Any, headers: dict[str, str], path: str, method: str, mode: GenerationMode
) -> None:
    operation = described[path][method.upper()]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def answer(case: schemathesis.Case) -> None:
        case.call_and_validate(excluded_checks=NOT_HERE, headers=headers)

    answer()
