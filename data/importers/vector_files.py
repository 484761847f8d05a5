"""GeoJSON, GeoPackage and Shapefile from people we do not know, as outlines and texts.

A file is what its first bytes say, never what it is called: a VRT named ``.geojson`` would have
GDAL read other files and call other hosts. Sizes, zip totals and nesting are looked at here, in
plain Python; then `outline_reader` lets GDAL read the bytes in a process with nothing to lose.
"""

from __future__ import annotations

import io
import json
import os
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from data.importers import outline_reader
from data.sheets import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

KNOWN = "GeoJSON, GeoPackage or Shapefile"
MAX_DEPTH = 32
_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_SHAPEFILE_MAGIC = b"\x00\x00\x27\x0a"
_ZIP_MAGIC = b"PK\x03\x04"
_ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# zipfile checks little: a wrong offset or name shows as any of these (20,000 mutants).
_UNPACKING_ERRORS = (
    zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, EOFError, OSError,
    ValueError, LookupError,
)  # fmt: skip
_SQLITE_MAGIC = b"SQLite format 3\x00"
_GPKG_IDS = (b"GPKG", b"GP10", b"GP11")
_PASSED_ON = (
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "SYSTEMROOT",
    "GDAL_DATA",
    "PROJ_DATA",
)
_JSON_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
# dBASE language drivers (offset 29 of a .dbf) that stand for Chinese.
_DBF_CHINESE = (0x4D, 0x7A)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost.

    Attributes
    ----------
    file_bytes, unpacked_bytes : int
        Size on disk, and the sum of a zip's members.
    memory_bytes : int
        What the reader may take on top of the libraries.
    cpu_s, wall_s : int
        Seconds of work and of waiting.
    """

    file_bytes: int = 64 << 20
    unpacked_bytes: int = 128 << 20
    memory_bytes: int = 512 << 20
    cpu_s: int = 30
    wall_s: int = 60


@dataclass(frozen=True, slots=True)
class RawOutlines:
    """What stands in a file: texts and shapes, one entry a feature, and how it declares itself.

    Attributes
    ----------
    driver, layer : str
        GDAL's name of the format, and of the layer.
    declared_crs : str or None
        The reference system that the file names. Projected coordinates are unprojected already.
    fields : Mapping of str to tuple of str
        Each column as text, empty where there is nothing.
    shapes : tuple of geometry or None
        Plane, (lng, lat) degrees, unchecked.
    """

    driver: str
    layer: str
    declared_crs: str | None
    fields: Mapping[str, tuple[str, ...]]
    shapes: tuple[BaseGeometry | None, ...]


@dataclass(frozen=True, slots=True)
class _Payload:
    """The bytes that the reader gets, and what they are."""

    driver: str
    content: bytes
    encoding: str | None = None


def read_outlines(
    path: Path, *, layer: str | None = None, limits: Limits = Limits()
) -> RawOutlines:
    """Read outlines from a file that may be hostile.

    Parameters
    ----------
    path : Path
        A ``.geojson``, ``.gpkg``, zipped Shapefile, or ``.shp`` with its other files beside it.
    layer : str, optional
        Which layer of a GeoPackage; needed where it has several.
    limits : Limits
        Sizes, memory and time.

    Raises
    ------
    InputError
        One line, such as ``city.geojson: expected GeoJSON, GeoPackage or Shapefile, got …``.
    """
    try:
        payload = _payload(path, limits)
        answer = _ask_reader(payload, layer, limits)
    except _BadFileError as error:
        raise InputError([f"{path.name}: {error}"]) from None
    with np.errstate(invalid="ignore"):  # NaN is told of later, with its feature
        shapes = tuple(shapely.from_wkb(answer["shapes"]))
    fields = {name: tuple(column) for name, column in answer["fields"].items()}
    return RawOutlines(payload.driver, answer["layer"], answer["crs"], fields, shapes)


class _BadFileError(Exception):
    """What is wrong with the file, to be said after its name."""


def _payload(path: Path, limits: Limits) -> _Payload:
    content = _bytes_of(path, limits.file_bytes)
    if content.startswith(_ZIP_MAGIC):
        return _shapefile(_unzipped(content, limits.unpacked_bytes))
    if content.startswith(_SHAPEFILE_MAGIC):
        return _shapefile(_siblings(path, limits.file_bytes))
    if content.startswith(_SQLITE_MAGIC):
        if content[68:72] not in _GPKG_IDS:
            raise _BadFileError(f"expected {KNOWN}, got another SQLite database")
        return _Payload("GPKG", content)
    return _Payload("GeoJSON", _checked_json(content))


def _bytes_of(path: Path, max_bytes: int) -> bytes:
    if not path.is_file():  # nor a device or a pipe, which would keep us waiting
        raise _BadFileError("expected a file" + (", got none" if not path.exists() else ""))
    try:
        with path.open("rb") as file:
            content = file.read(max_bytes + 1)
    except OSError as error:
        raise _BadFileError(f"cannot be opened: {error.strerror}") from None
    if len(content) > max_bytes:
        raise _BadFileError(f"expected at most {max_bytes >> 20} MiB, got more")
    if not content:
        raise _BadFileError(f"expected {KNOWN}, got an empty file")
    return content


# ---- GeoJSON


def _checked_json(content: bytes) -> bytes:
    """Return a GeoJSON text in UTF-8 that is not nested deeper than any outline."""
    text = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text.startswith(b"{"):
        raise _BadFileError(f"expected {KNOWN}, got something that begins with {text[:16]!r}")
    bare = np.frombuffer(_JSON_STRING.sub(b"", text), dtype=np.uint8)
    opening = (bare == ord("[")) | (bare == ord("{"))
    closing = (bare == ord("]")) | (bare == ord("}"))
    depth = int(np.cumsum(opening.astype(np.int64) - closing).max())
    if depth > MAX_DEPTH:
        raise _BadFileError(f"expected JSON nested at most {MAX_DEPTH} deep, got {depth}")
    if b'"coordinates"' not in text:
        raise _BadFileError("expected GeoJSON with coordinates, got other JSON")
    return _in_utf8(text)


def _in_utf8(text: bytes) -> bytes:
    """Return the text in UTF-8, as GeoJSON must be; older Chinese tools write GB 18030."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        try:
            return text.decode("gb18030").encode()
        except UnicodeDecodeError:
            raise _BadFileError("expected text in UTF-8 or GB 18030, got neither") from None
    return text


