"""What people write, on every page and in every answer: shown as it is, and run nowhere.

A store is filled with words that run in careless pages: names, addresses, titles, notes, labels.
Every page and every answer is then asked for and held against the same with harmless words: the
same elements with the same attributes, whatever the words. ``JINGGE_INJECTION=each`` takes one
payload at a time in place of all together.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
from contextlib import suppress
from datetime import timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, Final

import openpyxl
import pytest
from asgi_call import Ask, Told, call_all
from payloads import PAYLOADS
from service_client import Clock, listed_app, start_service, stop_service
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError
from tiny_store import KEYS, NOW

from api.access.policy import route_actions
from data.field.limits import Limits
from data.field.task_values import TaskValues
from data.field.tasks import create_task, step_task
from data.points.awards import Merit, award
from data.points.gifts import add_gift
from data.points.rules import fill_shipped as fill_points
from data.points.rules import fill_shipped as fill_tips
from data.store.engine import Store, open_store
from data.store.tables import METADATA
from data.store.tables.accounts import Account
from data.store.tables.ground import Beat, Station
from data.store.tables.people import Person
from data.store.tables.tips import Tip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service_client import Login


HARMLESS: Final = "无害文字"
ODD: Final = (
    "=cmd|'/c calc'!A0",
    "+1+1",
    "@SUM(1)",
    "\uff1d1+1",
    "\u202e\u2066txt.exe\u2069",
    'O\'Neil "x" & <b>bold</b>',
)
WORDS: Final = frozenset(
    {
        *("name", "title", "note", "place", "reason", "outcome", "address", "employer", "label"),
        *("label_zh", "label_en", "display_name", "user_agent", "wording", "insurer", "batch"),
        *("instructor", "certificate_no", "specialism", "station_name", "sub_bureau_name"),
        *("policy_no", "file_name", "void_reason", "error"),
    }
)
"""The columns that hold what somebody wrote."""
EACH: Final = os.environ.get("JINGGE_INJECTION") == "each"
SPREAD: Final = 1 if EACH else len(PAYLOADS) + len(ODD)
ALL: Final = (*PAYLOADS, *ODD)
TEXTS: Final = [" · ".join(ALL[at : at + SPREAD]) for at in range(0, len(ALL), SPREAD)]
STAFF: Final = ("city_dispatcher", "administrator", "auditor", "reviewer")
FORMULA: Final = re.compile(r"^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20](?![\d.]+$)")


class Skeleton(HTMLParser):
    """The elements and attributes of a page, its words, and what would run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.shape: list[tuple[str, ...]] = []
        self.words: list[str] = []
        self.running: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.shape.append((tag, *sorted(name for name, _ in attrs)))
        for name, value in attrs:
            if name.startswith("on") or name == "srcdoc":
                self.running.append(f"{tag} {name}")
            if name in {"href", "src", "action", "formaction"} and re.match(
                r"\s*(javascript|data:text|vbscript)", value or "", re.I
            ):
                self.running.append(f"{tag} {name}={value}")
            self.words.append(value or "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        """All words, blanks as one."""
        return flat(" ".join(self.words))


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u2028", " ").replace("\u2029", " ")).strip()


def fill(store: Store, text: str) -> int:
    """Make a task, gifts and merits, then put the text wherever somebody can write."""

    def make(session: Any) -> None:
        fill_points(session)
        fill_tips(session)
        stations = dict(session.execute(select(Station.code, Station.id)).all())
        beats = dict(session.execute(select(Beat.code, Beat.id)).all())
        person = session.scalars(select(Person.id).where(Person.code == "liu")).one()
        values = TaskValues(
            kind="fixed_post",
            title="护学岗",
            station_id=stations["kunbei"],
            beat_id=beats["haiwei"],
            role="school_guard",
            starts_at=NOW + timedelta(days=1),
            ends_at=NOW + timedelta(days=1, hours=2),
            signup_until=NOW + timedelta(hours=20),
            places=1,
            points=3,
            place="x",
            note="x",
        )
        made = create_task(session, values, Limits(), by="test", now=NOW)
        step_task(session, made.task_id, "open", now=NOW)
        award(session, KEYS, NOW, Merit(person, "other", "other:test:1", actor="test"))
        labels = {"label_zh": "伞", "label_en": "Umbrella", "points": 30, "stock": 1}
        add_gift(session, NOW, code="umbrella", **labels)

    store.submit(make)
    count = 0
    for table in METADATA.sorted_tables:
        for column in table.columns:
            if column.name in WORDS and column.type.python_type is str:
                with suppress(DBAPIError):  # what is published never changes
                    count += store.submit(
                        lambda session, table=table, column=column: (
                            session.execute(
                                update(table).where(column.is_not(None)).values({column.name: text})
                            ).rowcount
                        )
                    )
    return count


class Spoken:
    """A service in which everything that somebody can write is one text."""

    def __init__(self, file: Path, text: str) -> None:
        url = f"sqlite:///{file}"
        store = open_store(url)
        self.text, self.count = text, fill(store, text)
        store.close()
        clock = Clock(NOW)
        self.running = start_service(url, clock=clock)
        self.staff = self.running.login_as(*STAFF, person="wang")
        self.liu = self.running.login_as("volunteer", person="liu")
        self.running.store.submit(
            lambda session: session.execute(update(Account).values(display_name=text)).rowcount
        )
        self._tip_and_alert()

    def _tip_and_alert(self) -> None:
        phone, desk = self.running.client(self.liu), self.running.client(self.staff)
        fields = {
            "csrf": self.liu.csrf,
            "once": "a-key-of-a-form",
            "category": "fraud",
            "text": f"有人推销 {clean(self.text)}",
            "lat": "40.672",
            "lng": "109.82",
        }
        told = phone.post("/m/tips", data=fields, follow_redirects=False)
        assert told.status_code == 303, told.text
        alert = {
            "kind": "dispute",
            "title": clean(self.text)[:100],
            "note": clean(self.text),
            "place": clean(self.text)[:200],
            "danger": "calm",
            "lat": 40.672,
            "lng": 109.82,
            "mode": "one",
            "people": ["liu"],
        }
        made = desk.post("/api/v1/alerts", json=alert, headers={"Idempotency-Key": "key-alert-000"})
        assert made.status_code == 201, made.text
        with self.running.store.read() as session:
            self.tip = session.scalars(select(Tip.code)).one()
            assert session.scalar(select(func.count()).select_from(Tip)) == 1

    def ids(self) -> dict[str, str]:
        return {
            **dict.fromkeys(("beat_id", "beat"), "haiwei"),
            "station_id": "kunbei",
            "shift": "evening",
            "shift_id": "evening",
            "role": "patrol_guard",
            "kind": "people",
            "topic": "duty-roles",
        }

    def address(self, path: str) -> str:
        codes = {"/m/tips/": self.tip, "/console/people/": "li", "/api/v1/people/": "liu"}
        code = next((known for start, known in codes.items() if path.startswith(start)), "1")
        known = self.ids() | {"code": code, "person_code": "liu"}
        return re.sub(r"\{(\w+)[^}]*\}", lambda found: known.get(found[1], "1"), path)

    def ask(self, paths: list[str], accept: str) -> list[tuple[str, Told]]:
        asks: list[Ask] = []
        for path in paths:
            login: Login = self.liu if path.startswith(("/m", "/api/v1/my")) else self.staff
            asks.append(Ask("GET", self.address(path), login, accept=accept))
        return list(zip(paths, call_all(self.running.app, asks), strict=True))


def clean(text: str) -> str:
    """Leave out what is refused at the door."""
    return re.sub("[\u2028\u2029\u202a-\u202e\u2066-\u2069]", "", text)


def paths(*, pages: bool) -> list[str]:
    return [
        path
        for method, path, action in route_actions(listed_app())
        if method == "GET"
        and path.startswith("/api/") != pages
        and not path.startswith(("/maps/static", "/docs", "/openapi", "/metrics"))
        and (action or pages)
    ]


PAGES: Final = paths(pages=True)
ANSWERS: Final = paths(pages=False)


def spoken(tiny_file: Path, directory: Path, text: str) -> Iterator[Spoken]:
    file = directory / "store.db"
    shutil.copy(tiny_file, file)
    made = Spoken(file, text)
    yield made
    stop_service(made.running)


@pytest.fixture(scope="module")
def harmless(tiny_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spoken]:
    yield from spoken(tiny_file, tmp_path_factory.mktemp("harmless"), HARMLESS)


@pytest.fixture(scope="module")
def shapes(harmless: Spoken) -> dict[str, Skeleton]:
    """The skeleton of each page that is one, with harmless words."""
    return {
        path: Skeleton(told.body.decode())
        for path, told in harmless.ask(PAGES, "text/html")
        if told.content_type == "text/html" and told.status == 200
    }


@pytest.fixture(scope="module", params=TEXTS, ids=[f"texts{n}" for n in range(len(TEXTS))])
def hostile(
    request: pytest.FixtureRequest, tiny_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Spoken]:
    yield from spoken(tiny_file, tmp_path_factory.mktemp("hostile"), request.param)


def test_there_is_something_to_run(harmless: Spoken, shapes: dict[str, Skeleton]) -> None:
    assert harmless.count > 100
    showing = {path for path, page in shapes.items() if HARMLESS in page.text}
    wanted = {
        *("/console/people", "/console/people/{code}", "/console/teams", "/account"),
        *("/m/me", "/m/file", "/m/tasks", "/m/tasks/{task_id}", "/m/tips/{code}", "/m/points"),
        "/m/alerts/{alert_id}",
    }
    assert wanted <= showing, sorted(wanted - showing)
    assert len(shapes) > 30


def test_pages_show_it_and_run_nothing(hostile: Spoken, shapes: dict[str, Skeleton]) -> None:
    wrong, shown = [], 0
    for path, told in hostile.ask(list(shapes), "text/html"):
        assert (told.status, told.content_type) == (200, "text/html"), path
        page, plain = Skeleton(told.body.decode()), shapes[path]
        if page.running or plain.running:
            wrong.append(f"{path} runs {page.running}")
        if page.shape != plain.shape:
            odd = [one for one in page.shape if one not in plain.shape]
            wrong.append(f"{path} has another shape: {odd[:3]}")
        if HARMLESS in plain.text:
            shown += 1
            words = (flat(hostile.text), flat(clean(hostile.text))[:90])
            if not any(word in page.text for word in words):
                wrong.append(f"{path} does not show what was written")
    assert not wrong
    assert shown > 10


def test_answers_are_what_they_say_they_are(hostile: Spoken) -> None:
    num_seen = 0
    for path, told in hostile.ask(ANSWERS, "application/json"):
        assert told.status < 500, (path, told.body[:200])
        assert told.content_type != "text/html", path
        assert told.headers["x-content-type-options"] == "nosniff", path
        if told.content_type.endswith("json"):
            json.loads(told.body)
            num_seen += hostile.text in json.dumps(json.loads(told.body), ensure_ascii=False)
        elif told.content_type == "text/csv":
            rows = csv.reader(io.StringIO(told.body.decode("utf-8-sig")))
            cells = [cell for row in rows for cell in row]
            assert not [cell for cell in cells if FORMULA.match(cell)], path
        elif "spreadsheet" in told.content_type and told.status == 200:
            book = openpyxl.load_workbook(io.BytesIO(told.body))
            for sheet in book:
                for row in sheet.iter_rows():
                    assert not [cell for cell in row if cell.data_type == "f"], path
