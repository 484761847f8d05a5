"""Files that mean harm, or are merely broken: one line each, nothing read or called besides."""

from __future__ import annotations

import io
import json
import os
import random
import socket
import sqlite3
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from data.importers.boundaries import import_boundaries
from data.importers.vector_files import (
    Limits,
    _ask_reader,
    _BadFileError,
    _Payload,
    _shapefile,
    _unzipped,
    read_outlines,
)
from data.sheets import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WEST = shapely.box(109.90, 40.60, 109.94, 40.63)
FEATURE = (
    '{"type":"Feature","properties":{"id":"1"},"geometry":{"type":"Polygon","coordinates":'
    "[[[109.9,40.6],[109.94,40.6],[109.94,40.63],[109.9,40.6]]]}}"
)


@pytest.fixture(scope="module")
def geopackage(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("gpkg") / "real.gpkg"
    table = gpd.GeoDataFrame({"id": ["1"], "name": ["x"]}, geometry=[WEST], crs="EPSG:4326")
    table.to_file(path, driver="GPKG")
    return path.read_bytes()


@pytest.fixture(scope="module")
def shapefile(tmp_path_factory) -> dict[str, bytes]:
    path = tmp_path_factory.mktemp("shp") / "real.shp"
    gpd.GeoDataFrame({"id": ["1"]}, geometry=[WEST], crs="EPSG:4326").to_file(path)
    return {file.suffix: file.read_bytes() for file in path.parent.iterdir()}


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Somebody who would notice a call."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(0.2)
        yield server


def refusal(tmp_path: Path, name: str, content: bytes | str) -> str:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError) as caught:
        import_boundaries(path, "wgs84")
    (problem,) = caught.value.problems
    assert problem.startswith(f"{name}: ")
    assert "\n" not in problem
    assert len(problem) < 400
    return problem


def zip_of(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return packed.getvalue()


# ---- by the first bytes: GDAL never sees these

NOT_OURS = {
    "vrt": "<OGRVRTDataSource><OGRVRTLayer name='passwd'><SrcDataSource>/etc/passwd"
    "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
    "kml": '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"/>',
    "entities": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
    "csv": "WKT,id\n",
    "url": "/vsicurl/http://127.0.0.1/x.geojson",
    "array": f"[{FEATURE}]",
    "png": b"\x89PNG\r\n\x1a\n",
    "text": "包头市",
    "utf-16": FEATURE.encode("utf-16"),
}


@pytest.mark.parametrize("kind", NOT_OURS)
def test_what_is_none_of_ours_is_refused_by_its_first_bytes(tmp_path, kind):
    problem = refusal(tmp_path, "city.geojson", NOT_OURS[kind])
    assert "expected GeoJSON, GeoPackage or Shapefile, got something that begins with" in problem


def test_an_empty_file(tmp_path):
    assert "got an empty file" in refusal(tmp_path, "city.gpkg", b"")


def test_no_file_a_folder_and_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name in ("nothing", ".", "pipe"):
        with pytest.raises(InputError, match="expected a file"):
            read_outlines(tmp_path / name)


@pytest.mark.parametrize("bracket", ["[", '{"a":'])
def test_deep_nesting_is_refused_before_it_is_parsed(tmp_path, bracket):
    deep = '{"coordinates":' + bracket * (400_000 // len(bracket))
    assert "expected JSON nested at most 32 deep, got" in refusal(tmp_path, "city.json", deep)


def test_brackets_in_texts_are_no_nesting(tmp_path):
    name = json.dumps("[" * 100 + '"\\')
    path = tmp_path / "city.json"
    path.write_text(FEATURE.replace('"1"', f'"1","name":{name}'), encoding="utf-8")
    _, report = import_boundaries(path, "wgs84")
    assert report.jurisdiction.areas[0].name.startswith("[[")


def test_other_json_is_refused(tmp_path):
    assert "got other JSON" in refusal(tmp_path, "city.json", '{"type":"Topology","arcs":[]}')


def test_a_file_beyond_the_limit_is_not_read(tmp_path):
    path = tmp_path / "city.json"
    path.write_bytes(b"{" + b" " * (1 << 20))
    with pytest.raises(InputError, match="expected at most 1 MiB, got more"):
        read_outlines(path, limits=Limits(file_bytes=1 << 20))


def test_a_zip_bomb_is_refused_by_its_own_totals(tmp_path):
    bomb = zip_of(a_shp=b"\0" * (200 << 20))
    assert len(bomb) < 1 << 20
    problem = refusal(tmp_path, "city.zip", bomb)
    assert "expected at most 128 MiB unpacked, got 200 MiB" in problem


def test_a_zip_that_lies_about_its_totals_is_refused(tmp_path):
    bomb = zip_of(a_shp=b"\0" * (1 << 20), a_shx=b"", a_dbf=b"")
    assert bomb.count((1 << 20).to_bytes(4, "little")) == 2
    liar = bomb.replace((1 << 20).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert "cannot be unpacked" in refusal(tmp_path, "city.zip", liar)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"readme_txt": b"x"}, "expected one .shp in the zip, got 0"),
        ({"a_shp": b"x", "b_shp": b"x"}, "expected one .shp in the zip, got 2"),
        ({"a_shp": b"x"}, "expected a .shx file with the Shapefile, got none"),
        ({"a_shp": b"x", "a_shx": b"x", "a_dbf": b"x"}, "expected a whole .dbf"),
        ({"a_shp": b"x", "a_shx": b"x", "a_dbf": b"\0" * 32}, "got none that can be read"),
    ],
)
def test_zips_without_a_whole_shapefile(tmp_path, members, message):
    assert message in refusal(tmp_path, "city.zip", zip_of(**members))


