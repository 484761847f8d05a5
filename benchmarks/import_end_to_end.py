"""How long it takes to take a city's people in over HTTP: uploaded, previewed, confirmed, kept.

    python benchmarks/import_end_to_end.py [sqlite] [postgresql] [--people 37289] [--bundle DIR]

A store is filled with the demo city; a workbook of as many new people, each with qualifications,
team, phone, place and insurance, is handed in as an office would: the service serves on loopback
and starts its worker process. Handed in a second time it must change nothing. PostgreSQL is a
server of its own, started from the machine's binaries.
"""

from __future__ import annotations

import argparse
import base64
import math
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import openpyxl

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from service_client import start_service  # noqa: E402
from store_speed import database  # noqa: E402

from api.access.cookies import PLAIN  # noqa: E402
from api.server import serving  # noqa: E402
from data.demo import VOLUNTEERS, write_demo  # noqa: E402
from data.store.bundle_io import read_record  # noqa: E402
from data.store.engine import open_engines, open_store  # noqa: E402
from data.store.migrate import upgrade  # noqa: E402
from data.store.records_from_bundle import fill_records  # noqa: E402

if TYPE_CHECKING:
    import pandas as pd

HEADINGS = (
    *("序号", "人员编号", "姓名", "类别", "派出所", "职业", "资质", "队伍", "手机号", "性别"),
    *("经度（WGS-84）", "纬度（WGS-84）", "地址", "最多班次", "出行上限（公里）", "保险到期日"),
    "到岗率",
)
COUNTS = ("num_new", "num_changed", "num_unchanged", "num_refused")


def write_people(people: pd.DataFrame, teams: list[str], number: int, path: Path) -> None:
    """Write new people, made of the demo's volunteers over and over, as a workbook."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("花名册")
    sheet.append(["义警花名册（合成数据）"])
    sheet.append(HEADINGS)
    rows = people[people["tier"] == "volunteer"].to_dict("records")
    for i in range(number):
        one = rows[i % len(rows)]
        limit = one["travel_limit_m"]
        sheet.append(
            [
                *(i + 1, f"n{i + 1:06}", f"示例{i + 1}", "义警", one["station_id"]),
                *(one["profession"], "、".join(one["qualifications"]), teams[i % len(teams)]),
                *(f"000{i:08}", "男女"[i % 2], one["lng"], one["lat"], f"示例路 {i % 999} 号"),
                *(int(one["max_shifts"]), 3 if math.isnan(limit) else limit / 1000),
                *("2027-06-30", float(one["show_up"])),
            ]
        )
    book.save(path)


class Office:
    """Somebody who hands a workbook in, reads the preview and confirms it."""

    def __init__(self, client: httpx.Client, path: Path) -> None:
        self._client = client
        self._content = path.read_bytes()
        self.num_busy = 0

    def hand_in(self, key: str) -> dict[str, Any]:
        """Hand the workbook in and take it; print what each step took; return the preview."""
        begun = time.perf_counter()
        made = self._client.post(
            "/api/v1/imports",
            files={"file": ("people.xlsx", self._content)},
            data={"kind": "people"},
            headers={"Idempotency-Key": f"{key}-upload-0000"},
        )
        uploaded = time.perf_counter()
        found = self._until(made.raise_for_status().json()["import_id"], {"previewed", "refused"})
        preview: dict[str, Any] = found["preview"]
        previewed = time.perf_counter()
        self._client.post(
            f"/api/v1/imports/{found['import_id']}/confirm",
            json={name: preview[name] for name in COUNTS},
            headers={"Idempotency-Key": f"{key}-confirm-0000"},
        ).raise_for_status()
        self._until(found["import_id"], {"committed"})
        done = time.perf_counter()
        steps = (uploaded - begun, previewed - uploaded, done - previewed, done - begun)
        counts = ", ".join(f"{preview[name]:,} {name[4:]}" for name in COUNTS)
        print("  uploaded {:.1f} s, previewed {:.1f} s, taken {:.1f} s: {:.1f} s".format(*steps))
        print(f"    {counts}; {self.num_busy} times asked while busy", flush=True)
        return preview

    def _until(self, number: int, states: set[str]) -> dict[str, Any]:
        while True:
            answer = self._client.get(f"/api/v1/imports/{number}")
            found: dict[str, Any] = answer.json()
            if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                self.num_busy += 1  # SQLite has one writer: the import itself
            elif found["state"] in states:
                return found
            else:
                job = self._client.get(f"/api/v1/jobs/{found['job_id']}").json()
                if job.get("state") in {"failed", "cancelled", "interrupted"}:
                    raise SystemExit(f"the job is {job['state']}: {job['error']}")
            time.sleep(0.5)


def measure(url: str, bundle: Path, number: int, folder: Path) -> None:
    """Fill a store and take people into it, twice."""
    engines = open_engines(url)
    upgrade(engines)
    engines.dispose()
    record, now = read_record(bundle), datetime.now(UTC)
    store = open_store(url)
    store.submit(lambda s: fill_records(s, record, bureau_name="包头市公安局", now=now))
    store.close()
    teams = [str(code) for code in record.extras["teams"]["team_id"]]
    path = folder / "people.xlsx"
    write_people(record.scenario.people, teams, number, path)
    print(f"  {number:,} people, {path.stat().st_size / 1e6:.1f} MB, load {os.getloadavg()[0]:.1f}")
    os.environ["JINGGE_SECRET_KEY"] = base64.b64encode(b"tiny" * 8).decode()
    running = start_service(url)
    login = running.login_as("city_dispatcher")
    with (
        serving(running.app, running.settings) as address,
        httpx.Client(
            base_url=address,
            cookies={PLAIN: login.token},
            headers={"x-csrf-token": login.csrf, "origin": address},
            timeout=300,
        ) as client,
    ):
        office = Office(client, path)
        assert office.hand_in("first")["num_new"] == number
        again = office.hand_in("again")
        assert (again["num_new"], again["num_changed"]) == (0, 0), again
    running.service.close()


def main() -> None:
    """Measure on the databases that were named, or on both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--people", type=int, default=VOLUNTEERS)
    parser.add_argument("--bundle", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle = options.bundle or folder / "bundle"
        if not options.bundle:
            write_demo(bundle)
        for kind in options.kinds:
            print(kind)
            with database(kind, folder) as url:
                measure(url, bundle, options.people, folder)


if __name__ == "__main__":
    main()
