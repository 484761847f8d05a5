# ruff: noqa: E501 - the corpus is a table
"""A corpus of table files that mean harm, or that only a machine could have made so badly.

`group(name, secret, address)` gives name → (file name, bytes, what the refusal must say), `corpus`
those of all `GROUPS`. A refusal of ``ROWS`` means that the file is read and its one person refused;
``FINE`` that it does no harm and is read as it stands.
"""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from functools import cache

ROWS = "<rows>"
FINE = "<fine>"
Item = tuple[str, bytes, str]

HEADINGS = ("人员编号", "姓名", "类别")
PERSON = ("v1", "示例甲", "义警")
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
TYPES = (
    f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships'
    '+xml"/><Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
TOP = (
    f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{RELS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
BOOK = (
    f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{RELS}"><sheets>'
    '<sheet name="人员" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
BOOK_RELS = (
    f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{RELS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
)
STYLES = (
    f'{HEAD}<styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts><fills count="1"><fill/>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="1"><xf/></cellXfs></styleSheet>'
)


def cell(place: str, value: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'


def row(number: int, values: tuple[str, ...], more: str = "") -> str:
    cells = "".join(cell(f"{chr(65 + i)}{number}", value) for i, value in enumerate(values))
    return f'<row r="{number}">{cells}{more}</row>'


def sheet(rows: str | None = None, before: str = "", after: str = "") -> str:
    body = row(1, HEADINGS) + row(2, PERSON) if rows is None else rows
    return (
        f'{HEAD}<worksheet xmlns="{MAIN}">{before}<sheetData>{body}</sheetData>{after}</worksheet>'
    )


def parts(**changed: str | bytes) -> dict[str, str | bytes]:
    """Return a good workbook's parts, some of them changed (a name with ``__`` for ``/``)."""
    found: dict[str, str | bytes] = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": TOP,
        "xl/workbook.xml": BOOK,
        "xl/_rels/workbook.xml.rels": BOOK_RELS,
        "xl/styles.xml": STYLES,
        "xl/worksheets/sheet1.xml": sheet(),
    }
    short = {"types": "[Content_Types].xml", "top": "_rels/.rels", "book": "xl/workbook.xml",
             "rels": "xl/_rels/workbook.xml.rels", "styles": "xl/styles.xml",
             "sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml"}  # fmt: skip
    return found | {short[name]: content for name, content in changed.items()}


def packed(
    members: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED, more: dict | None = None
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in (members | (more or {})).items():
            archive.writestr(name, content)
    return out.getvalue()


def book(**changed: str | bytes) -> bytes:
    return packed(parts(**changed))


def csv(*lines: str, head: str = ",".join(HEADINGS)) -> bytes:
    return "\r\n".join((head, *lines, "")).encode()


GOOD_LINE = ",".join(PERSON)


GROUPS = ("bombs", "xml", "broken zips", "sheets", "cells", "texts", "others")


def group(name: str, secret: str, address: str) -> dict[str, Item]:
    """Return a group; `secret` is a path that must not be read, `address` must not be called."""
    plain = {"bombs": _bombs, "sheets": _sheets, "texts": _texts}
    if name in plain:
        return plain[name]()
    aimed = {"xml": _xml, "broken zips": _broken_zips, "cells": _cells, "others": _others}
    return aimed[name](secret, address)


def corpus(secret: str, address: str) -> dict[str, Item]:
    """Return all groups together."""
    items: dict[str, Item] = {}
    for name in GROUPS:
        found = group(name, secret, address)
        if clash := items.keys() & found.keys():
            raise ValueError(f"Expected names once, got {clash} twice.")
        items |= found
    return items


# ---- zips that unpack to more than they are


@cache
def _bombs() -> dict[str, Item]:
    zeros = b"\0" * (200 << 20)
    blank = " " * (170 << 20)
    many = parts() | {f"xl/media/{number}.png": b"" for number in range(6_000)}
    return {
        "bomb in media": ("a.xlsx", packed(parts(), more={"xl/media/a.bin": zeros}), "unpacked"),
        "bomb in the sheet": ("a.xlsx", book(sheet=sheet(blank)), "unpacked"),
        "bomb in strings": ("a.xlsx", book(strings=f"{HEAD}<sst>{blank}</sst>"), "unpacked"),
        "zip of zips": (
            "a.xlsx",
            packed(parts(), more={"xl/a.zip": packed({"b.zip": packed({"c": zeros})})}),
            FINE,
        ),
        "quine-like zip": ("a.xlsx", packed({"a.xlsx": book()}), "without [Content_Types].xml"),
        "sizes that lie": ("a.xlsx", _liar(book(sheet=sheet(" " * (1 << 20)))), "unpacked"),
        "claims 4 GiB": ("a.xlsx", _claims(book(), 0xFFFFFFF0), "unpacked, got"),
        "6,000 parts": ("a.xlsx", packed(many), "at most 5,000 parts"),
        "overlapping parts": ("a.xlsx", _overlapping(), "unpacked"),
        "50 MiB of blanks in a good sheet": (
            "a.xlsx",
            book(sheet=sheet(before=" " * (50 << 20))),
            FINE,
        ),
    }


def _liar(content: bytes) -> bytes:
    """Return a zip whose sheet declares 100 bytes."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    return content.replace(struct.pack("<I", size), struct.pack("<I", 100))


def _claims(content: bytes, size: int) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        real = archive.getinfo("xl/styles.xml").file_size
    return content.replace(struct.pack("<I", real), struct.pack("<I", size))


def _overlapping() -> bytes:
    """Return a zip in which 100 entries of the directory share 20 MiB of one stream."""
    kernel = b"\0" * (20 << 20)
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    stream = compressor.compress(kernel) + compressor.flush()
    checksum = zlib.crc32(kernel)
    sizes = struct.pack("<III", checksum, len(stream), len(kernel))
    name = b"xl/worksheets/sheet00.xml"
    local = b"PK\3\4" + struct.pack("<HHHHH", 20, 0, 8, 0, 33) + sizes
    local += struct.pack("<HH", len(name), 0) + name + stream
    directory = b""
    for number in range(100):
        entry = b"xl/worksheets/sheet%02d.xml" % number
        directory += b"PK\1\2" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 33) + sizes
        directory += struct.pack("<HHHHHII", len(entry), 0, 0, 0, 0, 0, 0) + entry
    end = struct.pack("<HHHHIIH", 0, 0, 100, 100, len(directory), len(local), 0)
    return local + directory + b"PK\5\6" + end


# ---- XML that declares, nests or lies


def _xml(secret: str, address: str) -> dict[str, Item]:
    def declared(inside: str, use: str, target: str = "sheet") -> bytes:
        whole = {"sheet": sheet(row(1, HEADINGS) + row(2, ("v1", use, "义警"))), "book": BOOK,
                 "rels": BOOK_RELS, "styles": STYLES, "top": TOP, "types": TYPES,
                 "strings": f'{HEAD}<sst xmlns="{MAIN}"><si><t>{use}</t></si></sst>'}[target]  # fmt: skip
        return book(**{target: whole.replace(HEAD, f"{HEAD}<!DOCTYPE x [{inside}]>")})

    laughs = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 11)
    )
    quadratic = f'<!ENTITY a "{"a" * 50_000}">'
    file = f'<!ENTITY a SYSTEM "file://{secret}">'
    call = f'<!ENTITY a SYSTEM "{address}">'
    parameter = f'<!ENTITY % a SYSTEM "{address}"> %a;'
    says = "document type or entities"
    found = {
        f"{what} in {target}": ("a.xlsx", declared(inside, use, target), says)
        for what, inside, use in (
            ("file entity", file, "&a;"),
            ("billion laughs", laughs, "&a10;"),
        )
        for target in ("sheet", "book", "rels", "styles", "strings", "top", "types")
    }
    deep = "<a>" * 200_000 + "</a>" * 200_000
    return found | {
        "network entity": ("a.xlsx", declared(call, "&a;"), says),
        "parameter entity": ("a.xlsx", declared(parameter, "x"), says),
        "quadratic entity": ("a.xlsx", declared(quadratic, "&a;" * 5_000), says),
        "empty document type": ("a.xlsx", declared("", "x"), says),
        "external document type": (
            "a.xlsx",
            book(sheet=sheet().replace(HEAD, f'{HEAD}<!DOCTYPE x SYSTEM "{address}">')),
            says,
        ),
        "entity without a declaration": (
            "a.xlsx", book(sheet=sheet(row(1, HEADINGS) + row(2, ("v1", "&a;", "义警")))), "broken",
        ),
        "elements 200,000 deep": ("a.xlsx", book(sheet=sheet(after=deep)), FINE),
        "200,000 deep in styles": ("a.xlsx", book(styles=f"{HEAD}<s>{deep}</s>"), ""),
        "one attribute of 8 MiB": (
            "a.xlsx", book(sheet=sheet(before=f'<x a="{"a" * (8 << 20)}"/>')), FINE,
        ),
        "100,000 attributes": (
            "a.xlsx",
            book(sheet=sheet(before="<x " + " ".join(f'a{i}=""' for i in range(100_000)) + "/>")),
            FINE,
        ),
        "100,000 namespaces": (
            "a.xlsx",
            book(book=BOOK.replace("<sheets>", "".join(
                f'<a xmlns:n{i}="u{i}"/>' for i in range(100_000)) + "<sheets>")),
            FINE,
        ),
        "a comment that never ends": ("a.xlsx", book(sheet=sheet(before="<!--" + "-" * 999)), "broken"),
        "an include": (
            "a.xlsx",
            book(sheet=sheet(before=f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" '
                                    f'href="file://{secret}"/>')),
            FINE,
        ),
        "a style sheet instruction": (
            "a.xlsx",
            book(sheet=sheet().replace(HEAD, f'{HEAD}<?xml-stylesheet href="{address}"?>')),
            FINE,
        ),
        "an unknown encoding": ("a.xlsx", book(sheet=sheet().replace("UTF-8", "x-martian")), "broken"),
        "another encoding": ("a.xlsx", book(sheet=sheet().replace("UTF-8", "gb2312")), "broken"),
        "NUL in XML": ("a.xlsx", book(sheet=sheet().replace("示例甲", "\0")), "broken"),
        "an unclosed sheet": ("a.xlsx", book(sheet=sheet()[:-30]), "broken"),
        "a sheet of nothing": ("a.xlsx", book(sheet=""), "broken"),
        "a sheet of noise": ("a.xlsx", book(sheet=random.Random(1).randbytes(4096)), "broken"),
        "a workbook of noise": ("a.xlsx", book(book=random.Random(2).randbytes(4096)), "broken"),
    }  # fmt: skip


# ---- zips that are broken or something else


def _broken_zips(secret: str, address: str) -> dict[str, Item]:
    good = book()
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    flipped = bytearray(good)
    flipped[len(good) // 3] ^= 0xFF
    locked = good.replace(b"PK\1\2\x14\x03\x14\x00\x00\x00", b"PK\1\2\x14\x03\x14\x00\x01\x00")
    path = {f"../../{'../' * 9}etc/cron.d/x": "* * * * * root true", "/etc/x": "y", "C:\\x": "y"}
    twice = io.BytesIO()
    with zipfile.ZipFile(twice, "w") as archive:
        for name, content in parts().items():
            archive.writestr(name, content)
        archive.filelist.append(archive.getinfo("xl/worksheets/sheet1.xml"))
    macro = TYPES.replace(
        "officedocument.spreadsheetml.sheet.main", "ms-excel.sheet.macroEnabled.main"
    )
    binary = TYPES.replace(
        "openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        "ms-excel.sheet.binary.macroEnabled.main",
    )
    return {
        "cut after 30 bytes": ("a.xlsx", good[:30], "unpacked"),
        "cut in half": ("a.xlsx", good[: len(good) // 2], "unpacked"),
        "cut at the end": ("a.xlsx", good[:-4], "unpacked"),
        "an empty zip": ("a.xlsx", empty.getvalue(), "an empty zip"),
        "a flipped byte": ("a.xlsx", bytes(flipped), ""),
        "an encrypted zip": ("a.xlsx", locked, "password"),
        "LZMA": ("a.xlsx", packed(parts(), zipfile.ZIP_LZMA), "stored or deflated"),
        "bzip2": ("a.xlsx", packed(parts(), zipfile.ZIP_BZIP2), "stored or deflated"),
        "one part twice": ("a.xlsx", twice.getvalue(), "got one twice"),
        "names that lead out": ("a.xlsx", packed(parts(), more=path), FINE),
        "a name with NUL": ("a.xlsx", packed(parts(), more={"xl/\0x": "y"}), FINE),
        "macros": ("a.xlsm", packed(parts(types=macro), more={"xl/vbaProject.bin": b"\0" * 99}), "macros"),
        "macros under a plain name": ("a.xlsx", packed(parts(types=macro)), "macros"),
        "a binary workbook": ("a.xlsb", packed(parts(types=binary)), "xlsb"),
        "a Word document": ("a.xlsx", packed({"[Content_Types].xml": TYPES, "word/document.xml": "<a/>"}), "without"),
        "an OpenDocument sheet": (
            "a.ods",
            packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}, 0),
            "without",
        ),
        "no relations": ("a.xlsx", packed({k: v for k, v in parts().items() if "rels" not in k}), "without"),
        "a sheet elsewhere": (
            "a.xlsx",
            book(rels=BOOK_RELS.replace("worksheets/sheet1.xml", "../../../etc/passwd")),
            "visible sheet",
        ),
        "a sheet outside": (
            "a.xlsx",
            book(rels=BOOK_RELS.replace('Target="worksheets/sheet1.xml"',
                                        f'Target="{address}" TargetMode="External"')),
            "visible sheet",
        ),
        "external links": (
            "a.xlsx",
            packed(parts(book=BOOK.replace("</sheets>", "</sheets><externalReferences>"
                   '<externalReference r:id="rId9"/></externalReferences>'),
                   rels=BOOK_RELS.replace("</Rel", f'<Relationship Id="rId9" Type="{RELS}/externalLink'
                   f'" Target="{address}" TargetMode="External"/></Rel', 1))),
            FINE,
        ),
        "only a hidden sheet": (
            "a.xlsx", book(book=BOOK.replace('r:id="rId1"', 'state="hidden" r:id="rId1"')), "visible",
        ),
        "201 sheets": (
            "a.xlsx",
            book(book=BOOK.replace("<sheets>", "<sheets>" + "".join(
                f'<sheet name="s{i}" sheetId="{i + 2}" r:id="rId1"/>' for i in range(200)))),
            "at most 200 sheets",
        ),
        "two sheets of one name": (
            "a.xlsx",
            book(book=BOOK.replace("</sheets>", '<sheet name="人员" sheetId="2" r:id="rId1"/></sheets>')),
            "two sheets",
        ),
    }  # fmt: skip


# ---- sheets of no office


@cache
def _sheets() -> dict[str, Item]:
    def far(place: str) -> str:
        letters = place.rstrip("0123456789")
        number = place[len(letters) :]
        return sheet(
            row(1, HEADINGS) + row(2, PERSON) + f'<row r="{number}">{cell(place, "x")}</row>'
        )

    head = row(1, HEADINGS)
    wide = "".join(cell(f"{_letters(i)}1", f"h{i}") for i in range(16_384))
    tall = head + "".join(f'<row r="{i}"><c r="A{i}"><v>1</v></c></row>' for i in range(2, 210_000))
    strings = f'{HEAD}<sst xmlns="{MAIN}" count="4294967295" uniqueCount="4294967295"><si><t>x</t></si></sst>'
    merges = "".join(f'<mergeCell ref="A{i}:A{i + 9}"/>' for i in range(1, 210_001))
    claim = '<dimension ref="A1:XFD1048576"/>'
    return {
        "a huge dimension claim": ("a.xlsx", book(sheet=sheet(before=claim)), FINE),
        "a dimension of rows 0": ("a.xlsx", book(sheet=sheet(before='<dimension ref="A0:C0"/>')), FINE),
        "a dimension of nonsense": ("a.xlsx", book(sheet=sheet(before='<dimension ref="😀"/>')), ""),
        "a value in the last corner": ("a.xlsx", book(sheet=far("XFD1048576")), "at most"),
        "a value in the last column": ("a.xlsx", book(sheet=far("XFD3")), "columns"),
        "a value in the last row": ("a.xlsx", book(sheet=far("A1048576")), "rows"),
        "a value beyond the last row": ("a.xlsx", book(sheet=far("A9999999")), "rows"),
        "a column beyond the last": ("a.xlsx", book(sheet=far("ZZZ9")), "columns"),
        "16,384 columns": ("a.xlsx", book(sheet=sheet(f'<row r="1">{wide}</row>')), "columns"),
        "210,000 rows": ("a.xlsx", book(sheet=sheet(tall)), "at most 200,000 rows"),
        "rows that go back": ("a.xlsx", book(sheet=sheet(row(9, PERSON) + row(2, HEADINGS))), ""),
        "one row 100,000 times": ("a.xlsx", book(sheet=sheet(head + row(2, PERSON) * 100_000)), ""),
        "a row number of 10^30": (
            "a.xlsx", book(sheet=sheet(head + f'<row r="{10**30}"><c><v>1</v></c></row>')), "rows",
        ),
        "a negative row": ("a.xlsx", book(sheet=sheet(head + '<row r="-5"><c r="A-5"><v>1</v></c></row>')), ""),
        "cells without places": (
            "a.xlsx",
            book(sheet=sheet(head.replace('r="A1" ', "").replace('r="B1" ', ""))),
            "",
        ),
        "millions of strings claimed": ("a.xlsx", book(strings=strings), FINE),
        "one long string in 7,000 cells": (
            "a.xlsx", book(strings=shared(10_000), sheet=sheet(head + references(7_000))), "in all",
        ),
        "one long string in 200,000 cells": (
            "a.xlsx", book(strings=shared(30_000), sheet=sheet(head + references(199_000))), "MiB",
        ),
        "a string that is not there": (
            "a.xlsx", book(sheet=sheet(head + '<row r="2"><c r="A2" t="s"><v>99999999</v></c></row>')), "",
        ),
        "a string number below zero": (
            "a.xlsx", book(sheet=sheet(head + '<row r="2"><c r="A2" t="s"><v>-1</v></c></row>')), "",
        ),
        "210,000 merged cells": ("a.xlsx", book(sheet=sheet(after=f"<mergeCells>{merges}</mergeCells>")), "merged"),
        "a merge of everything": (
            "a.xlsx",
            book(sheet=sheet(after='<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>')),
            FINE,
        ),
        "a merge of nonsense": (
            "a.xlsx", book(sheet=sheet(after='<mergeCells><mergeCell ref="A1:A0:x"/></mergeCells>')), "",
        ),
        "an empty sheet": ("a.xlsx", book(sheet=sheet("")), "row of headings"),
        "a header alone": ("a.xlsx", book(sheet=sheet(head)), "rows below the headings"),
        "other headings": ("a.xlsx", book(sheet=sheet(row(1, ("甲", "乙")))), "row of headings"),
        "a style that is not there": (
            "a.xlsx",
            book(sheet=sheet(head + '<row r="2"><c r="A2" s="99999"><v>45000</v></c></row>')),
            "",
        ),
    }  # fmt: skip


def shared(length: int) -> str:
    return f'{HEAD}<sst xmlns="{MAIN}"><si><t>{"x" * length}</t></si></sst>'


def references(number: int) -> str:
    """Return rows whose every cell is the first of the shared strings."""
    return "".join(
        f'<row r="{i}"><c r="A{i}" t="s"><v>0</v></c></row>' for i in range(2, number + 2)
    )


def _letters(position: int) -> str:
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


# ---- cells that are not what they seem


def _cells(secret: str, address: str) -> dict[str, Item]:
    def one(content: str, kind: str = "") -> bytes:
        name = f'<c r="B2"{kind}>{content}</c>'
        person = row(2, ("v1",)).replace("</row>", "") + name + cell("C2", "义警") + "</row>"
        return book(sheet=sheet(row(1, HEADINGS) + person))

    text = ' t="inlineStr"'
    return {
        "a formula without a value": ("a.xlsx", one("<f>1+1</f>"), ROWS),
        "a formula with a value": ("a.xlsx", one("<f>1+1</f><v>2</v>"), FINE),
        "DDE": ("a.xlsx", one("<f>cmd|' /C calc'!A0</f>"), ROWS),
        "WEBSERVICE": ("a.xlsx", one(f'<f>WEBSERVICE("{address}")</f>'), ROWS),
        "a link formula": ("a.xlsx", one(f"<f>'file://{secret}'!A1</f>"), ROWS),
        "an error value": ("a.xlsx", one("<v>#REF!</v>", ' t="e"'), ROWS),
        "a made-up error": ("a.xlsx", one(f"<v>{'#' * 10_000}</v>", ' t="e"'), ""),
        "an unknown type": ("a.xlsx", one("<v>x</v>", ' t="zz"'), ""),
        "a number of words": ("a.xlsx", one("<v>many</v>", ' t="n"'), ""),
        "not a number": ("a.xlsx", one("<v>NaN</v>"), ""),
        "infinity": ("a.xlsx", one("<v>1e999</v>"), ""),
        "a truth value of 7": ("a.xlsx", one("<v>7</v>", ' t="b"'), ""),
        "a cell of 1,000,000 characters": (
            "a.xlsx", one(f"<is><t>{'长' * 1_000_000}</t></is>", text), "at most 32,767 characters",
        ),
        "a control character": ("a.xlsx", one("<is><t>_x0007_</t></is>", text), ""),
        "right-to-left marks": ("a.xlsx", one("<is><t>\u202e甲</t></is>", text), FINE),
        "a template": ("a.xlsx", one("<is><t>{{7*7}}</t></is>", text), FINE),
        "markup": ("a.xlsx", one("<is><t>&lt;script&gt;</t></is>", text), FINE),
        "braces of format": ("a.xlsx", one("<is><t>{0.__class__}</t></is>", text), FINE),
        "a lone surrogate": ("a.xlsx", one("<is><t>_xD800_</t></is>", text), ""),
    }  # fmt: skip


# ---- texts


@cache
def _texts() -> dict[str, Item]:
    return {
        "an open quote": ("a.csv", csv('v1,"示例甲,义警', GOOD_LINE), "closing quote"),
        "a quote in the middle": ("a.csv", csv('v1,"示例"甲,义警'), "CSV"),
        "1,000,000 characters": ("a.csv", csv(f"v1,{'长' * 1_000_000},义警"), "32,767 characters"),
        "one value of 20 MiB": ("a.csv", b"x" * (20 << 20), "characters"),
        "NUL": ("a.csv", csv("v1,\0,义警"), "NUL"),
        "noise": ("a.csv", random.Random(3).randbytes(4096), ""),
        "Latin-1": ("a.csv", "人员编号".encode("gb18030") + b",\xff\xfe\xe9 caf\xe9\n", "UTF-8"),
        "UTF-16 without a mark": ("a.csv", csv(GOOD_LINE).decode().encode("utf-16-le"), ""),
        "UTF-16 cut in a character": ("a.csv", csv(GOOD_LINE).decode().encode("utf-16")[:-1], "UTF-8"),
        "UTF-32": ("a.csv", csv(GOOD_LINE).decode().encode("utf-32"), "NUL"),
        "UTF-7": ("a.csv", csv(GOOD_LINE).decode().encode("utf-7"), "row of headings"),
        "CESU surrogates": ("a.csv", csv("v1,\ud800,义警".encode("utf-8", "surrogatepass").decode("latin-1")), ""),
        "300 columns": ("a.csv", csv(",".join(["x"] * 300)), "at most 256 columns"),
        "210,000 lines": ("a.csv", csv(*["v1,a,义警"] * 210_000), "at most 200,000 rows"),
        "3,000,000 lines of nothing": ("a.csv", csv(*[""] * 3_000_000), "rows below the headings"),
        "20 MiB of commas": ("a.csv", csv("," * (20 << 20)), "rows below the headings"),
        "20 MiB of quotes": ("a.csv", csv('"' * (20 << 20)), ""),
        "40 MiB": ("a.csv", csv("x" * (40 << 20)), "at most 32 MiB"),
        "blanks alone": ("a.csv", b" \n\t\n" * 1000, "empty file"),
        "nothing": ("a.csv", b"", "empty file"),
        "a mark alone": ("a.csv", b"\xef\xbb\xbf", ""),
        "a formula in a CSV": ("a.csv", csv("v1,=cmd|' /C calc'!A0,义警"), FINE),
        "a header of formulas": ("a.csv", csv(GOOD_LINE, head="=人员编号,+姓名,@类别"), FINE),
        "a separator of its own": ("a.csv", b"sep=;\r\n" + csv(GOOD_LINE).replace(b",", b";"), FINE),
        "a separator that is none": ("a.csv", b"sep=xx\r\n" + csv(GOOD_LINE), FINE),
        "a stray comma": ("a.csv", csv("v1,示例甲,义警,x"), ROWS),
        "carriage returns alone": ("a.csv", csv(GOOD_LINE).replace(b"\r\n", b"\r"), ""),
        "one key 50,000 times": ("a.csv", csv(*[GOOD_LINE] * 50_000), ""),
        "names that all clash": ("a.csv", csv(*[f"v{i},甲,协管" for i in range(50_000)]), ""),
    }  # fmt: skip


# ---- other things under a table's name


def _others(secret: str, address: str) -> dict[str, Item]:
    vrt = (
        f'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{secret}</SrcDataSource>'
        "</OGRVRTLayer></OGRVRTDataSource>"
    )
    kinds: dict[str, tuple[str, bytes, str]] = {
        "a VRT": ("a.geojson", vrt.encode(), "a web page or XML"),
        "a web page called .xls": ("a.xls", b"<html><table><tr><td>x", "a web page or XML"),
        "nested JSON": ("a.csv", b"[" * 400_000, "JSON"),
        "JSON": ("a.csv", b'{"people": []}', "JSON"),
        "an old workbook": (
            "a.xls",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096),
            "old Excel",
        ),
        "a locked workbook": (
            "a.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(999),
            "password",
        ),
        "a PDF": ("a.csv", b"%PDF-1.7\n", "PDF"),
        "a picture": ("a.xlsx", b"\x89PNG\r\n\x1a\n" + bytes(99), "picture"),
        "a database": ("a.csv", b"SQLite format 3\x00" + bytes(99), "database"),
        "a script": ("a.csv", b"#!/bin/sh\ntouch /tmp/x\n", "program"),
        "a program": ("a.xlsx", b"\x7fELF" + bytes(99), "program"),
        "gzip": ("a.csv", b"\x1f\x8b" + bytes(99), "gzip"),
        "RAR": ("a.xlsx", b"Rar!\x1a\x07\x00", "RAR"),
        "Parquet": ("a.csv", b"PAR1" + bytes(99), "Parquet"),
        "a path": ("a.csv", secret.encode(), "row of headings"),
        "an address": ("a.csv", address.encode(), "row of headings"),
        "a pickle": ("a.csv", b"\x80\x04\x95cos\nsystem\n(S'true'\ntR.", ""),
    }
    return kinds
