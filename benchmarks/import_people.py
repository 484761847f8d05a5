"""How long an import of a city's people takes, and what the hostile corpus costs.

    python benchmarks/import_people.py                   # 37,289 people, .xlsx and .csv, twice each
    python benchmarks/import_people.py --hostile         # every hostile file: slowest and largest

The people are made up here: every column of the kind, qualifications in every third row, one row in
a thousand wrong. Memory is the reader's process, which has a limit; the importing process is told
beside it. Times are wall clock on whatever else the machine does.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl

from data.importers.tables import preview_import

ROOT = Path(__file__).resolve().parents[1]
HEADINGS = (
    "序号", "人员编号", "姓名", "类别", "派出所", "职业", "资质", "队伍", "手机号", "性别",
    "经度（GCJ-02）", "纬度（GCJ-02）", "地址", "最多班次", "出行上限（公里）", "保险到期日",
    "到岗率",
)  # fmt: skip
PROFESSIONS = ("出租车司机", "外卖骑手/快递员", "退休人员", "教师", "保安员", "学生", "其他")
QUALIFICATIONS = ("急救员证", "保安员证", "消防培训合格", "巡逻防控培训合格", "护学岗培训合格")
ONE = """
import resource, sys, time
from pathlib import Path
from data.importers.tables import TableFileError, preview_import
begun = time.perf_counter()
try:
    preview_import("people", Path(sys.argv[1]))
    outcome = "read"
except TableFileError as error:
    outcome = str(error)
seconds = time.perf_counter() - begun
print(seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, outcome, sep="\\t")
"""


def people(number: int, seed: int = 1) -> list[tuple[Any, ...]]:
    """Return made-up rows as an office might have them."""
    chance = random.Random(seed)  # noqa: S311 - made-up people
    rows = []
    for i in range(number):
        wrong = i % 1000 == 999
        some = chance.sample(QUALIFICATIONS, chance.randint(1, 3)) if i % 3 == 0 else ()
        rows.append(
            (
                i + 1, f"v{i + 1:05d}", f"示例{i + 1}", "协管" if wrong else "义警",
                f"1502{chance.randint(0, 90):05d}", chance.choice(PROFESSIONS), "、".join(some),
                f"t{chance.randint(1, 414):03d}", f"000{chance.randint(0, 10**8 - 1):08d}",
                chance.choice("男女"), round(chance.uniform(109.5, 110.3), 6),
                round(chance.uniform(40.4, 40.8), 6), f"示例路 {chance.randint(1, 999)} 号",
                chance.randint(1, 6), chance.choice((2, 3, 5)),
                date(2027, 1, 1) + timedelta(days=chance.randint(0, 300)),
                f"{chance.randint(50, 100)}%",
            )
        )  # fmt: skip
    return rows


def write(rows: list[tuple[Any, ...]], folder: Path) -> tuple[Path, Path]:
    """Write the rows as a workbook with a title, and as the CSV file that Chinese Excel saves."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("花名册")
    sheet.append(["义警花名册（合成数据）"])
    sheet.append(HEADINGS)
    for row in rows:
        sheet.append(row)
    book.save(folder / "people.xlsx")
    with (folder / "people.csv").open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([HEADINGS, *rows])
    return folder / "people.xlsx", folder / "people.csv"


def measure(path: Path) -> None:
    """Import a file into nothing, and again into what came of it."""
    begun = time.perf_counter()
    stages: dict[str, float] = {}

    def progress(stage: str, *_: int) -> None:
        stages[stage] = time.perf_counter() - begun

    first = preview_import("people", path, progress=progress)
    took = time.perf_counter() - begun
    parts = ", ".join(f"{stage} by {seconds:.2f} s" for stage, seconds in stages.items())
    print(f"{path.name} ({path.stat().st_size / 1e6:.1f} MB): {took:.2f} s ({parts})")
    print(f"  {len(first.new):,} new, {first.num_refused} refused")
    begun = time.perf_counter()
    again = preview_import("people", path, first.new)
    took = time.perf_counter() - begun
    print(f"  again: {took:.2f} s, {len(again.new)} new, {len(again.changed)} changed")
    assert again.changes_nothing
    child, own = (
        resource.getrusage(who).ru_maxrss >> 10
        for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)
    )
    print(f"  at most {child} MiB in the reader, {own} MiB here")


def hostile(folder: Path) -> None:
    """Import each hostile file from a small process of its own."""
    sys.path.insert(0, str(ROOT / "tests" / "support"))
    from hostile_tables import corpus  # noqa: PLC0415 - not on the path before

    found = []
    for name, (file, content, _) in corpus("/nowhere", "http://127.0.0.1:9/x").items():
        path = folder / file
        path.write_bytes(content)
        done = subprocess.run(
            [sys.executable, "-c", ONE, str(path)], capture_output=True, text=True, check=True
        )
        seconds, mebibytes, outcome = done.stdout.rstrip("\n").split("\t")
        found.append((float(seconds), int(mebibytes), name, outcome[:80]))
    print(f"{len(found)} files, {sum(one[3] == 'read' for one in found)} read, the others refused")
    for title, key in (("slowest", 0), ("largest", 1)):
        print(title)
        for seconds, mebibytes, name, outcome in sorted(found, key=lambda one: -one[key])[:5]:
            print(f"  {seconds:5.2f} s  {mebibytes:4d} MiB  {name}: {outcome}")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=37_289)
    parser.add_argument("--hostile", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.hostile:
            hostile(Path(folder))
            return
        for path in write(people(options.people), Path(folder)):
            measure(path)


if __name__ == "__main__":
    main()
