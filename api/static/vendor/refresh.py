"""Fetch Bootstrap and htmx from npm, check the hash: ``python api/static/vendor/refresh.py``.

`npm pack` asks whatever registry this machine's npm is set to. A file that differs from the hash
below is refused, unless ``--accept`` is given after somebody has read what changed; it then prints
the new hashes to be put here. Bootstrap's version is the one that Folium's pages use.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Final

PACKAGES: Final = {
    # package: {in the package: (here, SHA-256)}
    "bootstrap@5.2.2": {
        "package/dist/css/bootstrap.min.css": (
            "bootstrap.min.css",
            "2143941c03dacda8b4f1016ced6e0c6f34e5c04585a3bcffe33c3c626c448a4a",
        ),
        "package/dist/js/bootstrap.bundle.min.js": (
            "bootstrap.bundle.min.js",
            "c4b2394a30fa0e4a23c6b308541353e20872a6fd765ed8fb70e6b402029deb00",
        ),
        "package/LICENSE": (
            "LICENSE.bootstrap",
            "53d2513c8df48a817d70537cc906b8e9c7bf2513328ff66847894773e615b37e",
        ),
    },
    "htmx.org@2.0.11": {
        "package/dist/htmx.min.js": (
            "htmx.min.js",
            "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717",
        ),
        "package/LICENSE": (
            "LICENSE.htmx",
            "d3d2456f76414f2456104660ebd65aff1c04cd7966b942bdabd63f3cdb316a38",
        ),
    },
}
HERE: Final = Path(__file__).parent


def fetch(package: str, names: list[str]) -> dict[str, bytes]:
    """Return the wanted files of a package by their name in it."""
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(["npm", "pack", "--silent", package], cwd=directory, check=True)
        (archive,) = Path(directory).glob("*.tgz")
        with tarfile.open(archive) as tar:
            members = {name: tar.extractfile(name) for name in names}
            return {name: member.read() for name, member in members.items() if member}


def main() -> int:
    """Fetch, check and write; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accept", action="store_true", help="write files whose hash is new")
    accept = parser.parse_args().accept
    different = False
    for package, files in PACKAGES.items():
        for name, content in fetch(package, list(files)).items():
            here, expected = files[name]
            digest = sha256(content).hexdigest()
            if digest != expected:
                different = True
                sys.stderr.write(f"{here}: expected {expected}, got {digest}.\n")
                if not accept:
                    continue
            (HERE / here).write_bytes(content)
    return 1 if different and not accept else 0


if __name__ == "__main__":
    sys.exit(main())
