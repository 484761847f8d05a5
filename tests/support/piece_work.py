"""Functions that workers of the tests run: importable by name in any process."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from dispatch.pieces import Piece


def square(number: int) -> int:
    return number * number


def slow_square(number: int) -> int:
    time.sleep(0.02 * (number % 3))
    return number * number


def sleep_long(note: str) -> None:
    """Write down which process sleeps, and sleep longer than any test takes."""
    Path(note).write_text(str(os.getpid()), encoding="utf-8")
    time.sleep(300)


def square_or_die_once(task: tuple[int, str]) -> int:
    """Square a number; who is the first to meet the number 3 is killed."""
    number, note = task
    if number == 3:
        try:
            Path(note).touch(exist_ok=False)
        except FileExistsError:
            pass
        else:
            os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def solve_and_one_dies(piece: Piece, seconds: None, nodes: int, *, folder: str) -> object:
    """Solve a piece of a plan; the process that begins the third one is killed at it."""
    from dispatch.piece_model import solve_piece

    (Path(folder) / uuid4().hex).touch()
    if len(list(Path(folder).iterdir())) == 3:
        (Path(folder) / "died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return solve_piece(piece, seconds, nodes)


def square_here_alone(task: tuple[int, int]) -> int:
    """Square a number; any process but the one named is killed by the number 3."""
    number, home = task
    if number == 3 and os.getpid() != home:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def refuse(number: int) -> int:
    raise ValueError(f"no {number}")