def test_a_zip_with_flipped_bytes_is_read_or_refused(shapefile):
    """2,000 mutants of a good zip, up to the reader's door."""
    packed = zip_of(
        **{f"边界{suffix.replace('.', '_')}": part for suffix, part in shapefile.items()}
    )
    chance = random.Random(1)
    refused = 0
    for _ in range(2000):
        mutant = bytearray(packed)
        for _ in range(chance.randint(1, 6)):
            mutant[chance.randrange(4, len(mutant))] = chance.choice([0, 255, 128, 60])
        try:
            assert _shapefile(_unzipped(bytes(mutant), 1 << 20)).driver == "ESRI Shapefile"
        except _BadFileError:
            refused += 1
    assert 0 < refused < 2000


def test_a_zip_packed_in_another_way_is_refused(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.shp", b"\0" * 1000)
    assert "stored or deflated" in refusal(tmp_path, "city.zip", packed.getvalue())


def test_names_in_a_zip_lead_nowhere(tmp_path, shapefile):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for suffix, content in shapefile.items():
            archive.writestr(f"../../etc/cron.d/x{suffix}", content)
        archive.writestr("../../etc/cron.d/x.vrt", NOT_OURS["vrt"])
    path = tmp_path / "city.zip"
    path.write_bytes(packed.getvalue())
    table, _ = import_boundaries(path, "wgs84")
    assert len(table)
    assert [file.name for file in tmp_path.iterdir()] == ["city.zip"]


def test_another_database_is_refused(tmp_path):
    with closing(sqlite3.connect(tmp_path / "city.gpkg")) as database:
        database.execute("create table people (name)")
    with pytest.raises(InputError, match="got another SQLite database"):
        read_outlines(tmp_path / "city.gpkg")


# ---- broken inside: the reader says no

BROKEN_JSON = {
    "cut short": FEATURE[:-40],
    "nothing but a type": '{"type":"FeatureCollection","features":[],"coordinates":1}',
    "words for numbers": FEATURE.replace("109.94", '"east"'),
    "one corner": FEATURE.replace("[109.94,40.6],[109.94,40.63],", ""),
}


@pytest.mark.parametrize("kind", BROKEN_JSON)
def test_broken_geojson(tmp_path, kind):
    refusal(tmp_path, "city.geojson", BROKEN_JSON[kind])


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_numbers_that_are_none(tmp_path, number):
    problem = refusal(tmp_path, "city.geojson", FEATURE.replace("109.94", number))
    assert "cannot be read as GeoJSON" in problem or "expected finite coordinates" in problem


@pytest.mark.parametrize("kept", [100, 4096, 0.9])
def test_a_geopackage_cut_short(tmp_path, geopackage, kept):
    size = kept if kept > 1 else int(len(geopackage) * kept)
    refusal(tmp_path, "city.gpkg", geopackage[:size])


@pytest.mark.parametrize("part", [".shp", ".dbf", ".shx"])
def test_a_shapefile_cut_short(tmp_path, shapefile, part):
    for suffix, content in shapefile.items():
        cut = content[: len(content) // 3] if suffix == part else content
        (tmp_path / f"city{suffix}").write_bytes(cut)
    with pytest.raises(InputError, match=r"^city\.shp: "):
        import_boundaries(tmp_path / "city.shp", "wgs84")


# ---- the reader itself, past the doorkeeper


def ask(driver: str, content: bytes | str, **limits: int) -> str:
    payload = _Payload(driver, content.encode() if isinstance(content, str) else content)
    with pytest.raises(_BadFileError) as caught:
        _ask_reader(payload, None, Limits(**limits))
    return str(caught.value)


def test_the_reader_has_no_driver_for_anything_else(listener):
    host = f"http://127.0.0.1:{listener.getsockname()[1]}"
    for content in (
        NOT_OURS["vrt"].replace("/etc/passwd", f"/vsicurl/{host}/x.geojson"),
        f"<WFSDataSource><URL>{host}</URL></WFSDataSource>",
        f'{{"type":"Topology","objects":{{}},"arcs":[],"url":"{host}"}}',
    ):
        assert "cannot be read as GeoJSON" in ask("GeoJSON", content)
    with pytest.raises(TimeoutError):
        listener.accept()


def test_the_reader_takes_no_more_memory_than_it_is_given():
    many = ",".join([FEATURE] * 20_000)
    collection = f'{{"type":"FeatureCollection","features":[{many}]}}'
    problem = ask("GeoJSON", collection, memory_bytes=4 << 20)
    assert "MiB" in problem or "emory" in problem


def test_the_reader_takes_no_more_time_than_it_is_given(tmp_path, geopackage):
    """A GeoPackage whose table is a query that never ends."""
    path = tmp_path / "endless.gpkg"
    path.write_bytes(geopackage)
    with closing(sqlite3.connect(path)) as database:
        for (trigger,) in database.execute(
            "select name from sqlite_master where type = 'trigger'"
        ).fetchall():
            database.execute(f'drop trigger "{trigger}"')
        database.execute("alter table real rename to hidden")
        database.execute(
            "create view real as with recursive n(i) as (select 1 union all select i from n) "
            "select hidden.fid, hidden.geom, hidden.id, hidden.name from hidden, n where i > 1"
        )
        database.commit()
    problem = ask("GPKG", path.read_bytes(), cpu_s=3)
    assert "within 3 s" in problem


def test_the_reader_sees_nothing_of_our_environment(monkeypatch):
    from data.importers.vector_files import _environment

    monkeypatch.setenv("JINGGE_SECRET", "x")
    seen = _environment()
    assert "JINGGE_SECRET" not in seen
    assert "OGR_VRT" in seen["GDAL_SKIP"].split(",")
    assert not {"GeoJSON", "GPKG", "ESRI Shapefile"} & set(seen["GDAL_SKIP"].split(","))
