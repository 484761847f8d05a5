"""What each request of the mixed load costs: processor milliseconds, and statements of SQL.

    python benchmarks/mixed_cost.py [sqlite] [postgresql] [--times 200] [--volunteers 1000]
        [--bundle DIR --result DIR] [--only today,nearest] [--statements]

The service runs in this process, over HTTP, with its live index, and is asked one request after
another: its time is the process's less that of the asking thread, so that what else the machine
does counts little, and that of PostgreSQL's own processes is not in it. The last line adds the
kinds up by their weights in the mix: how many requests a second one interpreter has time for.
"""

from __future__ import annotations

import argparse
import asyncio
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mixed_load import (  # puts the project and its tests' support on the path
    MIX,
    Client,
    Load,
    Phone,
    Request,
    databases,
    fill,
    head_of,
    put_on_duty,
)
from service_client import start_service
from sqlalchemy import event, func, select

from api.server import serving
from data.store.tables.tasks import Task

if TYPE_CHECKING:
    from data.store.engine import Store

WARM = 40
READ_BY = 40
"""Phones that read: each once before its questions count, as if it had been in use."""
READS = {"today", "nearest", "points"}
FOLLOWING = {"live-index", "alerts"}
"""Threads that read by the clock, not for a request."""


@dataclass(slots=True)
class Cost:
    """What requests of one kind came to."""

    number: int = 0
    seconds: float = 0.0
    statements: int = 0
    last: list[str] = field(default_factory=list)


def made(load: Load, kind: str, phone: Phone) -> Request:
    """Make a request of a kind, or the page of today where there can be none yet."""
    request: Request | None = getattr(load, f"_{kind}")(phone)
    return request or load._today(phone)


def rest(store: Store) -> None:
    """Wait until what the clock owes since the store was filled is done."""
    due = select(func.count()).where(Task.state == "open", Task.signup_until <= datetime.now(UTC))
    for _ in range(120):
        with store.read() as session:
            if not session.scalar(due):
                return
        time.sleep(0.5)


async def ask_all(  # noqa: PLR0917 - asked once, below
    address: str, load: Load, phones: list[Phone], kinds: list[str], times: int, asked: list[str]
) -> dict[str, Cost]:
    """Ask each kind many times, one after another."""
    client, costs = Client(address), defaultdict(Cost)
    for kind in kinds:
        for turn in range(-WARM, times):
            among = phones[:READ_BY] if kind in READS else phones
            if kind == "position":
                among = [phone for phone in phones if phone.came][:READ_BY] or phones
            request = made(load, kind, among[turn % len(among)])
            asked.clear()
            before = time.process_time() - time.thread_time()
            status, body = await client.ask(request.content)
            seconds = time.process_time() - time.thread_time() - before
            load.note(request, status, body, seconds)
            if status not in {"200", "201", "204", "303", "409"}:
                print(f"  {kind}: {status} {body[:200]!r}")
            if turn >= 0 and request.kind == kind:
                cost = costs[kind]
                cost.number += 1
                cost.seconds += seconds
                cost.statements += len(asked)
                cost.last = list(asked)
    return costs


def told(costs: dict[str, Cost]) -> None:
    """Print a line a kind, and what the mix comes to."""
    print("\n| request | weight | processor ms | statements |\n| --- | ---: | ---: | ---: |")
    whole, statements = 0.0, 0.0
    for kind, weight in MIX.items():
        if (cost := costs.get(kind)) is None or not cost.number:
            continue
        each, asked = 1000 * cost.seconds / cost.number, cost.statements / cost.number
        whole, statements = whole + weight * each, statements + weight * asked
        print(f"| {kind} | {weight} | {each:.1f} | {asked:.1f} |")
    if len(costs) == len(MIX):
        mean = whole / sum(MIX.values())
        print(f"| the mix | {sum(MIX.values())} | {mean:.1f} | {statements / 100:.1f} |")
        print(f"\none interpreter's time: {1000 / mean:.0f} requests a second")


def measure(url: str, bundle: Path, result: Path, options: argparse.Namespace) -> None:
    """Fill a store, serve it and ask everything."""
    fill(url, bundle, result)
    running, now = start_service(url), datetime.now(UTC)
    found = running.store.submit(lambda session: put_on_duty(session, options.phones, now))
    with running.store.read() as session:
        known = select(Task.id, Task.lat, Task.lng).where(Task.code < "M9", Task.code >= "M0")
        tasks: Any = [tuple(row) for row in session.execute(known)]
    logins = [running.login_as("volunteer", person=code) for code, _, _ in found]
    desk = running.login_as("city_dispatcher")
    asked: list[str] = []
    for engine in {running.store.engines.readers, running.store.engines.writers}:

        @event.listens_for(engine, "before_cursor_execute")
        def _note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if threading.current_thread().name not in FOLLOWING:
                asked.append(statement)

    running.app.state.live.start()
    try:
        with serving(running.app, running.settings) as address:
            rest(running.store)
            host = urlsplit(address).netloc
            phones = [
                Phone(code, head_of(login, host), *place, duty)
                for (code, duty, place), login in zip(found, logins, strict=True)
            ]
            load = Load(phones, head_of(desk, host), tasks)
            kinds = options.only.split(",") if options.only else ["check_in", *MIX]
            kinds = list(dict.fromkeys(kinds))
            costs = asyncio.run(ask_all(address, load, phones, kinds, options.times, asked))
            told(costs)
            if options.statements:
                for kind, cost in costs.items():
                    print(f"\n== {kind}", *cost.last, sep="\n-- ")
    finally:
        running.app.state.live.close()
        running.service.close()


def main() -> None:
    """Measure on the databases that were named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", default=["sqlite"])
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--volunteers", type=int, default=1_000)
    parser.add_argument("--phones", type=int, default=400)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--result", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--statements", action="store_true", help="print those of one request")
    options = parser.parse_args()
    for url, bundle, result in databases(options):
        measure(url, bundle, result, options)


if __name__ == "__main__":
    main()
