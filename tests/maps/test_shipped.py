"""What is shipped is what the package has: the hashes in `refresh.py` are those of the files."""

from __future__ import annotations

import importlib.util
from hashlib import sha256

from maps.shipped import ASSETS, OTHERS, PARTS, SCRIPTS, STYLES, read_asset

OWN = {part for name in (*SCRIPTS, *STYLES, *OTHERS) for part in PARTS.get(name, (name,))}


def test_shipped_files_have_the_hashes_that_refresh_checks() -> None:
    spec = importlib.util.spec_from_file_location("refresh", ASSETS / "refresh.py")
    assert spec
    assert spec.loader
    refresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(refresh)
    for here, expected in refresh.FILES.values():
        assert sha256((ASSETS / here).read_bytes()).hexdigest() == expected


def test_every_script_here_is_ours_or_licensed() -> None:
    files = {path.name for path in ASSETS.iterdir() if path.suffix in {".js", ".css"}}
    assert files == OWN
    assert "Volodymyr Agafonkin" in (ASSETS / "LICENSE.leaflet").read_text(encoding="utf-8")


def without_comments(name: str) -> str:
    lines = (ASSETS / name).read_text(encoding="utf-8").splitlines(keepends=True)
    kept, quotes = [], 0
    for line in lines:
        if line.lstrip(" ").startswith("//"):
            assert quotes % 2 == 0, f"{name}: a comment line inside a text: {line}"
            continue
        kept.append(line)
        quotes += line.count("`")
    assert len(kept) < len(lines)
    return "".join(kept)


def test_comments_stay_at_home_and_nothing_else_does() -> None:
    for name in (*SCRIPTS, *OTHERS):
        if name == "leaflet.js" or not name.endswith(".js"):
            continue
        parts = [without_comments(part) for part in PARTS.get(name, (name,))]
        assert read_asset(name).decode() == "".join(parts)
        # One word at the top makes all of it strict: each part must ask for that by itself.
        assert all(part.startswith('"use strict";\n') and part.endswith("\n") for part in parts)
