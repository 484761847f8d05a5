"""How our column types are written into a migration: by what the database sees."""

from __future__ import annotations

from typing import Any, Literal

from data.store.tables.base import BIG_ID, DOCUMENT, Instant


def render_item(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Give the source of one of our types; False leaves alembic to it."""
    if kind != "type":
        return False
    if isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    if item is BIG_ID or (type(item) is type(BIG_ID) and "sqlite" in item._variant_mapping):
        return "BIG_ID"
    if type(item) is type(DOCUMENT) and "postgresql" in getattr(item, "_variant_mapping", {}):
        return "DOCUMENT"
    return False
