"""A bureau's own sign-on by OpenID Connect: authorization code with PKCE, by Authlib.

Between leaving for the provider and coming back, what we asked with (state, nonce, the verifier of
PKCE) is in a cookie of that browser, encrypted: nobody else can come back with another's code.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import httpx2
import orjson
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from api.access.errors import SignOnError
from data.store.errors import KeyMissingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from api.service import Service
    from api.settings import Settings
    from data.store.keys import Keys

BACK: Final = "/login/sso/back"
COOKIE: Final = "jingge_sso"
LONGEST_S: Final = 600
"""How long somebody may be away at the provider."""
_CONTEXT: Final = "session.sign_on"
_ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"}
)
"""Signatures that only the provider can make: none with a shared secret, and never ``none``."""
_STRONG: Final = frozenset({"mfa", "otp", "hwk", "swk", "sc", "fpt", "face", "iris"})
"""Methods (RFC 8176) that are more than a password."""
_METADATA_S: Final = 3600.0
_TIMEOUT_S: Final = 5.0
_LEEWAY_S: Final = 60
_NAMES: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class SignOnPlace:
    """Which provider is asked, and as whom.

    Attributes
    ----------
    issuer : str
    client_id, client_secret : str
    back : str
        The address to which the provider sends people back.
    claim : str
        The claim by which accounts are found: ``sub``, or one that holds the code of a person.
    trusts_factor : bool
        Whether a second factor shown at the provider counts here.
    """

    issuer: str
    client_id: str
    client_secret: str
    back: str
    claim: str = "sub"
    trusts_factor: bool = False


@dataclass(frozen=True, slots=True)
class Leaving:
    """Where to send a browser, and what it has to bring back."""

    address: str
    cookie: str


@dataclass(frozen=True, slots=True)
class SignedOn:
    """Whom the provider vouches for.

    Attributes
    ----------
    subject : str
        The provider's name of them.
    code : str
        The code of a person, where the accounts are found by a claim that holds it.
    has_factor : bool
        Whether they showed a second factor, and that counts.
    next : str
        Where they wanted to go.
    """

    subject: str
    code: str
    has_factor: bool
    next: str


class SignOn:
    """The way to one provider; its metadata and keys are kept for an hour.

    Parameters
    ----------
    place : SignOnPlace
    keys : Keys
        Encrypt the cookie.
    """

    def __init__(self, place: SignOnPlace, keys: Keys) -> None:
        self.place = place
        self._keys = keys
        self._lock = threading.Lock()
        self._metadata: dict[str, Any] = {}
        self._jwks: Any = None
        self._read_at = -_METADATA_S

    def leave(self, next_: str, now: datetime) -> Leaving:
        """Return where to send somebody who wants to log in.

        Raises
        ------
        SignOnError
            Where the provider does not answer.
        """
        metadata = self._provider()
        verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        with self._client() as client:
            address, state = client.create_authorization_url(
                metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce
            )
        asked = {
            "state": state,
            "nonce": nonce,
            "verifier": verifier,
            "next": next_,
            "until": now.timestamp() + LONGEST_S,
        }
        sealed = self._keys.seal(orjson.dumps(asked).decode(), _CONTEXT)
        return Leaving(address, sealed.hex())

    def come_back(self, query: Mapping[str, str], cookie: str, now: datetime) -> SignedOn:
        """Return whom the provider vouches for.

        Parameters
        ----------
        query : mapping
            Of the address to which the provider sent the browser.
        cookie : str
            What `leave` gave to that browser.

        Raises
        ------
        SignOnError
            For anything that is not the answer to what this browser asked.
        """
        asked = self._asked(cookie, now)
        if not hmac.compare_digest(query.get("state", "").encode(), asked["state"].encode()):
            raise SignOnError("the state is another")
        # RFC 9207: a provider that names itself must be the one that was asked.
        if query.get("iss", self.place.issuer) != self.place.issuer:
            raise SignOnError("another issuer answered")
        if "error" in query or not query.get("code"):
            raise SignOnError("the provider gave no code")
        with _told(), self._client() as client:
            token = client.fetch_token(
                self._provider()["token_endpoint"],
                code=query["code"],
                code_verifier=asked["verifier"],
            )
            claims = self._claims(token, asked["nonce"], now)
        return self._signed_on(claims, asked["next"])

    def _signed_on(self, claims: Mapping[str, Any], next_: str) -> SignedOn:
        by_code = self.place.claim != "sub"
        code = claims.get(self.place.claim, "") if by_code else ""
        if not isinstance(code, str) or (by_code and not code):
            raise SignOnError(f"there is no {self.place.claim} among the claims")
        methods = _STRONG.intersection(claims.get("amr") or ())
        has_factor = self.place.trusts_factor and bool(methods)
        return SignedOn(str(claims["sub"]), code, has_factor, next_)

    def _asked(self, cookie: str, now: datetime) -> dict[str, Any]:
        try:
            asked: dict[str, Any] = orjson.loads(self._keys.open(bytes.fromhex(cookie), _CONTEXT))
        except (ValueError, KeyMissingError):
            raise SignOnError("this browser asked for nothing") from None
        if asked["until"] < now.timestamp():
            raise SignOnError("it took too long")
        return asked

    def _claims(self, token: Mapping[str, Any], nonce: str, now: datetime) -> Mapping[str, Any]:
        if not isinstance(token.get("id_token"), str):
            raise SignOnError("the provider gave no ID token")
        try:
            decoded = self._decoded(token["id_token"], anew=False)
        except InvalidKeyIdError:  # the provider has changed its keys
            decoded = self._decoded(token["id_token"], anew=True)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": self.place.issuer},
                "aud": {"essential": True, "value": self.place.client_id},
            },
            {
                "nonce": nonce,
                "client_id": self.place.client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(now=int(now.timestamp()), leeway=_LEEWAY_S)
        return claims  # type: ignore[no-any-return]

    def _decoded(self, text: str, *, anew: bool) -> jwt.Token:
        metadata = self._provider(anew=anew)
        named = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        algorithms = sorted(_ALGORITHMS.intersection(named))
        registry = JWSRegistry(algorithms=algorithms, strict_check_header=False)
        return jwt.decode(text, KeySet.import_key_set(self._jwks), registry=registry)

    def _provider(self, *, anew: bool = False) -> dict[str, Any]:
        """Return the provider's metadata; read it and the keys where they are old."""
        with self._lock:
            if anew or time.monotonic() - self._read_at >= _METADATA_S:
                with _told(), httpx2.Client(timeout=_TIMEOUT_S) as client:
                    found = _json(client, f"{self.place.issuer}/.well-known/openid-configuration")
                    _require(found, self.place.issuer)
                    self._jwks = _json(client, found["jwks_uri"])
                    self._metadata = found
                self._read_at = time.monotonic()
            return self._metadata

    def _client(self) -> OAuth2Client:
        return OAuth2Client(
            self.place.client_id,
            self.place.client_secret or None,
            token_endpoint_auth_method=None if self.place.client_secret else "none",
            scope="openid",
            redirect_uri=self.place.back,
            code_challenge_method="S256",
            timeout=_TIMEOUT_S,
        )


