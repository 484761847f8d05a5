"""What those who run the service see: logs without people, figures, readiness; limits of bodies."""

from __future__ import annotations

import io
import json
import logging
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from asgi_call import Ask, call_all
from prometheus_client.parser import text_string_to_metric_families
from service_client import start_service, stop_service
from sqlalchemy import text
from tiny_store import ID_NUMBERS, PHONES

from api.body_limit import USUAL
from api.logs import FIELDS, JsonFormatter, PlainFormatter, set_up_logs
from api.settings import Settings, SettingsError
from api.watching import request_number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from service_client import Login, RunningService

TOKEN = "a-token-of-a-test"  # noqa: S105 - of a test


@pytest.fixture(scope="module")
def served(tiny_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    file = tmp_path_factory.mktemp("operation") / "store.db"
    shutil.copy(tiny_file, file)
    running = start_service(f"sqlite:///{file}", Settings(metrics_token=TOKEN))
    yield running
    stop_service(running)


@pytest.fixture(scope="module")
def officer(served: RunningService) -> Login:
    return served.login_as("city_dispatcher", person="wang")


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    """What the service logs, as the lines it writes."""
    found: list[dict[str, Any]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(json.loads(self.format(record)))

    handler = Keep()
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("jingge")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield found
    logger.removeHandler(handler)
    logger.setLevel(before)


def figures(served: RunningService) -> dict[str, Any]:
    """Read ``/metrics`` with the client library's own parser."""
    ask = Ask("GET", "/metrics", headers=(("authorization", f"Bearer {TOKEN}"),))
    (told,) = call_all(served.app, [ask])
    assert told.status == 200
    return {family.name: family for family in text_string_to_metric_families(told.body.decode())}


def test_a_request_is_a_line_by_its_template(
    served: RunningService, officer: Login, lines: list[dict[str, Any]]
) -> None:
    numbered = (("x-request-id", "from-the-proxy-1"),)
    call_all(
        served.app,
        [
            Ask("GET", "/console/people/li?q=%E6%9F%90", officer, headers=numbered),
            Ask("GET", "/beats/nowhere", officer),
            Ask("GET", "/wp-admin/某li"),
            Ask("GET", "/healthz"),
        ],
    )
    found = [{name: line.get(name) for name in ("route", "status", "account")} for line in lines]
    assert found == [
        {"route": "/console/people/{code}", "status": 200, "account": officer.account_id},
        {"route": "/beats/{beat_id}", "status": 404, "account": officer.account_id},
        {"route": "(none)", "status": 404, "account": None},
    ]
    assert lines[0]["request_id"] == "from-the-proxy-1"
    assert lines[0]["ms"] > 0
    assert {line["logger"] for line in lines} == {"jingge.request"}


def test_no_line_tells_of_people(
    served: RunningService, officer: Login, lines: list[dict[str, Any]]
) -> None:
    phone = PHONES["li"]
    call_all(
        served.app,
        [
            Ask("GET", f"/console/people?q=某li&phone={phone}", officer),
            Ask("GET", "/console/people/li", officer),
            Ask("POST", "/api/v1/session", None, b'{"login":"secret-li","password":"secret-x"}'),
            Ask("GET", f"/{ID_NUMBERS['li']}"),
        ],
    )
    told = json.dumps(lines, ensure_ascii=False)
    assert len(lines) == 4
    for word in (phone, ID_NUMBERS["li"], "某li", "secret", "/li"):
        assert word not in told


@pytest.mark.parametrize("formatter", [JsonFormatter(), PlainFormatter()])
def test_an_exception_is_told_without_its_words(formatter: logging.Formatter) -> None:
    def fail() -> None:
        try:
            {}["13800000001"]
        except KeyError as error:
            raise ValueError("某li of 110101199001011234") from error

    with pytest.raises(ValueError, match="某li") as caught:
        fail()
    told = (ValueError, caught.value, caught.tb)
    record = logging.LogRecord("api", logging.ERROR, __file__, 1, "it failed", (), told)
    line = formatter.format(record)
    assert "ValueError" in line
    assert "KeyError" in line
    assert "test_operation.py" in line
    assert "某li" not in line
    assert "1380000" not in line


def test_errors_of_the_database_hide_what_it_was_given(served: RunningService) -> None:
    with pytest.raises(Exception, match="no such table") as caught, served.store.read() as session:
        session.execute(text("SELECT * FROM nowhere WHERE name = :name"), {"name": "某li"})
    assert "某li" not in str(caught.value)


def test_logs_are_json_in_a_pipe_and_plain_for_people() -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        for form in ("", "json", "plain"):
            stream = io.StringIO()
            set_up_logs(form, stream)  # type: ignore[arg-type]
            logging.getLogger("jingge.request").info("request", extra={FIELDS: {"status": 200}})
            logging.getLogger("api.x").warning("a warning")
            told = stream.getvalue().splitlines()
            if form == "plain":
                assert len(told) == 1
                assert told[0].endswith("WARNING api.x: a warning")
            else:
                assert json.loads(told[0])["status"] == 200
                assert json.loads(told[1])["event"] == "a warning"
    finally:
        root.handlers[:] = before
        root.setLevel(level)


def test_numbers_of_requests_are_ours_or_plain() -> None:
    assert request_number("0123456789abcdef") == "0123456789abcdef"
    for given in ("", "short", "with blank 1234", "x" * 65, "新新新新新新新新"):
        assert request_number(given) != given


def test_figures_by_template_and_of_the_store(served: RunningService, officer: Login) -> None:
    served.store.submit(lambda session: session.execute(text("SELECT 1")).all())
    asks = [Ask("GET", path, officer) for path in ("/beats/haiwei", "/beats/limin", "/no/way")]
    call_all(served.app, [*asks, Ask("BREW", "/beats/haiwei")])
    found = figures(served)
    counts = {
        (sample.labels["method"], sample.labels["route"], sample.labels["status"]): sample.value
        for sample in found["jingge_request_seconds"].samples
        if sample.name.endswith("_count")
    }
    assert counts["GET", "/beats/{beat_id}", "200"] >= 2
    assert counts["GET", "(none)", "404"] >= 1
    assert ("BREW" in {method for method, _, _ in counts}) is False
    sizes = {sample.name: sample.value for sample in found["jingge_store_commit_writes"].samples}
    assert sizes["jingge_store_commit_writes_count"] >= 1
    writes = sizes["jingge_store_commit_writes_sum"]
    assert writes >= sizes["jingge_store_commit_writes_count"]
    assert found["jingge_store_writes_waiting"].samples[0].value == 0
    states = {sample.labels["state"] for sample in found["jingge_jobs"].samples}
    assert states == {"queued", "running", "done", "failed", "cancelled", "interrupted"}
    assert "process_resident_memory_bytes" in found


def test_figures_are_for_this_machine_or_the_token(served: RunningService, start: Any) -> None:
    wrong = (("authorization", "Bearer another-token-0000"),)
    assert [told.status for told in call_all(served.app, [Ask("GET", "/metrics")])] == [403]
    assert call_all(served.app, [Ask("GET", "/metrics", headers=wrong)])[0].status == 403
    plain = start(Settings()).app
    forwarded = (("x-forwarded-for", "203.0.113.7"),)
    asks = [Ask("GET", "/metrics"), Ask("GET", "/metrics", headers=forwarded)]
    assert [told.status for told in call_all(plain, asks)] == [200, 403]
    assert call_all(plain, [Ask("GET", "/metrics", client="203.0.113.7")])[0].status == 403
    behind = start(Settings(public_url="https://jingge.example")).app
    assert call_all(behind, [Ask("GET", "/metrics")])[0].status == 403
    with pytest.raises(SettingsError, match="at least 16 letters"):
        Settings(metrics_token="short")  # noqa: S106 - of a test


def test_ready_is_who_can_work(start: Any) -> None:
    running = start(Settings())
    with running.client() as client:  # runs what looks after the jobs
        assert client.get("/readyz").json() == {"database": True, "schema": True, "jobs": True}
        with running.store.engines.writers.connect() as connection, connection.begin():
            connection.execute(text("UPDATE schema_version SET version_num = 'other'"))
        told = client.get("/readyz")
        assert (told.status_code, told.json()["schema"]) == (503, False)
        assert client.get("/healthz").status_code == 200
    told = running.client().get("/readyz")
    assert (told.status_code, told.json()["jobs"]) == (503, False)


def test_a_body_that_is_too_long_is_refused(served: RunningService, officer: Login) -> None:
    body = b" " * (USUAL + 1)
    long = Ask("POST", "/api/v1/alerts", officer, body)
    chunked = Ask("POST", "/api/v1/alerts", officer, body, with_length=False)
    files = Ask("POST", "/api/v1/imports", officer, body)
    told = call_all(served.app, [long, chunked, files])
    assert [one.status for one in told] == [413, 413, 422]
    assert json.loads(told[0].body) == json.loads(told[1].body)
    assert told[0].content_type == "application/problem+json"
