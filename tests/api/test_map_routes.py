"""The maps' addresses: what they answer, how it may be kept, and that names stay out of pages."""

from __future__ import annotations

import gzip
import json
import re
from typing import TYPE_CHECKING

import brotli
import numpy as np
import pytest

from api.language import texts_of
from api.layers import MapLayers
from api.map_file import map_file
from grid.coverage import RINGS_MIN, TIER_MODES, Ring, reach
from grid.lattice import Lattice
from maps.codec import PLAIN, RUNS, decode_bytes, decode_runs

if TYPE_CHECKING:
    from starlette.testclient import TestClient as Client

    from api.city import City

PAGES = ("/maps/coverage", "/maps/gaps", "/maps/price", "/maps/equity", "/maps/workload")


@pytest.fixture(scope="module")
def root(city: City) -> str:
    return f"/maps/data/{city.version}"


def decoded(city: City, body: bytes) -> np.ndarray:
    assert isinstance(city.lattice, Lattice)
    if body[0] == PLAIN:
        return np.frombuffer(body[1:], dtype=np.uint8)
    if body[0] == RUNS:
        return decode_runs(body[1:])
    return decode_bytes(city.lattice, body[1:])


@pytest.mark.parametrize("path", PAGES)
def test_pages_hold_words_of_ours_alone(client: Client, city: City, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    html = response.text
    words = [
        *city.scenario.beats[["beat_id", "name", "station_name", "sub_bureau_name"]]
        .to_numpy()
        .flat,
        *city.scenario.shifts["shift_id"],
        city.scenario.name,
    ]
    for word in words:
        assert str(word) not in html
    assert not re.search(r"[a-z]+://", html)
    nonce = re.search(r"'nonce-([^']+)'", response.headers["content-security-policy"])
    assert nonce
    assert all(f'nonce="{nonce[1]}"' in tag for tag in re.findall("<script[^>]*>", html))


def test_pages_speak_the_readers_language(client: Client) -> None:
    assert "<title>覆盖图</title>" in client.get("/maps/coverage").text
    english = client.get("/maps/gaps", headers={"Accept-Language": "en"}).text
    assert "<title>Gaps</title>" in english
    assert '<html lang="en">' in english


@pytest.mark.parametrize("tier", ["all", "officer", "auxiliary", "volunteer"])
@pytest.mark.parametrize("ring", RINGS_MIN)
def test_coverage_is_the_chance_that_somebody_in_reach_comes(
    client: Client, city: City, root: str, ring: int, tier: str
) -> None:
    """Person by person, from the roster: 1 - product of (1 - p) over those in reach."""
    show_up = dict(
        zip(city.scenario.people["person_id"], city.scenario.people["show_up"], strict=True)
    )
    beats = city.scenario.beats
    for number, shift in enumerate(city.scenario.shifts["shift_id"]):
        absent = np.ones(len(city.lattice.cells))
        for row in city.roster[city.roster["shift_id"] == shift].itertuples():
            if tier in {"all", row.tier}:
                place = beats.loc[beats["beat_id"] == row.beat_id, ["lat", "lng"]].to_numpy()
                radius = Ring(ring, TIER_MODES[row.tier]).radius_m()
                there = reach(city.lattice, place[:, 0], place[:, 1], radius).toarray()[:, 0]
                absent *= np.where(there > 0, 1 - show_up[row.person_id], 1)
        body = client.get(f"{root}/coverage/{ring}/{tier}/{number}").content
        found = decoded(city, body)
        percent = 100 * (1 - absent) + 1e-4
        expected = np.where(absent < 1, 1 + np.floor(percent), 0)
        expected += (percent >= 99.9).astype(int)  # 99.9 % is 101, 100 % is 102
        np.testing.assert_array_equal(found, expected)


def test_bodies_are_kept_and_compressed(client: Client, root: str) -> None:
    path = f"{root}/owners"
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert plain.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert plain.headers["content-type"] == "application/octet-stream"
    for name, unpack in (("gzip", gzip.decompress), ("br", brotli.decompress)):
        with client.stream("GET", path, headers={"Accept-Encoding": name}) as response:
            raw = b"".join(response.iter_raw())
        assert response.headers["content-encoding"] == name
        assert response.headers["vary"] == "Accept-Encoding"
        assert unpack(raw) == plain.content
    again = client.get(path, headers={"If-None-Match": plain.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    refused = client.get(path, headers={"Accept-Encoding": "br;q=0, gzip"})
    assert refused.headers["content-encoding"] == "gzip"


def test_scripts_are_at_addresses_with_their_hash(client: Client) -> None:
    html = client.get("/maps/coverage").text
    found = re.findall(r'(?:src|href)="(/maps/static/[^"]+)"', html)
    assert len(found) == 3  # each costs a reader a round trip
    for path in found:
        response = client.get(path)
        assert response.status_code == 200
        assert "immutable" in response.headers["cache-control"]
        assert response.headers["content-type"].startswith(("text/javascript", "text/css"))


@pytest.mark.parametrize(
    "path",
    [
        "/maps/data/0000000000000000/geometry",
        "{root}/coverage/2/all/0",
        "{root}/coverage/5/everybody/0",
        "{root}/coverage/5/all/3",
        "{root}/coverage/5/all/-1",
        "{root}/posts/3",
        "{root}/tiles/3/8/0",
        "{root}/tiles/23/0/0",
        "/maps/static/000000000000/leaflet.js",
        "{static}/refresh.py",
        "{static}/..%2fbase.py",
    ],
)
def test_what_is_not_there_is_404(client: Client, root: str, path: str) -> None:
    static = re.search(r'"(/maps/static/[0-9a-f]+)/', client.get("/maps/coverage").text)
    assert static
    assert client.get(path.format(root=root, static=static[1])).status_code == 404


def test_posts_name_what_is_short_heaviest_first(client: Client, city: City, root: str) -> None:
    evening = list(city.scenario.shifts["shift_id"]).index("evening")
    posts = client.get(f"{root}/posts/{evening}").json()
    beats = list(city.scenario.beats["beat_id"])
    short = [(beats[b], posts["roles"][r], missing, w) for b, r, missing, w in posts["short"]]
    assert short == [
        ("huasheng", "patrol_guard", 2, 4),
        ("haiwei", "mediator", 1, 2),
        ("haiwei", "patrol_guard", 1, 1),
    ]
    assert posts["required"][beats.index("haiwei")] == 5
    assert posts["assigned"][beats.index("haiwei")] == 3
    assert posts["heads"]["volunteer"][beats.index("haiwei")] == 2


def test_shifts_carry_local_clocks(client: Client, root: str) -> None:
    shifts = client.get(f"{root}/shifts").json()
    assert shifts["offset"] == [480, 480, 480]
    assert [end - start for start, end in zip(shifts["start"], shifts["end"], strict=True)] == [
        *(14400, 14400, 14400)
    ]


def test_tiles_without_a_lattice(client: Client, city: City, root: str) -> None:
    lat, lng = city.scenario.beats.loc[0, ["lat", "lng"]].astype(float)
    zoom = 15
    x = (lng + 180) / 360 * 2**zoom
    y = (1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**zoom
    body = client.get(f"{root}/tiles/{zoom}/{int(x)}/{int(y)}").content
    table = np.frombuffer(body, dtype="<i4").reshape(256, 256)
    assert table[int(y % 1 * 256), int(x % 1 * 256)] == city.lattice.index_at([lat], [lng])[0]


def test_bodies_are_made_once_and_the_oldest_go(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.layers.KEPT", 2)
    layers = MapLayers(city)
    first = layers.coverage(1, "all", 0)
    assert layers.coverage(1, "all", 0) is first
    layers.coverage(3, "all", 0)
    layers.coverage(5, "all", 0)
    assert layers.coverage(1, "all", 0) is not first


def test_file_holds_everything_and_no_address(city: City) -> None:
    html = map_file(city.scenario, city.result.roster, texts_of("zh"))
    inlined = re.search(r'id="jg-inlined">(.*?)</script>', html, re.DOTALL)
    assert inlined
    addresses = json.loads(inlined[1])
    shifts = len(city.scenario.shifts)
    rings = len(RINGS_MIN)
    lists = 3 + 4 * (rings + 1)  # prices, workload, the week's gaps; equity
    assert len(addresses) == 5 + lists + 2 * shifts + (shifts + 1) * rings * 4
    assert not re.search(r'<(?:script|link|img|iframe)[^>]*(?:src|href)="(?!data:,)', html)
    for name in city.scenario.beats["name"]:
        assert name not in html


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_made_once_and_each_answer_has_its_own_nonce(client: Client, path: str) -> None:
    first, second = client.get(path), client.get(path)
    nonces = [
        re.findall(r"'nonce-([^']+)'", answer.headers["content-security-policy"])[0]
        for answer in (first, second)
    ]
    assert nonces[0] != nonces[1]
    assert first.text.count(nonces[0]) > 3
    assert first.text.replace(nonces[0], nonces[1]) == second.text


def test_what_is_at_hand_is_what_was_made(client: Client, city: City, root: str) -> None:
    layers = MapLayers(city)
    assert layers.at_hand("coverage", 3, "all", 0) is None
    made = layers.coverage(3, "all", 0)
    assert layers.at_hand("coverage", 3, "all", 0) is made
    assert made.is_made("")
    assert not made.is_made("gzip")
    body, _ = made.encoded("gzip")
    assert made.is_made("gzip")
    assert not made.is_made("br, gzip")
    answers = [
        client.get(f"{root}/coverage/3/all/0", headers={"accept-encoding": "gzip"}) for _ in "12"
    ]
    assert [answer.content for answer in answers] == [gzip.decompress(body)] * 2
    assert client.get("/maps/data/0/coverage/3/all/0").status_code == 404
