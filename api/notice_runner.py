"""The relay of notices as the settings want it, and what is tidied up beside it.

All that is configured is read at start: an address that is not allowed stops the server, not the
first notice. Without a key there is no web push, without targets no group address, without patterns
no mail or text message to anybody's own.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from data.field.live_lease import new_holder, take_lease
from data.notices.channels import Groups, Push, VapidKey, load_vapid
from data.notices.personal import Personal
from data.notices.relay import Relay
from data.notices.retention import forget_sent
from data.notices.text_caps import TextCaps
from data.points.redemptions import void_lapsed
from data.store.idempotency import forget_answers

if TYPE_CHECKING:
    from api.service import Service
    from api.settings import Settings

EVERY_S: Final = 600.0
KEPT: Final = timedelta(days=7)
"""How long a notice that was sent stays in the outbox; in the inbox it stays."""
_LEASE_S: Final = 900.0
_LOG: Final = logging.getLogger(__name__)


class NoticeRunner:
    """Sends notices, and tidies up: old rows of the outbox, gifts nobody fetched, old answers.

    Parameters
    ----------
    service : Service
    settings : Settings

    Raises
    ------
    TargetError
        For a group address, or a pattern of people's own, that is not allowed.
    """

    def __init__(self, service: Service, settings: Settings) -> None:
        self._service = service
        self._name = new_holder()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.key = push_key(settings)
        push = None if self.key is None else Push(self.key)
        targets, hosts = settings.targets_of_notices(), settings.hosts_of_notices()
        addresses = {name: url for name, (url, _) in targets.items()}
        topics = {name: wanted for name, (_, wanted) in targets.items()}
        patterns = settings.personal_of_notices()
        self.relay = Relay(
            service.store,
            service.clock,
            ZoneInfo(settings.timezone),
            push=push,
            groups=Groups(addresses, hosts, topics) if targets else None,
            personal=Personal(patterns, hosts) if patterns else None,
            keys=service.keys,
            caps=TextCaps(*settings.texts_of_notices()),
            site=settings.public_url,
        )

    def start(self) -> None:
        """Run in threads."""
        self.relay.start()
        self._thread = threading.Thread(target=self._run, name="tidying", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop after what is being sent."""
        self._stop.set()
        self.relay.close()
        if self._thread is not None:
            self._thread.join()

    def tidy(self) -> dict[str, int]:
        """Tidy up where the lease is ours; return how much of each kind was done."""
        store, keys, now = self._service.store, self._service.keys, self._service.clock()
        if not store.submit(lambda s: take_lease(s, "tidying", self._name, now, _LEASE_S)):
            return {}
        return {
            "void": len(store.submit(lambda s: void_lapsed(s, keys, now))),
            "forgotten": store.submit(lambda s: forget_sent(s, now - KEPT)),
            "answers": store.submit(lambda s: forget_answers(s, now)),
        }

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.tidy()
            except Exception:  # noqa: BLE001 - a thread that ends keeps what should be void
                _LOG.exception("Old notices and reservations could not be tidied up.")
            self._stop.wait(EVERY_S)


def push_key(settings: Settings) -> VapidKey | None:
    """Return the key of web push, made at the first start; None where no file is named."""
    if not settings.push_key_file:
        return None
    return load_vapid(Path(settings.push_key_file), settings.push_contact)
