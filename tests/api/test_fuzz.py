"""Requests made from our own description: no server error, no status that it does not mention.

``JINGGE_FUZZ_EXAMPLES=500 pytest tests/api/test_fuzz.py`` is the long run.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

if TYPE_CHECKING:
    from schemathesis.openapi import OpenApiSchema
    from starlette.testclient import TestClient

EXAMPLES = int(os.environ.get("JINGGE_FUZZ_EXAMPLES", "15"))
OPERATIONS = (
    *("/healthz", "/api/v1/summary", "/api/v1/districts", "/api/v1/stations", "/api/v1/beats"),
    *("/api/v1/beats/{beat_id}", "/api/v1/cells/at", "/api/v1/cells/{cell}", "/api/v1/shifts"),
    *("/api/v1/roster", "/api/v1/coverage", "/api/v1/gaps"),
)


@pytest.fixture(scope="module")
def described(client: TestClient) -> OpenApiSchema:
    return schemathesis.openapi.from_asgi("/openapi.json", client.app)


def test_every_operation_is_fuzzed(described: OpenApiSchema) -> None:
    assert {operation.ok().path for operation in described.get_all_operations()} == set(OPERATIONS)


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("path", OPERATIONS)
def test_answers_are_as_described(
    described: OpenApiSchema, path: str, mode: GenerationMode
) -> None:
    operation = described[path]["GET"]
    if mode is GenerationMode.NEGATIVE and not operation.definition.raw.get("parameters"):
        return  # nothing to get wrong

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def answer(case: schemathesis.Case) -> None:
        # A schema cannot say that west lies west of east, or that a cursor is of this roster.
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    answer()
