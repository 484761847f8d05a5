"""A headless Chromium that prints one page: driven through its pipe, with no further library.

Chromium speaks the DevTools protocol on two pipes (``--remote-debugging-pipe``): JSON with a zero
byte behind each message. Five commands are all that printing needs.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from grid.errors import JinggeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge")
SIZES: Final = {"a4": (1123, 794), "a3": (1587, 1123)}
"""Width and height of a sheet across, CSS pixels (96 to the inch)."""
SCALE: Final = 2
PATIENCE_S: Final = 180.0
_READY: Final = "document.body && document.body.dataset.ready === '1'"
_FLAGS: Final = (
    *("--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--hide-scrollbars"),
    *("--no-first-run", "--disable-sync", "--disable-background-networking", "--mute-audio"),
    *("--disable-component-update", "--disable-extensions", "--disable-default-apps"),
    *("--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND"),  # a printer asks nobody
)


class ChromiumError(JinggeError):
    """No Chromium is there, or it did not print."""


def find_chromium(environment: Mapping[str, str]) -> str:
    """Return the program: ``JINGGE_CHROMIUM``, or the first of `NAMES` on the path.

    Raises
    ------
    ChromiumError
        Where there is none.
    """
    wanted = environment.get("JINGGE_CHROMIUM", "")
    names = (wanted,) if wanted else NAMES
    for name in names:
        if found := shutil.which(name, path=environment.get("PATH")):
            return found
    raise ChromiumError(
        f"Expected a Chromium to print with: one of {', '.join(names)} on the path, or its "
        "program in JINGGE_CHROMIUM; got none."
    )


def print_page(html: str, paper: str, *, program: str, pdf: bool, png: bool) -> dict[str, bytes]:
    """Return a page as a file of one sheet.

    Parameters
    ----------
    html : str
        A self-contained page that sets ``data-ready`` on its body when it is drawn.
    paper : str
        A key of `SIZES`.
    program : str
        From `find_chromium`.
    pdf, png : bool
        What to make.

    Returns
    -------
    dict
        ``pdf`` and ``png`` → bytes, those that were asked for.

    Raises
    ------
    ChromiumError
        Where the browser ends early, or the page is not drawn within `PATIENCE_S`.
    """
    with TemporaryDirectory(prefix="jingge-print-", ignore_cleanup_errors=True) as directory:
        file = Path(directory) / "sheet.html"
        file.write_text(html, encoding="utf-8")
        with _running(program, directory) as pipe:
            page = _opened(pipe, file.as_uri(), SIZES[paper])
            made: dict[str, bytes] = {}
            if png:
                made["png"] = pipe.bytes_of(page, "Page.captureScreenshot", format="png")
            if pdf:
                made["pdf"] = pipe.bytes_of(
                    page, "Page.printToPDF", preferCSSPageSize=True, printBackground=True
                )
            return made


def _opened(pipe: _Pipe, address: str, size: tuple[int, int]) -> str:
    """Open a page of a size, wait until it is drawn and return its session."""
    target = pipe.ask("Target.createTarget", url="about:blank")["targetId"]
    page: str = pipe.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    width, height = size
    pipe.ask(
        "Emulation.setDeviceMetricsOverride",
        page,
        width=width,
        height=height,
        deviceScaleFactor=SCALE,
        mobile=False,
    )
    pipe.ask("Page.navigate", page, url=address)
    while time.monotonic() < pipe.deadline:
        found = pipe.ask("Runtime.evaluate", page, expression=_READY, returnByValue=True)
        if found["result"].get("value") is True:
            return page
        time.sleep(0.05)
    raise ChromiumError(f"Expected the map to be drawn within {PATIENCE_S:.0f} s, got nothing.")


class _Pipe:
    """Asks a running Chromium, one question at a time."""

    def __init__(self, to: int, back: int) -> None:
        self.deadline = time.monotonic() + PATIENCE_S
        self._to, self._back = to, back
        self._number = 0
        self._read = b""

    def ask(self, method: str, session: str = "", **values: object) -> dict[str, Any]:
        """Return what a command of the DevTools protocol answers."""
        self._number += 1
        message: dict[str, object] = {"id": self._number, "method": method, "params": values}
        if session:
            message["sessionId"] = session
        _write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = json.loads(self._next())
            if answer.get("id") != self._number:
                continue  # an event that nobody waits for
            if "error" in answer:
                raise ChromiumError(f"Expected {method} to work, got {answer['error']!r}.")
            result: dict[str, Any] = answer["result"]
            return result

    def bytes_of(self, session: str, method: str, **values: object) -> bytes:
        """Return the file that a command answers with."""
        return base64.b64decode(self.ask(method, session, **values)["data"])

    def _next(self) -> bytes:
        while b"\0" not in self._read:
            left = self.deadline - time.monotonic()
            if left <= 0 or not select.select([self._back], [], [], left)[0]:
                raise ChromiumError(f"Expected an answer within {PATIENCE_S:.0f} s, got none.")
            part = os.read(self._back, 1 << 20)
            if not part:
                raise ChromiumError("Expected Chromium to go on, got its end.")
            self._read += part
        message, _, self._read = self._read.partition(b"\0")
        return message


def _write(to: int, data: bytes) -> None:
    try:
        while data:
            data = data[os.write(to, data) :]
    except BrokenPipeError:
        raise ChromiumError("Expected Chromium to go on, got its end.") from None


@contextmanager
def _running(program: str, directory: str) -> Iterator[_Pipe]:
    """Run Chromium with a profile of its own; it reads from its file 3 and writes to its file 4."""
    theirs_in, to = os.pipe()
    back, theirs_out = os.pipe()
    # High numbers: neither may be 3 or 4 before it is moved there.
    give, take = (fcntl.fcntl(one, fcntl.F_DUPFD, 10) for one in (theirs_in, theirs_out))
    flags = [*_FLAGS, f"--user-data-dir={directory}/profile"]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")  # Chromium refuses root otherwise; the page is our own file

    def move() -> None:
        os.dup2(give, 3)
        os.dup2(take, 4)

    process = subprocess.Popen(
        [program, *flags],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(3, 4, give, take),
        preexec_fn=move,  # noqa: PLW1509 - two system calls, and no thread of ours holds a lock
    )
    for one in (theirs_in, theirs_out, give, take):
        os.close(one)
    try:
        yield _Pipe(to, back)
    finally:
        process.kill()
        process.wait()
        os.close(to)
        os.close(back)
