"""Nearest search beside brute force, a k-d tree, PostGIS and Redis: the same people and rules.

    nice -n -15 python benchmarks/nearest_speed.py                 # everything, about 4 minutes
    python benchmarks/nearest_speed.py --sizes 37289 --no-servers  # the engines in this process

People stand where the demo city's volunteers live; 1.1 million are thirty of each, up to 300 m
apart. "A fifth" asks for a role, on duty, not busy, not muted; "rare" for a qualification that one
in a thousand has. Each engine is asked from the same spots (cells by weight) for the nearest
twenty, and its answers are compared with those of brute force before anything is timed.
PostGIS: UTM points, GiST, a prepared statement over a socket, everything in memory. Redis:
GEOSEARCH over a socket within a growing radius, the rules applied to what comes back. PostGIS is
asked with the plan that its planner chooses and with the index alone; the faster one counts.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pyproj
from scipy.spatial import cKDTree

sys.path.append(str(Path(__file__).parent.parent / "tests" / "support"))

from postgres_server import find_binaries, running_server

from data.demo import build_demo
from dispatch.nearest import NearestIndex, Things
from dispatch.nearest_rules import State, as_masks, person_rules, qualification_bits
from dispatch.rules import Tier
from grid.lattice import build_index
from grid.travel import unit_vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

K = 20
SEED = 20261125
ON_FOOT = 1.3 / (5000 / 60)
MOVES = 746
ROLE = 1
RARE = qualification_bits([0])
UTM = 32649


class Case:
    """People, spots and rules of one size."""

    def __init__(self, size: int, demo: Any) -> None:
        rng = np.random.default_rng(SEED)
        people = demo.scenario.people
        home = people[people["tier"] == "volunteer"]
        at = np.resize(np.arange(len(home)), size) if size >= len(home) else None
        if at is None:
            at = rng.choice(len(home), size, replace=False)
        spread = 0.003 if size > len(home) else 0.0
        self.lat = home["lat"].to_numpy()[at] + rng.uniform(-spread, spread, size)
        self.lng = home["lng"].to_numpy()[at] + rng.uniform(-spread, spread, size)
        self.roles = np.where(rng.random(size) < 0.55, 1, 2).astype(np.uint64)
        state = np.full(size, int(State.VOLUNTEER | State.INSURED), np.int64)
        for bit, chance in ((State.ON_DUTY, 0.5), (State.BUSY, 0.15), (State.MUTED, 0.14)):
            state |= np.where(rng.random(size) < chance, int(bit), 0)
        rare = rng.random(size) < 0.005
        self.state = (state | np.where(rare, RARE, 0)).astype(np.uint64)
        cells = demo.scenario.cells
        weight = cells["weight"].to_numpy()
        self.cells = build_index(cells["cell"].to_numpy())
        where = rng.choice(len(cells), 2000, p=weight / weight.sum())
        positions = self.cells.positions(cells["cell"].to_numpy()[where])
        lat, lng = (axis[positions] for axis in self.cells.centres())
        self.spots = np.stack((lat, lng), axis=1) + rng.uniform(-0.001, 0.001, (2000, 2))
        self.moves = rng.integers(0, size, (50, MOVES))
        self.steps = rng.uniform(-0.002, 0.002, (50, 2, MOVES))

    def passing(self, rare: bool) -> np.ndarray:
        """Who passes, at once: what the others compute from the words."""
        must = int(State.INSURED | State.ON_DUTY) | (RARE if rare else 0)
        never = int(State.BUSY | State.MUTED)
        ok = (self.state & np.uint64(must)) == must
        return ok & ((self.state & np.uint64(never)) == 0) & ((self.roles & np.uint64(ROLE)) != 0)


def rules(rare: bool) -> np.ndarray:
    """Return the rules as the index reads them."""
    held = RARE if rare else 0
    return as_masks(
        person_rules([Tier.VOLUNTEER], roles=ROLE, qualifications=held, on_duty_only=True)
    )


def index_of(case: Case) -> NearestIndex:
    """Return our index of the people."""
    size = len(case.lat)
    things = Things(
        *(case.lat, case.lng, case.roles, case.state, np.zeros(size, np.uint64)),
        *(np.full(size, np.inf), np.zeros(size, np.int64), np.zeros(size, np.int8)),
    )
    return NearestIndex(case.cells, things, [ON_FOOT])


def ours(case: Case) -> Callable[[int, bool], list[int]]:
    """Lattice bins."""
    index = index_of(case)
    compiled = {rare: rules(rare) for rare in (False, True)}

    def ask(spot: int, rare: bool) -> list[int]:
        lat, lng = case.spots[spot]
        return index.search(lat, lng, compiled[rare], K).number

    return ask


def brute(case: Case) -> Callable[[int, bool], list[int]]:
    """Numpy over everybody: words first, then the chord."""
    vectors = np.ascontiguousarray(unit_vectors(case.lat, case.lng).T)
    spots = unit_vectors(*case.spots.T)
    never = np.uint64(State.BUSY | State.MUTED)

    def ask(spot: int, rare: bool) -> list[int]:
        must = np.uint64(State.INSURED | State.ON_DUTY | (RARE if rare else 0))
        ok = ((case.state & must) == must) & ((case.state & never) == 0)
        who = np.flatnonzero(ok & ((case.roles & np.uint64(ROLE)) != 0))
        x, y, z = spots[spot]
        square = (vectors[0, who] - x) ** 2 + (vectors[1, who] - y) ** 2
        square += (vectors[2, who] - z) ** 2
        if len(who) > K:
            first = np.argpartition(square, K - 1)[:K]
            who, square = who[first], square[first]
        return who[np.argsort(square, kind="stable")]

    return ask


def kd_tree(case: Case) -> Callable[[int, bool], list[int]]:
    """Scipy's k-d tree: fetch more than are wanted, filter, fetch more."""
    tree = cKDTree(unit_vectors(case.lat, case.lng))
    spots = unit_vectors(*case.spots.T)
    never = np.uint64(State.BUSY | State.MUTED)

    def ask(spot: int, rare: bool) -> list[int]:
        must = np.uint64(State.INSURED | State.ON_DUTY | (RARE if rare else 0))
        count = 8 * K
        while True:
            _, near = tree.query(spots[spot], min(count, len(case.lat)))
            state = case.state[near]
            ok = ((state & must) == must) & ((state & never) == 0)
            found = near[ok & ((case.roles[near] & np.uint64(ROLE)) != 0)][:K]
            if len(found) == K or count >= len(case.lat):
                return found
            count *= 4

    return ask


