"""Rosters as workbooks that print well on A4: one sheet a shift, with a column to sign in.

Each sheet has a title, when and where, a table whose head is repeated on every page, the page's
number, and is as wide as the page.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from data.exporters.plain_text import sheet_text
from data.exporters.sheet_cells import put
from data.importers.wording import Words

if TYPE_CHECKING:
    import pandas as pd
    from openpyxl.worksheet.worksheet import Worksheet

    from data.importers.wording import Language

HEAD_ROW: Final = 3
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_WEEKDAYS = {
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_TITLE = Words("{name} 勤务排班表", "Duty roster: {name}")
_WHEN = Words(
    "{day} {weekday}　{start}–{end}　班次 {shift}　共 {count} 人",
    "{weekday} {day}, {start}–{end}, shift {shift}, {count} people",
)
_FOOT = Words("第 &P 页，共 &N 页", "Page &P of &N")
_NOBODY = Words("没有排班", "No duties")
_TIERS = {
    "officer": Words("民警", "Officer"),
    "auxiliary": Words("辅警", "Auxiliary"),
    "volunteer": Words("义警", "Volunteer"),
}


@dataclass(frozen=True, slots=True)
class _Column:
    heading: Words
    width: float
    value: str = ""


_COLUMNS: Final = (
    _Column(Words("序号", "No."), 5),
    _Column(Words("警格", "Beat"), 23, "beat_name"),
    _Column(Words("岗位角色", "Role"), 18, "role_label"),
    _Column(Words("姓名", "Name"), 13, "name"),
    _Column(Words("编号", "ID"), 11, "person_id"),
    _Column(Words("类别", "Tier"), 9, "tier"),
    _Column(Words("签到", "In"), 8),
    _Column(Words("签退", "Out"), 8),
    _Column(Words("签名", "Signature"), 15),
)
_HEAD_FILL = PatternFill("solid", fgColor="FFE8EEF4")
_LINE = Side(style="thin", color="FF6B7280")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_THICK = Border(left=_LINE, right=_LINE, top=Side(style="medium", color="FF374151"), bottom=_LINE)
_FONT = "宋体"


def roster_workbook(rows: pd.DataFrame, name: str, *, language: Language) -> bytes:
    """Return the roster of one station, beat or team as the bytes of an ``.xlsx`` file.

    Parameters
    ----------
    rows : DataFrame
        Of `roster_rows`, of this station, beat or team.
    name : str
        What it is called.
    language : {"zh", "en"}
    """
    workbook = Workbook()
    first = workbook.worksheets[0]
    for centred in (False, True):
        for new_beat in (False, True):
            workbook.add_named_style(_style(centred=centred, new_beat=new_beat))
    taken: set[str] = set()
    for shift, group in rows.groupby("shift_id", sort=False):
        title = sheet_title(_sheet_name(str(shift), group, language), taken)
        _fill(workbook.create_sheet(title), str(shift), group, name, language)
    if taken:
        workbook.remove(first)
    else:
        first.title = _NOBODY.in_(language)
    packed = io.BytesIO()
    workbook.save(packed)
    return packed.getvalue()


def _style_name(*, centred: bool, new_beat: bool) -> str:
    return f"duty{'-centred' if centred else ''}{'-beat' if new_beat else ''}"


def _style(*, centred: bool, new_beat: bool) -> NamedStyle:
    """Return the style of a cell; named ones are ten times as fast to set as their parts."""
    return NamedStyle(
        name=_style_name(centred=centred, new_beat=new_beat),
        font=Font(name=_FONT, size=10),
        border=_THICK if new_beat else _BOX,
        alignment=Alignment(
            vertical="center", horizontal="center" if centred else "left", wrap_text=True
        ),
    )


def sheet_title(wanted: str, taken: set[str]) -> str:
    """Return a name that a sheet may have, like the one that is wanted and not taken; take it."""
    base = _FORBIDDEN.sub("-", sheet_text(wanted)).strip("' ") or "-"
    title, number = base[:31].strip("' "), 1
    while title.lower() in taken:
        number += 1
        ending = f" ({number})"
        title = base[: 31 - len(ending)] + ending
    taken.add(title.lower())
    return title


def _sheet_name(shift: str, group: pd.DataFrame, language: Language) -> str:
    start = group["starts_at"].iloc[0]
    return f"{start:%m-%d} {_WEEKDAYS[language][start.weekday()]} {start:%H%M} {shift}"


def _fill(sheet: Worksheet, shift: str, group: pd.DataFrame, name: str, language: Language) -> None:
    _head(sheet, shift, group, name, language)
    values = {column.value: group[column.value].tolist() for column in _COLUMNS if column.value}
    values["tier"] = [_TIERS[tier].in_(language) for tier in values["tier"]]
    beats = group["beat_id"].tolist()
    for number in range(len(group)):
        row = HEAD_ROW + 1 + number
        new_beat = number > 0 and beats[number] != beats[number - 1]
        for position, column in enumerate(_COLUMNS, 1):
            value = values[column.value][number] if column.value else ""
            style = _style_name(centred=position in {1, 6}, new_beat=new_beat)
            put(sheet, row, position, number + 1 if position == 1 else value, style)
        sheet.row_dimensions[row].height = 24
    _set_page(sheet, HEAD_ROW + len(group), language)


def _head(sheet: Worksheet, shift: str, group: pd.DataFrame, name: str, language: Language) -> None:
    last = get_column_letter(len(_COLUMNS))
    title = put(sheet, 1, 1, _TITLE.in_(language).format(name=name))
    title.font = Font(name=_FONT, size=16, bold=True)
    title.alignment = Alignment(horizontal="center", vertical="center", shrink_to_fit=True)
    start, end = group["starts_at"].iloc[0], group["ends_at"].iloc[0]
    when = _WHEN.in_(language).format(
        day=f"{start:%Y-%m-%d}",
        weekday=_WEEKDAYS[language][start.weekday()],
        start=f"{start:%H:%M}",
        end=f"{end:%H:%M}",
        shift=shift,
        count=group["person_id"].nunique(),
    )
    line = put(sheet, 2, 1, when)
    line.font = Font(name=_FONT, size=11)
    line.alignment = Alignment(horizontal="center", vertical="center")
    for row, height in ((1, 30), (2, 20), (HEAD_ROW, 22)):
        sheet.row_dimensions[row].height = height
    sheet.merge_cells(f"A1:{last}1")
    sheet.merge_cells(f"A2:{last}2")
    for position, column in enumerate(_COLUMNS, 1):
        cell = put(sheet, HEAD_ROW, position, column.heading.in_(language))
        cell.font = Font(name=_FONT, size=10, bold=True)
        cell.fill = _HEAD_FILL
        cell.border = _BOX
        cell.alignment = Alignment(horizontal="center", vertical="center")
        sheet.column_dimensions[get_column_letter(position)].width = column.width


def _set_page(sheet: Worksheet, last_row: int, language: Language) -> None:
    """A4 upright, as wide as the page and as long as needed, the head on every page."""
    sheet.freeze_panes = f"A{HEAD_ROW + 1}"
    sheet.print_title_rows = f"1:{HEAD_ROW}"
    sheet.print_area = f"A1:{get_column_letter(len(_COLUMNS))}{last_row}"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.orientation = "portrait"
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_options.horizontalCentered = True
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom, margins.footer = 0.5, 0.8, 0.4
    footer = sheet.HeaderFooter.oddFooter
    if footer is not None:
        footer.center.text = _FOOT.in_(language)
