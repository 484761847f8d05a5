"""The secret key, which never is in the database, and what is made of it.

One secret of 32 bytes gives, by HKDF-SHA-256, separate keys for encrypting columns (AES-256-GCM),
for blind indices and for the audit (HMAC-SHA-256). Whoever has the database but not the key can
neither read ID numbers and phones, nor try numbers against the index, nor forge an audit entry.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from data.store.errors import KeyMissingError

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_VARIABLE: Final = "JINGGE_SECRET_KEY"
FILE_VARIABLE: Final = "JINGGE_SECRET_KEY_FILE"
DEFAULT_FILE: Final = Path("var") / "secret.key"

_SIZE = 32
_VERSION = b"\x01"
_NONCE = 12
_NAME = 4


@dataclass(frozen=True, slots=True)
class Keys:
    """What a store encrypts, indexes and seals with; shows nothing of itself when printed."""

    name: bytes = field(repr=False)
    encryption: bytes = field(repr=False)
    index: bytes = field(repr=False)
    audit: bytes = field(repr=False)

    def seal(self, text: str, context: str) -> bytes:
        """Encrypt a text; see `seal_bytes`."""
        return self.seal_bytes(text.encode(), context)

    def seal_bytes(self, content: bytes, context: str) -> bytes:
        """Encrypt bytes.

        Parameters
        ----------
        context : str
            Where it belongs, such as ``person.phone:v00017``: it opens nowhere else.

        Returns
        -------
        bytes
            Version, the key's name, a fresh nonce, ciphertext with tag.
        """
        nonce = os.urandom(_NONCE)
        head = _VERSION + self.name
        body = AESGCM(self.encryption).encrypt(nonce, content, head + context.encode())
        return head + nonce + body

    def open(self, sealed: bytes, context: str) -> str:
        """Decrypt what `seal` made for the same context; see `open_bytes`."""
        return self.open_bytes(sealed, context).decode()

    def open_bytes(self, sealed: bytes, context: str) -> bytes:
        """Decrypt what `seal_bytes` made for the same context.

        Raises
        ------
        KeyMissingError
            Where it was sealed with another key, for another context, or changed since.
        """
        head, nonce = sealed[: 1 + _NAME], sealed[1 + _NAME : 1 + _NAME + _NONCE]
        if head != _VERSION + self.name:
            raise KeyMissingError(
                f"Expected {context.split(':', 1)[0]} to be encrypted with this key, got another."
            )
        body = sealed[1 + _NAME + _NONCE :]
        try:
            return AESGCM(self.encryption).decrypt(nonce, body, head + context.encode())
        except InvalidTag:
            raise KeyMissingError(
                f"Expected {context.split(':', 1)[0]} as it was encrypted, got it changed or moved."
            ) from None

    def blind(self, text: str, context: str) -> bytes:
        """Give the index by which an exact text is found: 32 bytes, of no use without the key."""
        return hmac.digest(self.index, f"{context}\0{text}".encode(), hashlib.sha256)

    def stamp(self, content: bytes) -> bytes:
        """Give the seal of an audit entry: 32 bytes."""
        return hmac.digest(self.audit, content, hashlib.sha256)


def derive(secret: bytes) -> Keys:
    """Make the keys of a secret of 32 bytes."""

    def part(purpose: str, size: int = _SIZE) -> bytes:
        kdf = HKDF(SHA256(), size, salt=None, info=f"jingge {purpose} 1".encode())
        return kdf.derive(secret)

    return Keys(part("name", _NAME), part("encryption"), part("index"), part("audit"))


def load_keys(environment: Mapping[str, str], default_file: Path = DEFAULT_FILE) -> Keys:
    """Read the secret from ``JINGGE_SECRET_KEY``, the file it is in, or the default file.

    Raises
    ------
    KeyMissingError
        Where there is none, or it is not 32 bytes as base64 or hexadecimal digits.
    """
    if text := environment.get(KEY_VARIABLE, "").strip():
        return derive(_decode(text, KEY_VARIABLE))
    path = key_file(environment, default_file)
    try:
        return derive(_decode(path.read_text("ascii").strip(), str(path)))
    except FileNotFoundError:
        raise KeyMissingError(
            f"Expected a secret key in {KEY_VARIABLE} or in the file {path}, got none."
        ) from None
    except (OSError, UnicodeDecodeError):
        raise KeyMissingError(f"Expected a readable secret key in the file {path}.") from None


def key_file(environment: Mapping[str, str], default_file: Path = DEFAULT_FILE) -> Path:
    """Give the file in which the secret is looked for."""
    named = environment.get(FILE_VARIABLE, "").strip()
    return Path(named) if named else default_file


def make_key_file(path: Path) -> None:
    """Write a new secret into a file that only its owner can read; never over an old one.

    Raises
    ------
    FileExistsError
        Where the file is there: replacing it would make every encrypted column unreadable.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(base64.urlsafe_b64encode(secrets.token_bytes(_SIZE)).decode() + "\n")
        file.flush()
        os.fsync(file.fileno())


def _decode(text: str, place: str) -> bytes:
    try:
        secret = bytes.fromhex(text) if len(text) == 2 * _SIZE else base64.urlsafe_b64decode(text)
    except (ValueError, binascii.Error):
        secret = b""
    if len(secret) != _SIZE:
        raise KeyMissingError(f"Expected {_SIZE} bytes as base64 or hexadecimal digits in {place}.")
    return secret