@contextmanager
def postgis(case: Case) -> Iterator[Callable[[int, bool], list[int]]]:
    """GiST `<->` in PostGIS, prepared."""
    binaries = find_binaries()
    if binaries is None:
        raise SystemExit("Expected PostgreSQL's server binaries, got none.")
    project = pyproj.Transformer.from_crs(4326, UTM, always_xy=True)
    x, y = project.transform(case.lng, case.lat)
    spots = np.stack(project.transform(case.spots[:, 1], case.spots[:, 0]), axis=1)
    must, never = int(State.INSURED | State.ON_DUTY), int(State.BUSY | State.MUTED)
    with (
        running_server(binaries) as server,
        psycopg.connect(server.url("postgres"), autocommit=True) as connection,
        psycopg.connect(server.url("postgres"), autocommit=True) as by_index,
    ):
        connection.execute("CREATE EXTENSION postgis")
        connection.execute(
            f"CREATE TABLE person (id int PRIMARY KEY, roles bigint, state bigint,"
            f" place geometry(Point, {UTM}))"
        )
        rows = zip(range(len(x)), case.roles.tolist(), case.state.tolist(), x, y, strict=True)
        with connection.cursor().copy("COPY person (id, roles, state, place) FROM STDIN") as copy:
            for number, roles, state, east, north in rows:
                copy.write_row((number, roles, state, f"SRID={UTM};POINT({east} {north})"))
        connection.execute("CREATE INDEX ON person USING gist (place)")
        connection.execute("VACUUM ANALYZE person")
        point = f"ST_SetSRID(ST_MakePoint(%s, %s), {UTM})"
        question = (
            "SELECT id FROM person WHERE roles & %s <> 0 AND state & %s = %s AND state & %s = 0"  # noqa: S608
            f" ORDER BY place <-> {point} LIMIT {K}"
        )
        change = f"UPDATE person SET place = {point} WHERE id = %s"  # noqa: S608

        for name in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):
            by_index.execute(f"SET {name} = off")

        def run(connection: psycopg.Connection[Any], spot: int, rare: bool) -> list[int]:
            east, north = map(float, spots[spot])
            values = (ROLE, *(2 * [must | (RARE if rare else 0)]), never, east, north)
            return [row[0] for row in connection.execute(question, values, prepare=True).fetchall()]

        faster = {}
        for rare in (False, True):
            taken = {}
            for one in (connection, by_index):
                for spot in range(2):
                    run(one, spot, rare)
                begun = time.perf_counter()
                for spot in range(8):
                    run(one, spot, rare)
                taken[one] = time.perf_counter() - begun
            faster[rare] = min(taken, key=taken.__getitem__)

        def ask(spot: int, rare: bool) -> list[int]:
            return run(faster[rare], spot, rare)

        def move(batch: int) -> None:
            who, (north, east) = case.moves[batch], case.steps[batch]
            lng, lat = case.lng[who] + east, case.lat[who] + north
            east, north = project.transform(lng, lat)
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(
                    change,
                    list(zip(east.tolist(), north.tolist(), who.tolist(), strict=True)),
                )

        ask.move = move  # type: ignore[attr-defined]
        yield ask


