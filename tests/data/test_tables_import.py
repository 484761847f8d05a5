"""Tables of offices: headings, encodings, values as people write them, what an import changes."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from portions import portion

from data.importers.cells import RefusedError, Setting
from data.importers.headings import find_header
from data.importers.kinds import KINDS
from data.importers.places import Ground
from data.importers.tables import (
    Known,
    TableFileError,
    codes_of,
    preview_import,
    shipped_codes,
)
from data.importers.templates import template
from data.importers.wording import FILE_PROBLEMS, ROW_PROBLEMS
from grid.coordinates import from_wgs84

if TYPE_CHECKING:
    from data.importers.preview import ImportPreview

FIXTURE = Path(__file__).parent / "fixtures" / "office_people.xlsx"
HEAD = ("人员编号", "姓名", "类别")
ONE = ("v1", "示例甲", "义警")
DRUM_TOWER = (39.9418, 116.3960)


def workbook(tmp_path: Path, *rows: tuple[Any, ...], name: str = "a.xlsx", **sheets: Any) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    for title, content in sheets.items():
        extra = book.create_sheet(title)
        for row in content:
            extra.append(row)
    book.save(tmp_path / name)
    return tmp_path / name


def table(tmp_path: Path, text: str, encoding: str = "utf-8", name: str = "a.csv") -> Path:
    (tmp_path / name).write_bytes(text.encode(encoding))
    return tmp_path / name


def reasons(preview: ImportPreview) -> list[tuple[int, str, str]]:
    return [(one.row, one.field, one.words.en) for one in preview.refused]


def refusal(kind: str, path: Path, **options: Any) -> str:
    with pytest.raises(TableFileError) as caught:
        preview_import(kind, path, **options)
    return str(caught.value)


# ---- a sheet of an office


def test_a_sheet_made_by_libreoffice_is_imported_as_described():
    preview = preview_import("people", FIXTURE)
    (sheet,) = preview.sheets
    assert (sheet.sheet, sheet.header_row, sheet.num_rows) == ("花名册", 4, 11)
    assert sheet.unknown == ("爱好",)
    assert sheet.ignored == ("序号", "备注")
    assert sheet.formulas == 1
    people = preview.new.set_index("person_id")
    assert list(people.index) == ["v00001", "v00002", "10003", "v00010"]
    assert people.loc["v00001", "qualifications"] == ("first_aid", "security_certificate")
    # The station was merged over two rows; the profession's label has a slash of its own.
    assert set(people["station_id"]) == {"示例派出所"}
    assert people.loc["v00002", "profession"] == "delivery_rider"
    assert people["max_shifts"].tolist() == [3, 2, 3, 4]
    assert people["show_up"].tolist() == [0.9, 0.8, 0.9, 0.9]
    assert set(people["insured_until"]) == {pd.Timestamp(2027, 6, 30)}
    lat, lng = from_wgs84(people["lat"], people["lng"], "gcj02")
    np.testing.assert_allclose(lat, 40.62, atol=1e-6)
    np.testing.assert_allclose(lng, 109.9, atol=1e-6)
    assert [(row, field) for row, field, _ in reasons(preview)] == [
        (8, "tier"),
        (9, "lat"),
        (10, "insured_until"),
        (11, "person_id"),
        (12, "profession"),
        (13, "show_up"),
        (15, "name"),
        (15, "tier"),
    ]
    assert preview.num_refused == 7
    assert preview.refused[0].in_("zh") == (
        "office_people.xlsx：花名册！第 8 行：身份：应为：民警、辅警、义警之一；实为“协管”"
    )
    assert preview.refused[3].in_("en") == (
        "office_people.xlsx: 花名册: row 11: 义警编号: expected each key once, "
        "got that of row 5 again"
    )


def test_the_same_file_twice_changes_nothing():
    first = preview_import("people", FIXTURE)
    second = preview_import("people", FIXTURE, first.new)
    assert second.changes_nothing
    assert (second.num_unchanged, second.num_absent) == (4, 0)
    assert second.refused == first.refused
    assert second.sha256 == first.sha256


# ---- files

LINES = "人员编号,姓名,类别,地址\nv1,示例甲,义警,示例路1号\nv2,示例乙,辅警,\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(tmp_path, encoding, delimiter):
    path = table(tmp_path, LINES.replace(",", delimiter), encoding)
    preview = preview_import("people", path)
    assert preview.new["name"].tolist() == ["示例甲", "示例乙"]
    assert preview.new["address"].tolist() == ["示例路1号", ""]
    assert preview.columns == ("person_id", "name", "tier", "address")


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
def test_line_ends_and_blank_lines(tmp_path, ending):
    text = "花名册\n\n" + LINES.replace("\n", "\n\n,,,\n")
    preview = preview_import("people", table(tmp_path, text.replace("\n", ending)))
    assert len(preview.new) == 2


def test_lists_inside_a_comma_file_do_not_make_it_a_semicolon_file(tmp_path):
    text = "编号,姓名,类别,资质\nv1,甲,义警,急救员证;消防培训合格;保安员证;hazard_training\n"
    preview = preview_import("people", table(tmp_path, text))
    assert preview.new["qualifications"].tolist() == [
        ("first_aid", "fire_training", "security_certificate", "hazard_training")
    ]


def test_a_line_is_told_by_where_it_begins(tmp_path):
    text = '人员编号,姓名,类别\nv1,"示例\n甲",义警\nv2,示例乙,协管\n'
    preview = preview_import("people", table(tmp_path, text))
    assert preview.new["name"].tolist() == ["示例 甲"]
    assert reasons(preview) == [
        (4, "tier", "expected one of officer, auxiliary, volunteer, got '协管'")
    ]


def test_a_value_too_many_refuses_the_row(tmp_path):
    preview = preview_import("people", table(tmp_path, LINES + "v3,示例丙,义警,示例路,3号\n"))
    assert [row for row, _, _ in reasons(preview)] == [4]
    assert "expected 4 values, got 5" in preview.refused[0].words.en


def test_every_sheet_of_a_kind_is_read_and_others_are_told(tmp_path):
    path = workbook(
        tmp_path, HEAD, ONE,
        第二所=[("花名册",), HEAD, ("v2", "示例乙", "民警"), ("v1", "示例丙", "义警")],
        说明=[("请填写",), ("姓名", "必填")],
    )  # fmt: skip
    preview = preview_import("people", path)
    assert [sheet.sheet for sheet in preview.sheets] == ["Sheet", "第二所"]
    assert preview.skipped_sheets == ("说明",)
    assert preview.new["person_id"].tolist() == ["v1", "v2"]
    assert reasons(preview) == [
        (4, "person_id", "expected each key once, got that of sheet 'Sheet', row 2 again")
    ]
    alone = preview_import("people", path, sheet="第二所")
    assert alone.new["name"].tolist() == ["示例乙", "示例丙"]
    assert "expected a visible sheet of Sheet, 第二所, 说明" in refusal("people", path, sheet="x")


def test_a_hidden_sheet_is_not_read(tmp_path):
    path = workbook(tmp_path, HEAD, ONE, old=[HEAD, ("v9", "示例", "义警")])
    book = openpyxl.load_workbook(path)
    book["old"].sheet_state = "hidden"
    book.save(path)
    assert preview_import("people", path).new["person_id"].tolist() == ["v1"]


# ---- headings


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_template_filled_in_is_imported(tmp_path, kind, language):
    path = tmp_path / "template.xlsx"
    path.write_bytes(template(kind, language))
    assert "rows below the headings" in refusal(kind, path)  # the example is none
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    key = KINDS[kind].key
    for column, one in enumerate(KINDS[kind].columns, 1):
        example = sheet.cell(2, column).value
        sheet.cell(3, column, "x1" if one.name == key[0] else example)
    book.save(path)
    preview = preview_import(kind, path, known=Known(shipped_codes()))
    assert not preview.refused
    assert len(preview.new) == 1
    assert preview.sheets[0].unknown == ()
    helpers = {column.name for column in KINDS[kind].columns if column.helper}
    assert set(preview.columns) == {column.name for column in KINDS[kind].columns} - helpers


@pytest.mark.parametrize("kind", KINDS)
def test_every_known_heading_is_understood_alone(kind, tmp_path):
    layout = KINDS[kind]
    for column in layout.columns:
        for name in (column.heading.zh, column.heading.en, column.name):
            decorated = f" {name}\u3000（必填）*：" if column.units is None else f" {name} *"
            other = layout.columns[0 if column is not layout.columns[0] else 1]
            header = find_header([[decorated, other.name]], layout)
            assert header is not None, name
            assert header.headings[0].column is column, name
    assert len({column.name for column in layout.columns}) == len(layout.columns)


def test_headings_are_matched_however_they_are_written(tmp_path):
    path = workbook(
        tmp_path,
        ("Ｐｅｒｓｏｎ ＩＤ*", " 姓　名 ", "类别（民警/辅警/义警）", "出行距离上限(公里)", "生肖"),
        ("v1", "甲", "ＯＦＦＩＣＥＲ", 2.5, "鼠"),
    )
    preview = preview_import("people", path)
    assert preview.new["travel_limit_m"].tolist() == [2500.0]
    assert preview.unknown_headings == ("生肖",)


def test_an_unknown_unit_makes_an_unknown_heading(tmp_path):
    path = workbook(tmp_path, (*HEAD, "出行上限（里）"), (*ONE, 5))
    preview = preview_import("people", path)
    assert preview.unknown_headings == ("出行上限（里）",)
    assert "travel_limit_m" not in preview.columns


def test_missing_headings_are_named(tmp_path):
    path = workbook(tmp_path, ("花名册",), ("姓名", "职业", "经度"), ("甲", "教师", 110))
    assert refusal("people", path) == (
        "a.xlsx: Sheet: row 2: expected the headings 人员编号 (Person ID), 类别 (Tier), "
        "纬度 (Latitude), got none of these"
    )
    assert refusal("people", path, language="zh").startswith("a.xlsx：Sheet: 第 2 行表头缺少")


def test_one_column_twice_is_refused(tmp_path):
    path = workbook(tmp_path, (*HEAD, "Name"), (*ONE, "x"))
    assert "expected one column for '姓名' and 'Name', got both" in refusal("people", path)


def test_values_without_a_heading_are_told(tmp_path):
    path = workbook(tmp_path, (*HEAD, None, None), (*ONE, None, "记得打电话"))
    preview = preview_import("people", path)
    assert preview.unknown_headings == ("[E]",)
    assert len(preview.new) == 1


def test_rows_of_only_a_number_and_headers_of_every_page_are_no_rows(tmp_path):
    head = ("序号", *HEAD)
    path = workbook(tmp_path, head, (1, *ONE), head, (2, "v2", "示例乙", "民警"), (3,), (4, None))
    preview = preview_import("people", path)
    assert (len(preview.new), preview.num_refused) == (2, 0)


def test_a_merged_cell_fills_downwards_only(tmp_path):
    path = workbook(tmp_path, (*HEAD, "派出所", "社区"), (*ONE, "s1", None), ("v2", "乙", "义警"))
    book = openpyxl.load_workbook(path)
    book.worksheets[0].merge_cells("D2:E3")
    book.save(path)
    preview = preview_import("people", path)
    assert preview.new["station_id"].tolist() == ["s1", "s1"]
    assert preview.new["community_id"].tolist() == ["", ""]


# ---- values


def read(kind: str, column: str, cell: Any, **setting: Any) -> Any:
    return KINDS[kind][column].reader.read(cell, Setting(**setting))


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (150202001, "150202001"),
        (150202001.0, "150202001"),
        ("150202001.0", "150202001"),
        ("００１２", "0012"),
        ("'=v1", "=v1"),
        (" \u200bv1\ufeff ", "v1"),
    ],
)
def test_ids(cell, expected):
    assert read("people", "person_id", cell) == expected


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (["2026-01-02"], "the date 2026-01-02 that Excel made of it"),
        (1.50202199001011e17, "Excel lost the last digits"),
        ("1.50202E+17", "Excel lost the last digits"),
        (12.5, "Excel lost the last digits"),
    ],
)
def test_spoiled_ids_are_refused_with_what_to_do(cell, reason):
    with pytest.raises(RefusedError) as caught:
        read("people", "person_id", cell)
    assert reason in caught.value.words.en


DAY = datetime(2026, 11, 30)  # noqa: DTZ001 - a day


@pytest.mark.parametrize(
    "cell",
    [
        ["2026-11-30"], ["2026-11-30T00:00:00"], "2026-11-30", "2026/11/30", "2026.11.30",
        "2026年11月30日", "２０２６－１１－３０", "20261130", 20261130, 46356, 46356.0,
        "2026-11-30 00:00:00",
    ],
)  # fmt: skip
def test_days(cell):
    assert read("people", "insured_until", cell) == DAY


def test_days_of_a_workbook_that_counts_from_1904():
    assert read("people", "insured_until", 46356 - 1462, date1904=True) == DAY


@pytest.mark.parametrize("cell", ["明年", "2026-13-01", "2026-02-30", 5.5e6, True, "2026", "30/11"])
def test_no_days(cell):
    with pytest.raises(ValueError, match=r"^|.*"):
        read("people", "insured_until", cell)


@pytest.mark.parametrize(
    "cell",
    [
        ["2026-11-01T21:40:00"], "2026-11-01 21:40", "2026/11/1 21:40:00", "2026年11月1日 21时40分",
        "2026-11-01T13:40:00Z", "2026-11-01T21:40:00+08:00", 46327 + 21 / 24 + 40 / 1440,
    ],
)  # fmt: skip
def test_moments_are_of_the_named_zone(cell):
    assert read("incidents", "occurred_at", cell) == datetime(2026, 11, 1, 13, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("18:30", time(18, 30)), (["18:30:00"], time(18, 30)), (18.5 / 24, time(18, 30)),
     ("18时30分", time(18, 30)), ("8点", time(8)), ("８：０５", time(8, 5))],
)  # fmt: skip
def test_times_of_day(cell, expected):
    assert read("shifts", "starts_at", cell)[1] == expected


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("show_up", "90%", 0.9), ("show_up", 0.9, 0.9), ("show_up", "９５％", 0.95),
        ("travel_limit_m", "3,000", 3000.0), ("max_shifts", "3", 3), ("max_shifts", 3.0, 3),
        ("lng", "110°02′13″", 110 + 2 / 60 + 13 / 3600), ("sex", "女", "female"),
        ("phone", "000-0000 0000", "00000000000"), ("tier", "Officer", "officer"),
        ("coordinate_system", "百度", "bd09"), ("name", "示例 甲\n(二)", "示例 甲 (二)"),
        ("qualifications", "急救员证、消防培训合格，急救员证", ("急救员证", "消防培训合格")),
    ],
)  # fmt: skip
def test_values_as_people_write_them(column, cell, expected):
    found = read("people", column, cell)
    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)


@pytest.mark.parametrize(
    ("column", "cell"),
    [("show_up", 0), ("show_up", 1.2), ("show_up", "NaN"), ("max_shifts", 2.5), ("max_shifts", -1),
     ("max_shifts", True), ("lat", 110), ("travel_limit_m", "1e999"), ("phone", 1.5),
     ("phone", "call me"), ("sex", "?"), ("id_number", "123"), ("name", "x" * 61)],
)  # fmt: skip
def test_values_that_are_refused(column, cell):
    with pytest.raises(ValueError, match=r"^|.*"):
        read("people", column, cell)


def id_number(first17: str) -> str:
    """Add the check character by the standard's own table of weights."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(first17, weights, strict=True))
    return first17 + "10X98765432"[total % 11]


