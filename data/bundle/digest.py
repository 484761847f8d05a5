"""The fingerprint of a bundle, which a plan's report carries."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from data.bundle.layout import bundle_files

if TYPE_CHECKING:
    from pathlib import Path


def bundle_sha256(directory: Path) -> str:
    """Fingerprint the bundle's own files; other files in the directory do not count.

    SHA-256 over, for each file that is there in the order ``scenario.json``, ``beats``, ``cells``,
    ``shifts``, ``roles``, ``people``, ``availability``, ``demand``, ``pins`` (``.csv`` before
    ``.parquet``): its name in UTF-8, a zero byte, its size as 8 bytes, least first, its bytes.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for path in bundle_files(directory):
        body = path.read_bytes()
        digest.update(path.name.encode() + b"\0" + len(body).to_bytes(8, "little"))
        digest.update(body)
    return digest.hexdigest()