class Redis:
    """Enough of Redis' protocol: send commands, read nested answers."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.stream = self.socket.makefile("rb")

    @staticmethod
    def packed(*words: object) -> bytes:
        """Return a command as it goes over the socket."""
        parts = [str(word).encode() for word in words]
        body = b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts)
        return b"*%d\r\n" % len(parts) + body

    def ask(self, *words: object) -> Any:
        """Send a command and return its answer."""
        self.socket.sendall(self.packed(*words))
        return self.read()

    def read(self) -> Any:
        """Return the next answer."""
        line = self.stream.readline()[:-2]
        kind, rest = line[:1], line[1:]
        if kind == b"*":
            return [self.read() for _ in range(int(rest))]
        if kind == b"$":
            return self.stream.read(int(rest) + 2)[:-2]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        return rest


@contextmanager
def redis(case: Case) -> Iterator[Callable[[int, bool], list[int]]]:
    """GEOSEARCH of the nearest, growing, and the rules applied here."""
    home = Path(tempfile.mkdtemp(prefix="jg-"))
    process = subprocess.Popen(
        [
            *("redis-server", "--port", "0", "--unixsocket", str(home / "socket")),
            *("--save", "", "--appendonly", "no", "--dir", str(home)),
        ],
        stdout=subprocess.DEVNULL,
    )
    try:
        while not (home / "socket").exists():
            time.sleep(0.02)
        client = Redis(home / "socket")
        triples = np.stack((case.lng, case.lat, np.arange(len(case.lat))), axis=1)
        for first in range(0, len(triples), 10_000):
            part = triples[first : first + 10_000]
            words = [word for lng, lat, who in part for word in (lng, lat, int(who))]
            client.ask("GEOADD", "people", *words)
        passes = {rare: case.passing(rare) for rare in (False, True)}

        def ask(spot: int, rare: bool) -> list[int]:
            lat, lng = case.spots[spot]
            ok, radius = passes[rare], 1000.0
            while True:
                near = client.ask(
                    *("GEOSEARCH", "people", "FROMLONLAT", lng, lat),
                    *("BYRADIUS", radius, "m", "ASC"),
                )
                found = [int(who) for who in near if ok[int(who)]][:K]
                if len(found) == K or len(near) == len(case.lat) or radius > 1e6:
                    return found
                radius *= 2

        def move(batch: int) -> None:
            who, (north, east) = case.moves[batch], case.steps[batch]
            rows = zip(case.lng[who] + east, case.lat[who] + north, who, strict=True)
            client.ask("GEOADD", "people", *(word for row in rows for word in row))

        ask.move = move  # type: ignore[attr-defined]
        yield ask
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(home)


def times(ask: Callable[[int, bool], Any], rare: bool, budget_s: float) -> tuple[float, float, int]:
    """Return p50 and p99 in µs over all spots, or as many as the time allows."""
    for spot in range(20):
        ask(spot, rare)
    taken: list[float] = []
    until = time.perf_counter() + budget_s
    for spot in range(2000):
        begun = time.perf_counter()
        ask(spot, rare)
        taken.append((time.perf_counter() - begun) * 1e6)
        if time.perf_counter() > until and len(taken) >= 30:
            break
    return float(np.percentile(taken, 50)), float(np.percentile(taken, 99)), len(taken)


def agreement(ask: Callable[[int, bool], Any], reference: Any, rare: bool) -> float:
    """Return the share of answers that are also brute force's (other globes differ at the end)."""
    spots = range(0, 2000, 20)
    same = sum(len(set(map(int, ask(s, rare))) & set(map(int, reference(s, rare)))) for s in spots)
    return same / sum(len(reference(s, rare)) for s in spots)


