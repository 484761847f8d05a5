"""Ways out to one person's own number or mail, by patterns that only the settings name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, quote, urlsplit

import apprise

from data.notices.channels import Result
from data.notices.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from data.notices.words import Words

GATEWAYS: Final = frozenset({"json", "jsons", "form", "forms"})
VENDORS: Final = frozenset({"twilio", "vonage"})
"""Whose hosts are Apprise's own, not the pattern's."""
SCHEMES: Final[Mapping[str, frozenset[str]]] = {
    "sms": GATEWAYS | VENDORS,
    "mail": frozenset({"mailto", "mailtos"}),
}
PLACES: Final[Mapping[str, tuple[str, ...]]] = {"sms": ("{phone}", "{e164}"), "mail": ("{mail}",)}
"""What stands for the address: a number as the file has it, or with its country."""
_CHINESE: Final = re.compile(r"1[0-9]{10}")
_SAMPLES: Final = {"sms": "13800000000", "mail": "a@example.cn"}


@dataclass(frozen=True, slots=True)
class Personal:
    """Ways by which each person is reached at their own address, one person a call.

    Attributes
    ----------
    patterns : mapping
        By ``sms`` or ``mail``, an address of Apprise with a place for the person's: ``{phone}``,
        ``{e164}``, ``{mail}``.
    hosts : collection of str
        Where mail and gateways may go.

    Raises
    ------
    TargetError
        For a way, scheme or host that is not allowed, or an address whose place could lead
        elsewhere; the pattern itself is a secret and not told.
    """

    patterns: Mapping[str, str] = field(repr=False)
    hosts: Collection[str] = ()

    def __post_init__(self) -> None:
        for way, pattern in self.patterns.items():
            _require(way, pattern, self.hosts)

    def send(self, way: str, address: str, words: Words, event_id: str, link: str = "") -> Result:
        """Send to one person; what fails tells no address."""
        pattern = self.patterns.get(way)
        filled = None if pattern is None else _filled(pattern, address)
        if pattern is None or filled is None:
            return Result("gone", "no such way")
        sender = apprise.Apprise()
        if not sender.add(filled + _event(pattern, event_id)):
            return Result("gone", "not an address")
        body = f"{words.body}\n{link}" if link else words.body
        try:
            told = sender.notify(
                title=words.title, body=body, body_format=apprise.NotifyFormat.TEXT
            )
        except Exception as error:  # noqa: BLE001 - its words could hold the address
            return Result("failed", type(error).__name__)
        return Result("sent") if told else Result("failed", "not taken")


def _require(way: str, pattern: str, hosts: Collection[str]) -> None:
    if way not in SCHEMES:
        raise TargetError(f"Expected a way of {', '.join(SCHEMES)}, got {way!r:.20}.")
    parts = urlsplit(pattern)
    if parts.scheme not in SCHEMES[way]:
        known = ", ".join(sorted(SCHEMES[way]))
        raise TargetError(f"Expected way {way} to be one of {known}, got {parts.scheme!r}.")
    places = re.findall(r"\{[^{}]*\}", pattern)
    if len(places) != 1 or places[0] not in PLACES[way] or "{" in parts.netloc:
        raise TargetError(
            f"Expected way {way} to have {' or '.join(PLACES[way])} once, after its host."
        )
    named = {parts.hostname, *parse_qs(parts.query).get("smtp", [])}
    if parts.scheme not in VENDORS and not named <= set(hosts):
        raise TargetError(f"Expected the host of way {way} to be on the list.")
    if not apprise.Apprise().add(_filled(pattern, _SAMPLES[way]) or ""):
        raise TargetError(f"Expected way {way} to be an address of Apprise.")


def _filled(pattern: str, address: str) -> str | None:
    """Put an address in its place, quoted; None where a country has to be known and is not."""
    number = address
    if "{e164}" in pattern:
        number = f"+86{address}" if _CHINESE.fullmatch(address) else address
        if not number.startswith("+"):
            return None
    return re.sub(r"\{(?:phone|e164|mail)\}", quote(number, safe=""), pattern)


def _event(pattern: str, event_id: str) -> str:
    """Return what tells a receiver the event, so that it knows a second try of the same."""
    scheme = urlsplit(pattern).scheme
    if scheme in VENDORS:
        return ""
    name = ":event_id" if scheme in GATEWAYS else "+X-Event-Id"
    return f"{'&' if '?' in pattern else '?'}{name}={quote(event_id, safe='')}"
