"""The few parts of a workbook that hold its values, unpacked and checked, in the locked process.

Totals are looked at before anything is unpacked; a document type, with which entities come, is
refused in every part; macros, passwords and binary workbooks are told from plain ones.
"""

from __future__ import annotations

import io
import posixpath
import struct
import zipfile
import zlib
from typing import NamedTuple
from xml.parsers import expat

from data.importers.table_problem import TableProblem

MAX_MEMBERS = 5_000
MAX_SHEETS = 200
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# zipfile checks little: a wrong offset or name shows as any of these.
_UNPACKING_ERRORS = (
    zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, EOFError, OSError,
    ValueError, LookupError, NotImplementedError, OverflowError,
)  # fmt: skip
_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_NEEDED = ("[Content_Types].xml", "_rels/.rels", _WORKBOOK, _RELATIONS)
_WANTED = {name.lower(): name for name in (*_NEEDED, "xl/sharedStrings.xml", "xl/styles.xml")}
_SHEETS = "xl/worksheets/"
_MACRO = "macroEnabled"
_PROLOG = 1 << 16


class Facts(NamedTuple):
    """A workbook's visible sheets in order, the part of every sheet, and its first day."""

    visible: list[str]
    places: dict[str, str]
    date1904: bool


def read_parts(content: bytes, max_bytes: int) -> tuple[dict[str, bytes], Facts]:
    """Return the parts that hold values, by name, and what the workbook says of its sheets."""
    parts = _unpacked(content, max_bytes)
    for name, part in parts.items():
        _check_prolog(name, part)
    _check_kind(parts)
    return parts, _facts(parts)


# ---- the zip


def _unpacked(content: bytes, max_bytes: int) -> dict[str, bytes]:
    """Return the parts that are needed, by name, after looking at the zip's totals."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            _check_members(members, max_bytes)
            # A member is never longer than it declares: zipfile stops there and checks the sum.
            parts = {name: archive.read(info) for info in members if (name := _name(info.filename))}
    except _UNPACKING_ERRORS as error:
        raise TableProblem("unpacking", what=one_line(error)) from None
    for name in _NEEDED:
        if name not in parts:
            raise TableProblem("no_workbook", part=name)
    return parts


def _name(member: str) -> str:
    """Return what a part is to be called, empty where nobody needs it."""
    plain = member.replace("\\", "/")  # some tools write backslashes
    if plain.startswith(_SHEETS) and plain.endswith(".xml"):
        return plain
    return _WANTED.get(plain.lower(), "")


def _check_members(members: list[zipfile.ZipInfo], max_bytes: int) -> None:
    names = [info.filename for info in members]
    total = sum(info.file_size for info in members)
    if len(members) > MAX_MEMBERS:
        raise TableProblem("parts", limit=MAX_MEMBERS, got=len(members))
    if total > max_bytes:
        raise TableProblem("unpacked_size", limit=max_bytes >> 20, got=total >> 20)
    if len(set(names)) != len(names):
        raise TableProblem("part_twice")
    if any(info.flag_bits & 1 for info in members):
        raise TableProblem("password")
    if any(info.compress_type not in _METHODS for info in members):
        raise TableProblem("zip_method")


def _check_kind(parts: dict[str, bytes]) -> None:
    types = parts["[Content_Types].xml"].decode("utf-8", "replace")
    if _MACRO in types:
        raise TableProblem("macros")
    if "sheet.binary" in types:
        raise TableProblem("binary_workbook")


# ---- XML


def strict_parser(*, namespaces: bool = True) -> expat.XMLParserType:
    """Return a parser that refuses document types and entities, as defusedxml does."""

    def refuse(*_: object) -> None:
        raise TableProblem("entities")

    parser = expat.ParserCreate(namespace_separator=" " if namespaces else None)
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse  # type: ignore[assignment]
    return parser


class _RootSeen(Exception):  # noqa: N818 - no error: the root element has begun
    pass


def _check_prolog(name: str, part: bytes) -> None:
    """Refuse a part that declares anything before its root, whoever reads it later."""

    def stop(*_: object) -> None:
        raise _RootSeen

    parser = strict_parser()
    parser.StartElementHandler = stop
    try:
        parse(parser, name, part[:_PROLOG], final=len(part) <= _PROLOG)
    except _RootSeen:
        return
    raise TableProblem("broken", part=name, what="no element at its beginning")


def parse(parser: expat.XMLParserType, name: str, part: bytes, *, final: bool = True) -> None:
    """Feed a part to a parser; raise TableProblem where it is no XML."""
    try:
        parser.Parse(part, final)
    except expat.ExpatError as error:
        raise TableProblem("broken", part=name, what=one_line(error)) from None
    except (ValueError, LookupError, OSError) as error:  # an encoding that is not at hand
        raise TableProblem("broken", part=name, what=one_line(error)) from None


def _attributes(
    name: str, part: bytes, wanted: tuple[str, ...]
) -> list[tuple[str, dict[str, str]]]:
    """Return local name and attributes (local names, too) of the wanted elements of a part."""
    found: list[tuple[str, dict[str, str]]] = []

    def start(element: str, attributes: dict[str, str]) -> None:
        local = element.rpartition(" ")[2]
        if local in wanted:
            plain = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
            found.append((local, plain))

    parser = strict_parser()
    parser.StartElementHandler = start
    parse(parser, name, part)
    return found


def _facts(parts: dict[str, bytes]) -> Facts:
    """Return the visible worksheets, the part of each, and whether days count from 1904."""
    targets = {
        item.get("Id", ""): posixpath.normpath(
            posixpath.join("/xl", item.get("Target", ""))
        ).lstrip("/")
        for _, item in _attributes(_RELATIONS, parts[_RELATIONS], ("Relationship",))
        if item.get("TargetMode") != "External"
    }
    places, visible, date1904 = {}, [], False
    for local, item in _attributes(_WORKBOOK, parts[_WORKBOOK], ("sheet", "workbookPr")):
        if local == "workbookPr":
            date1904 = item.get("date1904") in {"1", "true"}
            continue
        name, place = item.get("name", ""), targets.get(item.get("id", ""), "")
        if place.startswith(_SHEETS) and place in parts:
            if name in places:
                raise TableProblem("sheet_twice", sheet=name)
            places[name] = place
            if item.get("state", "visible") == "visible":
                visible.append(name)
    if not visible:
        raise TableProblem("no_sheet")
    if len(places) > MAX_SHEETS:
        raise TableProblem("sheets", limit=MAX_SHEETS, got=len(places))
    return Facts(visible, places, date1904)


def one_line(error: Exception) -> str:
    """Return an error's text on one line."""
    return " ".join(str(error).split())[:200]
