"""What a store is asked: statements are counted where time would only tell of the machine."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data.store.engine import Store


@contextmanager
def asked(store: Store) -> Iterator[list[str]]:
    """Keep the statements that a store is asked while the block runs."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    engines = {store.engines.readers, store.engines.writers}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
