"""Empty workbooks to fill in: one a kind, with headings, an example, lists and notes.

What a template says is what `tables.preview_import` understands: both are made of
`kinds.KINDS`. The example row is left aside when somebody forgets to delete it.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties

from data.catalogue import load_professions, load_roles
from data.exporters.sheet_cells import put
from data.importers.kinds import KINDS, LABELLED
from data.importers.wording import Words

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

    from data.importers.kinds import Column, Kind
    from data.importers.wording import Language

LAST_ROW: Final = 5_000
"""Lists and text formats reach to this row."""
_NOTES = Words("填写说明", "Notes")
_LISTS = Words("选项", "Lists")
_NOTE_HEADINGS = (
    Words("列", "Column"),
    Words("必填", "Required"),
    Words("内容", "Holds"),
    Words("说明", "Notes"),
    Words("也认这些表头", "Also understood"),
)
_NOTE_WIDTHS = (18, 10, 34, 48, 60)
_YES = Words("是", "yes")
_INTRODUCTION = Words(
    "带 * 的列必须有。示例行可以留着，不会导入。表头可以换次序、删去不用的列；空单元格表示没有。",
    "Columns with * must be there. The example row may stay: it is not imported. Columns may be "
    "moved, and those not needed deleted; an empty cell means nothing.",
)
_HEAD_FILL = PatternFill("solid", fgColor="FFDCE6F1")
_LINE = Side(style="thin", color="FF9AA5B1")
_BORDER = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)


def template(kind: str, language: Language) -> bytes:
    """Return the template of a kind as the bytes of an ``.xlsx`` file.

    Parameters
    ----------
    kind : str
        A key of `data.importers.kinds.KINDS`.
    language : {"zh", "en"}
        Of its headings, lists and notes.
    """
    layout = KINDS[kind]
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = layout.title.in_(language)
    lists = workbook.create_sheet(_LISTS.in_(language))
    _fill_sheet(sheet, lists, layout, language)
    _fill_notes(workbook.create_sheet(_NOTES.in_(language), 1), layout, language)
    lists.sheet_state = "hidden"
    packed = io.BytesIO()
    workbook.save(packed)
    return packed.getvalue()


def _fill_sheet(sheet: Worksheet, lists: Worksheet, kind: Kind, language: Language) -> None:
    for number, column in enumerate(kind.columns, 1):
        letter = get_column_letter(number)
        head = put(sheet, 1, number, _heading(column, language))
        _dress(head, bold=True)
        head.fill = _HEAD_FILL
        example = put(sheet, 2, number, _example(column, language))
        _dress(example, bold=False)
        example.font = Font(italic=True, color="FF6B7280")
        width = 2.2 * len(column.heading.zh) + 6 if language == "zh" else len(str(head.value)) + 4
        sheet.column_dimensions[letter].width = max(width, 12)
        if column.reader.dtype == "str" and not column.listed:
            # Text cells keep leading zeros, long numbers and what looks like a date.
            sheet.column_dimensions[letter].number_format = "@"
            example.number_format = "@"
        if options := _options(column, language):
            _offer(sheet, lists, letter, options)
    sheet.row_dimensions[1].height = 24
    sheet.freeze_panes = "A2"
    _fit(sheet)


def _heading(column: Column, language: Language) -> str:
    text = column.heading.in_(language)
    if column.units is not None:
        unit = next(name for name in column.units if name.isascii() != (language == "zh"))
        text += f"（{unit}）" if language == "zh" else f" ({unit})"
    return f"{text} *" if column.required else text


def _example(column: Column, language: Language) -> str | float:
    for words in (*column.listed, *_labels(column)):
        if column.example in {words.zh, words.en}:
            return words.in_(language)
    return column.example


def _options(column: Column, language: Language) -> list[str]:
    return [words.in_(language) for words in (*column.listed, *_labels(column))]


def _labels(column: Column) -> list[Words]:
    """Return the labels of the shipped tables that a column names one of."""
    loaders = {"professions": load_professions, "roles": load_roles}
    if column.name not in LABELLED:
        return []
    table = loaders[LABELLED[column.name]]()
    return [Words(zh, en) for zh, en in zip(table["label_zh"], table["label_en"], strict=True)]


def _offer(sheet: Worksheet, lists: Worksheet, letter: str, options: list[str]) -> None:
    """Offer a column's options in a list; other values stay possible, and are checked later."""
    first = lists.max_column + 1 if lists.max_row > 1 else 1
    for row, option in enumerate(options, 1):
        put(lists, row, first, option)
    place = get_column_letter(first)
    rule = DataValidation(
        type="list",
        formula1=f"'{lists.title}'!${place}$1:${place}${len(options)}",
        allow_blank=True,
        showErrorMessage=False,
    )
    rule.add(f"{letter}2:{letter}{LAST_ROW}")
    sheet.add_data_validation(rule)


def _fill_notes(sheet: Worksheet, kind: Kind, language: Language) -> None:
    put(sheet, 1, 1, _INTRODUCTION.in_(language)).alignment = Alignment(wrap_text=True)
    sheet.merge_cells("A1:E1")
    sheet.row_dimensions[1].height = 36
    for number, words in enumerate(_NOTE_HEADINGS, 1):
        cell = put(sheet, 3, number, words.in_(language))
        _dress(cell, bold=True)
        cell.fill = _HEAD_FILL
    for row, column in enumerate(kind.columns, 4):
        values = (
            _heading(column, language),
            _YES.in_(language) if column.required else "",
            column.reader.expected.in_(language),
            column.note.in_(language),
            ("、" if language == "zh" else ", ").join(column.others),
        )
        for number, value in enumerate(values, 1):
            _dress(put(sheet, row, number, value), bold=False)
        lines = max(
            _width(text) // width + 1 for text, width in zip(values, _NOTE_WIDTHS, strict=True)
        )
        sheet.row_dimensions[row].height = 16 * lines
    for letter, width in zip("ABCDE", _NOTE_WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    _fit(sheet)


def _width(text: str) -> int:
    """Return about how many small letters a text is wide: Chinese ones take two."""
    return sum(1 if char.isascii() else 2 for char in text)


def _fit(sheet: Worksheet) -> None:
    """Print on A4 across, as wide as the page."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _dress(cell: Cell, *, bold: bool) -> None:
    cell.font = Font(bold=bold)
    cell.border = _BORDER
    cell.alignment = Alignment(vertical="center", wrap_text=True)
