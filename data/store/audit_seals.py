"""The seals of the audit: HMACs with a key that is not in the database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data.store.keys import Keys
    from data.store.tables.audit import AuditHead


def canonical(value: object) -> str:
    """Write plain values as the one JSON text that all agree on."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def seal_entry(keys: Keys, entry: Mapping[str, Any], number: int | None = None) -> bytes:
    """Seal an entry, as its own number or as if it had another."""
    texts = (entry[name] for name in ("actor", "action", "object_kind", "object_key", "detail"))
    parts = (
        entry["id"] if number is None else number,
        entry["at"].isoformat(timespec="microseconds"),
        *texts,
        entry["previous"].hex(),
    )
    return keys.stamp(canonical(parts).encode())


def first_seal(keys: Keys) -> bytes:
    """Give what stands before the first entry."""
    return keys.stamp(b"first")


def seal_head(keys: Keys, last_id: int, last_seal: bytes) -> bytes:
    """Seal a head that names this entry as the last."""
    return keys.stamp(f"head {last_id} {last_seal.hex()}".encode())


def seal_of_head(keys: Keys, head: AuditHead) -> bytes:
    """Give the seal that a head ought to have."""
    return seal_head(keys, head.last_id, head.last_seal)
