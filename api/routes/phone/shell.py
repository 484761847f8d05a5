"""What makes the phone pages an application: manifest, service worker, the page without a network.

None of them knows who asks, so that a phone may keep them.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Request, Response

from api.access.actor import Access
from api.access.policy import allowed
from api.dependencies import TemplatesDep
from api.language import texts_of
from api.phone import render_phone
from api.responses import json_response
from api.templating import page_language

router = APIRouter(prefix="/m", include_in_schema=False)

ICONS: Final = ("phone/icon-192.png", "phone/icon-512.png")
_SHELL: Final = ("phone.css", "phone/queue.js", "phone/app.js", "mark.svg", *ICONS)
_SHORT: Final = {"Cache-Control": "no-cache"}


@router.get("/manifest.webmanifest")
async def manifest(request: Request) -> Response:
    """Describe the application to a phone that installs it."""
    texts = texts_of(page_language(request)[0])
    assets = request.app.state.assets
    body: dict[str, Any] = {
        "id": "/m",
        "name": texts("phone.brand"),
        "short_name": texts("brand"),
        "lang": texts.tag,
        "start_url": "/m",
        "scope": "/m",
        "display": "standalone",
        "background_color": "#f4f3ee",
        "theme_color": "#0c4870",
        "icons": [
            {"src": assets.url(icon), "type": "image/png", "sizes": f"{size}x{size}"}
            for icon, size in zip(ICONS, (192, 512), strict=True)
        ],
    }
    return Response(orjson.dumps(body), headers=_SHORT, media_type="application/manifest+json")


@router.get("/sw.js")
async def service_worker(templates: TemplatesDep, request: Request) -> Response:
    """Return the service worker; it changes when anything that it keeps changes."""
    texts = texts_of(page_language(request)[0])
    assets = request.app.state.assets
    shell = [assets.url(name) for name in _SHELL]
    version = hashlib.blake2b("".join(shell).encode(), digest_size=6).hexdigest()
    script = templates.text(
        "phone/sw.js",
        version=f"{version}-{texts.tag}",
        kept=[*shell, "/m/offline"],
        icon=assets.url(ICONS[0]),
        brand=texts("phone.brand"),
        tag=texts.tag,
    )
    headers = {**_SHORT, "Service-Worker-Allowed": "/m"}
    return Response(script, headers=headers, media_type="text/javascript")


@router.get("/offline")
async def offline(templates: TemplatesDep, request: Request) -> Response:
    """Say that there is no network, and that what was kept will be sent."""
    return render_phone(templates, request, None, "offline.html")


@router.get("/token")
async def token(
    access: Annotated[Access, Depends(allowed("session.own"))], request: Request
) -> Response:
    """Give the session's token to what waited without a network."""
    return json_response({"csrf": access.actor.csrf}, request)
