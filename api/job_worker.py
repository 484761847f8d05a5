"""``python -m api.job_worker``: a process of its own that works off the jobs that wait.

It holds each job by a lease. Where a job is cancelled it first asks the work to end, and after a
few seconds ends itself with all its processes. Told to stop (SIGTERM), it marks its job as
interrupted. Killed, its lease runs out, and the next who looks marks the job.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Final

from api.job_bench import Bench, JobCancelledError
from api.job_kinds import RUN
from api.service import utc_now
from data.planning.errors import LeaseLostError
from data.planning.jobs import claim_job, renew_lease
from data.store.engine import open_store, store_url
from data.store.keys import load_keys
from grid.errors import JinggeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import FrameType

    from data.store.engine import Store
    from data.store.keys import Keys

LOOK_EVERY_S: Final = 1.0
PATIENCE_S: Final = 5.0
"""How long a cancelled job may take to notice before its process ends."""
_LOG: Final = logging.getLogger(__name__)


class _StoppedError(BaseException):
    """Told to stop by a signal."""


def work_off(
    store: Store,
    keys: Keys,
    clock: Callable[[], datetime],
    *,
    when_stuck: Callable[[], None] | None = None,
) -> int:
    """Work off the jobs that wait; return how many.

    Parameters
    ----------
    when_stuck : callable, optional
        Called where a cancelled job does not end, or the job is not ours any more.
    """
    worker = f"{os.getpid()}-{secrets.token_hex(4)}"
    count = 0
    while True:
        job = store.submit(partial(claim_job, worker=worker, now=clock()))
        if job is None:
            return count
        count += 1
        bench = Bench(store, keys, clock, worker, job)
        done = threading.Event()
        keeper = threading.Thread(
            target=_keep_lease, args=(bench, done, when_stuck), name="lease", daemon=True
        )
        keeper.start()
        try:
            _run(bench)
        finally:
            done.set()
            keeper.join()


def _run(bench: Bench) -> None:
    try:
        RUN[bench.job.kind](bench)
    except JobCancelledError:
        bench.end("cancelled")
    except LeaseLostError:
        _LOG.warning("job %d is not ours any more", bench.job.job_id)
    except JinggeError as error:
        bench.end("failed", error=str(error))
    except _StoppedError:
        bench.end("interrupted")
        raise
    except Exception:  # noqa: BLE001 - a job that fails must not end as one under way
        _LOG.exception("job %d failed", bench.job.job_id)
        bench.end("failed", error="Something went wrong in the worker; it is in the server's log.")


def _keep_lease(bench: Bench, done: threading.Event, when_stuck: Callable[[], None] | None) -> None:
    """Renew the lease until the job is done; see to it that a cancelled one ends."""
    job, worker = bench.job.job_id, bench.worker
    while not done.wait(LOOK_EVERY_S):
        renew = partial(renew_lease, job_id=job, worker=worker, now=bench.clock())
        try:
            wish = bench.store.submit(renew)
        except LeaseLostError:
            wish = "end"
        except JinggeError:
            _LOG.exception("the lease of job %d was not renewed", job)
            continue
        if wish == "finish":
            bench.finish.set()
        if wish != "end":
            continue
        bench.stop.set()
        if done.wait(PATIENCE_S):
            return
        if when_stuck is not None:
            try:
                bench.end("cancelled")
            except LeaseLostError:
                _LOG.warning("job %d is not ours any more", job)
            when_stuck()
            return


def _end_group() -> None:
    """End this process with all that it started: it leads a group of its own."""
    os.killpg(os.getpgid(0), signal.SIGKILL)


def main() -> int:
    """Work off what waits in the store that the environment names."""
    logging.basicConfig(level=logging.WARNING)

    def stop(_: int, __: FrameType | None) -> None:
        raise _StoppedError

    signal.signal(signal.SIGTERM, stop)
    leads = hasattr(os, "getpgid") and os.getpgid(0) == os.getpid()
    store = open_store(store_url(os.environ))
    try:
        work_off(store, load_keys(os.environ), utc_now, when_stuck=_end_group if leads else None)
    except _StoppedError:
        return 1
    finally:
        store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
