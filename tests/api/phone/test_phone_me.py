"""One's own file on the phone: masked, audited, and who else read it; the size of the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tiny_store import PHONES

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient


def test_the_file_is_ones_own_and_masked(phone: TestClient) -> None:
    page = phone.get("/m/file").text
    assert "liu" in phone.get("/m/me").text
    assert PHONES["liu"] not in page
    assert PHONES["liu"][:3] in page
    assert all(number not in page for number in PHONES.values())


def test_who_read_the_file_is_shown(clocked: RunningService, phone: TestClient) -> None:
    assert "还没有人查看" in phone.get("/m/readers").text
    phone.get("/m/file")
    assert "本人查看" in phone.get("/m/readers").text


def test_the_size_of_the_text_is_kept(phone: TestClient) -> None:
    assert 'data-text="18"' in phone.get("/m/settings").text
    fields = {"csrf": phone.headers["X-CSRF-Token"], "size": "30"}
    phone.post("/m/settings/text", data=fields)
    assert 'data-text="30"' in phone.get("/m/me").text
    assert phone.post("/m/settings/text", data={**fields, "size": "9"}).status_code == 422