def sign_on_of(settings: Settings, service: Service) -> SignOn | None:
    """Return the sign-on that the settings name; None where they name none."""
    if not settings.oidc_issuer:
        return None
    place = SignOnPlace(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        back=settings.public_url + BACK,
        claim=settings.oidc_claim,
        trusts_factor=settings.oidc_trusts_factor,
    )
    return SignOn(place, service.keys)


def is_safe_address(text: str) -> bool:
    """Return whether an address is one of HTTPS, or of this machine."""
    parts = urlsplit(text)
    is_local = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    return bool(parts.netloc) and (parts.scheme == "https" or (parts.scheme == "http" and is_local))


def _require(metadata: Mapping[str, Any], issuer: str) -> None:
    if metadata.get("issuer") != issuer:
        raise SignOnError("the provider calls itself something else")
    for name in _NAMES:
        if not is_safe_address(str(metadata.get(name, ""))):
            raise SignOnError(f"the provider's {name} is no address of HTTPS")


def _json(client: httpx2.Client, address: str) -> Any:
    answer = client.get(address)
    answer.raise_for_status()
    return answer.json()


@contextmanager
def _told() -> Iterator[None]:
    """Tell that the provider did not answer, or what it answered cannot be believed."""
    try:
        yield
    except httpx2.HTTPError as error:
        raise SignOnError("the provider does not answer") from error
    except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError) as error:
        raise SignOnError("the provider's answer is not valid") from error