@given(st.text("0123456789", min_size=17, max_size=17))
def test_identity_numbers_carry_a_check_character(first17):
    good = id_number(first17)
    assert read("people", "id_number", good.lower()) == good
    wrong = good[:-1] + ("0" if good[-1] != "0" else "1")
    with pytest.raises(RefusedError) as caught:
        read("people", "id_number", wrong)
    assert first17 not in caught.value.words.en + caught.value.words.zh


def test_private_values_are_not_told(tmp_path):
    path = workbook(tmp_path, (*HEAD, "手机号", "身份证号"), (*ONE, "call 1234567", "1101011234"))
    preview = preview_import("people", path)
    told = json.dumps(preview.to_dict(), ensure_ascii=False)
    assert preview.num_refused == 1
    assert len(preview.refused) == 2
    assert "1234567" not in told
    assert "1101011234" not in told


def test_empty_cells_and_words_for_nothing(tmp_path):
    head = (*HEAD, "职业", "保险到期日", "到岗率", "地址")
    path = workbook(tmp_path, head, (*ONE, "无", "/", "—", "无"))
    row = preview_import("people", path).new.iloc[0]
    assert row["profession"] == ""
    assert row["address"] == "无"
    assert pd.isna(row["insured_until"])
    assert pd.isna(row["show_up"])


