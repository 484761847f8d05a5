"""Read one table file in a process of its own: run as a script by `table_files`.

The file comes over standard input, so there is no path; before it is touched, the process gives up
the right to open any file or socket, to start another process, and to take more memory or time
than it was given (`lockdown`). The answer is JSON on standard output, a line at a time: sheets,
pieces of rows, at last ``{"end": true}`` or ``{"problem": "…"}``.
"""

from __future__ import annotations

import codecs
import importlib
import json
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_ZIP_MAGIC = b"PK\x03\x04"


def main() -> None:
    """Read header and file from standard input; write the table or a problem as lines of JSON."""
    _stand_in()
    lockdown = importlib.import_module("data.importers.lockdown")
    problems = importlib.import_module("data.importers.table_problem")
    header = json.loads(sys.stdin.buffer.readline())
    lockdown.limit_time(header["cpu_s"])
    try:
        for answer in _answers(header, lockdown):
            sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
        last: dict[str, Any] = {"end": True}
    except problems.TableProblem as problem:
        last = {"problem": problem.code, "values": problem.values}
    except MemoryError:
        last = {"problem": "memory", "values": {"limit": header["memory_bytes"] >> 20}}
    sys.stdout.write(json.dumps(last) + "\n")


def _answers(header: dict[str, Any], lockdown: Any) -> Iterator[dict[str, Any]]:
    texts = importlib.import_module("data.importers.text_reader")
    workbooks = importlib.import_module("data.importers.workbook_reader")
    for encoding in ("utf-8-sig", "gb18030", "utf-16", "cp437"):  # their tables are files
        codecs.lookup(encoding)
    workbooks.warm_up()
    content = sys.stdin.buffer.read()
    lockdown.lock(header["memory_bytes"])
    if content.startswith(_ZIP_MAGIC):
        yield from workbooks.sheets(content, header)
    else:
        yield from texts.rows(content, header)


def _stand_in() -> None:
    """Let our modules beside this one be imported without what `data` as a whole would load."""
    here = Path(__file__).resolve().parent
    for name, place in (("data", here.parent), ("data.importers", here)):
        package = types.ModuleType(name)
        package.__path__ = [str(place)]
        sys.modules[name] = package


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="surrogatepass")  # type: ignore[union-attr]
    main()
