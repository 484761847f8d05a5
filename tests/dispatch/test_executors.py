"""Pieces are answered in order whatever becomes of the workers, and nobody is left behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ThreadPoolExecutor,
)
from functools import partial
from pathlib import Path

import pytest
from dask_cluster import wait_until
from hypothesis import given
from hypothesis import strategies as st
from piece_work import (
    refuse,
    sleep_long,
    slow_square,
    square,
    square_here_alone,
    square_or_die_once,
)

from dispatch.executors import MOST_TRIES, PiecePool, WatchedExecutor, local_processes

LOST = pytest.mark.filterwarnings("ignore:A worker that solved pieces was lost:RuntimeWarning")


def is_running(pid: int) -> bool:
    """Whether a process works; one that has ended and waits for its parent does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


class Flaky(Executor):
    """Runs calls at once, and loses those that a script says: 'break', 'cancel', 'refuse'."""

    def __init__(self, script):
        self.script = script

    def submit(self, fn, /, *args, **kwargs):
        fate = next(self.script, "")
        if fate == "refuse":
            raise BrokenExecutor("gone")
        future = Future()
        if fate == "break":
            future.set_exception(BrokenExecutor("broken"))
        elif fate == "cancel":
            future.cancel()
            future.set_running_or_notify_cancel()
        elif fate == "cut":
            future.set_exception(ConnectionResetError("cut"))
        else:
            future.set_result(fn(*args, **kwargs))
        return future


class Silent(WatchedExecutor):
    """Takes every call, answers none, and says at the third look that it is lost."""

    def __init__(self):
        self.looks = 0

    def submit(self, fn, /, *args, **kwargs):  # noqa: ARG002
        return Future()

    def alive(self):
        self.looks += 1
        return self.looks < 3


@pytest.mark.parametrize("make", [None, partial(ThreadPoolExecutor, 3)], ids=["here", "threads"])
@pytest.mark.parametrize("workers", [1, 2, 7])
def test_answers_come_in_the_order_of_the_pieces(make, workers):
    with PiecePool(make, workers=workers) as pool:
        answers = list(pool.map_pieces(slow_square, range(20)))
    assert answers == [(n, n * n) for n in range(20)]


def test_pieces_are_taken_as_they_are_needed():
    taken = []

    def pieces():
        for number in range(100):
            taken.append(number)
            yield number

    with PiecePool(workers=2) as pool:
        answers = pool.map_pieces(square, pieces())
        assert next(answers) == (0, 0)
        assert len(taken) == 4
        answers.close()


@LOST
@given(st.lists(st.sampled_from(["", "", "break", "cancel", "cut", "refuse"])))
def test_no_loss_changes_an_answer(fates):
    script = iter(fates)
    with PiecePool(lambda: Flaky(script), workers=3) as pool:
        answers = list(pool.map_pieces(square, range(8)))
    assert answers == [(n, n * n) for n in range(8)]


def test_a_maker_that_always_fails_is_given_up():
    made = []

    def fail():
        made.append(1)
        raise ConnectionRefusedError("nobody there")

    with PiecePool(fail, workers=2) as pool, pytest.warns(RuntimeWarning, match="nobody") as told:
        answers = list(pool.map_pieces(square, range(9)))
    assert answers == [(n, n * n) for n in range(9)]
    assert "in this process from now on" in str(told[-1].message)
    assert len(made) == MOST_TRIES


@LOST
def test_an_executor_that_is_lost_in_silence_is_given_up():
    with PiecePool(Silent, workers=1) as pool:
        assert pool.submit(square, 5).result() == 25
        assert pool.losses == MOST_TRIES


@pytest.mark.parametrize("make", [None, partial(ThreadPoolExecutor, 1)])
def test_what_the_function_raises_is_raised_and_not_tried_again(make):
    with PiecePool(make) as pool:
        work = pool.submit(refuse, 4)
        with pytest.raises(ValueError, match="no 4"):
            work.result()
        assert pool.losses == 0


def test_a_killed_process_changes_nothing(tmp_path):
    tasks = [(number, str(tmp_path / "died")) for number in range(12)]
    with PiecePool(local_processes(2), workers=2) as pool:
        with pytest.warns(RuntimeWarning, match="what it has not answered is solved again"):
            answers = list(pool.map_pieces(square_or_die_once, tasks))
        assert pool.losses == 1
    assert answers == [(n, n * n) for n in range(12)]
    assert (tmp_path / "died").exists()


@LOST
def test_a_piece_that_kills_every_worker_is_solved_here():
    tasks = [(number, os.getpid()) for number in range(5)]
    with PiecePool(local_processes(1), workers=1) as pool:
        assert [answer for _, answer in pool.map_pieces(square_here_alone, tasks)] == [
            0, 1, 4, 9, 16,
        ]  # fmt: skip
        assert pool.losses == MOST_TRIES


def test_stop_ends_the_waiting_and_the_workers(tmp_path):
    note = tmp_path / "pid"
    with PiecePool(local_processes(1), workers=1) as pool:
        answers = pool.map_pieces(sleep_long, [str(note)], stop=note.exists)
        assert list(answers) == []
    wait_until(lambda: note.read_text(encoding="utf-8"))
    wait_until(lambda: not is_running(int(note.read_text(encoding="utf-8"))))


def test_an_error_ends_the_workers(tmp_path):
    note = tmp_path / "pid"
    with (  # noqa: PT012 - the error must leave the pool
        pytest.raises(KeyboardInterrupt),
        PiecePool(local_processes(1), workers=1) as pool,
    ):
        pool.submit(sleep_long, str(note))
        wait_until(lambda: note.exists() and note.read_text(encoding="utf-8"))
        raise KeyboardInterrupt
    wait_until(lambda: not is_running(int(note.read_text(encoding="utf-8"))))
    assert not multiprocessing.active_children()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks processes up in /proc")
def test_no_process_outlives_a_killed_planner(tmp_path):
    note = tmp_path / "pid"
    program = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[1] / "support")!r})
from piece_work import sleep_long
from dispatch.executors import PiecePool, local_processes
if __name__ == "__main__":
    with PiecePool(local_processes(2), workers=2) as pool:
        pool.submit(sleep_long, {str(note)!r}).result()
"""
    script = tmp_path / "planner.py"
    script.write_text(program, encoding="utf-8")
    with subprocess.Popen([sys.executable, str(script)], stderr=subprocess.DEVNULL) as planner:
        try:
            wait_until(lambda: note.exists() and note.read_text(encoding="utf-8"))
            worker = int(note.read_text(encoding="utf-8"))
            assert is_running(worker)
        finally:
            planner.send_signal(signal.SIGKILL)
    wait_until(lambda: not is_running(worker))
