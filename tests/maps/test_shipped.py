"""What is shipped is what the package has: the hashes in `refresh.py` are those of the files."""

from __future__ import annotations

import importlib.util
from hashlib import sha256

from maps.shipped import ASSETS, OTHERS, SCRIPTS, STYLES


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
    assert files == {*SCRIPTS, *STYLES, *OTHERS}
    assert "Volodymyr Agafonkin" in (ASSETS / "LICENSE.leaflet").read_text(encoding="utf-8")
