"""People, teams, demand, shifts, past incidents and insurance from ``.xlsx`` and ``.csv`` files.

`preview_import` reads a file that may be hostile, checks every value and tells what importing it
would do to a table that is there. It changes nothing: whoever keeps the table takes ``new`` and
``changed`` of the preview in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from data.catalogue import load_professions, load_qualifications, load_roles
from data.importers.cells import Codes, Setting
from data.importers.claims import Claims
from data.importers.finishing import finish
from data.importers.headings import Header, catalogue, find_header, repeats_header
from data.importers.kinds import KINDS, Kind
from data.importers.places import Ground
from data.importers.preview import (
    ImportPreview,
    Keeper,
    Refusal,
    SheetReport,
    compare,
    empty_like,
)
from data.importers.reading import Checked, read_rows
from data.importers.table_files import (
    LIMITS,
    RawSheet,
    RawTable,
    TableFileError,
    TableLimits,
    file_problem,
    read_table_file,
)
from data.importers.wording import Words
from grid.coordinates import coordinate_system

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from data.importers.wording import Language

    Progress = Callable[[str, int, int], None]

TABLE_WORDS: Final = {
    "stations": Words("派出所", "stations"),
    "communities": Words("社区", "communities"),
    "teams": Words("队伍", "teams"),
    "people": Words("人员", "people"),
    "beats": Words("警格", "beats"),
    "shifts": Words("班次", "shifts"),
    "incidents": Words("警情", "incidents"),
    "policies": Words("保单", "policies"),
    "roles": Words("岗位角色", "roles"),
    "professions": Words("职业", "professions"),
    "qualifications": Words("资质", "qualifications"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What an import may refer to. A table that is not given is not checked.

    Attributes
    ----------
    codes : Mapping of str to Codes
        By table, the keys of `TABLE_WORDS`; `codes_of` makes them.
    ground : Ground
        Points of communities, and the city's box.
    timezone : str
        Of times without an offset.
    claims : Claims
        Keys and numbers that belong to somebody else.
    """

    codes: Mapping[str, Codes] = field(default_factory=dict)
    ground: Ground = field(default_factory=Ground)
    timezone: str = "Asia/Shanghai"
    claims: Claims = field(default_factory=Claims)


def codes_of(table: str, names: Mapping[str, tuple[str, ...]]) -> Codes:
    """Make the codes of a table of `TABLE_WORDS` from code → names and labels."""
    return Codes.of(TABLE_WORDS[table], names)


def shipped_codes() -> dict[str, Codes]:
    """Return the roles, professions and qualifications that we ship, by code and label."""
    tables = {
        "roles": load_roles(),
        "professions": load_professions(),
        "qualifications": load_qualifications(),
    }
    return {
        name: codes_of(
            name,
            {
                str(code): (zh, en, *zh.split("/"))
                for code, zh, en in table.iloc[:, :3].itertuples(index=False)
            },
        )
        for name, table in tables.items()
    }


def preview_import(
    kind: str,
    path: Path,
    existing: pd.DataFrame | None = None,
    *,
    known: Known | None = None,
    system: str = "",
    sheet: str | None = None,
    limits: TableLimits = LIMITS,
    language: Language = "en",
    prepare: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
    progress: Progress | None = None,
) -> ImportPreview:
    """Read a table file and tell what importing it would do.

    Parameters
    ----------
    kind : str
        A key of `data.importers.kinds.KINDS`.
    path : Path
        A ``.xlsx`` or ``.csv`` file. Of a workbook, all visible sheets with headings of the kind.
    existing : DataFrame, optional
        The table as it is: the kind's key and any of its columns.
    known : Known, optional
        Codes and places; by default the roles, professions and qualifications that we ship.
    system : str
        Coordinate system of rows that name none: ``wgs84``, ``cgcs2000``, ``gcj02`` or ``bd09``.
    sheet : str, optional
        The one sheet to take.
    limits : TableLimits
    language : {"zh", "en"}
        Of the error, where the whole file is refused.
    prepare : callable, optional
        Puts the checked table into the form in which `existing` holds it, before they are
        compared.
    progress : callable, optional
        Called with a stage (``reading``, ``checking``, ``comparing``), how much is done, and of
        how much.

    Raises
    ------
    TableFileError
        The whole file is unusable: unreadable, no headings, or a required one missing.
    GeometryError
        For an unknown `system`.
    """
    read = read_import(
        kind,
        path,
        known=known,
        system=system,
        sheet=sheet,
        limits=limits,
        language=language,
        prepare=prepare,
        progress=progress,
    )
    if progress:
        progress("comparing", 0, 1)
    preview = read.against(existing)
    if progress:
        progress("comparing", 1, 1)
    return preview


