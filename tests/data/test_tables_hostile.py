"""Table files that mean harm: no crash, no file read, no call, limits kept, a sentence each."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hostile_tables import FINE, GROUPS, ROWS, Item, book, group, sheet

from data.importers.table_files import (
    TableFileError,
    TableLimits,
    _environment,
    read_table_file,
)
from data.importers.tables import preview_import

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET = "the-secret-that-nobody-may-read"  # noqa: S105


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    """Somebody who would notice a call."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(0.2)
        yield server


@pytest.fixture(scope="module")
def files_of(tmp_path_factory, listener) -> Callable[[str], dict[str, Item]]:
    secret = tmp_path_factory.mktemp("secret") / "secret.csv"
    secret.write_text(SECRET, encoding="utf-8")
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    return cache(lambda name: group(name, str(secret), address))


def test_the_corpus_is_large_enough(files_of):
    names = [name for one in GROUPS for name in files_of(one)]
    assert len(set(names)) == len(names) >= 150


@pytest.mark.parametrize("name", GROUPS)
def test_hostile_files_do_no_harm(name, files_of, tmp_path):
    """A group at a time: what they are made of takes long to make."""
    harmed = {}
    for number, (what, item) in enumerate(files_of(name).items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            require_harmless(folder, *item)
        except Exception as error:  # noqa: BLE001 - the others are tried, too
            harmed[what] = f"{type(error).__name__}: {error}"
    assert harmed == {}


def require_harmless(folder: Path, file: str, content: bytes, says: str) -> None:
    """Preview a file as an import of people, and look at what comes of it."""
    path = folder / file
    path.write_bytes(content)
    try:
        preview = preview_import("people", path)
    except TableFileError as error:
        (words,) = error.words
        assert says not in {FINE, ROWS}, words.en
        assert words.en.startswith(f"{file}: ")
        assert words.zh.startswith(f"{file}：")
        assert says in words.en
        assert SECRET not in words.en + words.zh
        assert len(words.en) < 400
        assert "\n" not in words.en
    else:
        assert says in {FINE, ROWS, ""}, preview
        assert says != ROWS or (preview.num_refused == 1 and not len(preview.new))
        assert says != FINE or len(preview.new) == 1
        assert SECRET not in preview.new.to_csv() + str(preview.refused)
    assert [one.name for one in folder.iterdir()] == [file]


WORST = ("bomb in the sheet", "20 MiB of quotes", "20 MiB of commas", "billion laughs in sheet",
         "WEBSERVICE", "50 MiB of blanks in a good sheet", "one row 100,000 times",
         "millions of strings claimed", "elements 200,000 deep")  # fmt: skip
MEASURE = """
import resource, sys
from pathlib import Path
from data.importers.tables import TableFileError, preview_import
for path in map(Path, sys.argv[1:]):
    try:
        preview_import("people", path)
    except TableFileError:
        continue
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_nobody_was_called_and_nobody_took_more_than_512_mib(files_of, listener, tmp_path):
    """Measured from a small process: what a child's parent took counts as the child's."""
    files = files_of("bombs") | files_of("texts") | files_of("xml") | files_of("sheets")
    files |= files_of("cells")
    paths = []
    for number, name in enumerate(WORST):
        file, content, _ = files[name]
        paths.append(tmp_path / f"{number}-{file}")
        paths[-1].write_bytes(content)
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, *map(str, paths)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(measured.stdout) * unit <= 512 << 20
    with pytest.raises(TimeoutError):
        listener.accept()


# ---- the reader itself, past the doorkeeper


def big() -> bytes:
    rows = "".join(
        f'<row r="{i}"><c r="A{i}" t="inlineStr"><is><t>{i:0>200}</t></is></c></row>'
        for i in range(1, 60_000)
    )
    return book(sheet=sheet(rows))


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (TableLimits(memory_bytes=6 << 20), "MiB"),
        (TableLimits(cpu_s=1, max_rows=10**6), "within 1 s"),
        (TableLimits(wall_s=0), "took more than 0 s"),
        (TableLimits(max_values=1000), "at most 1,000 values"),
        (TableLimits(unpacked_bytes=1 << 20), "at most 1 MiB unpacked"),
        (TableLimits(file_bytes=1 << 10), "at most 0 MiB"),
    ],
)
def test_the_reader_takes_no_more_than_it_is_given(tmp_path, limits, says):
    path = tmp_path / "big.xlsx"
    path.write_bytes(big())
    if "1 s" in says:
        path.write_bytes(endless())
    with pytest.raises(TableFileError) as caught:
        read_table_file(path, limits=limits)
    assert says in str(caught.value)


def endless() -> bytes:
    """Return a sheet that takes seconds to look through: 1.5 million cells of nothing."""
    return book(sheet=sheet('<row r="1">' + '<c r="A1"/>' * 6_000_000 + "</row>"))


def test_the_reader_sees_nothing_of_our_environment(monkeypatch):
    monkeypatch.setenv("JINGGE_SECRET", "x")
    assert "JINGGE_SECRET" not in _environment()


def test_no_file_a_folder_and_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in ("nothing", ".", "pipe"):
        with pytest.raises(TableFileError, match="expected a file"):
            read_table_file(tmp_path / name)


def test_mutants_are_read_or_refused():
    """2,000 here; 100,000 by ``python tests/support/table_mutants.py 100000 1``."""
    script = Path(__file__).parents[1] / "support" / "table_mutants.py"
    done = subprocess.run(
        [sys.executable, str(script), "2000", "1"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    read, refused = map(int, done.stdout.split())
    assert read + refused == 2000
    assert min(read, refused) > 100
