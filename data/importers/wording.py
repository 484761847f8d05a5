"""What an import says of a file or a row, Chinese and English side by side.

A sentence of a file follows its name (``people.xlsx: …``); one of a row follows row and column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Words:
    """A text in both languages."""

    zh: str
    en: str

    def in_(self, language: Language) -> str:
        """Return the text in one language."""
        return self.zh if language == "zh" else self.en

    def format(self, **values: object) -> Words:
        """Put values in, in both languages."""
        return Words(self.zh.format(**values), self.en.format(**values))


FILE_PROBLEMS: Final[Mapping[str, Words]] = {
    "no_file": Words("没有这个文件", "expected a file, got none"),
    "unopened": Words("打不开：{what}", "cannot be opened: {what}"),
    "empty": Words("文件是空的", "expected a table, got an empty file"),
    "file_size": Words("文件超过 {limit} MiB", "expected at most {limit} MiB, got more"),
    "not_table": Words(
        "不是 .xlsx 或 .csv 表格，而是{what_zh}", "expected .xlsx or .csv, got {what_en}"
    ),
    "old_excel": Words(
        "是旧版 Excel（.xls）或加密的工作簿：请另存为不加密的 .xlsx",
        "is an old Excel file (.xls) or has a password: save it as .xlsx without one",
    ),
    "password": Words("工作簿有密码：请去掉密码再存", "has a password: save it without one"),
    "unpacking": Words("无法解压：{what}", "cannot be unpacked: {what}"),
    "no_workbook": Words(
        "不是 Excel 工作簿（.xlsx）：压缩包里没有 {part}",
        "expected an Excel workbook (.xlsx), got a zip without {part}",
    ),
    "parts": Words(
        "压缩包最多可含 {limit:,} 个部件，实有 {got:,} 个",
        "expected at most {limit:,} parts in the zip, got {got:,}",
    ),
    "unpacked_size": Words(
        "解压后最多 {limit:,} MiB，实为 {got:,} MiB",
        "expected at most {limit:,} MiB unpacked, got {got:,} MiB",
    ),
    "part_twice": Words("压缩包里有同名部件", "expected each part of the zip once, got one twice"),
    "zip_method": Words(
        "压缩方式不支持", "expected a zip that is stored or deflated, got another method"
    ),
    "macros": Words(
        "含有宏（.xlsm）：请另存为不含宏的 .xlsx", "holds macros (.xlsm): save it as .xlsx without"
    ),
    "binary_workbook": Words(
        "是二进制工作簿（.xlsb）：请另存为 .xlsx", "is a binary workbook (.xlsb): save it as .xlsx"
    ),
    "entities": Words(
        "含有文档类型或实体声明，正常工作簿没有",
        "declares a document type or entities, which no workbook needs",
    ),
    "broken": Words("内部损坏：{part}：{what}", "is broken inside: {part}: {what}"),
    "sheet_twice": Words("有两张同名工作表“{sheet}”", "has two sheets called {sheet!r}"),
    "no_sheet": Words("没有可见的工作表", "expected a visible sheet, got none"),
    "sheets": Words(
        "最多 {limit} 张工作表，实有 {got} 张", "expected at most {limit} sheets, got {got}"
    ),
    "unknown_sheet": Words(
        "没有名为“{wanted}”的可见工作表，有：{known}",
        "expected a visible sheet of {known}, got {wanted!r}",
    ),
    "rows": Words(
        "最多 {limit:,} 行，第 {got:,} 行还有内容",
        "expected at most {limit:,} rows, got a value in row {got:,}",
    ),
    "columns": Words(
        "最多 {limit:,} 列，第 {got:,} 列还有内容",
        "expected at most {limit:,} columns, got a value in column {got:,}",
    ),
    "values": Words("最多 {limit:,} 个值", "expected at most {limit:,} values, got more"),
    "merges": Words("最多 {limit:,} 个合并单元格", "expected at most {limit:,} merged cells"),
    "text": Words(
        "第 {row} 行第 {column} 列：最多 {limit:,} 个字符，实有 {got:,} 个",
        "row {row}, column {column}: expected at most {limit:,} characters, got {got:,}",
    ),
    "chars": Words("文字合计最多 {limit:,} 个字符", "expected at most {limit:,} characters in all"),
    "unreadable": Words("无法作为工作簿读取：{what}", "cannot be read as a workbook: {what}"),
    "nul": Words("不是文本：含有空字符（NUL）", "expected a table, got NUL characters"),
    "encoding": Words(
        "编码既不是 UTF-8 也不是 GB18030", "expected text in UTF-8 or GB 18030, got neither"
    ),
    "quote": Words(
        "第 {line} 行起有一个引号没有结束", "line {line}: expected a closing quote, got none"
    ),
    "csv": Words("第 {line} 行不是 CSV：{what}", "line {line}: cannot be read as CSV: {what}"),
    "memory": Words("读取需要超过 {limit} MiB 内存", "needs more than {limit} MiB to read"),
    "time": Words("读取超过 {limit} 秒", "took more than {limit} s to read"),
    "reader": Words(
        "在 {seconds} 秒和 {limit} MiB 内读不完（读取进程以 {ended} 结束）",
        "cannot be read within {seconds} s and {limit} MiB (the reader ended with {ended})",
    ),
    "no_header": Words(
        "没有找到表头：需要“{wanted}”这样的标题",
        "expected a row of headings such as {wanted}, got none",
    ),
    "missing": Words(
        "{sheet}第 {row} 行表头缺少必需的列：{columns}",
        "{sheet}row {row}: expected the headings {columns}, got none of these",
    ),
    "heading_twice": Words(
        "{sheet}第 {row} 行表头中“{first}”和“{second}”是同一列",
        "{sheet}row {row}: expected one column for {first!r} and {second!r}, got both",
    ),
    "no_system": Words(
        "有经纬度但没有说明坐标系：请选 WGS-84、CGCS2000、GCJ-02 或 BD-09",
        "holds coordinates of no named system: name WGS-84, CGCS2000, GCJ-02 or BD-09",
    ),
    "two_systems": Words(
        "经度和纬度的表头写了不同的坐标系", "names one system for lng and another for lat"
    ),
    "no_rows": Words("表头下面没有数据", "expected rows below the headings, got none"),
}
"""What makes a whole file unusable, by the code of `table_problem.TableProblem`."""

ROW_PROBLEMS: Final[Mapping[str, Words]] = {
    "expected": Words("应为：{expected.zh}；实为“{got}”", "expected {expected.en}, got {got!r}"),
    "required": Words("必填，实为空", "expected a value, got none"),
    "error_value": Words("单元格是错误值 {got}", "expected a value, got the error {got}"),
    "formula": Words(
        "公式没有算出的值：请用 Excel 打开并保存，或粘贴为数值",
        "expected a value, got a formula that was never calculated: paste its value",
    ),
    "id_is_date": Words(
        "Excel 把编号变成了日期 {got}：请把该列设为文本",
        "expected an id, got the date {got} that Excel made of it: format the column as text",
    ),
    "id_lost_digits": Words(
        "Excel 丢掉了编号末尾的数字（{got}）：请把该列设为文本再填",
        "expected an id, got {got}, of which Excel lost the last digits: format it as text",
    ),
    "control": Words("含有控制字符", "expected no control characters, got some"),
    "repeated": Words("与第 {row} 行重复", "expected each key once, got that of row {row} again"),
    "repeated_in": Words(
        "与工作表“{sheet}”第 {row} 行重复",
        "expected each key once, got that of sheet {sheet!r}, row {row} again",
    ),
    "unheaded": Words(
        "有 {got} 个值，表头只有 {limit} 列（多了一个分隔符？）",
        "expected {limit} values, got {got} (a delimiter too many?)",
    ),
    "unknown": Words("“{got}”不在{table.zh}中", "expected one of the {table.en}, got {got!r}"),
    "ambiguous": Words(
        "“{got}”在{table.zh}中有多个：请填代码", "{got!r} names several {table.en}: give the code"
    ),
    "not_after": Words("应晚于“{earlier}”", "expected a time after {earlier}"),
    "half_place": Words("经度和纬度要么都填，要么都不填", "expected both lng and lat, got one"),
    "outside": Words(
        "{lng:.5f}, {lat:.5f} 不在本市范围内（坐标系或经纬度次序是否有误？）",
        "expected a point of the city, got {lng:.5f}, {lat:.5f} (another system, or swapped?)",
    ),
    "no_system": Words("有经纬度但没有坐标系", "expected a coordinate system, got none"),
    "no_place": Words(
        "需要经纬度或社区，实为空", "expected coordinates or a community, got neither"
    ),
    "elsewhere": Words(
        "“{got}”不归你管辖", "expected a code within your jurisdiction, got {got!r}"
    ),
    "owned": Words("已登记在另一人名下", "expected a number of nobody else, got another's"),
    "checksum": Words(
        "身份证号校验码不对：“{got}”",
        "expected an ID number whose last character fits, got {got!r}",
    ),
    "weights": Words(
        "应为：一个整数，或从大到小的 {required} 个整数；实为“{got}”",
        "expected one integer or {required} of them that never rise, got {got!r}",
    ),
}
"""Why a row is refused, by code."""