# ---- Shapefile


def _unzipped(content: bytes, max_bytes: int) -> dict[str, bytes]:
    """Return the parts of the one Shapefile in a zip, by suffix, after looking at its totals."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            total = sum(info.file_size for info in members)
            if total > max_bytes:
                raise _BadFileError(
                    f"expected at most {max_bytes >> 20} MiB unpacked, got {total >> 20} MiB"
                )
            if any(info.compress_type not in _ZIP_METHODS for info in members):
                raise _BadFileError("expected a zip that is stored or deflated, got another method")
            shapes = [info for info in members if info.filename.lower().endswith(".shp")]
            if len(shapes) != 1:
                raise _BadFileError(f"expected one .shp in the zip, got {len(shapes)}")
            stem = shapes[0].filename[:-4]
            # A member is never longer than it declares: zipfile stops there and checks the sum.
            return {
                info.filename[-4:].lower(): archive.read(info)
                for info in members
                if info.filename[:-4] == stem and info.filename[-4:].lower() in _SHAPEFILE_PARTS
            }
    except _UNPACKING_ERRORS as error:
        raise _BadFileError(f"cannot be unpacked: {error}") from None


def _siblings(path: Path, max_bytes: int) -> dict[str, bytes]:
    """Return a ``.shp`` and what stands beside it under the same name, by suffix."""
    beside = [other for other in path.parent.iterdir() if other.stem == path.stem]
    return {
        other.suffix.lower(): _bytes_of(other, max_bytes)
        for other in beside
        if other.suffix.lower() in _SHAPEFILE_PARTS and other.is_file() and other.stat().st_size
    }


def _shapefile(parts: dict[str, bytes]) -> _Payload:
    """Return the parts as a zip that we made: plain names, nothing else in it."""
    for suffix in (".shp", ".shx", ".dbf"):
        if suffix not in parts:
            raise _BadFileError(f"expected a {suffix} file with the Shapefile, got none")
    _check_table(parts[".dbf"])
    encoding = _dbf_encoding(parts[".dbf"], parts.get(".cpg", b""))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for suffix in (".shp", ".shx", ".dbf", ".prj"):
            if suffix in parts:
                archive.writestr(f"outlines{suffix}", parts[suffix])
    return _Payload("ESRI Shapefile", packed.getvalue(), encoding)


def _check_table(table: bytes) -> None:
    """Refuse a .dbf that is shorter than it says: GDAL would hand out empty texts for the rest."""
    num_records = int.from_bytes(table[4:8], "little")
    header, record = (int.from_bytes(table[at : at + 2], "little") for at in (8, 10))
    if len(table) < 32 or len(table) < header + num_records * record:
        raise _BadFileError("expected a whole .dbf, got one that is cut short")


def _dbf_encoding(table: bytes, cpg: bytes) -> str:
    """Return how a table's texts are written: in the way in which the fewest bytes make no sense.

    A .cpg file or a byte of the .dbf declares it; in Chinese files both are often missing or
    wrong, so what they say only decides a tie.
    """
    declared = re.sub(rb"[^0-9a-z]", b"", cpg.lower())
    chinese = any(word in declared for word in (b"gb", b"936"))
    if chinese or (not declared and table[29] in _DBF_CHINESE):
        order = ["gb18030", "utf-8"]
    elif b"big5" in declared or b"950" in declared:
        order = ["big5", "utf-8", "gb18030"]
    else:
        order = ["utf-8", "gb18030"]
    names_and_texts = table[32:]
    return min(
        order, key=lambda encoding: names_and_texts.decode(encoding, "replace").count("\ufffd")
    )


# ---- the reader


@cache
def _unwanted_drivers() -> str:
    import pyogrio  # noqa: PLC0415 - GDAL is loaded only where something is imported

    return ",".join(sorted(set(pyogrio.list_drivers()) - set(outline_reader.DRIVERS)))


def _environment() -> dict[str, str]:
    """Return what the reader sees: nothing of ours, no driver but three, no network, one thread."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return kept | {
        "GDAL_SKIP": _unwanted_drivers(),
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
        "GDAL_NUM_THREADS": "1",
        "CPL_VSIL_CURL_ALLOWED_FILENAME": "none",
        "OGR_GEOJSON_MAX_OBJ_SIZE": "64",
        "PROJ_NETWORK": "OFF",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def _ask_reader(payload: _Payload, layer: str | None, limits: Limits) -> dict[str, Any]:
    header = {
        "driver": payload.driver,
        "encoding": payload.encoding,
        "layer": layer,
        "memory_bytes": limits.memory_bytes,
        "cpu_s": limits.cpu_s,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-I", outline_reader.__file__],
            input=json.dumps(header).encode() + b"\n" + payload.content,
            capture_output=True,
            env=_environment(),
            timeout=limits.wall_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _BadFileError(f"took more than {limits.wall_s} s to read") from None
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise _BadFileError(
            f"cannot be read as {payload.driver} within {limits.cpu_s} s and "
            f"{limits.memory_bytes >> 20} MiB (the reader ended with {done.returncode})"
        ) from None
    if "problem" in answer:
        raise _BadFileError(answer["problem"])
    return answer
