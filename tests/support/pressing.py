"""Pressing the button of a form, as somebody does who has a page before them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.testclient import TestClient


def press(phone: TestClient, page: str, action: str) -> Any:
    """Send the form of a page that leads to an address, as its button does."""
    form = re.search(rf'<form method="post" action="{re.escape(action)}".*?</form>', page, re.S)
    assert form, page
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form.group()))
    token = phone.headers.pop("X-CSRF-Token")
    try:
        return phone.post(action, data=fields, follow_redirects=False)
    finally:
        phone.headers["X-CSRF-Token"] = token
