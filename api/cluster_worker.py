"""What runs on a worker of a cluster: a piece's function, and the word which code it is.

A worker with other code would answer something else, or not at all. So every call carries the
stamp of who sent it, and a worker whose own stamp differs refuses the call. It is imported by
workers: nothing here may need Dask or the service.
"""

from __future__ import annotations

import hashlib
import platform
from dataclasses import asdict, dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_CODE = ("grid", "dispatch")
"""Packages whose functions may be sent."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the answer to a piece can depend on.

    Attributes
    ----------
    jingge, ortools, numpy, python : str
        Versions; of Python without its last part.
    code : str
        First digits of the SHA-256 of the sources: two builds of one version can differ.
    """

    jingge: str
    code: str
    ortools: str
    numpy: str
    python: str

    def differs(self, other: Stamp) -> str:
        """Return in which parts this stamp is not the other, in words; empty where it is."""
        mine, theirs = asdict(self), asdict(other)
        return ", ".join(
            f"{name} {mine[name]} ≠ {theirs[name]}" for name in mine if mine[name] != theirs[name]
        )


class OtherCodeError(RuntimeError):
    """A call was sent to a worker with other code."""


@dataclass(frozen=True, slots=True)
class Raised:
    """What the called function raised: its own error, and none of the cluster's."""

    error: Exception


@cache
def own_stamp() -> Stamp:
    """Return this process's stamp, read once."""
    digest = hashlib.sha256()
    for package in _CODE:
        folder = Path(str(import_module(package).__file__)).parent
        for file in sorted(folder.rglob("*.py")):
            digest.update(file.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(file.read_bytes() + b"\0")
    return Stamp(
        jingge=version("jingge"),
        code=digest.hexdigest()[:12],
        ortools=version("ortools"),
        numpy=version("numpy"),
        python=".".join(platform.python_version_tuple()[:2]),
    )


def run_stamped(
    stamp: Stamp, function: Callable[..., Any], arguments: tuple[Any, ...]
) -> Any | Raised:
    """Call a function for whoever has this stamp.

    Raises
    ------
    OtherCodeError
        Where this process's stamp is another one.
    """
    if different := own_stamp().differs(stamp):
        raise OtherCodeError(different)
    try:
        return function(*arguments)
    except Exception as error:  # noqa: BLE001 - handed to the caller as the function's own
        return Raised(error)