def moves_ms(move: Callable[[int], None]) -> float:
    """Return the median of fifty batches of 746 moves, ms."""
    taken = []
    for batch in range(50):
        begun = time.perf_counter()
        move(batch)
        taken.append((time.perf_counter() - begun) * 1e3)
    return float(np.median(taken))


def our_moves(case: Case) -> Callable[[int], None]:
    """Return a function that moves people in our index."""
    index = index_of(case)

    def move(batch: int) -> None:
        who, (north, east) = case.moves[batch], case.steps[batch]
        index.move(who, case.lat[who] + north, case.lng[who] + east)

    return move


def measure(size: int, demo: Any, *, servers: bool, budget_s: float) -> None:
    """Print one size's table."""
    case = Case(size, demo)
    share = {rare: case.passing(rare).mean() for rare in (False, True)}
    print(f"\n{size:,} people; pass: {share[False]:.1%}, rare {share[True]:.2%}")
    reference = brute(case)
    with ExitStack() as stack:
        engines: dict[str, Any] = {
            "ours": ours(case),
            "numpy": reference,
            "cKDTree": kd_tree(case),
        }
        if servers:
            engines["PostGIS"] = stack.enter_context(postgis(case))
            engines["Redis"] = stack.enter_context(redis(case))
        base: dict[bool, float] = {}
        print("| engine | a fifth, p50 / p99 µs | × | rare, µs | × | same answers | moves ms |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        for name, ask in engines.items():
            cells = [name]
            same = min(agreement(ask, reference, rare) for rare in (False, True))
            for rare in (False, True):
                p50, p99, _ = times(ask, rare, budget_s)
                base.setdefault(rare, p50)
                cells += [f"{p50:,.0f} / {p99:,.0f}", f"{p50 / base[rare]:.1f}"]
            move = our_moves(case) if name == "ours" else getattr(ask, "move", None)
            cells += [f"{same:.2%}", f"{moves_ms(move):.1f}" if move else "–"]
            print("|", " | ".join(cells), "|", flush=True)
    assert all(
        np.array_equal(engines["ours"](s, rare), reference(s, rare))
        for s in range(0, 2000, 10)
        for rare in (False, True)
    ), "Expected the same answers as brute force."


def main() -> None:
    """Measure every size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[5_000, 37_289, 1_100_000])
    parser.add_argument("--no-servers", action="store_true")
    parser.add_argument("--budget", type=float, default=10.0, help="seconds an engine and question")
    options = parser.parse_args()
    demo = build_demo()
    for size in options.sizes:
        measure(size, demo, servers=not options.no_servers, budget_s=options.budget)


if __name__ == "__main__":
    main()
