"""Workbooks and CSV files from people we do not know, as rows of plain values.

A file is what its first bytes say, never what it is called. `table_reader` reads it in a process
with nothing to lose; this module starts it, limits it and takes its answer in pieces.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import orjson

from data.importers import table_reader
from data.importers.wording import FILE_PROBLEMS
from data.sheets import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from pathlib import Path

    from data.importers.wording import Language, Words

    Progress = Callable[[str, int, int], None]

MAX_PIECE_BYTES = 256 << 20
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OTHERS = (
    (b"%PDF", "PDF", "PDF"),
    (b"\x89PNG", "图片", "a picture"),
    (b"\xff\xd8\xff", "图片", "a picture"),
    (b"GIF8", "图片", "a picture"),
    (b"SQLite format 3\x00", "数据库", "a database"),
    (b"{\\rtf", "RTF 文档", "an RTF document"),
    (b"Rar!", "RAR 压缩包", "a RAR archive"),
    (b"7z\xbc\xaf", "7z 压缩包", "a 7z archive"),
    (b"\x1f\x8b", "gzip 压缩包", "a gzip archive"),
    (b"PK\x05\x06", "空的压缩包", "an empty zip"),
    (b"MZ", "程序", "a program"),
    (b"\x7fELF", "程序", "a program"),
    (b"#!", "程序", "a program"),
    (b"PAR1", "Parquet 文件", "a Parquet file"),
)


@dataclass(frozen=True, slots=True)
class TableLimits:
    """What one table file may cost.

    Attributes
    ----------
    file_bytes, unpacked_bytes : int
        Size on disk, and the sum of a workbook's parts.
    max_rows, max_columns, max_values, max_text, max_chars : int
        Of a sheet; values of all sheets together; characters of a value (Excel's own limit),
        and of all together: one long text may stand in a million cells.
    memory_bytes : int
        What the reader may take on top of its libraries.
    cpu_s, wall_s : int
        Seconds of work, and of waiting where the machine is busy with other things.
    """

    file_bytes: int = 32 << 20
    unpacked_bytes: int = 160 << 20
    max_rows: int = 200_000
    max_columns: int = 256
    max_values: int = 3_000_000
    max_text: int = 32_767
    max_chars: int = 64_000_000
    memory_bytes: int = 448 << 20
    cpu_s: int = 8
    wall_s: int = 180


LIMITS = TableLimits()


@dataclass(frozen=True, slots=True)
class RawSheet:
    """A sheet as it stands: rows that are not blank, with their numbers from 1.

    A value is a text (empty: nothing), a number, a truth value, ``[ISO text]`` for a day or time,
    ``{"e": "#N/A"}`` for an error value or ``{"f": 1}`` for a formula without a value.
    """

    name: str
    row_numbers: list[int]
    rows: list[list[Any]]
    cached: int
    date1904: bool


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table file: its visible sheets in order; a CSV file has one without a name.

    Attributes
    ----------
    file : str
        Name without folder.
    sha256 : str
        Of its bytes.
    encoding, delimiter : str
        Of a CSV file; empty for a workbook.
    """

    file: str
    sha256: str
    sheets: tuple[RawSheet, ...]
    encoding: str = ""
    delimiter: str = ""


class TableFileError(InputError):
    """A file that cannot be imported at all, in both languages.

    Attributes
    ----------
    words : tuple of Words
        One a problem, each beginning with the file's name.
    """

    def __init__(self, words: Iterable[Words], language: Language = "en") -> None:
        self.words = tuple(words)
        super().__init__([one.in_(language) for one in self.words])


def file_problem(file: str, code: str, **values: object) -> Words:
    """Return what is wrong with a file, after its name."""
    words = FILE_PROBLEMS[code].format(**values)
    return type(words)(f"{file}：{words.zh}", f"{file}: {words.en}")


def read_table_file(
    path: Path,
    headings: Iterable[str] = (),
    *,
    limits: TableLimits = LIMITS,
    progress: Progress | None = None,
) -> RawTable:
    """Read a ``.xlsx`` or ``.csv`` file that may be hostile.

    Parameters
    ----------
    path : Path
    headings : iterable of str
        Known headings in small letters without blanks: they tell a CSV file's delimiter.
    limits : TableLimits
    progress : callable, optional
        Called with ``"reading"``, rows read and rows expected.

    Raises
    ------
    TableFileError
        One problem.
    """
    content = _bytes_of(path, limits)
    sheets: list[RawSheet] = []
    facts: dict[str, Any] = {}
    done = total = 0
    for answer in _answers(path.name, content, list(headings), limits):
        if "sheet" in answer:
            facts = answer
            total += int(answer["num_rows"])
            cached, date1904 = int(answer["cached"]), bool(answer["date1904"])
            sheets.append(RawSheet(str(answer["sheet"]), [], [], cached, date1904))
        else:
            sheets[-1].row_numbers.extend(answer["at"])
            sheets[-1].rows.extend(answer["rows"])
            done += len(answer["at"])
        if progress:
            progress("reading", done, max(done, total))
    digest = hashlib.sha256(content).hexdigest()
    encoding, delimiter = facts.get("encoding", ""), facts.get("delimiter", "")
    return RawTable(path.name, digest, tuple(sheets), encoding, delimiter)


def _bytes_of(path: Path, limits: TableLimits) -> bytes:
    def refuse(code: str, **values: object) -> TableFileError:
        return TableFileError([file_problem(path.name, code, **values)])

    if not path.is_file():  # nor a device or a pipe, which would keep us waiting
        raise refuse("no_file")
    try:
        with path.open("rb") as file:
            content = file.read(limits.file_bytes + 1)
    except OSError as error:
        raise refuse("unopened", what=error.strerror) from None
    if len(content) > limits.file_bytes:
        raise refuse("file_size", limit=limits.file_bytes >> 20)
    if not content.strip():
        raise refuse("empty")
    if content.startswith(_OLE_MAGIC):
        raise refuse("old_excel")
    if other := _other_kind(content):
        raise refuse("not_table", what_zh=other[0], what_en=other[1])
    return content


def _other_kind(content: bytes) -> tuple[str, str] | None:
    """Return what a file is that begins as no table does; many a ``.xls`` is a web page."""
    for magic, zh, en in _OTHERS:
        if content.startswith(magic):
            return zh, en
    start = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<"):
        return "网页或 XML（请另存为 .xlsx）", "a web page or XML (save it as .xlsx)"
    if start.startswith((b"{", b"[")):
        return "JSON", "JSON"
    return None


def _environment() -> dict[str, str]:
    """Return what the reader sees: nothing of ours."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return kept | {"MALLOC_ARENA_MAX": "2"}


def _answers(
    file: str, content: bytes, headings: list[str], limits: TableLimits
) -> Iterator[dict[str, Any]]:
    """Yield what the reader says; raise TableFileError for its problem or its end."""
    header = {name: getattr(limits, name) for name in limits.__dataclass_fields__}
    payload = json.dumps(header | {"headings": headings}).encode() + b"\n"
    child = subprocess.Popen(
        [sys.executable, "-I", table_reader.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_environment(),
    )
    late = threading.Event()

    def stop() -> None:
        late.set()
        child.kill()

    timer = threading.Timer(limits.wall_s, stop)
    timer.start()
    try:
        _feed(child.stdin, payload, content)
        problem = yield from _lines(child.stdout)
        child.wait()
    finally:
        timer.cancel()
        child.kill()
        child.wait()
        if child.stdout:
            child.stdout.close()
    if late.is_set():
        raise TableFileError([file_problem(file, "time", limit=limits.wall_s)])
    if problem is None:
        seconds, limit = limits.cpu_s, limits.memory_bytes >> 20
        ended = child.returncode
        words = file_problem(file, "reader", seconds=seconds, limit=limit, ended=ended)
        raise TableFileError([words])
    if "problem" in problem:
        raise TableFileError([file_problem(file, problem["problem"], **problem["values"])])


def _feed(stdin: IO[bytes] | None, *parts: bytes) -> None:
    """Hand over the file; the reader takes all of it before it says a word, or dies."""
    if stdin is None:  # pragma: no cover - asked for above
        return
    with contextlib.suppress(BrokenPipeError), stdin:
        for part in parts:
            stdin.write(part)


def _lines(stdout: IO[bytes] | None) -> Generator[dict[str, Any], None, dict[str, Any] | None]:
    """Yield the reader's pieces; return its last word, None where it ended without one."""
    while stdout and (line := stdout.readline(MAX_PIECE_BYTES)):
        try:
            answer: dict[str, Any] = orjson.loads(line)
        except ValueError:
            return None
        if "problem" in answer or "end" in answer:
            return answer
        yield answer
    return None
