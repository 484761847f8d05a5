"""Shared by all tests: a real Chromium for those marked `browser`, stores on both databases.

Without Chromium they are left out and the summary says so in red; with
``JINGGE_REQUIRE_BROWSER=1`` (CI) the run is refused instead.
"""

from __future__ import annotations

import gc
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from portions import portion
from store_fixtures import (  # noqa: F401 - pytest finds them here
    empty,
    empty_url,
    filled,
    filling,
    pytest_generate_tests,
    server,
    sqlite_template,
    store,
    templates,
    url,
)
from tiny_store import write_tiny_bundle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

# No test is about seconds; where a test does not say how many examples, the long run tries all.
settings.register_profile("jingge", deadline=None, max_examples=portion(100))
settings.load_profile("jingge")

# Looking for garbage among a million objects that stay took a tenth of the processor's time.
gc.set_threshold(50_000, 20, 20)

HERE = Path(__file__).parent
LEFT_OUT = pytest.StashKey[int]()
# The shell is the same browser without a window's surroundings: a quarter less processor time.
CHROMIUM_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def find_chromium() -> str | None:
    """Return the path of a Chromium: ``JINGGE_CHROMIUM`` or the first one on the path."""
    names = (os.environ.get("JINGGE_CHROMIUM", ""), *CHROMIUM_NAMES)
    return next((path for name in names if name and (path := shutil.which(name))), None)


ORDER = ("dispatch", "grid", "maps", "benchmarks", "data", "api")
"""Of two workers the first begins at the start, the second in the middle: so one of them compiles
what plans (100 s of processor where nothing was compiled before), and the other finds it done."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Bring tests into order; leave browser tests out where no browser is, or refuse to in CI."""
    items.sort(key=_place)
    in_browser = [item for item in items if item.get_closest_marker("browser")]
    if not in_browser or find_chromium():
        return
    if os.environ.get("JINGGE_REQUIRE_BROWSER"):
        raise pytest.UsageError(
            f"Expected Chromium for {len(in_browser)} browser tests, found none: "
            "install the package 'chromium' or set JINGGE_CHROMIUM."
        )
    config.stash[LEFT_OUT] = len(in_browser)
    config.hook.pytest_deselected(items=in_browser)
    items[:] = [item for item in items if item not in in_browser]


def pytest_collection_finish() -> None:
    """Leave what collecting brought in, which stays to the end, out of every later look."""
    gc.collect()
    gc.freeze()


def _place(item: pytest.Item) -> int:
    folder = item.path.relative_to(HERE).parts[0]
    return ORDER.index(folder) if folder in ORDER else len(ORDER)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say loudly that browser tests were left out."""
    if left_out := config.stash.get(LEFT_OUT, 0):
        terminalreporter.section("BROWSER TESTS LEFT OUT", red=True, bold=True)
        terminalreporter.line(
            f"{left_out} tests need Chromium and did not run. Install it "
            "(Debian: apt-get install chromium fonts-noto-cjk) or set JINGGE_CHROMIUM.",
            red=True,
        )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return a headless Chromium that runs as long as the session."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=find_chromium(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny city with ground and names, as a bundle."""
    directory = tmp_path_factory.mktemp("tiny") / "bundle"
    write_tiny_bundle(directory)
    return directory