def test_formulas_and_errors_in_cells(tmp_path):
    path = workbook(tmp_path, (*HEAD, "最多班次"), (*ONE, "=1+1"), ("v2", "乙", "义警", "#DIV/0!"))
    book = openpyxl.load_workbook(path)
    book.worksheets[0]["D3"].data_type = "e"
    book.save(path)
    assert [(row, text) for row, _, text in reasons(preview_import("people", path))] == [
        (2, ROW_PROBLEMS["formula"].en),
        (3, "expected a value, got the error #DIV/0!"),
    ]


# ---- codes

STATIONS = codes_of(
    "stations", {"s1": ("和平路派出所", "同名所"), "s2": ("南门外派出所", "同名所")}
)


def test_codes_and_names(tmp_path):
    stations = ("和平路派出所", "S2", "同名所", "无此所", "")
    rows = [(f"v{number}", "甲", "义警", name) for number, name in enumerate(stations)]
    path = workbook(tmp_path, (*HEAD, "派出所"), *rows)
    preview = preview_import("people", path, known=Known({"stations": STATIONS}))
    assert preview.new["station_id"].tolist() == ["s1", "s2", ""]
    assert [text for _, _, text in reasons(preview)] == [
        "'同名所' names several stations: give the code",
        "expected one of the stations, got '无此所'",
    ]


