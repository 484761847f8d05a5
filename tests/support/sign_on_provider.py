"""A small real OpenID provider on loopback: discovery, authorize, token with PKCE, keys.

`Provider` lets a test spoil what it says.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLIENT = "jingge"
SECRET = "a secret of a test"  # noqa: S105 - of a test
NOT_ASKED = "no such client, address, scope or method"


@dataclass
class Asked:
    """An authorization that waits for its code to be brought."""

    nonce: str
    challenge: str
    back: str


@dataclass
class Provider:
    """What the provider knows, and how it is to lie.

    Attributes
    ----------
    subject : str
        Who logs in there.
    now : callable
        Its clock.
    spoil : callable
        Changes the claims before they are signed; `len` changes nothing.
    sign_with : callable, optional
        Signs in place of its own key.
    """

    address: str = ""
    subject: str = "8f14e45f"
    now: Callable[[], float] = time.time
    more: dict[str, Any] = field(default_factory=dict)
    spoil: Callable[[dict[str, Any]], Any] = len
    sign_with: Callable[[dict[str, Any]], str] | None = None
    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048))
    codes: dict[str, Asked] = field(default_factory=dict)
    num_discoveries: int = 0
    is_down: bool = False

    def turn_keys(self) -> None:
        """Sign with another key from now on."""
        self.key = RSAKey.generate_key(2048)

    def metadata(self) -> dict[str, Any]:
        """Describe the provider (OpenID Connect Discovery)."""
        self.num_discoveries += 1
        return {
            "issuer": self.issuer or self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }

    def keys(self) -> dict[str, Any]:
        """Give the public keys."""
        return {"keys": [{**self.key.as_dict(private=False), "kid": self.key.thumbprint()}]}

    def authorize(self, query: dict[str, str]) -> str:
        """Take a request for authorization; return where to send the browser back to."""
        wanted = {
            "response_type": "code",
            "client_id": CLIENT,
            "scope": "openid",
            "code_challenge_method": "S256",
        }
        if any(query.get(name) != value for name, value in wanted.items()):
            raise ValueError(NOT_ASKED)
        code = secrets.token_urlsafe(16)
        asked = Asked(query["nonce"], query["code_challenge"], query["redirect_uri"])
        self.codes[code] = asked
        return f"{asked.back}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any]:
        """Give tokens for a code, once, to the client that can show the verifier."""
        asked = self.codes.pop(form["code"])
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        client = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        given = (form["grant_type"], form["redirect_uri"], challenge, authorization)
        if given != ("authorization_code", asked.back, asked.challenge, f"Basic {client}"):
            raise ValueError(NOT_ASKED)
        now = int(self.now())
        claims: dict[str, Any] = {
            "iss": self.address,
            "sub": self.subject,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked.nonce,
            **self.more,
        }
        self.spoil(claims)
        sign = self.sign_with or self.sign
        return {"access_token": "a", "token_type": "Bearer", "id_token": sign(claims)}

    def sign(self, claims: dict[str, Any]) -> str:
        """Sign with the provider's key."""
        return jwt.encode({"alg": "RS256", "kid": self.key.thumbprint()}, claims, self.key)

    def sign_with_secret(self, claims: dict[str, Any]) -> str:
        """Sign with what the client knows as well."""
        return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))

    def sign_with_another(self, claims: dict[str, Any]) -> str:
        """Sign with a key of nobody, under the name of the provider's."""
        key = RSAKey.generate_key(2048)
        return jwt.encode({"alg": "RS256", "kid": self.key.thumbprint()}, claims, key)

    @staticmethod
    def sign_nothing(claims: dict[str, Any]) -> str:
        """Leave the signature out."""
        parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
        head, body = (base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
        return f"{head}.{body}."


@contextmanager
def providing() -> Iterator[Provider]:
    """Run a provider on a free port."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == "/authorize":
                self._guarded(lambda: provider.authorize(query), is_address=True)
            elif parts.path == "/keys":
                self._guarded(provider.keys)
            elif parts.path == "/.well-known/openid-configuration":
                self._guarded(provider.metadata)
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._guarded(lambda: provider.token(form, self.headers.get("authorization", "")))

        def _guarded(self, answer: Callable[[], Any], *, is_address: bool = False) -> None:
            if provider.is_down:
                self.send_error(503)
                return
            try:
                found = answer()
            except (KeyError, ValueError) as error:
                self._send(400, {"error": "invalid_request", "error_description": str(error)})
                return
            if is_address:
                self.send_response(302)
                self.send_header("Location", found)
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self._send(200, found)

        def _send(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
