"""Logging in by the page's own form in a real browser, which says where a form comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from service_client import QUICK
from tiny_store import NOW

from api.server import serving
from data.accounts.accounts import create_account
from data.accounts.grants import Grant

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from service_client import RunningService

pytestmark = pytest.mark.browser
PASSWORD = "walls-of-baotou-1926"  # noqa: S105 - of a test


def test_the_form_logs_in_and_the_button_out(tiny: RunningService, browser: Browser) -> None:
    tiny.clock.now = NOW

    def work(session: Any) -> None:
        create_account(
            session,
            login="liu",
            display_name="刘某",
            password_hash=QUICK.hash(PASSWORD),
            grants=[Grant("volunteer", "own")],
            by="test",
            now=NOW,
            must_change_password=False,
            person_id=None,
        )

    tiny.store.submit(work)
    with serving(tiny.app, tiny.settings) as address:
        context = browser.new_context(locale="zh-CN")
        page = context.new_page()
        assert page.goto(f"{address}/account").url.startswith(f"{address}/login")  # type: ignore[union-attr]
        page.fill("input[name=login]", "liu")
        page.fill("input[name=password]", PASSWORD)
        with page.expect_navigation() as arrived:
            page.click("main button[type=submit]")
        assert arrived.value.status == 200
        assert page.url == f"{address}/account"
        with page.expect_navigation() as left:
            page.click('form[action="/logout"] button')
        assert left.value.status == 200
        assert page.goto(f"{address}/account").url.startswith(f"{address}/login")  # type: ignore[union-attr]
        context.close()
