"""Mutants of a good workbook and a good CSV file, read one after another in this one process.

Run as ``python tests/support/table_mutants.py COUNT SEED``: prints how many were read and refused.
Anything but a row of values or a `TableProblem` ends it with a traceback, a crash of a library with
a signal. The process limits its own memory, as the readers' process does.
"""

from __future__ import annotations

import random
import resource
import sys
from collections import Counter

from hostile_tables import GOOD_LINE, csv, packed, parts

from data.importers import text_reader, workbook_reader
from data.importers.table_files import LIMITS
from data.importers.table_problem import TableProblem

SCRAPS = (b"<", b">", b"&", b"\0", b'"', b"</c>", b"<c", b'r="A1"', b't="s"', b"]]>", b"-1",
          b"99999999999", b"<v>", b"\xff", b"1e999", b"xl/", b"<f>", b" ", b"/>", b"=")  # fmt: skip


def mutant(chance: random.Random, content: bytes) -> bytes:
    """Return a copy with one to eight changes: flipped, dropped, doubled or strange bytes."""
    made = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(made))
        match chance.randrange(4):
            case 0:
                made[at] = chance.randrange(256)
            case 1:
                del made[at : at + chance.randint(1, 40)]
            case 2:
                made[at:at] = made[at : at + chance.randint(1, 200)]
            case _:
                made[at:at] = chance.choice(SCRAPS)
        if not made:
            made += b"x"
    return bytes(made)


def candidate(chance: random.Random, members: dict[str, bytes], whole: bytes, text: bytes) -> bytes:
    """Return a mutant: of a part inside a sound zip (mostly), of the zip, or of the CSV file."""
    kind = chance.randrange(10)
    if kind == 0:
        return mutant(chance, whole)
    if kind == 1:
        return mutant(chance, text)
    name = chance.choice(sorted(members))
    return packed({**members, name: mutant(chance, members[name])}, 0)


def main(count: int, seed: int) -> None:
    """Read the mutants."""
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    header = {name: getattr(LIMITS, name) for name in LIMITS.__dataclass_fields__}
    header |= {"headings": ["人员编号", "姓名", "类别"]}
    chance = random.Random(seed)
    members = {
        name: content if isinstance(content, bytes) else content.encode()
        for name, content in parts().items()
    }
    whole, text = packed(members), csv(GOOD_LINE, '"v2","示例乙",义警')
    outcomes: Counter[str] = Counter()
    for _ in range(count):
        content = candidate(chance, members, whole, text)
        reader = workbook_reader.sheets if content.startswith(b"PK\3\4") else text_reader.rows
        try:
            for _piece in reader(content, header):
                pass
            outcomes["read"] += 1
        except TableProblem:
            outcomes["refused"] += 1
    print(outcomes["read"], outcomes["refused"])  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
