"""Planning on a real Dask scheduler with real worker processes, some of them killed."""

from __future__ import annotations

import pickle
import re
import shutil
import struct
import sys
from concurrent.futures import Executor, Future
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from dask_cluster import LoopbackCluster, wait_until
from loopback_certificates import write_certificates
from piece_work import solve_and_one_dies, square, square_or_die_once
from tiny_city import (
    availability_table,
    beats_table,
    demand_table,
    people_table,
    random_scenario,
    roles_table,
    shifts_table,
    tiny_scenario,
)

from api import cli, scheduler
from api.cluster_worker import OtherCodeError, own_stamp, run_stamped
from api.commands import planning
from api.language import texts_of
from api.scheduler import SchedulerError, cluster_pool
from api.settings import Settings
from data.bundle import write_bundle
from dispatch.effort import Effort
from dispatch.executors import PiecePool, local_processes
from dispatch.planner import plan

ROOT = Path(__file__).parents[2]
ENGLISH, CHINESE = texts_of("en"), texts_of("zh")
LOST = pytest.mark.filterwarnings("ignore:A worker that solved pieces was lost:RuntimeWarning")


class Recorder(Executor):
    """Keeps the bytes of everything that a cluster would be sent, and solves it from them."""

    def __init__(self):
        self.pieces = []

    def submit(self, fn, /, *args, **kwargs):
        self.pieces.append(pickle.dumps((fn, args, kwargs), protocol=5))
        function, arguments, options = pickle.loads(self.pieces[-1])  # noqa: S301 - our own
        future = Future()
        future.set_result(function(*arguments, **options))
        return future


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with LoopbackCluster(tmp_path_factory.mktemp("cluster")) as made:
        made.add_workers(2)
        yield made


@pytest.fixture
def small_pieces(monkeypatch):
    """Treat even a tiny city as too large to be solved whole, and cut it into several pieces."""
    monkeypatch.setattr("dispatch.planner.MOST_ARCS", 0)
    monkeypatch.setattr("dispatch.improvement.MAX_ARCS", 20)


def connected(address, **options):
    return cluster_pool(address, settings=Settings(), texts=ENGLISH, **options)


def town():
    return random_scenario(5, people=40)


def planned(pool, progress=None):
    ticks = count()
    return plan(
        town(),
        effort=Effort(rounds=1),
        workers=2,
        seed=3,
        clock=lambda: next(ticks) * 0.001,
        progress=progress,
        pool=pool,
    )


def assert_same(result, expected):
    assert result.roster.equals(expected.roster)
    assert result.report.objective == expected.report.objective
    assert result.report.bound == expected.report.bound


def test_pieces_are_answered_in_order(cluster):
    with connected(cluster.address) as pool:
        answers = list(pool.map_pieces(square, range(25)))
        assert pool.workers >= 1
    assert answers == [(n, n * n) for n in range(25)]


def test_what_a_function_raises_comes_back_as_it_is(cluster):
    with connected(cluster.address, workers=1) as pool, pytest.raises(ZeroDivisionError):
        pool.submit(divmod, 1, 0).result()


def test_the_plan_is_the_same_wherever_pieces_are_solved(cluster, small_pieces):
    sent = Recorder()
    with PiecePool(lambda: sent, workers=2) as pool:
        expected = planned(pool)
    assert len(sent.pieces) > 5
    with PiecePool(workers=2) as pool:
        assert_same(planned(pool), expected)
    with connected(cluster.address, workers=2) as pool:
        assert_same(planned(pool), expected)
        assert pool.losses == 0


@LOST
@pytest.mark.parametrize("where", ["processes", "cluster"])
def test_the_plan_is_the_same_when_a_worker_is_killed_at_a_piece(
    cluster, small_pieces, tmp_path, monkeypatch, where
):
    with PiecePool(workers=2) as pool:
        expected = planned(pool)
    monkeypatch.setattr(
        "dispatch.improvement.solve_piece", partial(solve_and_one_dies, folder=str(tmp_path))
    )
    if where == "cluster":
        cluster.add_workers(1)
    with (
        connected(cluster.address, workers=2)
        if where == "cluster"
        else PiecePool(local_processes(2), workers=2)
    ) as pool:
        assert_same(planned(pool), expected)
    assert (tmp_path / "died").exists()
    died = [worker for worker in cluster.workers if worker.poll() is not None]
    assert len(died) == (where == "cluster")
    cluster.workers = [worker for worker in cluster.workers if worker not in died]


def test_a_piece_that_was_running_on_a_killed_worker_is_answered(cluster, tmp_path):
    cluster.add_workers(1)
    tasks = [(number, str(tmp_path / "died")) for number in range(10)]
    with connected(cluster.address, workers=3) as pool:
        answers = list(pool.map_pieces(square_or_die_once, tasks))
    assert (tmp_path / "died").exists()
    assert answers == [(n, n * n) for n in range(10)]


