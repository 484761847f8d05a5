"""The application around the phone pages: manifest, service worker, offline page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service_client import RunningService


def test_what_a_phone_keeps_knows_nobody(tiny: RunningService) -> None:
    stranger = tiny.client()
    script = stranger.get("/m/sw.js")
    assert script.headers["service-worker-allowed"] == "/m"
    kept = re.search(r"SHELL = (\[.*?\]);", script.text)
    assert kept
    volunteer = tiny.client_as("volunteer", person="liu")
    for address in re.findall(r'"([^"]+)"', kept.group(1)):
        page = stranger.get(address)
        assert page.status_code == 200, address
        again = volunteer.get(address)
        nonces = re.compile(r'nonce="[^"]*"')
        assert nonces.sub("", again.text) == nonces.sub("", page.text), address


def test_the_manifest_names_icons_that_are_there(tiny: RunningService) -> None:
    stranger = tiny.client()
    body = stranger.get("/m/manifest.webmanifest").json()
    assert body["start_url"] == body["scope"] == "/m"
    for icon in body["icons"]:
        assert stranger.get(icon["src"]).headers["content-type"] == icon["type"]


def test_the_token_is_for_whoever_is_logged_in(tiny: RunningService) -> None:
    assert tiny.client().get("/m/token").status_code == 401
    volunteer = tiny.client_as("volunteer", person="liu")
    assert volunteer.get("/m/token").json() == {"csrf": volunteer.headers["X-CSRF-Token"]}
