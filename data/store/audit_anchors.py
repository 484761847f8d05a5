"""Anchors: lines outside the database that say how far the audit had come."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from data.store.errors import KeyMissingError
from data.store.tables.audit import AuditHead

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from data.store.keys import Keys


@dataclass(frozen=True, slots=True)
class Anchor:
    """How far the audit had come at a time, kept outside the database."""

    at: str
    last_id: int
    seal: bytes
    mac: bytes


def write_anchor(session: Session, keys: Keys, path: Path, now: datetime) -> Anchor | None:
    """Add a line to the anchor file that says how far the audit has come.

    Returns
    -------
    Anchor or None
        None where nothing has been audited yet.
    """
    head = session.get(AuditHead, 1)
    if head is None or head.last_id == 0:
        return None
    anchor = Anchor(now.astimezone(UTC).isoformat(), head.last_id, head.last_seal, b"")
    anchor = replace(anchor, mac=_anchor_mac(keys, anchor))
    line = {
        "at": anchor.at,
        "last_id": anchor.last_id,
        "seal": anchor.seal.hex(),
        "mac": anchor.mac.hex(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return anchor


def read_anchors(keys: Keys, path: Path) -> tuple[Anchor, ...]:
    """Read an anchor file; none where there is no file.

    Raises
    ------
    KeyMissingError
        For a line that this key did not write.
    """
    if not path.is_file():
        return ()
    anchors = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        try:
            found = json.loads(line)
            anchor = Anchor(
                str(found["at"]),
                int(found["last_id"]),
                bytes.fromhex(found["seal"]),
                bytes.fromhex(found["mac"]),
            )
        except (ValueError, KeyError, TypeError):
            raise KeyMissingError(f"{path.name}:{number}: expected an anchor.") from None
        if anchor.mac != _anchor_mac(keys, anchor):
            raise KeyMissingError(f"{path.name}:{number}: expected an anchor of this key.")
        anchors.append(anchor)
    return tuple(anchors)


def _anchor_mac(keys: Keys, anchor: Anchor) -> bytes:
    return keys.stamp(f"anchor {anchor.at} {anchor.last_id} {anchor.seal.hex()}".encode())
