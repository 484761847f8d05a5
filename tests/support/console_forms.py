"""Press the buttons of the console's forms, as a browser would."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.testclient import TestClient


class Filled(HTMLParser):
    """What a browser would send of a form that nobody has touched."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self._select = self._area = ""
        self.feed(form)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "input" and name and kind != "file":
            if kind not in {"checkbox", "radio"} or "checked" in given:
                self.values.setdefault(name, []).append(given.get("value", "on"))
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            if "selected" in given or self._select not in self.values:
                self.values[self._select] = [given.get("value", "")]
        elif tag == "textarea":
            self._area = name
            self.values[name] = [""]

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area][0] += data


def sheet_of(page: str, name: str) -> str:
    """Return the form of a page that has a name."""
    for found in re.finditer(r'<form class="sheet[^"]*".*?</form>', page, re.S):
        if f'name="sheet" value="{name}"' in found.group():
            return found.group()
    raise AssertionError(f"no form {name} in {page}")


def press(client: TestClient, page: str, sheet: str, /, **changed: Any) -> Any:
    """Send a form with some fields changed; None leaves a field out."""
    form = sheet_of(page, sheet)
    values: dict[str, Any] = dict(Filled(form).values)
    for field, value in changed.items():
        if value is None:
            values.pop(field, None)
        elif not hasattr(value, "read") and not isinstance(value, tuple):
            values[field] = value
    files = {field: value for field, value in changed.items() if isinstance(value, tuple)}
    found = re.search(r'action="([^"]*)"', form)
    assert found
    token = client.headers.pop("x-csrf-token")
    try:
        return client.post(unescape(found[1]), data=values, files=files or None)
    finally:
        client.headers["x-csrf-token"] = token
