"""Browsers that take web push; only addresses of known push services are ever called."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select

from data.notices.errors import SubscriptionError
from data.store.tables.notices import PushSubscription

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

PUSH_HOSTS: Final = frozenset(
    {
        "fcm.googleapis.com",
        "updates.push.services.mozilla.com",
        "web.push.apple.com",
        "*.push.apple.com",
        "*.notify.windows.com",
    }
)
"""The push services of Chrome and Edge, Firefox, Safari; ``*.`` stands for one name or more."""
MOST: Final = 10
_KEY_BYTES: Final = 65
_SECRET_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Browser:
    """What a browser gives when its reader turns push on."""

    endpoint: str
    p256dh: str
    auth: str


def subscribe(
    session: Session,
    account_id: int,
    browser: Browser,
    now: datetime,
    hosts: Collection[str] = PUSH_HOSTS,
) -> int:
    """Keep a browser of an account, which may have been another's before; return its number.

    Raises
    ------
    SubscriptionError
        For an address of no push service, keys that are none, or too many browsers.
    """
    check_endpoint(browser.endpoint, hosts)
    _check_key("p256dh", browser.p256dh, _KEY_BYTES)
    _check_key("auth", browser.auth, _SECRET_BYTES)
    session.execute(delete(PushSubscription).where(PushSubscription.endpoint == browser.endpoint))
    count = session.scalar(
        select(func.count()).where(
            PushSubscription.account_id == account_id, PushSubscription.dead_at.is_(None)
        )
    )
    if (count or 0) >= MOST:
        raise SubscriptionError(f"Expected at most {MOST} browsers an account, got one more.")
    row = PushSubscription(
        account_id=account_id,
        endpoint=browser.endpoint,
        p256dh=browser.p256dh,
        auth=browser.auth,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row.id


def unsubscribe(session: Session, account_id: int, endpoint: str) -> None:
    """Forget a browser of an account; nothing happens where it is not theirs."""
    session.execute(
        delete(PushSubscription).where(
            PushSubscription.account_id == account_id, PushSubscription.endpoint == endpoint
        )
    )


def check_endpoint(endpoint: str, hosts: Collection[str]) -> None:
    """Refuse an address that is not of a known push service: we would call it.

    Raises
    ------
    SubscriptionError
        Where the host is not listed, or it is not https (``http`` only for a listed
        ``127.0.0.1:port`` of a test).
    """
    try:
        parts = urlsplit(endpoint)
        host = parts.netloc.lower()
        listed = host in hosts or any(
            host.endswith(one[1:]) for one in hosts if one.startswith("*.")
        )
        scheme = "http" if host.startswith("127.0.0.1:") else "https"
    except ValueError:
        listed, scheme, host = False, "", ""
    if not listed or not endpoint.startswith(f"{scheme}://") or len(endpoint) > 1000:
        raise SubscriptionError(
            f"Expected an https address of a push service, got one at {host!r:.60}."
        )


def _check_key(name: str, text: str, size: int) -> None:
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if len(content) != size:
        raise SubscriptionError(f"Expected {size} bytes of {name}, got {len(content)}.")
