"""Volunteer Liu of the tiny city, on a phone, and a task at the school gate of Haiwei."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tiny_store import NOW

from data.field.limits import Limits
from data.field.task_values import TaskValues
from data.field.tasks import create_task, step_task
from data.store.tables.ground import Beat, Station

if TYPE_CHECKING:
    from collections.abc import Callable

    from service_client import RunningService
    from starlette.testclient import TestClient

    from data.field.task_values import TaskView


@pytest.fixture
def clocked(tiny: RunningService) -> RunningService:
    """The tiny service on the day for which its records were made."""
    tiny.clock.now = NOW
    return tiny


@pytest.fixture
def phone(clocked: RunningService) -> TestClient:
    """Liu's phone; it asks for pages, as a browser does."""
    client = clocked.client_as("volunteer", person="liu")
    client.headers["Accept"] = "text/html"
    return client


@pytest.fixture
def make_task(clocked: RunningService) -> Callable[..., TaskView]:
    """Publish a task at Haiwei's school gate in two days, changed at will."""
    start = NOW + timedelta(days=1)

    def make(**changes: Any) -> TaskView:
        usual: dict[str, Any] = {
            "kind": "fixed_post",
            "title": "海威小学护学岗",
            "station_id": clocked.ids(Station)["kunbei"],
            "beat_id": clocked.ids(Beat)["haiwei"],
            "role": "school_guard",
            "starts_at": start,
            "ends_at": start + timedelta(hours=2),
            "signup_until": start - timedelta(hours=2),
            "places": 1,
            "points": 3,
        }

        def work(session: Any) -> TaskView:
            values = TaskValues(**(usual | changes))
            made = create_task(session, values, Limits(), by="test", now=NOW)
            return step_task(session, made.task_id, "open", now=NOW)

        return clocked.store.submit(work)

    return make