@dataclass(frozen=True, slots=True)
class ReadImport:
    """A file that was read and checked; what it would change depends on what is there.

    Attributes
    ----------
    kind : Kind
    file, sha256 : str
        Name and hash of the file.
    table : DataFrame
        Rows without a refusal, in the form in which the existing table holds them.
    """

    kind: Kind
    file: str
    sha256: str
    table: pd.DataFrame
    _sheets: tuple[SheetReport, ...]
    _skipped: tuple[str, ...]
    _refused: tuple[Refusal, ...]
    _num_untold: int
    _num_kept: int

    def against(self, existing: pd.DataFrame | None) -> ImportPreview:
        """Tell what the file would do to a table: the kind's key and any of its columns."""
        table, key = self.table, self.kind.key
        new, at, changed = compare(table, existing, key)
        after = table[changed].reset_index(drop=True)
        before = pd.DataFrame({name: after[name].iloc[:0] for name in table.columns})
        if existing is not None and changed.any():
            rows = existing.iloc[at[changed]].reset_index(drop=True)
            before = pd.DataFrame(
                {
                    name: rows[name] if name in rows else empty_like(after[name])
                    for name in table.columns
                }
            )
        return ImportPreview(
            kind=self.kind.name,
            file=self.file,
            sha256=self.sha256,
            sheets=self._sheets,
            skipped_sheets=self._skipped,
            key=key,
            columns=tuple(table.columns),
            new=table[new].reset_index(drop=True),
            changed=after,
            changed_from=before,
            num_unchanged=int((~new & ~changed).sum()),
            num_absent=0 if existing is None else len(existing) - len(np.unique(at[at >= 0])),
            refused=self._refused,
            num_refused=sum(one.num_rows for one in self._sheets) - self._num_kept,
            num_untold=self._num_untold,
        )


def read_import(
    kind: str,
    path: Path,
    *,
    known: Known | None = None,
    system: str = "",
    sheet: str | None = None,
    limits: TableLimits = LIMITS,
    language: Language = "en",
    prepare: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
    progress: Progress | None = None,
) -> ReadImport:
    """Read and check a table file; parameters and errors as `preview_import` has them."""
    layout = KINDS[kind]
    known = Known(shipped_codes()) if known is None else known
    system = coordinate_system(system).value if system else ""
    try:
        raw = read_table_file(path, catalogue(layout), limits=limits, progress=progress)
        picked, skipped = _pick(raw, layout, sheet, all_known=bool(known.claims.there))
        keeper = Keeper()
        checked = [
            _check_sheet(
                raw, one, header, kind=layout, known=known, keeper=keeper, progress=progress
            )
            for one, header in picked
        ]
        table, refused = finish(
            layout,
            checked,
            known.ground,
            system=system,
            file=raw.file,
            zone=ZoneInfo(known.timezone),
            claims=known.claims,
        )
    except TableFileError as error:
        raise TableFileError(error.words, language) from None
    return ReadImport(
        kind=layout,
        file=raw.file,
        sha256=raw.sha256,
        table=table if prepare is None else prepare(table),
        _sheets=tuple(one.report for one in checked),
        _skipped=skipped,
        _refused=tuple(refused),
        _num_untold=keeper.dropped,
        _num_kept=len(table),
    )


# ---- sheets


