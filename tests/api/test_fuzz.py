"""Requests made from our own description: no server error, no status that it does not mention."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from starlette.testclient import TestClient

EXAMPLES = int(os.environ.get("JINGGE_FUZZ_EXAMPLES", "25"))


@pytest.fixture(scope="session")
def described(client: TestClient) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_asgi("/openapi.json", client.app)


schema = schemathesis.pytest.from_fixture("described")


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_as_described(case: schemathesis.Case) -> None:
    case.call_and_validate()
