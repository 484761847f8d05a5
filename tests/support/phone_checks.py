"""What every phone page has to keep in a real browser: width, sizes, axe, no strangers.

``JINGGE_SHOTS=DIR`` keeps a picture of every page.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe
from portions import IS_LONG

if TYPE_CHECKING:
    from playwright.sync_api import Page

WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
SMALL_CONTROLS = """() => [...document.querySelectorAll(
    "main button, main a.button, main select, main textarea, .tabs a, .bar a, "
    + "main input:not([type=hidden]):not([type=radio]):not([type=checkbox]), label.choice")]
  .filter((one) => one.offsetParent !== null)
  .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
  .filter(([, box]) => box.width < 60 || box.height < 60).map(([html]) => html)"""
SMALL_TEXT = """() => [...document.querySelectorAll("body *")]
  .filter((one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
  .filter((one) => one.offsetParent !== null && !one.closest(".skip, .sr, script, style, option"))
  .filter((one) => {
    const style = getComputedStyle(one), size = parseFloat(style.fontSize);
    const line = style.lineHeight === "normal" ? 1.2 * size : parseFloat(style.lineHeight);
    return size < 18 || line < 1.3 * size - 0.01;
  }).map((one) => one.outerHTML.slice(0, 80))"""


def require_usable(page: Page, path: str) -> None:
    """Refuse a page, 360 px wide, that somebody could not read, reach or press."""
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width == 360, f"{path} is {width} px wide"
    assert page.evaluate(SMALL_CONTROLS) == [], path
    assert page.evaluate(SMALL_TEXT) == [], path
    if IS_LONG or is_chinese(page):  # English pages are of the same elements and colours
        found = Axe().run(page, options=WCAG).response["violations"]
        assert not found, f"{path}: {[(one['id'], one['nodes'][0]['html']) for one in found]}"


def is_chinese(page: Page) -> bool:
    """Return whether a page says that it is in Chinese."""
    return str(page.evaluate("document.documentElement.lang")).startswith("zh")


def watch(page: Page, address: str) -> list[str]:
    """Collect what should not happen: requests elsewhere, refused by the policy, errors."""
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(f"error: {error}"))
    page.on(
        "console",
        lambda said: troubles.append(f"said: {said.text}") if said.type == "error" else None,
    )
    page.on(
        "request",
        lambda asked: (
            None if asked.url.startswith((address, "data:")) else troubles.append(asked.url)
        ),
    )
    return troubles


def keep(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look."""
    if folder := os.environ.get("JINGGE_SHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
