"""Read one file of outlines in a process of its own: run as a script by `vector_files`.

GDAL is a large C++ library that opens what it finds in a file, not what its name says; this script
is what stands between it and the machine:

- every driver but the three that we take is switched off before GDAL starts (``GDAL_SKIP``);
- the file comes over standard input, so there is no path and GDAL works on memory;
- before the file is touched, the process gives up the right to open any file or socket
  (``RLIMIT_NOFILE = 0``; what GDAL and PROJ need is open by then), to take more memory or more
  processor time than it was given, and to start another process;
- the answer is JSON on standard output: text and well-known binary, nothing to unpickle.

It imports nothing of ours but `lockdown` and only reads: header line and bytes in, one JSON object
out.
"""

from __future__ import annotations

import codecs
import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

DRIVERS = ("GeoJSON", "GPKG", "ESRI Shapefile")
MAX_FEATURES = 20_000
MAX_CORNERS = 5_000_000

_TINY = (
    b'{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:4490"}},'
    b'"features":[{"type":"Feature","properties":{},"geometry":'
    b'{"type":"Point","coordinates":[110,40]}}]}'
)
# GDAL decodes a DBF table by iconv, which wants to load files: it gets an encoding in which every
# byte is one character, and `_text` decodes.
_BYTES = "ISO-8859-1"
# Degrees in these are what `grid.coordinates` takes; everything else is brought to them.
_PLAIN_DEGREES = frozenset({"EPSG:4326", "EPSG:4490", "OGC:CRS84", "EPSG:4479", "EPSG:4979"})


def _beside(name: str) -> Any:
    """Load a module from this folder: an isolated script has no path to import from."""
    place = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, place)
    if spec is None or spec.loader is None:  # pragma: no cover - the file is ours
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_lockdown = _beside("lockdown")
_ProblemError: type[Exception] = _lockdown.ProblemError


def main() -> None:
    """Read header and file from standard input; write the outlines or a problem as JSON."""
    header = json.loads(sys.stdin.buffer.readline())
    try:
        answer = _answer(header)
    except _ProblemError as problem:
        answer = {"problem": str(problem)}
    except MemoryError:
        answer = {"problem": f"needs more than {header['memory_bytes'] >> 20} MiB to read"}
    sys.stdout.write(json.dumps(answer))


def _answer(header: dict[str, Any]) -> dict[str, Any]:
    _lockdown.limit_time(header["cpu_s"])
    _warm_up()
    content = sys.stdin.buffer.read()
    _lockdown.lock(header["memory_bytes"])
    return _read(content, header)


def _warm_up() -> None:
    """Load GDAL, PROJ and their tables, which stay open, and look at the drivers."""
    for heavy in ("geopandas", "pandas", "pyarrow"):  # pyogrio does without, in half the time
        sys.modules[heavy] = None  # type: ignore[assignment]
    import pyogrio.raw  # noqa: PLC0415 - the time limit comes first
    import pyproj  # noqa: PLC0415
    import pyproj.network as proj_network  # noqa: PLC0415

    for encoding in (_BYTES, "gb18030", "big5"):  # their tables are files, too
        codecs.lookup(encoding)
    unwanted = set(pyogrio.list_drivers()) - set(DRIVERS)
    if unwanted:
        raise _ProblemError(f"cannot be read safely: drivers {sorted(unwanted)} are still on")
    pyogrio.raw.read(_TINY)
    proj_network.set_network_enabled(active=False)  # type: ignore[attr-defined]
    pyproj.Transformer.from_crs("EPSG:4547", "EPSG:4326", always_xy=True).transform(5e5, 4.5e6)


