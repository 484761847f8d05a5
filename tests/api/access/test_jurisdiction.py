"""What is of Kunbei: theirs in full, and for everybody else as if it were not there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from asgi_call import Ask, Told, call_all
from service_client import listed_app
from tiny_store import ID_NUMBERS, PHONES

from api.access.authority import authority
from api.access.policy import route_actions

if TYPE_CHECKING:
    from service_client import Login, RunningService


THEIRS = ("wang", "li", "chen", "liu", "sun")  # of Kunbei; qian is of Halin, zhao of Wusutu
FOREIGN: dict[str, tuple[str, dict[str, str]]] = {
    "another station": ("station_dispatcher", {"station": "wusutu"}),
    "another sub-bureau's station": ("station_dispatcher", {"station": "halin"}),
    "another beat": ("community_officer", {"beat": "halin-01", "person": "qian"}),
    "another team": ("team_leader", {"team": "halin-1"}),
    "somebody with nothing": ("volunteer", {"person": "zhao"}),  # lives in Haiwei, works elsewhere
}
KEY = ("idempotency-key", "5f0c7d1e-6a53-4b1c-9c1a-0b7a0f6f8a11")
ALERT = {
    "kind": "dispute",
    "title": "楼道纠纷",
    "danger": "calm",
    "lat": 40.672,
    "lng": 109.82,
}
PIN = {
    "person_id": "sun",
    "beat_id": "haiwei",
    "shift_id": "evening",
    "role": "patrol_guard",
    "kind": "fixed",
}
LINE = "/api/v1/week/demand/haiwei/evening/patrol_guard"
# What a dispatcher of Kunbei does to what is theirs; removing comes last.
DEEDS: list[tuple[str, str, Any]] = [
    ("GET", "/api/v1/alerts/{alert}", None),
    ("PUT", "/api/v1/alerts/{alert}/end?state=cancelled", {}),
    ("GET", "/api/v1/rosters/1/explanation?beat=haiwei&shift=evening", None),
    ("GET", LINE, None),
    ("PATCH", LINE, {"weights": [1, 5, 5]}),
    ("DELETE", LINE, None),
    ("GET", "/api/v1/imports/{import}", None),
    ("GET", "/api/v1/imports/{import}/refusals", None),
    ("DELETE", "/api/v1/imports/{import}", None),
    ("DELETE", "/api/v1/week/pins/{pin}", None),
    ("GET", "/console/people/li", None),
]
LISTS = [
    "/api/v1/alerts",
    "/api/v1/imports",
    "/api/v1/roster",
    "/api/v1/rosters/1/assignments",
    "/api/v1/week/demand",
    "/api/v1/week/pins",
]


def markers() -> list[str]:
    """Give what tells of somebody of Kunbei: name, number of a phone or a card, code."""
    return [
        *(f"某{code}" for code in THEIRS),
        *(PHONES[code] for code in THEIRS),
        *(ID_NUMBERS[code] for code in THEIRS),
        *(mark.format(code) for code in THEIRS for mark in ('"{}"', ">{}<", "{} 路")),
    ]


@pytest.fixture(scope="module")
def own(shared: RunningService) -> Login:
    return shared.login_as("station_dispatcher", station="kunbei")


@pytest.fixture(scope="module")
def theirs(shared: RunningService, own: Login) -> dict[str, str]:
    """Make an alert, a pin and an import of Kunbei; give their numbers."""
    client = shared.client(own)

    def key(name: str) -> dict[str, str]:
        return {"Idempotency-Key": f"key-{name}-0000"}

    alert = client.post("/api/v1/alerts", json=ALERT, headers=key("alert"))
    assert alert.status_code == 201, alert.text
    pin = client.post("/api/v1/week/pins", json=PIN, headers=key("pin"))
    assert pin.status_code == 201, pin.text
    made = client.post(
        "/api/v1/imports",
        files={"file": ("名单.csv", "人员编号,姓名\nli,李某\n".encode())},
        data={"kind": "people"},
        headers=key("import"),
    )
    assert made.status_code == 202, made.text
    return {
        "alert": alert.headers["Location"].rpartition("/")[2],
        "pin": pin.headers["Location"].rpartition("/")[2],
        "import": str(made.json()["import_id"]),
    }


@pytest.fixture(scope="module")
def strangers(shared: RunningService) -> dict[str, tuple[str, Login]]:
    return {who: (role, shared.login_as(role, **place)) for who, (role, place) in FOREIGN.items()}


def in_kunbei(found: re.Match[str]) -> str:
    known = {"beat_id": "haiwei", "station_id": "kunbei", "code": "li", "shift_id": "evening"}
    return known.get(found[1], "patrol_guard" if found[1] == "role" else "1")


@pytest.mark.usefixtures("theirs")
def test_no_answer_tells_others_of_the_people_of_a_station(
    shared: RunningService, strangers: dict[str, tuple[str, Login]]
) -> None:
    paths = [
        (re.sub(r"\{(\w+)[^}]*\}", in_kunbei, path), action)
        for method, path, action in route_actions(listed_app())
        if method == "GET" and action
    ]
    marks = markers()
    told = []
    num_asked = 0
    for who, (role, login) in strangers.items():
        mine = [path for path, action in paths if role in authority().widest[action]]
        answers = call_all(shared.app, [Ask("GET", path, login) for path in mine])
        num_asked += len(mine)
        told += [
            f"{who}: {path} tells {mark}"
            for path, answer in zip(mine, answers, strict=True)
            for mark in marks
            if mark in answer.body.decode("utf-8", "replace") and not path.startswith("/openapi")
        ]
    assert not told
    assert num_asked > 150


def test_the_people_of_a_station_are_told_to_its_dispatcher(
    shared: RunningService, own: Login
) -> None:
    answers = call_all(
        shared.app,
        [Ask("GET", path, own) for path in ("/console/people", "/api/v1/rosters/1/assignments")],
    )
    assert all("某li" in answer.body.decode() for answer in answers)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.usefixtures("theirs")
def test_lists_are_empty_for_a_station_without_any(
    shared: RunningService, own: Login, strangers: dict[str, tuple[str, Login]], path: str
) -> None:
    for who, login in (("own", own), ("another", strangers["another sub-bureau's station"][1])):
        told: Told
        (told,) = call_all(shared.app, [Ask("GET", path, login)])
        assert told.status == 200
        assert bool(orjson.loads(told.body)["items"]) == (who == "own")


def test_what_has_a_number_is_not_there_for_others(
    shared: RunningService,
    own: Login,
    theirs: dict[str, str],
    strangers: dict[str, tuple[str, Login]],
) -> None:
    for method, template, body in DEEDS:
        path = template.format_map(theirs)
        content = b"" if body is None else orjson.dumps(body)
        tag = (("if-match", _tag(shared, own, path)), KEY)
        for who, (role, login) in strangers.items():
            if role == "station_dispatcher":
                (told,) = call_all(shared.app, [Ask(method, path, login, content, headers=tag)])
                assert told.status == 404, f"{who}: {method} {path}: {told.body[:300]!r}"
        (told,) = call_all(shared.app, [Ask(method, path, own, content, headers=tag)])
        # Nothing was explained or previewed where nobody works off the jobs: that is told.
        assert told.status < 300 or told.status == 409, f"{method} {path}: {told.body[:300]!r}"


def _tag(running: RunningService, login: Login, path: str) -> str:
    (told,) = call_all(running.app, [Ask("GET", path, login)])
    return told.etag or '"1"'
