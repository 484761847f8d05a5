"""One service on the tiny city for all tests of a module: making an application takes a second."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from service_client import start_service, stop_service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service_client import RunningService


@pytest.fixture(scope="module")
def shared(tiny_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    file = tmp_path_factory.mktemp("shared") / "store.db"
    shutil.copy(tiny_file, file)
    running = start_service(f"sqlite:///{file}")
    yield running
    stop_service(running)
