"""Phones and a duty room at once: 300 requests a second in an open loop, of all that they send.

    python benchmarks/mixed_load.py [sqlite] [postgresql] [--rate 300] [--seconds 60]
        [--volunteers 1000] [--phones 400] [--workers 1] [--only KIND,…] [--bundle DIR --result DIR]

`jingge serve` runs in a process of its own, with its field runner, relay and live index, on a demo
city of that many volunteers (with ``--bundle`` on a city of yours). Requests come at random times
that do not wait for answers (a Poisson process), and each is timed **from when it was due**, not
from when it could be sent: a server that falls behind shows it. The mix is of weights (`MIX`): the
page of today and the nearest tasks make more than half; the rest writes: positions, check-ins,
sign-ups and withdrawals, answers to alerts that a dispatcher makes, tips; and reads points.
Three of ten phones are on duty when it begins. ``--only position`` sends that alone.

409 where a rule says no (a task is full by now) is an answer, told apart; anything else that is not
2xx or 303, and what takes ten seconds, is an error.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import itertools
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from sqlalchemy import select

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from main_reads import CODE, server  # noqa: E402
from pace import pace  # noqa: E402
from service_client import start_service  # noqa: E402
from store_speed import database  # noqa: E402
from tiny_store import KEYS  # noqa: E402

from api.access.cookies import PLAIN  # noqa: E402
from api.loading import load_plan  # noqa: E402
from data.demo import write_demo  # noqa: E402
from data.field.positions import CONSENT  # noqa: E402
from data.points.rules import fill_shipped  # noqa: E402
from data.store.engine import open_engines, open_store  # noqa: E402
from data.store.migrate import upgrade  # noqa: E402
from data.store.tables.people import Consent, Person  # noqa: E402
from data.store.tables.tasks import Signup, Task  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service_client import Login
    from sqlalchemy.orm import Session

MIX: Final = {
    "today": 30,
    "nearest": 25,
    "position": 20,
    "points": 7,
    "signup": 5,
    "withdraw": 4,
    "check_in": 4,
    "answer": 2,
    "tip": 2,
    "alert": 1,
}
"""Kind of request → its weight. What is not possible yet (an answer without an alert, a withdrawal
without a sign-up) is the page of today."""
OPEN_ALERTS: Final = 40
"""So many go on at once; then the duty room ends the oldest before it makes another."""
ON_DUTY: Final = 0.3
"""The part of the phones that are on duty before the load begins, from which positions come."""
OPEN_TASKS: Final = 300
ROLE: Final = "community_reporter"
"""A duty role that asks for no profession and no certificate."""
Place = tuple[int, float, float]
"""A task and where it is."""
TIMEOUT_S: Final = 10.0
BOUNDARY: Final = "b0undary"


@dataclass(slots=True)
class Phone:
    """A volunteer's phone: its session, where it is, and what it has to say next."""

    code: str
    head: str
    lat: float
    lng: float
    duty: int
    came: bool = False
    signed: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Request:
    """One request, and what to do with its answer."""

    kind: str
    content: bytes
    phone: Phone | None = None
    task: int = 0


def fill(url: str, bundle: Path, result: Path) -> int:
    """Fill a store with a city and its plan, and tasks to come; return how many people."""
    engines = open_engines(url)
    upgrade(engines)
    engines.dispose()
    store, now = open_store(url), datetime.now(UTC)
    load_plan(store, KEYS, bundle, result, now=now, by="benchmark")
    store.submit(fill_shipped)
    store.submit(lambda session: add_tasks(session, now))
    with store.read() as session:
        count = len(session.scalars(select(Person.id)).all())
    store.close()
    return count


def task(number: int, person: Any, now: datetime, starts: datetime, places: int) -> Task:
    """Make a task at somebody's home."""
    return Task(
        code=f"M{number:05}",
        kind="fixed_post",
        state="open",
        title="护学岗（合成）",
        station_id=person.station_id,
        lat=person.home_lat,
        lng=person.home_lng,
        cell=person.home_cell,
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
        signup_until=starts - timedelta(minutes=10),
        role=ROLE,
        places=places,
        leaders=places,
        points=3,
        created_at=now,
        created_by="benchmark",
        changed_at=now,
    )