# ---- places


@pytest.mark.parametrize("system", ["wgs84", "cgcs2000", "gcj02", "bd09"])
def test_a_known_point_in_each_system(tmp_path, system):
    lat, lng = (float(part) for part in from_wgs84(*DRUM_TOWER, system))
    head, row = (*HEAD, "经度", "纬度"), (*ONE, lng, lat)
    path = workbook(tmp_path, head, row)
    ways = [
        preview_import("people", path, system=system),
        preview_import("people", workbook(tmp_path, (*head, "坐标系"), (*row, system.upper()))),
        preview_import(
            "people",
            workbook(tmp_path, (*HEAD, f"经度（{system}）", f"纬度（{system}）"), row),
        ),
    ]
    for preview in ways:
        point = preview.new.iloc[0]
        assert (point["lat"], point["lng"]) == pytest.approx(DRUM_TOWER, abs=2e-7)


def test_coordinates_need_a_named_system(tmp_path):
    path = workbook(tmp_path, (*HEAD, "经度", "纬度"), (*ONE, 110, 40))
    assert "holds coordinates of no named system" in refusal("people", path)
    rows = [(*ONE, 110, 40, ""), ("v2", "乙", "义警", 110, 40, "WGS84")]
    mixed = workbook(tmp_path, (*HEAD, "经度", "纬度", "坐标系"), *rows)
    assert reasons(preview_import("people", mixed)) == [
        (2, "coordinate_system", "expected a coordinate system, got none")
    ]


