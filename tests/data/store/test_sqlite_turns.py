"""Processes that write to one SQLite file: one at a time, in turns, none held up by a dead one."""

from __future__ import annotations

import fcntl
import itertools
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from data.store.engine import open_store
from data.store.errors import Busy
from data.store.sqlite_turns import Turns
from data.store.tables.catalogue import Profession

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.orm import Session

HOLDS = """
import sys, time
from pathlib import Path
from data.store.sqlite_turns import Turns
with Turns(Path(sys.argv[1])).turn():
    print("mine", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "city.db"
    assert list(tmp_path.iterdir()) == [], "Expected whoever closes last to leave nothing."


def test_of_two_that_want_to_write_each_has_every_second_turn(path: Path) -> None:
    order: list[int] = []

    def write(number: int) -> None:
        turns = Turns(path)
        for _ in range(20):
            with turns.turn():
                order.append(number)
                inside = len(order)
                while inside < 40 and not somebody_waits(path):
                    time.sleep(0.001)
                assert len(order) == inside, "Expected nobody else to write meanwhile."
        turns.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(order) == 40
    assert all(a != b for a, b in itertools.pairwise(order)), order


def somebody_waits(path: Path) -> bool:
    with path.with_name(f"{path.name}-line").open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def test_one_that_closes_leaves_the_others_in_the_same_line(path: Path) -> None:
    first, second = Turns(path), Turns(path, patience_s=0.05)
    Turns(path).close()
    assert list(path.parent.iterdir()) == []
    with first.turn(), pytest.raises(Busy), second.turn():
        pytest.fail("Expected to wait in vain.")
    with first.turn():
        second.close()  # what is in use stays
        assert len(list(path.parent.iterdir())) == 1
    first.close()


def test_a_process_that_dies_gives_its_turn_back(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(path)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "mine\n"
        waiting = Turns(path, patience_s=0.05)
        with pytest.raises(Busy, match="another process writing"), waiting.turn():
            pytest.fail("Expected to wait in vain.")
        other.kill()
        other.wait()
        with waiting.turn():
            pass
        waiting.close()


@pytest.mark.only("sqlite")
def test_a_write_waits_for_the_turn_of_another_store(url: str) -> None:
    store, other = open_store(url), open_store(url)
    begun, ended = threading.Event(), threading.Event()

    def long(_: Session) -> str:
        begun.set()
        assert ended.wait(30)
        return "first"

    def short(session: Session) -> str:
        session.add(Profession(code="nurse", label_zh="nurse", label_en="nurse"))
        return "second"

    first = store.promise(long)
    assert first is not None
    assert begun.wait(30)
    second = other.promise(short)
    assert second is not None
    assert not second.done()
    ended.set()
    assert (first.result(30), second.result(30)) == ("first", "second")
    other.close()
    store.close()
