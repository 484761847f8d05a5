"""The one way in which a value enters a workbook that leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data.exporters.plain_text import sheet_text, starts_formula

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet


def put(
    sheet: Worksheet, row: int, column: int, value: str | float, style: str | None = None
) -> Cell:
    """Write a value; a text is typed as text, and quoted where it looks like a formula."""
    cell = sheet.cell(row, column)
    if style is not None:
        cell.style = style  # before the quote, which it would take away
    if isinstance(value, str):
        text = sheet_text(value)
        cell.value = text
        if text:
            cell.data_type = "s"
        if starts_formula(text):
            cell.quotePrefix = True
    else:
        cell.value = value
    return cell  # type: ignore[return-value]
