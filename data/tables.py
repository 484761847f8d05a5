"""Data frames to table files: UTF-8 CSV with a header, or parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_NEEDS_QUOTES = '[",\r\n]'


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table of texts, numbers and booleans; missing values become empty fields.

    Parameters
    ----------
    table : DataFrame
        Its index is not written.
    path : Path
        Ends in ``.csv`` or ``.parquet``. Numbers are written so that they read back unchanged.
    """
    content = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    if path.suffix == ".parquet":
        pq.write_table(content, path, compression="zstd")
        return
    # Arrow quotes every text or none; a value that starts a comment or blank line is as rare.
    style = "needed" if _any_needs_quotes(content) else "none"
    options = pa_csv.WriteOptions(include_header=False, quoting_style=style)
    with path.open("wb") as file:
        file.write((",".join(map(_quoted, content.column_names)) + "\n").encode())
        pa_csv.write_csv(content, file, options)


def _any_needs_quotes(content: pa.Table) -> bool:
    if content.num_columns == 1:
        return True  # an empty value alone on its line would be a blank line
    texts = (
        column
        for column in content.columns
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    )
    return any(pc.any(pc.match_substring_regex(text, _NEEDS_QUOTES)).as_py() for text in texts)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if any(c in name for c in '",\r\n') else name
