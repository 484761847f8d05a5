"""People of the tiny city who give tips, verify them, and stand at the counter for gifts."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image
from tiny_store import NOW

from data.points.rules import fill_shipped

if TYPE_CHECKING:
    from service_client import RunningService
    from starlette.testclient import TestClient

KEY = "5f0c7d1e-6a53-4b1c-9c1a-0b7a0f6f8a{:02}"
WORDS = "门口有人推销假理财"
SECRET = b"a secret place"


@dataclass(frozen=True)
class Cast:
    """Who acts: volunteers Liu and Sun, officer Wang of Haiwei, dispatchers of station and city."""

    service: RunningService
    liu: TestClient
    sun: TestClient
    officer: TestClient
    station: TestClient
    city: TestClient
    auditor: TestClient


def make_cast(service: RunningService) -> Cast:
    """Log everybody in; the city's tables of points are what we ship."""
    service.clock.now = NOW
    service.store.submit(fill_shipped)
    return Cast(
        service,
        service.client_as("volunteer", person="liu"),
        service.client_as("volunteer", person="sun"),
        service.client_as("community_officer", beat="haiwei", person="wang"),
        service.client_as("station_dispatcher", station="kunbei"),
        service.client_as("city_dispatcher"),
        service.client_as("auditor"),
    )


def picture(colour: str = "teal") -> bytes:
    """Make a photo with something in its metadata that nobody may learn."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    image = Image.radial_gradient("L").convert("RGB").resize((640, 480))
    image.paste(colour, (40, 40, 200, 200))
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def give(client: TestClient, number: int = 1, **changes: Any) -> Any:
    """Hand a tip in at Haiwei, with a photo."""
    fields = {"category": "fraud", "text": WORDS, "lat": "40.672", "lng": "109.82", **changes}
    photo = fields.pop("photo", picture())
    files = [("photos", ("a.jpg", photo, "image/jpeg"))] if photo else None
    headers = {"Idempotency-Key": KEY.format(number)}
    return client.post("/api/v1/tips", data=fields, files=files, headers=headers)


def key(number: int) -> dict[str, str]:
    """Give the header of a call that may be sent again."""
    return {"Idempotency-Key": KEY.format(number)}
