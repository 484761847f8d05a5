"""Receivers on loopback: a gateway that loses some of what it is told, a push service."""

from __future__ import annotations

import base64
import json
import os
import random
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from data.notices.subscriptions import Browser

if TYPE_CHECKING:
    from collections.abc import Iterator


class Receiver:
    """Takes requests; loses a share of them, half of those after it has taken them in."""

    def __init__(self, share: float) -> None:
        self.share, self.chance, self.lock = share, random.Random(5), threading.Lock()
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.status, self.lost, self.address = 201, 0, ""

    def take(self, body: bytes, headers: dict[str, str]) -> int | None:
        """Give the status to answer; None: hang up without one."""
        with self.lock:
            drawn = self.chance.random()
            if drawn >= self.share / 2:
                self.bodies.append(body)
                self.headers.append(headers)
            if drawn < self.share:
                self.lost += 1
                return None
            return self.status


@contextmanager
def receiving(share: float = 0.0) -> Iterator[Receiver]:
    """Run a receiver on a free port."""
    receiver = Receiver(share)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = receiver.take(body, {k.lower(): v for k, v in self.headers.items()})
            if status is None:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.address = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Phone:
    """A browser's half of web push: its keys, and what it reads."""

    def __init__(self, address: str, name: str = "one") -> None:
        self.key, self.secret = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.browser = Browser(f"http://{address}/{name}", _text(point), _text(self.secret))

    def read(self, body: bytes) -> dict[str, str]:
        """Decrypt what was pushed."""
        plain = http_ece.decrypt(
            body, private_key=self.key, auth_secret=self.secret, version="aes128gcm"
        )
        return json.loads(plain)


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
