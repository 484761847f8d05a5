"""Ways out: web push to a browser, Apprise to a configured group address. One try a call."""

from __future__ import annotations

import base64
import json
import logging
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import quote, urlsplit

import apprise
import requests
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02
from pywebpush import WebPushException, webpush

from data.notices.errors import SubscriptionError, TargetError
from data.notices.subscriptions import PUSH_HOSTS, Browser, check_endpoint
from data.notices.words import TOPICS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from data.notices.words import Words

Outcome = Literal["sent", "gone", "failed"]
SCHEMES: Final = frozenset({"wecombot", "dingtalk", "feishu", "mailto", "mailtos", "json", "jsons"})
"""WeCom, DingTalk and Feishu bots, e-mail, and a gateway (SMS) that takes JSON."""
TIMEOUT_S: Final = 10.0
TTL_S: Final = 24 * 3600
# The services' own addresses come from Apprise, not from the URL.
_FIXED: Final = frozenset({"wecombot", "dingtalk", "feishu"})
_GONE: Final = frozenset({404, 410})
# Apprise logs to whom it sends; nobody's address is to be in a log.
logging.getLogger("apprise").disabled = True


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one try; `error` without an address or words."""

    outcome: Outcome
    error: str = ""


@dataclass(frozen=True, slots=True)
class VapidKey:
    """The key with which this service signs what it pushes, and whom to write to about it."""

    key: Vapid02
    contact: str = "mailto:admin@localhost.localdomain"

    @property
    def public(self) -> str:
        """What a browser subscribes with: the point, URL-safe base64 without padding."""
        point = self.key.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def load_vapid(path: Path, contact: str = "") -> VapidKey:
    """Read the key's file, which the first start makes, for its owner alone (0600)."""
    if not path.exists():
        fresh = Vapid02()
        fresh.generate_keys()
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(fresh.private_pem())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # two that start at once: the first one's holds
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    key = Vapid02.from_pem(path.read_bytes())
    return VapidKey(key, contact) if contact else VapidKey(key)


@dataclass(frozen=True, slots=True)
class Push:
    """Web push (RFC 8030, 8291, 8292)."""

    vapid: VapidKey
    hosts: Collection[str] = PUSH_HOSTS
    timeout_s: float = TIMEOUT_S

    def send(self, browser: Browser, words: Words, event_id: str, *, urgent: bool) -> Result:
        """Push JSON ``{title, body, url, event_id}``; the browser shows an event once."""
        try:
            check_endpoint(browser.endpoint, self.hosts)
        except SubscriptionError:
            return Result("gone", "address not allowed")
        # An allowed host may not lead us to another.
        calls = requests.Session()
        calls.max_redirects = 0
        told = {"title": words.title, "body": words.body, "url": words.url, "event_id": event_id}
        try:
            webpush(
                {
                    "endpoint": browser.endpoint,
                    "keys": {"p256dh": browser.p256dh, "auth": browser.auth},
                },
                json.dumps(told, ensure_ascii=False),
                vapid_private_key=self.vapid.key,
                vapid_claims={"sub": self.vapid.contact},
                timeout=self.timeout_s,
                ttl=TTL_S,
                headers={"Urgency": "high" if urgent else "normal"},
                requests_session=calls,
            )
        except WebPushException as error:
            status = getattr(error.response, "status_code", None)
            return Result("gone" if status in _GONE else "failed", f"status {status}")
        except (requests.RequestException, ValueError) as error:
            return Result("failed", type(error).__name__)
        return Result("sent")


@dataclass(frozen=True, slots=True)
class Groups:
    """Group addresses by name, from the settings alone, never from what a user gives.

    Attributes
    ----------
    targets : mapping
        Address by name.
    hosts : collection of str
        Where e-mail and gateways may go.
    topics : mapping
        By name, the topics that a group is told of whenever anybody is.

    Raises
    ------
    TargetError
        For a scheme or host that is not allowed, or a topic that there is not; the address itself
        is a secret and not told.
    """

    targets: Mapping[str, str]
    hosts: Collection[str] = ()
    topics: Mapping[str, Collection[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, url in self.targets.items():
            parts = urlsplit(url)
            if parts.scheme not in SCHEMES:
                raise TargetError(
                    f"Expected target {name!r} to be one of {sorted(SCHEMES)}, "
                    f"got {parts.scheme!r}."
                )
            if parts.scheme not in _FIXED and parts.hostname not in self.hosts:
                raise TargetError(f"Expected the host of target {name!r} to be on the list.")
            if not apprise.Apprise().add(url):
                raise TargetError(f"Expected target {name!r} to be an address of Apprise.")
            if unknown := set(self.topics.get(name, ())) - set(TOPICS):
                raise TargetError(
                    f"Expected the topics of target {name!r} to be of {', '.join(TOPICS)}, "
                    f"got {', '.join(sorted(unknown))}."
                )

    def told_of(self, topic: str) -> list[str]:
        """Return the names of the groups that are told of a topic."""
        return sorted(name for name, topics in self.topics.items() if topic in topics)

    def send(self, target: str, words: Words, event_id: str) -> Result:
        """Send to a named address; a gateway for JSON gets ``event_id``, too."""
        url = self.targets.get(target)
        if url is None:
            return Result("gone", "no such target")
        if urlsplit(url).scheme in {"json", "jsons"}:
            url += f"{'&' if '?' in url else '?'}:event_id={quote(event_id, safe='')}"
        sender = apprise.Apprise()
        sender.add(url)
        body_format = apprise.NotifyFormat.TEXT
        told = sender.notify(title=words.title, body=words.body, body_format=body_format)
        return Result("sent") if told else Result("failed", "not taken")
