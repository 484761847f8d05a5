"""Receivers on loopback that lose some of what they get: gateway, mail server, push service."""

from __future__ import annotations

import base64
import json
import os
import random
import socketserver
import threading
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
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

    with _serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler), receiver):
        yield receiver


@contextmanager
def receiving_mail(share: float = 0.0) -> Iterator[Receiver]:
    """Run a mail server (SMTP) on a free port; `Receiver.headers` has who each letter was for."""
    receiver = Receiver(share)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 here")
            to: list[str] = []
            while line := self.rfile.readline().decode().strip():
                word = line.upper()
                if word.startswith("RCPT TO:"):
                    to.append(line[8:].strip(" <>"))
                if word.startswith("QUIT"):
                    return self.say("221 bye")
                if word != "DATA":
                    self.say("250 yes")
                    continue
                self.say("354 go on")
                if receiver.take(self.letter(), {"to": ",".join(to)}) is None:
                    return None  # hangs up
                self.say("250 taken")
            return None

        def letter(self) -> bytes:
            found = b""
            while not found.endswith(b"\r\n.\r\n"):
                found += self.rfile.readline()
            return found[:-3]

        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    with _serving(server, receiver):
        yield receiver


def letter_of(body: bytes) -> tuple[str, str, str]:
    """Return a letter's subject, text and the event that it tells of."""
    letter = message_from_bytes(body, policy=default)
    part = letter.get_body(("plain",))
    assert part is not None
    return str(letter["Subject"]), part.get_content().strip(), str(letter["X-Event-Id"])


@contextmanager
def _serving(server: socketserver.TCPServer, receiver: Receiver) -> Iterator[None]:
    receiver.address = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
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