def _pick(
    raw: RawTable, kind: Kind, wanted: str | None, *, all_known: bool
) -> tuple[list[tuple[RawSheet, Header]], tuple[str, ...]]:
    """Return the sheets to import with their headers, and the names of the others."""
    sheets = [one for one in raw.sheets if wanted is None or one.name == wanted]
    if not sheets:
        known = ", ".join(one.name for one in raw.sheets)
        raise _refused(raw, "unknown_sheet", wanted=wanted, known=known)
    found = [(one, find_header(one.rows, kind)) for one in sheets]
    picked = [(one, header) for one, header in found if header is not None]
    whole = [pair for pair in picked if not pair[1].missing(kind, all_known=all_known)]
    skipped = [one.name for one, header in found if header is None]
    if not picked:
        listed = (column.heading for column in kind.columns if column.required)
        words = [(heading.zh, heading.en) for heading in listed]
        zh, en = "、".join(one for one, _ in words), ", ".join(one for _, one in words)
        raise _refused(raw, "no_header", wanted=f"{zh} / {en}")
    for pair in list(picked):
        if pair not in whole and whole and len(pair[1].headings) < 3:
            picked.remove(pair)  # a sheet of notes that happens to hold two known words
            skipped.append(pair[0].name)
    for one, header in picked:
        _check_header(raw, one, header, kind, all_known=all_known)
    return picked, tuple(skipped)


def _check_header(
    raw: RawTable, sheet: RawSheet, header: Header, kind: Kind, *, all_known: bool
) -> None:
    row = sheet.row_numbers[header.index]
    place = f"{sheet.name}: " if sheet.name else ""
    missing = [column.heading for column in header.missing(kind, all_known=all_known)]
    found = {heading.column.name for heading in header.headings}
    if len(found & {"lng", "lat"}) == 1:
        missing.append(kind["lat" if "lng" in found else "lng"].heading)
    if missing:
        listed = ", ".join(f"{heading.zh} ({heading.en})" for heading in missing)
        raise _refused(raw, "missing", sheet=place, row=row, columns=listed)
    if pair := header.twice():
        first, second = (heading.text for heading in pair)
        raise _refused(raw, "heading_twice", sheet=place, row=row, first=first, second=second)


def _refused(raw: RawTable, code: str, **values: object) -> TableFileError:
    return TableFileError([file_problem(raw.file, code, **values)])


def _check_sheet(
    raw: RawTable,
    sheet: RawSheet,
    header: Header,
    *,
    kind: Kind,
    known: Known,
    keeper: Keeper,
    progress: Progress | None,
) -> Checked:
    """Read the rows below a header, column by column."""
    start = header.index + 1
    top = sheet.rows[header.index]
    used = [heading.position for heading in header.headings]
    keep = [
        row
        for row in range(start, len(sheet.rows))
        if _filled(sheet.rows[row], used)
        and not repeats_header(sheet.rows[row], top)
        and not _is_example(sheet.rows[row], header, kind)
    ]
    keeps = bool(known.claims.there)
    setting = Setting(ZoneInfo(known.timezone), sheet.date1904, keeps, known.codes)
    return read_rows(raw, sheet, header, keep, setting=setting, keeper=keeper, progress=progress)


def _filled(row: list[Any], positions: list[int]) -> bool:
    """Whether a row holds anything in the columns that count: a row of only 序号 is blank."""
    return any(position < len(row) and row[position] != "" for position in positions)


def _is_example(row: list[Any], header: Header, kind: Kind) -> bool:
    """Whether a row is the example of our own template, left standing."""
    example = str(kind[kind.key[0]].example)
    return any(
        heading.column.name == kind.key[0]
        and row[heading.position : heading.position + 1] == [example]
        for heading in header.headings
    )


__all__ = [
    "TABLE_WORDS",
    "ImportPreview",
    "Known",
    "ReadImport",
    "Refusal",
    "SheetReport",
    "TableFileError",
    "codes_of",
    "preview_import",
    "read_import",
    "shipped_codes",
]
