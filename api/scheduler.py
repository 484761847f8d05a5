"""Planning on many machines: pieces go to the workers of a Dask scheduler.

`dask.distributed` is an optional extra, imported when an address is given. A cluster is nothing
but another `concurrent.futures.Executor`: `dispatch.executors` sends pieces, and sends them again
when workers or the whole scheduler are lost. What is sent is described in docs/scaling.md.
"""

from __future__ import annotations

import logging
import re
import time
from concurrent.futures import BrokenExecutor, CancelledError, Future
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from api.cluster_worker import Raised, own_stamp, run_stamped
from dispatch.executors import PiecePool, WatchedExecutor
from grid.errors import JinggeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from distributed import Client, Security

    from api.cluster_worker import Stamp
    from api.language import Texts
    from api.settings import Settings

_ADDRESS: Final = re.compile(r"(tcp|tls)://(\[[0-9A-Fa-f:.]+\]|[^\s:/@\[\]]+):(\d{1,5})")
FIRST_CONNECT_S: Final = 10.0
"""How long the scheduler, and then its first worker, may take to answer."""
_CONNECT_AGAIN_S: Final = 4.0
_LOOK_EVERY_S: Final = 2.0
_GRACE_S: Final = 10.0
"""So long a cluster may be without workers: a nanny starts a killed one anew in some seconds."""


class SchedulerError(JinggeError):
    """A scheduler that cannot be used: no Dask, no answer, no workers, or workers of other code.

    Attributes
    ----------
    problems : tuple of str
        One sentence each.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@contextmanager
def cluster_pool(
    address: str, *, workers: int | None = None, settings: Settings, texts: Texts
) -> Iterator[PiecePool]:
    """Connect to a Dask scheduler; yield a pool that solves pieces on its workers.

    Parameters
    ----------
    address : str
        ``tcp://host:port``, or ``tls://host:port`` with the certificates of the settings or of
        Dask's own configuration.
    workers : int, optional
        Pieces at a time; without it, as many as the cluster's workers have threads now.
    texts : Texts
        The language of errors.

    Raises
    ------
    SchedulerError
    """
    connect = _connector(address, settings, texts)
    first = [connect(FIRST_CONNECT_S)]

    def make() -> WatchedExecutor:
        if first:
            return first.pop()
        try:
            return connect(_CONNECT_AGAIN_S)
        except SchedulerError as error:
            raise ConnectionError(str(error)) from error

    try:
        with PiecePool(make, workers=workers or first[0].threads) as pool:
            yield pool
    finally:
        for executor in first:
            executor.shutdown()


def _connector(
    address: str, settings: Settings, texts: Texts
) -> Callable[[float], ClusterExecutor]:
    """Return a function that connects within so many seconds."""
    if not _ADDRESS.fullmatch(address) or int(address.rsplit(":", 1)[1]) > 65535:
        raise SchedulerError(texts("scheduler.address", address=repr(address)))
    try:
        import distributed
    except ImportError as error:
        raise SchedulerError(texts("scheduler.missing")) from error
    for name in ("distributed", "distributed.client"):  # losses are told by us, once
        logging.getLogger(name).setLevel(logging.CRITICAL)
    security = _security(address, settings, texts)

    def connect(seconds: float) -> ClusterExecutor:
        with ExitStack() as undo:
            try:
                client = distributed.Client(
                    address, timeout=seconds, security=security, set_as_default=False
                )
                undo.callback(client.close, timeout=seconds)
                _wait_for_workers(client, address, seconds, texts)
                _compare_stamps(client, texts)
                executor = ClusterExecutor(client, own_stamp())
            except SchedulerError:
                raise
            except (OSError, ValueError) as error:  # refused, timed out, cut, no certificate
                reason = " ".join(str(error).split())
                raise SchedulerError(
                    texts("scheduler.unreachable", address=address, reason=reason)
                ) from error
            undo.pop_all()
        return executor

    return connect


def _security(address: str, settings: Settings, texts: Texts) -> Security | None:
    """Return the certificates for ``tls://``, from the settings or else Dask's configuration."""
    if not address.startswith("tls://"):
        return None
    from distributed import Security

    files = {
        "tls_ca_file": settings.cluster_ca,
        "tls_client_cert": settings.cluster_cert,
        "tls_client_key": settings.cluster_key,
    }
    security = Security(
        require_encryption=True, **{name: file for name, file in files.items() if file}
    )
    for name, variable in zip(files, ("CA", "CERT", "KEY"), strict=True):
        file = getattr(security, name)
        optional = name == "tls_client_key"  # it may stand in the certificate's file
        if not (optional if file is None else Path(file).is_file()):
            raise SchedulerError(
                texts(
                    "scheduler.certificate", variable=f"JINGGE_CLUSTER_{variable}", file=file or "-"
                )
            )
    return security