def test_points_outside_the_city_and_halves_of_points(tmp_path):
    rows = [(*ONE, 110, 40), ("v2", "乙", "义警", 40, 80), ("v3", "丙", "义警", None, 40)]
    path = workbook(tmp_path, (*HEAD, "经度", "纬度"), *rows)
    known = Known(ground=Ground(box=(39, 109, 42, 111)))
    preview = preview_import("people", path, known=known, system="wgs84")
    assert preview.new["person_id"].tolist() == ["v1"]
    assert [(row, text[:24]) for row, _, text in reasons(preview)] == [
        (3, "expected a point of the "),
        (4, "expected both lng and la"),
    ]


def test_a_community_places_what_has_no_coordinates(tmp_path):
    communities = pd.DataFrame(
        {"community_id": ["c1", "c2"], "lng": [110.0, 110.5], "lat": [40.5, 40.6]}
    )
    known = Known(
        {"communities": codes_of("communities", {"c1": ("环西社区",), "c2": ("和平社区",)})},
        Ground(communities),
    )
    head = ("警情编号", "发生时间", "来源", "社区", "经度", "纬度", "地点")
    when = "2026-11-01 21:40"
    path = workbook(
        tmp_path, head,
        ("a", when, "报警", "环西社区", None, None, "某路"),
        ("b", when, "报警", "c2", 110.1, 40.4, ""),
        ("c", when, "巡逻发现", "", None, None, "某路 2 号"),
    )  # fmt: skip
    preview = preview_import("incidents", path, known=known, system="wgs84")
    assert preview.new[["lng", "lat"]].to_numpy().tolist() == [[110.0, 40.5], [110.1, 40.4]]
    assert reasons(preview) == [(4, "lng", "expected coordinates or a community, got neither")]


