"""Fetch Leaflet again from npm and check it by hash: ``python maps/assets/refresh.py``.

``npm pack`` asks whatever registry this machine's npm is set to. A file that differs from the hash
below is refused, unless ``--accept`` is given after somebody has read what changed; it then prints
the new hashes to be put here.
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

PACKAGE: Final = "leaflet@1.9.4"
FILES: Final = {
    # in the package: (here, SHA-256)
    "package/dist/leaflet.js": (
        "leaflet.js",
        "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a",
    ),
    "package/dist/leaflet.css": (
        "leaflet.css",
        "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6",
    ),
    "package/LICENSE": (
        "LICENSE.leaflet",
        "53e8dc25862014e4324741ca18fbe3611e11d42ef69f59f86ea8c5389647d4cb",
    ),
}
HERE: Final = Path(__file__).parent


def fetch(directory: Path) -> dict[str, bytes]:
    """Return the wanted files of the package by their name in it."""
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=directory, check=True)
    (archive,) = directory.glob("*.tgz")
    found = {}
    with tarfile.open(archive) as tar:
        for name in FILES:
            member = tar.extractfile(name)
            if member is None:
                raise SystemExit(f"Expected {name} in {PACKAGE}, got none.")
            found[name] = member.read()
    return found


def main() -> int:
    """Fetch, check and write; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accept", action="store_true", help="write files whose hash is new")
    accept = parser.parse_args().accept
    with tempfile.TemporaryDirectory() as directory:
        files = fetch(Path(directory))
    different = False
    for name, content in files.items():
        here, expected = FILES[name]
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