def _read(content: bytes, header: dict[str, Any]) -> dict[str, Any]:
    import pyogrio.raw  # noqa: PLC0415
    from pyogrio.errors import DataSourceError  # noqa: PLC0415

    try:
        number, name = _layer(content, header["layer"])
        meta, _, shapes, columns = pyogrio.raw.read(
            content,
            layer=number,
            encoding=header["encoding"] and _BYTES,
            max_features=MAX_FEATURES + 1,
        )
    except (DataSourceError, RuntimeError, ValueError, UnicodeDecodeError) as error:
        raise _ProblemError(f"cannot be read as {header['driver']}: {_one_line(error)}") from None
    if shapes is None:
        raise _ProblemError("expected geometry, got a table without any")
    if len(shapes) > MAX_FEATURES:
        raise _ProblemError(f"expected at most {MAX_FEATURES:,} features, got more")
    encoding = header["encoding"]
    return {
        "layer": name,
        "crs": meta["crs"],
        "fields": {
            _text(field, encoding): [_text(value, encoding) for value in column]
            for field, column in zip(meta["fields"], columns, strict=True)
        },
        "shapes": _in_degrees(shapes, meta["crs"]),
    }


def _layer(content: bytes, wanted: str | None) -> tuple[int, str]:
    """Return number and name of the layer; the name is empty where GDAL made it up."""
    import pyogrio  # noqa: PLC0415

    # A table without geometry has no kind; many a GeoPackage has some beside its outlines.
    layers = [(str(name), kind is not None) for name, kind in pyogrio.list_layers(content)]
    names = [name for name, spatial in layers if spatial]
    if not names:
        raise _ProblemError("expected a layer of outlines, got none that can be read")
    if wanted is None and len(names) > 1:
        raise _ProblemError(f"expected one layer of outlines, got {', '.join(names)}: name one")
    if wanted is not None and wanted not in names:
        raise _ProblemError(f"expected a layer of {', '.join(names)}, got {wanted!r}")
    name = names[0] if wanted is None else wanted
    # Of a single table the name is that of the file, here of a piece of memory.
    return layers.index((name, True)), "" if name.startswith("pyogrio_") else name


def _in_degrees(shapes: Iterable[bytes | None], crs: str | None) -> list[str | None]:
    """Return plane outlines as hexadecimal well-known binary, (lng, lat) degrees."""
    import numpy as np  # noqa: PLC0415
    import pyproj  # noqa: PLC0415
    import shapely  # noqa: PLC0415

    with np.errstate(invalid="ignore"):
        try:
            known = shapely.force_2d(shapely.from_wkb(list(shapes)))
        except shapely.errors.GEOSException as error:
            if "bad_alloc" in str(error):
                raise MemoryError from None
            raise _ProblemError(f"holds a broken geometry: {_one_line(error)}") from None
        if (num := int(shapely.get_num_coordinates(known).sum())) > MAX_CORNERS:
            raise _ProblemError(f"expected at most {MAX_CORNERS:,} corners, got {num:,}")
        if crs is not None and crs not in _PLAIN_DEGREES:
            try:
                transformer = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
            except pyproj.exceptions.ProjError as error:
                raise _ProblemError(f"has an unusable reference system: {_one_line(error)}") from (
                    None
                )

            def corners(points: NDArray[np.float64]) -> NDArray[np.float64]:
                return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

            known = shapely.transform(known, corners)
    return [None if shape is None else shapely.to_wkb(shape, hex=True) for shape in known]


def _text(value: object, encoding: str | None) -> str:
    """Return a field's value as text; a DBF table hands out 150202.0 for a code.

    A DBF table often cuts a text in the middle of a character: what is left of it is marked.
    """
    if value is None or value != value:  # noqa: PLR0124 - NaN
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, str) and encoding is not None:
        return value.encode(_BYTES).decode(encoding, errors="replace")
    return str(value)


def _one_line(error: Exception) -> str:
    """Return an error's text without the name of the piece of memory that GDAL reads."""
    return re.sub(r"'?/vsi[^\s';]*'?", "the file", " ".join(str(error).split()))[:200]


if __name__ == "__main__":
    main()