# ---- kinds with rules of their own


def test_shifts_of_days_and_clocks(tmp_path):
    path = workbook(
        tmp_path, ("班次", "日期", "开始", "结束"),
        ("evening", date(2026, 11, 30), time(18, 30), "22:00"),
        ("night", "2026年11月30日", "22:00", 2 / 24),
        ("dated", None, datetime(2026, 12, 1, 9), "12:00"),  # noqa: DTZ001
        ("whole", None, "2026-12-01T09:00:00+08:00", "2026-12-01T12:00:00+08:00"),
        ("undated", None, "09:00", "12:00"),
        ("backwards", None, "2026-12-01 09:00", "2026-12-01 08:00"),
    )  # fmt: skip
    preview = preview_import("shifts", path)
    spans = preview.new[["starts_at", "ends_at"]].map(lambda moment: f"{moment:%m-%d %H:%M}")
    assert spans.to_numpy().tolist() == [
        ["11-30 10:30", "11-30 14:00"],
        ["11-30 14:00", "11-30 18:00"],
        ["12-01 01:00", "12-01 04:00"],
        ["12-01 01:00", "12-01 04:00"],
    ]
    assert str(preview.new["starts_at"].dtype) == "datetime64[us, UTC]"
    assert [(row, field) for row, field, _ in reasons(preview)] == [(6, "day"), (7, "ends_at")]


def test_weights_of_demand(tmp_path):
    rows = [
        ("b1", 2, "5"), ("b2", 3, "9;4；1"), ("b3", 2, ""), ("b4", 2, "1;2"),
        ("b5", 2, "3;2;1"), ("b6", 0, ""), ("b7", 1, "0"),
    ]  # fmt: skip
    path = workbook(
        tmp_path, ("警格", "班次", "岗位角色", "需要人数", "权重"),
        *[(beat, "s1", "巡逻防控保安员", required, weight) for beat, required, weight in rows],
    )  # fmt: skip
    preview = preview_import("demand", path)
    assert preview.new["weight"].tolist() == [(5, 5), (9, 4, 1), (1, 1), ()]
    assert set(preview.new["role"]) == {"patrol_guard"}
    assert [row for row, _, _ in reasons(preview)] == [5, 6, 8]


def test_insurance_ends_after_it_starts_and_amounts_have_units(tmp_path):
    path = workbook(
        tmp_path, ("编号", "保单号", "起保日期", "到期日期", "保额（万元）"),
        ("v1", "p1", "2026-07-01", "2027-06-30", 10),
        ("v1", "p2", "2026-07-01", "2026-06-30", 10),
    )  # fmt: skip
    preview = preview_import("insurance", path)
    assert preview.new["amount_yuan"].tolist() == [100_000.0]
    assert reasons(preview) == [(3, "ends_on", "expected a time after 2026-07-01")]


# ---- what an import changes