@pytest.fixture
def impatient(monkeypatch):
    """Give a lost cluster up at once."""
    monkeypatch.setattr(scheduler, "_GRACE_S", 1.0)
    monkeypatch.setattr(scheduler, "_LOOK_EVERY_S", 0.2)
    monkeypatch.setattr(scheduler, "_CONNECT_AGAIN_S", 0.5)


@LOST
def test_pieces_are_solved_here_when_the_scheduler_is_killed(tmp_path, impatient):
    with LoopbackCluster(tmp_path) as made:
        made.add_workers(1)
        with connected(made.address) as pool:
            answers = pool.map_pieces(square, range(6))
            assert next(answers) == (0, 0)
            made.scheduler.kill()
            assert list(answers) == [(n, n * n) for n in range(1, 6)]
            assert pool.losses >= 3


def test_the_command_tells_that_all_workers_were_killed(
    tmp_path, impatient, small_pieces, monkeypatch, capsys
):
    write_bundle(town(), tmp_path / "town")
    arguments = ["plan", str(tmp_path / "town"), "--rounds", "1", "--seed", "3", "--workers", "2"]
    assert cli.run([*arguments, "--out", str(tmp_path / "here")]) == 0
    notes = tmp_path / "notes"
    notes.mkdir()
    monkeypatch.setattr(
        "dispatch.improvement.solve_piece", partial(solve_and_one_dies, folder=str(notes))
    )
    with LoopbackCluster(tmp_path) as made:
        made.add_workers(1)
        arguments += ["--out", str(tmp_path / "there"), "--scheduler", made.address]
        assert cli.run(arguments) == 0
        made.workers[0].wait(timeout=1)
    rosters = [(tmp_path / where / "roster.csv").read_bytes() for where in ("here", "there")]
    assert rosters[0] == rosters[1]
    told = capsys.readouterr().err.splitlines()
    # How often the loss is met depends on when: a piece is lost, or sending it again fails.
    assert told[-2] in {planning.TEXTS("cli.plan.lost", count=count) for count in range(1, 7)}


def test_workers_that_cannot_answer_are_refused_by_name(tmp_path, monkeypatch):
    other, foreign = tmp_path / "other", tmp_path / "foreign"
    for package in ("api", "grid", "dispatch"):
        shutil.copytree(
            ROOT / package, other / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    changed = other / "dispatch" / "rules.py"
    changed.write_text(changed.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    (foreign / "api").mkdir(parents=True)
    (foreign / "api" / "__init__.py").touch()
    with LoopbackCluster(tmp_path) as made:
        monkeypatch.setattr(scheduler, "FIRST_CONNECT_S", 0.5)
        with pytest.raises(SchedulerError, match="at least one worker at tcp://"):
            connected(made.address).__enter__()
        monkeypatch.setattr(scheduler, "FIRST_CONNECT_S", 20.0)
        made.add_workers(1, other)
        made.add_workers(1, foreign)

        def problems():
            with (
                pytest.raises(SchedulerError) as refused,
                cluster_pool(made.address, settings=Settings(), texts=CHINESE),
            ):
                pass
            return refused.value.problems

        wait_until(lambda: len(problems()) == 2)
        told = "\n".join(problems())
    assert "No module named 'api.cluster_worker'" in told
    assert re.search(r"计算节点 tcp://127\S+ 应与本机运行相同的代码，差异：code \w+ ≠ \w+。", told)


def telltale_town():
    """Make a town in which every id, name, word and coordinate would be recognised in a piece."""
    places = [
        {
            "beat_id": f"BEATTELLS{b}",
            "station_id": f"STATIONTELLS{b % 2}",
            "sub_bureau_id": "BUREAUTELLS",
            "name": f"海威格{b}",
            "lat": 40.67123 + b / 997,
            "lng": 109.82321 + b / 991,
        }
        for b in range(4)
    ]
    times = [
        (f"SHIFTTELLS{day}", f"2026-11-2{3 + day} 19:00", f"2026-11-2{3 + day} 23:00")
        for day in range(3)
    ]
    roles = [
        {"role": "ROLETELLSOFFICER", "tier": "officer"},
        {"role": "ROLETELLSGUARD", "tier": "volunteer", "qualifications": ("SKILLTELLS",)},
    ]
    persons = [
        {
            "person_id": f"张三PERSONTELLS{p}",
            "tier": "officer" if p % 4 == 0 else "volunteer",
            "station_id": f"STATIONTELLS{p % 2}",
            "profession": "JOBTELLS",
            "qualifications": ("SKILLTELLS",),
            "lat": 40.67001 + p / 7919,
            "lng": 109.82007 + p / 7907,
            "max_shifts": 2,
        }
        for p in range(40)
    ]
    return tiny_scenario(
        beats=beats_table(*places),
        shifts=shifts_table(*times),
        roles=roles_table(*roles),
        people=people_table(*persons),
        availability=availability_table(
            *((p["person_id"], t[0], 0) for p in persons for t in times)
        ),
        demand=demand_table(
            *((b["beat_id"], t[0], r["role"], (3, 2)) for b in places for t in times for r in roles)
        ),
    )


def test_pieces_carry_no_personal_data(small_pieces):
    recorder = Recorder()
    town = telltale_town()
    with PiecePool(lambda: recorder, workers=2) as pool:
        result = plan(town, effort=Effort(rounds=1), workers=2, clock=count().__next__, pool=pool)
    assert result.report.assigned > 10
    assert sum(len(piece) > 1_000 for piece in recorder.pieces) > 3
    words = ["TELLS", "张三", "海威", "volunteer", "officer"]
    telltales = [word.encode(code) for word in words for code in ("utf-8", "utf-16le", "utf-32le")]
    for table in (town.people, town.beats):
        for degrees in np.concatenate([table["lat"].to_numpy(), table["lng"].to_numpy()]):
            for number in (degrees, np.radians(degrees), np.sin(np.radians(degrees))):
                telltales += [struct.pack("<d", number), struct.pack("<f", number)]
                telltales.append(repr(float(number))[:10].encode())
    for piece in recorder.pieces:
        assert not [telltale for telltale in telltales if telltale in piece]


def test_the_command_plans_on_a_scheduler(cluster, tmp_path, capsys):
    write_bundle(town(), tmp_path / "town")
    arguments = ["plan", str(tmp_path / "town"), "--rounds", "1", "--seed", "3", "--workers", "2"]
    assert cli.run([*arguments, "--out", str(tmp_path / "here")]) == 0
    assert (
        cli.run([*arguments, "--out", str(tmp_path / "there"), "--scheduler", cluster.address]) == 0
    )
    rosters = [(tmp_path / where / "roster.csv").read_bytes() for where in ("here", "there")]
    assert rosters[0] == rosters[1]
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "address",
    [
        "x",
        "tcp://",
        "tcp://host",
        "tcp://host:99999",
        "inproc://1",
        "scheduler.json",
        "tcp://a:1/b",
    ],
)
def test_an_address_of_another_form_is_refused(address):
    with pytest.raises(SchedulerError, match=r"Expected --scheduler tcp://host:port.* got"):
        connected(address).__enter__()


@pytest.mark.parametrize(
    ("texts", "words"), [(ENGLISH, "install the extra"), (CHINESE, "请安装可选组件")]
)
def test_dask_that_is_not_installed_is_named(monkeypatch, texts, words):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(SchedulerError, match=words),
        cluster_pool("tcp://127.0.0.1:1", settings=Settings(), texts=texts),
    ):
        pass


