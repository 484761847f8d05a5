"""After many rows came, the database knows of them at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from data.store.statistics import refresh_statistics
from data.store.tables.catalogue import Profession

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.store.engine import Store

KNOWN = {
    "sqlite": "SELECT CAST(stat AS INTEGER) FROM sqlite_stat1 WHERE tbl = 'profession' LIMIT 1",
    "postgresql": "SELECT CAST(reltuples AS INTEGER) FROM pg_class WHERE relname = 'profession'",
}


def test_the_number_of_rows_is_known(store: Store) -> None:
    def work(session: Session) -> int:
        for number in range(300):
            names = {"label_zh": f"职业{number}", "label_en": f"Trade {number}"}
            session.add(Profession(code=f"trade-{number}", **names))
        session.flush()
        refresh_statistics(session)
        return session.query(Profession).count()

    count = store.submit(work)
    with store.read() as session:
        assert session.scalar(text(KNOWN[store.kind])) == count
