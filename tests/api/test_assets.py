"""Static files: hashed names, packed bodies, and foreign ones as their package has them."""

from __future__ import annotations

import gzip
import importlib.util
from hashlib import sha256
from pathlib import Path

import brotli
import pytest
from starlette.testclient import TestClient

from api import assets
from api.assets import Assets

FOLDER = Path(assets.__file__).parent / "static"
UNPACK = {"": bytes, "gzip": gzip.decompress, "br": brotli.decompress}


@pytest.fixture(scope="module")
def shipped() -> Assets:
    return Assets.load()


@pytest.mark.parametrize("encoding", UNPACK)
@pytest.mark.parametrize("name", ["style.css", "vendor/htmx.min.js", "vendor/bootstrap.min.css"])
def test_files_come_packed_as_wanted(shipped: Assets, name: str, encoding: str) -> None:
    headers = {"Accept-Encoding": encoding or "identity"}
    with TestClient(shipped).stream("GET", shipped.url(name), headers=headers) as response:
        assert response.headers.get("content-encoding", "") == encoding
        assert "immutable" in response.headers["cache-control"]
        body = b"".join(response.iter_raw())
    assert UNPACK[encoding](body) == (FOLDER / name).read_bytes()


def test_foreign_files_have_the_hashes_that_refresh_checks() -> None:
    spec = importlib.util.spec_from_file_location("refresh", FOLDER / "vendor" / "refresh.py")
    assert spec
    assert spec.loader
    refresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(refresh)
    expected = dict(pair for files in refresh.PACKAGES.values() for pair in files.values())
    for here, digest in expected.items():
        assert sha256((FOLDER / "vendor" / here).read_bytes()).hexdigest() == digest
    found = {file.name for file in (FOLDER / "vendor").iterdir() if file.suffix in {".js", ".css"}}
    assert found <= expected.keys()
