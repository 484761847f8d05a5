"""Settings of the service, read from the environment once at start."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from grid.errors import JinggeError

if TYPE_CHECKING:
    from collections.abc import Mapping

_TRUE = frozenset({"1", "true", "yes", "on"})
_SHORTEST_TOKEN = 16
_FALSE = frozenset({"0", "false", "no", "off", ""})


class SettingsError(JinggeError):
    """An environment variable that cannot be used."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the service behaves; every field is the variable ``JINGGE_<FIELD>`` in capitals.

    Attributes
    ----------
    host, port : str, int
        Address to listen on. The default is this machine alone.
    lang : str
        Language of pages where the reader chose none: ``zh-CN`` or ``en``; empty: the browser's.
    docs : bool
        Whether ``/docs`` is served. Off unless asked for.
    tile_url : str
        Raster tiles under the maps (``…/{z}/{x}/{y}.png``); empty: outlines only, and no request
        leaves the origin. Their host is added to the content-security policy.
    tile_crs : str
        Coordinate system of those tiles: ``wgs84`` or ``gcj02``.
    tile_attribution : str
        Whom the map names as the source of the tiles.
    ring_targets : str
        Percent of the demand that each ring is to reach, ``minutes=percent``; what the bureau has
        set itself. Maps show what is reached beside it.
    public_url : str
        The address at which people reach the service where a proxy stands before it, such as
        ``https://jingge.example``: cookies, links and the check of origins go by it.
    second_factor : str
        ``staff``: whoever sees other people's records needs one; ``optional``: whoever wants one.
    timezone : str
        The city's: which day it is.
    oidc_issuer, oidc_client_id, oidc_client_secret : str
        A bureau's own sign-on (OpenID Connect), and as whom we ask it; empty issuer: none. Needs
        ``JINGGE_PUBLIC_URL``; the address to come back to is ``…/login/sso/back``.
    oidc_claim : str
        ``sub``: an administrator names each account's subject; another claim: it holds the code
        of the person to whom the account belongs.
    oidc_trusts_factor : bool
        Whether a second factor that was shown there (claim ``amr``) counts here.
    metrics_token : str
        Who gives it as ``Authorization: Bearer …`` may read ``/metrics`` from another machine.
    log : str
        ``json``: a line of JSON on standard error for each request and warning; ``plain``:
        warnings alone, for people; empty: plain on a terminal, else JSON.
    notice_targets : str
        Group addresses of notices, ``name:topic,topic=URL`` with blanks between them: robots of
        WeCom, DingTalk and Feishu, e-mail, a gateway that takes JSON, as addresses of Apprise. They
        are secrets. The topics are those that a group is told of, such as ``alone.silent``.
    notice_personal : str
        Patterns by which people are reached at their own number and mail address, with a blank
        between them: ``sms=jsons://sms.example/send?:to={phone} mail=mailtos://…?to={mail}``. They
        are secrets. Empty: nobody's number or mail is used.
    notice_texts : str
        How many text messages go out in 24 hours, ``to one member/to all``; urgent ones always do.
    notice_hosts : str
        The hosts, with commas between them, to which e-mail and gateways may go.
    push_key_file : str
        File of the key for web push, made where it is not there; empty: no web push, and no request
        to a push service.
    push_contact : str
        Whom a push service may write to about this server, ``mailto:…``.
    max_requests : int
        How many requests may be under way in a server process; one more is told to come back
        (503): a larger number lets more wait, and each for longer.
    cluster_ca, cluster_cert, cluster_key : str
        Files for ``jingge plan --scheduler tls://…``: the authority that signed the scheduler's
        certificate, our certificate, its key. Empty: what Dask's own configuration says.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    lang: str = ""
    docs: bool = False
    tile_url: str = ""
    tile_crs: str = "wgs84"
    tile_attribution: str = ""
    ring_targets: str = "1=30,3=70,5=90"
    public_url: str = ""
    second_factor: str = "staff"
    timezone: str = "Asia/Shanghai"
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_claim: str = "sub"
    oidc_trusts_factor: bool = False
    metrics_token: str = ""
    log: str = ""
    notice_targets: str = ""
    notice_personal: str = ""
    notice_texts: str = "6/5000"
    notice_hosts: str = ""
    push_key_file: str = ""
    push_contact: str = ""
    max_requests: int = 64
    cluster_ca: str = ""
    cluster_cert: str = ""
    cluster_key: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535:
            raise SettingsError(f"Expected JINGGE_PORT in 0..65535, got {self.port}.")
        if not 1 <= self.max_requests <= 10_000:
            raise SettingsError(
                f"Expected JINGGE_MAX_REQUESTS in 1..10000, got {self.max_requests}."
            )
        if self.tile_crs not in {"wgs84", "gcj02"}:
            raise SettingsError(f"Expected JINGGE_TILE_CRS wgs84 or gcj02, got {self.tile_crs!r}.")
        if self.second_factor not in {"staff", "optional"}:
            raise SettingsError(
                f"Expected JINGGE_SECOND_FACTOR staff or optional, got {self.second_factor!r}."
            )
        if self.log not in {"", "json", "plain"}:
            raise SettingsError(f"Expected JINGGE_LOG json or plain, got {self.log!r}.")
        if self.metrics_token and len(self.metrics_token) < _SHORTEST_TOKEN:
            raise SettingsError(
                f"Expected JINGGE_METRICS_TOKEN of at least {_SHORTEST_TOKEN} letters."
            )
        if self.public_url and not re.fullmatch(r"https?://[^/?#@\s]+", self.public_url):
            raise SettingsError(
                "Expected JINGGE_PUBLIC_URL such as https://jingge.example, without a path, "
                f"got {self.public_url!r}."
            )
        if self.oidc_issuer:
            self._require_sign_on()
        self.targets()
        self.targets_of_notices()
        self.personal_of_notices()
        self.texts_of_notices()
        if self.push_contact and not self.push_contact.startswith(("mailto:", "https://")):
            raise SettingsError("Expected JINGGE_PUSH_CONTACT to begin with mailto: or https://.")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise SettingsError(
                f"Expected JINGGE_TIMEZONE such as Asia/Shanghai, got {self.timezone!r}."
            ) from None
        if self.tile_url and not (
            self.tile_url.startswith(("https://", "http://", "/"))
            and all(part in self.tile_url for part in ("{z}", "{x}", "{y}"))
        ):
            raise SettingsError(
                "Expected JINGGE_TILE_URL to be an address with {z}, {x} and {y}, "
                f"got {self.tile_url!r}."
            )

    def _require_sign_on(self) -> None:
        if not re.fullmatch(
            r"https://[^?#\s]*[^?#\s/]|http://(127\.0\.0\.1|localhost)(:\d+)?", self.oidc_issuer
        ):
            raise SettingsError(
                "Expected JINGGE_OIDC_ISSUER such as https://sso.example/realm, without a slash at "
                f"its end, got {self.oidc_issuer!r}."
            )
        for name in ("oidc_client_id", "oidc_claim", "public_url"):
            if not getattr(self, name):
                raise SettingsError(
                    f"Expected JINGGE_{name.upper()} beside JINGGE_OIDC_ISSUER, got none."
                )

    def targets(self) -> dict[int, float]:
        """Return the share of the demand that each ring is to reach, by the ring's minutes."""
        found = {}
        for part in filter(None, self.ring_targets.replace(" ", "").split(",")):
            pair = re.fullmatch(r"([135])=(100|[0-9]{1,2}(?:\.[0-9]+)?)", part)
            if not pair:
                raise SettingsError(
                    "Expected JINGGE_RING_TARGETS such as 1=30,3=70,5=90, "
                    f"got {self.ring_targets!r}."
                )
            found[int(pair[1])] = float(pair[2]) / 100
        return found

    def targets_of_notices(self) -> dict[str, tuple[str, frozenset[str]]]:
        """Return the group addresses by name, each with its topics.

        An error tells no address, for they are secrets.
        """
        found = {}
        for part in self.notice_targets.split():
            pair = re.fullmatch(r"([a-z0-9_-]{1,32})(?::([a-z_.,]*))?=([a-z]+://\S+)", part)
            if not pair:
                raise SettingsError(
                    "Expected JINGGE_NOTICE_TARGETS such as duty:alone.silent=wecombot://KEY, "
                    "got a part of another form."
                )
            topics = frozenset(filter(None, (pair[2] or "").split(",")))
            found[pair[1]] = (pair[3], topics)
        return found

    def personal_of_notices(self) -> dict[str, str]:
        """Return the patterns for people's own addresses, by ``sms`` and ``mail``.

        An error tells no pattern, for they are secrets.
        """
        found = {}
        for part in self.notice_personal.split():
            pair = re.fullmatch(r"(sms|mail)=([a-z]+://\S+)", part)
            if not pair or pair[1] in found:
                raise SettingsError(
                    "Expected JINGGE_NOTICE_PERSONAL such as mail=mailtos://…?to={mail}, each of "
                    "sms and mail once, got a part of another form."
                )
            found[pair[1]] = pair[2]
        return found

    def texts_of_notices(self) -> tuple[int, int]:
        """Return how many text messages go out in a day: to one member, to all together."""
        found = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", self.notice_texts)
        if found is None:
            raise SettingsError(
                f"Expected JINGGE_NOTICE_TEXTS such as 6/5000, got {self.notice_texts!r:.40}."
            )
        return int(found[1]), int(found[2])

    def hosts_of_notices(self) -> frozenset[str]:
        """Return the hosts to which e-mail and gateways may go."""
        return frozenset(filter(None, self.notice_hosts.replace(" ", "").split(",")))


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings that the environment states, defaults for the rest.

    Raises
    ------
    SettingsError
        Naming the variable whose value cannot be used.
    """
    values: dict[str, object] = {}
    for field in fields(Settings):
        name = f"JINGGE_{field.name.upper()}"
        if name in environment:
            values[field.name] = _parse(name, environment[name], type(field.default))
    return Settings(**values)  # type: ignore[arg-type]


def _parse(name: str, text: str, kind: type[object]) -> object:
    text = text.strip()
    if kind is bool:
        if text.lower() not in _TRUE | _FALSE:
            raise SettingsError(f"Expected {name} to be 1 or 0, got {text!r}.")
        return text.lower() in _TRUE
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise SettingsError(f"Expected {name} to be a whole number, got {text!r}.") from None
    return text
