"""A table over HTTP: handed in, previewed, confirmed, taken; refusals as CSV; hostile files."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from hostile_tables import group
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from api.job_worker import work_off
from data.store.tables.imports import ImportBatch
from data.store.tables.people import Person

if TYPE_CHECKING:
    from pathlib import Path

    from service_client import RunningService
    from starlette.testclient import TestClient

PEOPLE = "/api/v1/imports"


def work(tiny: RunningService) -> int:
    return work_off(tiny.store, tiny.keys, lambda: datetime.now(UTC))


def upload(client: TestClient, content: bytes, key: str, kind: str = "people", **more: str) -> Any:
    return client.post(
        PEOPLE,
        files={"file": ("名单.xlsx", content)},
        data={"kind": kind, **more},
        headers={"Idempotency-Key": f"key-{key}-00000"},
    )


def confirm(client: TestClient, number: int, preview: dict[str, Any], key: str) -> Any:
    counts = {name: preview[name] for name in CONFIRMED}
    headers = {"Idempotency-Key": f"key-{key}-00000"}
    return client.post(f"{PEOPLE}/{number}/confirm", json=counts, headers=headers)


CONFIRMED = ("num_new", "num_changed", "num_unchanged", "num_refused")


def sheet(*rows: tuple[Any, ...]) -> bytes:
    book = Workbook()
    page = book.active
    page.append(("昆区分局义警花名册",))
    page.merge_cells("A1:F1")
    for row in rows:
        page.append(row)
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


ROWS = (
    ("序号", "人员编号", "姓名", "类别", "派出所", "手机号"),
    (1, "n001", "新一", "义警", "kunbei", "13900000001"),
    (2, "n002", "新二", "义警", "没有这个所", "13900000002"),
    (3, "n003", "新三", "外星人", "kunbei", "13900000003"),
    (4, "liu", "刘改名", "义警", "kunbei", "13800000005"),
)


@pytest.fixture(scope="module")
def by_office(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The workbook as LibreOffice writes it."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    folder: Path = tmp_path_factory.mktemp("office")
    (folder / "in.xlsx").write_bytes(sheet(*ROWS))
    home = f"-env:UserInstallation={(folder / 'home').as_uri()}"
    out = folder / "out"
    command = [office, home, "--headless", "--convert-to", "xlsx", "--outdir", str(out)]
    subprocess.run([*command, str(folder / "in.xlsx")], check=True, capture_output=True)
    return (out / "in.xlsx").read_bytes()


def test_a_workbook_of_libreoffice_from_upload_to_records(
    tiny: RunningService, by_office: bytes
) -> None:
    dispatcher = tiny.client_as("city_dispatcher")
    made = upload(dispatcher, by_office, "up")
    assert made.status_code == 202, made.text
    number = made.json()["import_id"]
    assert upload(dispatcher, by_office, "up").json()["import_id"] == number
    assert work(tiny) == 1
    found = dispatcher.get(f"{PEOPLE}/{number}").json()
    assert found["state"] == "previewed", found
    preview = found["preview"]
    assert [preview[name] for name in CONFIRMED] == [1, 1, 0, 2]
    told = dispatcher.get(f"{PEOPLE}/{number}/refusals")
    assert told.headers["content-type"].startswith("text/csv")
    assert "没有这个所" in told.text
    assert "13900000002" not in told.text
    wrong = confirm(dispatcher, number, {**preview, "num_new": 7}, "no")
    work(tiny)
    job = dispatcher.get(f"/api/v1/jobs/{wrong.json()['job_id']}").json()
    assert (job["state"], "Preview it again" in job["error"]) == ("failed", True)
    assert confirm(dispatcher, number, preview, "yes").status_code == 202
    work(tiny)
    assert dispatcher.get(f"{PEOPLE}/{number}").json()["state"] == "committed"
    with tiny.store.read() as session:
        names = dict(session.execute(select(Person.code, Person.name)).all())
        batch = session.get_one(ImportBatch, number)
        assert batch.content_sealed is None
    assert (names["n001"], names["liu"]) == ("新一", "刘改名")
    assert "n002" not in names
    second = upload(dispatcher, by_office, "again").json()["import_id"]
    work(tiny)
    preview = dispatcher.get(f"{PEOPLE}/{second}").json()["preview"]
    assert [preview[name] for name in CONFIRMED] == [0, 0, 2, 2]


def test_whose_it_is_and_what_they_may(tiny: RunningService) -> None:
    station = tiny.client_as("station_dispatcher", station="kunbei")
    other = tiny.client_as("station_dispatcher", station="halin")
    content = sheet(ROWS[0], ROWS[1])
    number = upload(other, content, "mine").json()["import_id"]
    work(tiny)
    preview = other.get(f"{PEOPLE}/{number}").json()["preview"]
    assert (preview["num_new"], preview["num_refused"]) == (0, 1)
    assert station.get(f"{PEOPLE}/{number}").status_code == 404
    assert confirm(station, number, preview, "theirs").status_code == 404
    assert upload(station, content, "city", "shifts").status_code == 404
    assert tiny.client_as("volunteer", person="liu").get(PEOPLE).status_code == 403
    assert other.delete(f"{PEOPLE}/{number}").status_code == 204
    assert confirm(other, number, preview, "late").status_code == 409


def test_files_that_are_none(tiny: RunningService) -> None:
    dispatcher = tiny.client_as("city_dispatcher")
    assert upload(dispatcher, b"", "empty").status_code == 413
    with tiny.store.read() as session:
        before = session.scalar(select(func.count()).select_from(Person))
    groups = (
        "xml",
        "broken zips",
        "cells",
        "others",
    )  # the others are large, or read as they stand
    files = [
        content
        for name in groups
        for _, content, _ in group(name, "/etc/hostname", "127.0.0.1:9").values()
    ]
    numbers = [
        upload(dispatcher, content, f"h{n}").json()["import_id"]
        for n, content in enumerate(files[::12])
        if 0 < len(content) <= 1 << 20
    ]
    work(tiny)
    states = {dispatcher.get(f"{PEOPLE}/{number}").json()["state"] for number in numbers}
    assert states <= {"refused", "previewed"}
    with tiny.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == before


def test_templates(tiny: RunningService) -> None:
    found = tiny.client_as("city_dispatcher").get("/api/v1/import-templates/people")
    assert found.status_code == 200
    assert load_workbook(BytesIO(found.content)).sheetnames