def test_a_scheduler_that_does_not_answer_ends_the_command(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(scheduler, "FIRST_CONNECT_S", 0.5)
    assert (
        cli.run(
            [
                "plan",
                str(tmp_path),
                "--out",
                str(tmp_path / "o"),
                "--scheduler",
                "tcp://127.0.0.1:1",
            ]
        )
        == 2
    )
    told = capsys.readouterr().err
    assert "tcp://127.0.0.1:1" in told
    assert len(told.splitlines()) == 1


def test_tls_needs_the_certificates_that_settings_name(tmp_path, monkeypatch):
    ca, cert, key = write_certificates(tmp_path)
    settings = Settings(cluster_ca=str(ca), cluster_cert=str(cert), cluster_key=str(key))
    options = ("--tls-ca-file", str(ca), "--tls-cert", str(cert), "--tls-key", str(key))
    with LoopbackCluster(tmp_path, tls=options) as made:
        made.add_workers(1)
        assert made.address.startswith("tls://")
        with cluster_pool(made.address, settings=settings, texts=ENGLISH) as pool:
            assert list(pool.map_pieces(square, range(4)))[3] == (3, 9)
        with pytest.raises(SchedulerError, match=r"JINGGE_CLUSTER_CA .* got -"):
            connected(made.address).__enter__()
        gone = replace(settings, cluster_key=str(tmp_path / "gone.pem"))
        with (
            pytest.raises(SchedulerError, match=r"JINGGE_CLUSTER_KEY .*gone\.pem"),
            cluster_pool(made.address, settings=gone, texts=ENGLISH),
        ):
            pass
        monkeypatch.setattr(scheduler, "FIRST_CONNECT_S", 1.0)
        with pytest.raises(SchedulerError, match="Expected a Dask scheduler at tcp://"):
            connected(made.address.replace("tls://", "tcp://")).__enter__()


def test_a_late_worker_with_other_code_answers_nothing():
    with pytest.raises(OtherCodeError, match=r"ortools \S+ ≠ 0"):
        run_stamped(replace(own_stamp(), ortools="0"), square, (3,))
    assert run_stamped(own_stamp(), square, (3,)) == 9