def add_tasks(session: Session, now: datetime) -> None:
    """Publish tasks of the next days, all over the city."""
    people = volunteers(session)
    for number in range(OPEN_TASKS):
        person = people[number * len(people) // OPEN_TASKS]
        starts = now + timedelta(hours=12 + number % 100)
        session.add(task(number, person, now, starts, 6))


def volunteers(session: Session) -> list[Person]:
    """Give the volunteers who live somewhere and belong to a station."""
    placed = (Person.home_cell.is_not(None), Person.station_id.is_not(None))
    query = select(Person).where(Person.tier == "volunteer", Person.state == "active", *placed)
    return list(session.scalars(query.order_by(Person.id)))


def put_on_duty(session: Session, count: int, now: datetime) -> list[tuple[str, int, Any]]:
    """Give each of some volunteers a task of their own that begins now."""
    people = volunteers(session)
    chosen = people[:: max(1, len(people) // count)][:count]
    found = []
    for number, person in enumerate(chosen):
        duty = task(90_000 + number, person, now, now + timedelta(minutes=5), 1)
        duty.state, duty.taken = "closed", 1  # its time to sign up is over
        session.add(duty)
        session.flush()
        row = {"task_id": duty.id, "person_id": person.id, "created_by": "benchmark"}
        session.add(Signup(state="confirmed", created_at=now, changed_at=now, **row))
        agreed = {"purpose": CONSENT, "wording": "benchmark", "given_at": now}
        session.add(Consent(person_id=person.id, **agreed))
        found.append((person.code, duty.id, (person.home_lat, person.home_lng)))
    session.flush()
    return found


def head_of(login: Login, host: str) -> str:
    """Give the lines that each request of a session has."""
    return (
        f"Host: {host}\r\nCookie: {PLAIN}={login.token}\r\nX-CSRF-Token: {login.csrf}\r\n"
        f"Origin: http://{host}\r\nAccept: text/html, application/json\r\n"
    )


class Load:
    """What the phones and the duty room send, and how it went."""

    def __init__(
        self, phones: list[Phone], desk: str, tasks: list[Place], only: tuple[str, ...] = ()
    ) -> None:
        self._draw = random.Random(1)  # noqa: S311 - no secret
        self._kinds = only or tuple(MIX)
        self._phones, self._desk, self._tasks = phones, desk, tasks
        self._by_code = {one.code: one for one in phones}
        self._keys = itertools.count()
        self._called: deque[tuple[Phone, int]] = deque()
        self._open: deque[int] = deque()
        self.times: dict[str, list[float]] = defaultdict(list)
        self.told: dict[str, list[float]] = defaultdict(list)
        self.answers: dict[str, Counter[str]] = defaultdict(Counter)
        self.refused: Counter[str] = Counter()

    def next(self) -> Request:
        """Draw a request by the mix."""
        kind = self._draw.choices(self._kinds, [MIX[kind] for kind in self._kinds])[0]
        phone = self._draw.choice(self._phones)
        made: Request | None = getattr(self, f"_{kind}")(phone)
        return made or self._today(phone)

    def check_in(self) -> Request | None:
        """Have one more phone come to its post; None where all have."""
        return self._check_in(self._phones[0])

    def note(self, request: Request, status: str, body: bytes, seconds: float) -> None:
        """Keep an answer's time and status; remember what can follow from it."""
        if status == "503":
            self.told[request.kind].append(seconds)
        self.times[request.kind].append(seconds)
        self.answers[request.kind][status] += 1
        phone = request.phone
        if status == "409":
            self.refused[f"{request.kind}: {_detail(body)}"] += 1
        if request.kind == "alert" and status == "201":
            alert = json.loads(body)
            self._open.append(alert["id"])
            called = (self._by_code.get(call["person"]) for call in alert["calls"])
            self._called.extend((one, alert["id"]) for one in called if one)
        if phone is not None and request.kind == "signup" and status == "201":
            phone.signed.append(request.task)
        if phone is not None and request.kind == "check_in" and status != "200":
            phone.came = False

    def _today(self, phone: Phone) -> Request:
        return Request("today", _get("/m", phone.head))

    def _points(self, phone: Phone) -> Request:
        return Request("points", _get("/api/v1/points/mine", phone.head))

    def _nearest(self, phone: Phone) -> Request:
        where = f"lat={self._near(phone.lat):.5f}&lng={self._near(phone.lng):.5f}"
        return Request("nearest", _get(f"/api/v1/tasks/nearest?{where}&k=10", phone.head))

    def _position(self, phone: Phone) -> Request | None:
        if not phone.came:  # nobody is followed who is not on duty
            there = [one for one in self._phones if one.came]
            if not there:
                return None
            phone = self._draw.choice(there)
        where = {"lat": self._near(phone.lat), "lng": self._near(phone.lng), "accuracy_m": 12.0}
        return Request("position", _send("PUT", "/api/v1/position", phone.head, where))

    def _check_in(self, phone: Phone) -> Request | None:
        waiting = [one for one in self._phones if not one.came]
        if not waiting:
            return None
        phone = self._draw.choice(waiting)
        phone.came = True
        where = {"lat": phone.lat, "lng": phone.lng, "accuracy_m": 12.0}
        body = {"turn": {"task_id": phone.duty}, "position": where}
        return Request("check_in", _send("POST", "/api/v1/check-ins", phone.head, body), phone)

    def _signup(self, phone: Phone) -> Request | None:
        near = heapq.nsmallest(
            5, self._tasks, lambda one: math.dist(one[1:], (phone.lat, phone.lng))
        )
        number = self._draw.choice(near)[0]
        if number in phone.signed:
            return None
        path = f"/api/v1/tasks/{number}/signups"
        content = _send("POST", path, phone.head, {}, key=self._key())
        return Request("signup", content, phone, number)

    def _withdraw(self, _: Phone) -> Request | None:
        some = self._draw.sample(self._phones, min(40, len(self._phones)))
        signed = [one for one in some if one.signed]
        if not signed:
            return None
        number = signed[0].signed.pop()
        path = f"/api/v1/tasks/{number}/signups/mine/withdraw"
        return Request("withdraw", _send("POST", path, signed[0].head, {"reason": "家里有事"}))

    def _answer(self, _: Phone) -> Request | None:
        if not self._called:
            return None
        phone, alert = self._called.popleft()
        word = self._draw.choice(("accept", "accept", "decline"))
        body = {"reason": "不在附近"} if word == "decline" else {}
        return Request("answer", _send("POST", f"/api/v1/alerts/{alert}/{word}", phone.head, body))

    def _alert(self, phone: Phone) -> Request:
        if len(self._open) >= OPEN_ALERTS:
            path = f"/api/v1/alerts/{self._open.popleft()}/end?state=closed"
            return Request("alert", _send("PUT", path, self._desk, {"outcome": "合成"}))
        what = {"kind": "missing_person", "title": "走失老人（合成）", "danger": "calm"}
        body = what | {"lat": self._near(phone.lat), "lng": self._near(phone.lng)}
        content = _send("POST", "/api/v1/alerts", self._desk, body, key=self._key())
        return Request("alert", content)

    def _tip(self, phone: Phone) -> Request:
        fields = {"category": "suspicious_person", "text": "合成的线索", "lat": str(phone.lat)}
        parts = "".join(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in {**fields, "lng": str(phone.lng)}.items()
        )
        body = f"{parts}--{BOUNDARY}--\r\n".encode()
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        return Request("tip", _sent("POST", "/api/v1/tips", phone.head, body, kind, self._key()))

    def _near(self, degrees: float) -> float:
        return degrees + self._draw.uniform(-0.002, 0.002)

    def _key(self) -> str:
        return f"mixed-load-{os.getpid()}-{next(self._keys):08}"


def _detail(body: bytes) -> str:
    try:
        return str(json.loads(body).get("detail", ""))[:80]
    except ValueError:
        return ""


def _get(path: str, head: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()


def _send(method: str, path: str, head: str, body: dict[str, Any], key: str = "") -> bytes:
    return _sent(method, path, head, json.dumps(body).encode(), "application/json", key)


def _sent(  # noqa: PLR0917 - the parts of a request, in their order
    method: str, path: str, head: str, body: bytes, kind: str, key: str
) -> bytes:
    more = f"Idempotency-Key: {key}\r\n" if key else ""
    lines = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}"
    return f"{method} {path} HTTP/1.1\r\n{head}{lines}\r\n".encode() + body


class Client:
    """Connections that are kept: an idle one, or a new one where all are busy."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname, parts.port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.num_opened = 0

    async def ask(self, content: bytes) -> tuple[str, bytes]:
        """Send a request; return the status and the body.

        A kept connection that the server has closed meanwhile is no answer: a new one is opened,
        as a browser does.
        """
        if self._idle:
            try:
                return await self._ask(content, self._idle.pop())
            except asyncio.IncompleteReadError as error:
                if error.partial:
                    raise
            except ConnectionError:
                pass
        return await self._ask(content, await self._open())

    async def _ask(
        self, content: bytes, pair: tuple[asyncio.StreamReader, asyncio.StreamWriter]
    ) -> tuple[str, bytes]:
        reader, writer = pair
        try:
            writer.write(content)
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
            length = next((one for one in lines if one.startswith("content-length:")), "")
            if length:
                body = await reader.readexactly(int(length.split(":")[1]))
            else:
                body = await _chunks(reader)
        except BaseException:
            writer.close()
            raise
        if "connection: close" in lines:
            writer.close()
        else:
            self._idle.append(pair)
        return lines[0].split()[1], body

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self.num_opened += 1
        return await asyncio.open_connection(self._host, self._port)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    """Read a body that comes in chunks."""
    body = b""
    while size := int((await reader.readline()).strip() or b"0", 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


async def run(address: str, load: Load, rate: float, seconds: float) -> tuple[float, int]:
    """Send at random times for a while; return how long it took in all, and connections opened."""
    client, tasks = Client(address), set()
    draw = random.Random(2)  # noqa: S311 - no secret
    begun = due = time.perf_counter()

    async def one(request: Request, due: float) -> None:
        try:
            status, body = await asyncio.wait_for(client.ask(request.content), TIMEOUT_S)
        except (OSError, EOFError, TimeoutError) as error:
            status, body = type(error).__name__, b""
        load.note(request, status, body, time.perf_counter() - due)

    while due - begun < seconds:
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        job = asyncio.create_task(one(load.next(), due))
        tasks.add(job)
        job.add_done_callback(tasks.discard)
        due += draw.expovariate(rate)
    while tasks:
        await asyncio.wait(tasks)
    return time.perf_counter() - begun, client.num_opened


async def check_in(address: str, load: Load, count: int) -> None:
    """Put the first phones on duty."""
    client = Client(address)
    for _ in range(count):
        request = load.check_in()
        if request is not None:
            load.note(request, *await client.ask(request.content), 0.0)


def share(times: list[float], part: float) -> float:
    """Give a share's time in milliseconds."""
    return sorted(times)[min(len(times) - 1, int(len(times) * part))] * 1000


def report(load: Load, took: float, rate: float, opened: int) -> int:
    """Print a line a kind, and all; return the number of errors."""
    print("\n| request | number | p50 ms | p99 ms | most ms | by rule | errors |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | --- |")
    errors: Counter[str] = Counter()
    for kind in MIX:
        if not load.times[kind]:
            continue
        wrong = {
            status: number
            for status, number in load.answers[kind].items()
            if not status.startswith("2") and status not in {"303", "409"}
        }
        errors.update(wrong)
        _row(kind, load.times[kind], load.answers[kind]["409"], wrong)
    every = [one for times in load.times.values() for one in times]
    _row("all", every, sum(one["409"] for one in load.answers.values()), dict(errors))
    good = len(every) - sum(errors.values())
    print(
        f"\n{len(every):,} requests, {len(every) / took:.0f} a second of {rate:.0f} wanted, "
        f"{good / took:.0f} a second done, {opened} connections, load {os.getloadavg()[0]:.1f}"
    )
    told = [one for status in load.told.values() for one in status]
    if told:
        print(
            f"  503 × {len(told)}: told after p50 {share(told, 0.5):,.0f} ms, "
            f"p99 {share(told, 0.99):,.0f} ms"
        )
    for words, number in load.refused.most_common(5):
        print(f"  409 × {number}: {words}")
    return sum(errors.values())


def _row(name: str, times: list[float], refused: int, wrong: dict[str, int]) -> None:
    shares = " | ".join(f"{share(times, part):,.0f}" for part in (0.5, 0.99, 1.0))
    told = ", ".join(f"{status} × {number}" for status, number in wrong.items()) or "0"
    print(f"| {name} | {len(times):,} | {shares} | {refused:,} | {told} |", flush=True)


def measure(url: str, bundle: Path, result: Path, options: argparse.Namespace) -> int:
    """Fill a store, serve it, and load it; return the number of errors."""
    count = fill(url, bundle, result)
    running = start_service(url)
    now = datetime.now(UTC)
    found = running.store.submit(lambda session: put_on_duty(session, options.phones, now))
    with running.store.read() as session:
        known = select(Task.id, Task.lat, Task.lng).where(Task.code < "M9", Task.code >= "M0")
        tasks = [tuple(row) for row in session.execute(known)]
    logins = [running.login_as("volunteer", person=code) for code, _, _ in found]
    desk = running.login_as("city_dispatcher")
    running.service.close()
    print(f"  {count:,} people, {len(found)} phones, {len(tasks)} tasks, {options.rate:.0f}/s")
    with server(url, options.workers) as address:
        host = urlsplit(address).netloc
        phones = [
            Phone(code, head_of(login, host), *place, duty)
            for (code, duty, place), login in zip(found, logins, strict=True)
        ]
        only = tuple(options.only.split(",")) if options.only else ()
        load = Load(phones, head_of(desk, host), tasks, only)
        if not only or "position" in only:
            asyncio.run(check_in(address, load, round(ON_DUTY * len(phones))))
        asyncio.run(run(address, load, options.rate / 3, 5))  # warm
        load.times.clear()
        load.answers.clear()
        load.told.clear()
        paces, busy = [pace()], time.process_time()
        took, opened = asyncio.run(run(address, load, options.rate, options.seconds))
        busy = time.process_time() - busy
        errors = report(load, took, options.rate, opened)
        paces.append(pace())
        print(
            f"  asking took {busy / took:.0%} of a core; "
            f"a million additions {min(paces):.0f}-{max(paces):.0f} ms"
        )
        return errors


def made_city(folder: Path, number: int) -> tuple[Path, Path]:
    """Write a demo city of some volunteers and plan it quickly."""
    bundle, result = folder / "bundle", folder / "result"
    write_demo(bundle, volunteers=number)
    command = [sys.executable, "-c", CODE, "plan", str(bundle), "--out", str(result)]
    quick = ("--rounds", "0", "--workers", "1")
    subprocess.run([*command, *quick], check=True, stdout=subprocess.DEVNULL)
    return bundle, result


def databases(options: argparse.Namespace) -> Iterator[tuple[str, Path, Path]]:
    """Give the databases that were named, one after the other, with the city to fill them with."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle, result = options.bundle, options.result
        if bundle is None or result is None:
            bundle, result = made_city(folder, options.volunteers)
        for kind in options.kinds:
            print(kind)
            with database(kind, folder) as url:
                yield url, bundle, result


def main() -> None:
    """Measure on the databases that were named, or on both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--rate", type=float, default=300)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--volunteers", type=int, default=1_000)
    parser.add_argument("--phones", type=int, default=400)
    parser.add_argument("--workers", type=int, default=1, help="processes that answer")
    parser.add_argument("--only", default="", help="kinds of requests, with commas between")
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--result", type=Path)
    options = parser.parse_args()
    errors = 0
    for url, bundle, result in databases(options):
        errors += measure(url, bundle, result, options)
    sys.exit(1 if errors else 0)


if __name__ == "__main__":
    main()