def _wait_for_workers(client: Client, address: str, seconds: float, texts: Texts) -> None:
    """Refuse a scheduler that has no worker in time."""
    try:
        client.wait_for_workers(1, timeout=seconds)
    except (TimeoutError, OSError) as error:
        raise SchedulerError(texts("scheduler.no_workers", address=address)) from error


def _compare_stamps(client: Client, texts: Texts) -> None:
    """Refuse workers with other code, naming each and what differs."""
    answers = client.run(own_stamp, on_error="return")
    problems = []
    for worker, answer in sorted(answers.items()):
        if isinstance(answer, BaseException):
            reason = " ".join(f"{type(answer).__name__}: {answer}".split())
            problems.append(texts("scheduler.no_jingge", worker=worker, reason=reason))
        elif different := answer.differs(own_stamp()):
            problems.append(texts("scheduler.other_code", worker=worker, different=different))
    if problems:
        raise SchedulerError(*problems)


class ClusterExecutor(WatchedExecutor):
    """A Dask client as an executor whose every loss is a `BrokenExecutor`.

    Dask sends the pieces of a lost worker to another one by itself, three times by default; what
    becomes of a piece beyond that, of a cluster without workers, or when the scheduler itself is
    gone, is for `PiecePool` to mend.

    Parameters
    ----------
    client : distributed.Client
        Closed with the executor.
    stamp : Stamp
        Of this process; a worker with another refuses.
    """

    def __init__(self, client: Client, stamp: Stamp) -> None:
        self._client = client
        self._stamp = stamp
        self._inner = client.get_executor(pure=False)
        self._looked = self._seen = time.monotonic()
        self.threads = max(1, sum(self._threads_of_workers()))

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Send a call; its future ends with the answer, the function's error or a loss."""
        if self._client.status != "running":
            raise BrokenExecutor(f"client {self._client.status}")
        outer: Future[Any] = Future()
        inner = self._inner.submit(run_stamped, self._stamp, partial(fn, **kwargs), args)
        inner.add_done_callback(partial(_hand_on, outer))
        return outer

    def alive(self) -> bool:
        """Return whether the cluster has had a worker within the last seconds."""
        now = time.monotonic()
        if now - self._looked >= _LOOK_EVERY_S:
            self._looked = now
            try:
                answering = self._client.status == "running" and any(self._threads_of_workers())
            except (OSError, TimeoutError, CancelledError):
                answering = False
            if answering:
                self._seen = now
        return self._client.status != "closed" and now - self._seen < _GRACE_S

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """Close the client; the scheduler forgets what it has not answered."""
        self._client.close(timeout=_CONNECT_AGAIN_S)

    def _threads_of_workers(self) -> list[int]:
        answer = self._client.sync(self._client.scheduler.ncores, callback_timeout=_CONNECT_AGAIN_S)
        return list(answer.values())


def _hand_on(outer: Future[Any], inner: Future[Any]) -> None:
    """Give an answer on; whatever is not the function's own doing is a loss."""
    if outer.done():
        return
    if inner.cancelled():
        outer.set_exception(BrokenExecutor("cancelled by the cluster"))
    elif (error := inner.exception()) is not None:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        outer.set_exception(BrokenExecutor(what))
    elif isinstance(answer := inner.result(), Raised):
        outer.set_exception(answer.error)
    else:
        outer.set_result(answer)