def test_new_changed_unchanged_and_absent_rows(tmp_path):
    first = workbook(
        tmp_path, (*HEAD, "职业", "最多班次"), (*ONE, "教师", 3),
        ("v2", "示例乙", "义警", "学生", None), ("v3", "示例丙", "义警", "", 1),
    )  # fmt: skip
    existing = preview_import("people", first).new
    second = workbook(tmp_path, (*HEAD, "职业"), (*ONE, "律师"), ("v2", "示例乙", "义警", "学生"),
                      ("v4", "示例丁", "民警", ""))  # fmt: skip
    preview = preview_import("people", second, existing)
    assert preview.new["person_id"].tolist() == ["v4"]
    assert preview.changed["person_id"].tolist() == ["v1"]
    assert preview.changed["profession"].tolist() == ["lawyer"]
    assert preview.changed_from["profession"].tolist() == ["teacher"]
    assert (preview.num_unchanged, preview.num_absent) == (1, 1)
    assert preview.changed_columns() == {"profession": 1}
    assert "max_shifts" not in preview.columns


def test_a_column_that_the_table_lacks_counts_as_empty(tmp_path):
    existing = pd.DataFrame({"person_id": ["v1"], "name": ["示例甲"], "tier": ["volunteer"]})
    empty = workbook(tmp_path, (*HEAD, "保险到期日", "资质"), (*ONE, None, None))
    assert preview_import("people", empty, existing).changes_nothing
    filled = workbook(tmp_path, (*HEAD, "保险到期日"), (*ONE, "2027-01-01"))
    assert preview_import("people", filled, existing).changed_columns() == {"insured_until": 1}


def test_progress_is_told_to_the_end(tmp_path):
    seen: list[tuple[str, int, int]] = []
    path = workbook(tmp_path, HEAD, ONE)
    preview_import("people", path, progress=lambda *step: seen.append(step))
    assert {stage: done == total for stage, done, total in seen} == {
        "reading": True, "checking": True, "comparing": True,
    }  # fmt: skip


PERSON = st.fixed_dictionaries(
    {
        "name": st.text("甲乙丙丁ABC=+-@'\"＝;, \t", max_size=12).filter(
            lambda text: any(char.isalnum() for char in text)
        ),
        "tier": st.sampled_from(["officer", "auxiliary", "volunteer"]),
        "lng": st.one_of(st.none(), st.floats(100, 120)),
        "insured_until": st.one_of(st.none(), st.dates(date(2000, 1, 1), date(2100, 1, 1))),
        "max_shifts": st.one_of(st.none(), st.integers(0, 1000)),
    }
)


@settings(
    max_examples=portion(15),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(people=st.lists(PERSON, min_size=1, max_size=8), file_type=st.sampled_from(["xlsx", "csv"]))
def test_importing_twice_changes_nothing_whatever_is_imported(tmp_path, people, file_type):
    frame = pd.DataFrame(people)
    frame["person_id"] = [f"v{number}" for number in range(len(frame))]
    frame["lat"] = frame["lng"].map(lambda lng: None if pd.isna(lng) else lng - 70)
    path = tmp_path / f"a.{file_type}"
    if file_type == "csv":
        frame.to_csv(path, index=False)
    else:
        rows = frame.astype(object).where(frame.notna(), None)
        book = openpyxl.Workbook()
        book.worksheets[0].append(list(rows.columns))
        for number, row in enumerate(rows.itertuples(index=False), 2):
            for column, value in enumerate(row, 1):
                cell = book.worksheets[0].cell(number, column, value)
                if isinstance(value, str):
                    cell.data_type = "s"
        book.save(path)
    first = preview_import("people", path, system="bd09")
    assert len(first.new) + first.num_refused == len(people)
    second = preview_import("people", path, first.new, system="bd09")
    assert second.changes_nothing
    assert second.num_unchanged == len(first.new)
    # And after a way through a CSV file of plain texts, as a database might give it back.
    stored = pd.read_csv(
        io.StringIO(first.new.to_csv(index=False)), dtype={"person_id": str, "name": str},
        keep_default_na=False, na_values={"lng": [""], "lat": [""], "max_shifts": [""]},
    )  # fmt: skip
    stored["insured_until"] = pd.to_datetime(stored["insured_until"])
    assert preview_import("people", path, stored, system="bd09").changes_nothing


# ---- words


def test_all_words_stand_in_both_languages():
    for words in (*FILE_PROBLEMS.values(), *ROW_PROBLEMS.values()):
        assert words.zh
        assert words.en
        assert words.zh != words.en
    for kind in KINDS.values():
        for column in kind.columns:
            assert column.heading.zh
            assert column.heading.en
