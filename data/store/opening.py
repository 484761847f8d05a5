"""The store and the key that belongs to it, opened together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.store.audit import is_begun, require_own_key
from data.store.engine import Store, open_store, store_url
from data.store.keys import Keys, load_keys

if TYPE_CHECKING:
    from collections.abc import Mapping


def open_records(environment: Mapping[str, str]) -> tuple[Store, Keys]:
    """Open the store and the key that the environment names.

    With another key nothing could be written and no sealed column read: that is told here, once,
    and not to each who asks later.

    Raises
    ------
    StoreError
        Where the database cannot be opened, its schema is not the current one, there is no key, or
        it is not the key with which the records were begun.
    """
    keys = load_keys(environment)
    store = open_store(store_url(environment))
    try:
        with store.read() as session:
            require_own_key(session, keys)
    except BaseException:
        store.close()
        raise
    return store, keys


def has_records(environment: Mapping[str, str]) -> bool:
    """Return whether something was written yet, and so a key belongs to the store."""
    store = open_store(store_url(environment))
    try:
        with store.read() as session:
            return is_begun(session)
    finally:
        store.close()
