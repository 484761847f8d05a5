"""A table file into the living records: previewed against them, then taken in one transaction.

Reading the file takes seconds and happens before the transaction; within it the rows are compared
with the records as they are then, so that nothing is overwritten unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from data.importers.kinds import KINDS
from data.importers.living import covers, incident_rows, people_rows, plan_rows, team_rows
from data.importers.living.known import known_of_records
from data.importers.tables import read_import
from grid.errors import JinggeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from data.importers.kinds import Kind
    from data.importers.living.intake import Intake
    from data.importers.preview import ImportPreview
    from data.importers.tables import ReadImport
    from data.importers.wording import Language

    Progress = Callable[[str, int, int], None]


class ImportChangedError(JinggeError):
    """The records have changed since the preview: what was confirmed is not what would happen."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How a kind of table goes into the records."""

    existing: Callable[[Intake], pd.DataFrame]
    take: Callable[[Intake, ImportPreview], None]
    prepare: Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame] | None = None
    city_only: bool = False


_WAYS: Final[dict[str, _Way]] = {
    "people": _Way(
        people_rows.existing_people, people_rows.take_people, people_rows.prepare_people
    ),
    "teams": _Way(team_rows.existing_teams, team_rows.take_teams),
    "shifts": _Way(plan_rows.existing_shifts, plan_rows.take_shifts, city_only=True),
    "demand": _Way(plan_rows.existing_demand, plan_rows.take_demand, plan_rows.prepare_demand),
    "incidents": _Way(
        incident_rows.existing_incidents, incident_rows.take_incidents, city_only=True
    ),
    "insurance": _Way(covers.existing_insurance, covers.take_insurance, covers.prepare_insurance),
}
CITY_KINDS: Final = frozenset(kind for kind, way in _WAYS.items() if way.city_only)
"""Kinds of which nothing belongs to a station: only who answers for the city imports them."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What an import does, in numbers of rows."""

    new: int
    changed: int
    unchanged: int
    refused: int

    @classmethod
    def of(cls, preview: ImportPreview) -> Counts:
        """Count a preview."""
        return cls(
            len(preview.new), len(preview.changed), preview.num_unchanged, preview.num_refused
        )


def records_table(intake: Intake, kind: str) -> pd.DataFrame:
    """Give what the records hold of a kind within the scope, in the columns of a file."""
    return _way(intake, kind).existing(intake)


def read_for_records(
    intake: Intake,
    kind: str,
    path: Path,
    *,
    system: str = "",
    sheet: str | None = None,
    language: Language = "en",
    progress: Progress | None = None,
) -> ReadImport:
    """Read and check a file against what the records know.

    Parameters
    ----------
    intake : Intake
        Its session may be one that only reads.
    kind : str
        A key of `data.importers.kinds.KINDS`.
    path, system, sheet, language, progress
        As for `data.importers.tables.preview_import`.

    Raises
    ------
    TableFileError
        The whole file is unusable.
    """
    way = _way(intake, kind)
    existing = way.existing(intake)
    prepare = way.prepare

    def prepared(table: pd.DataFrame) -> pd.DataFrame:
        table = _kept(KINDS[kind], table, existing)
        return table if prepare is None else prepare(table, existing)

    return read_import(
        kind,
        path,
        known=known_of_records(intake, kind),
        system=system,
        sheet=sheet,
        language=language,
        prepare=prepared,
        progress=progress,
    )


def compare_with_records(intake: Intake, read: ReadImport) -> ImportPreview:
    """Tell what a file would do to the records as they are."""
    return read.against(_way(intake, read.kind.name).existing(intake))


def take(
    intake: Intake,
    read: ReadImport,
    *,
    expected: Counts | None = None,
    progress: Progress | None = None,
) -> Counts:
    """Put a file's rows into the records, in the session's transaction.

    Parameters
    ----------
    expected : Counts, optional
        What somebody has seen and confirmed.

    Raises
    ------
    ImportChangedError
        Where it would do something else now.
    """
    preview = compare_with_records(intake, read)
    counts = Counts.of(preview)
    if expected is not None and expected != counts:
        raise ImportChangedError(
            f"Expected the import to do what was confirmed ({_told(expected)}), "
            f"but the records have changed: now it is {_told(counts)}. Preview it again."
        )
    total = counts.new + counts.changed
    if progress is not None:
        progress("writing", 0, total)
    if total:
        _way(intake, read.kind.name).take(intake, preview)
    if progress is not None:
        progress("writing", total, total)
    return counts


def _kept(kind: Kind, table: pd.DataFrame, existing: pd.DataFrame) -> pd.DataFrame:
    """Fill what a row may leave empty of what is there with what is there."""
    for column in kind.columns:
        name = column.name
        if column.kept and name in table:
            at = pd.Index(existing[kind.key[0]]).get_indexer(pd.Index(table[kind.key[0]]))
            known = existing[name].reindex(at).reset_index(drop=True).fillna("")
            table[name] = table[name].mask(table[name] == "", known)
    return table


def _way(intake: Intake, kind: str) -> _Way:
    way = _WAYS[kind]
    if way.city_only and not intake.scope.city:
        raise JinggeError(f"Expected somebody who answers for the whole city to import {kind}.")
    return way


def _told(counts: Counts) -> str:
    return (
        f"{counts.new} new, {counts.changed} changed, {counts.unchanged} unchanged, "
        f"{counts.refused} refused"
    )


def counts_of(values: dict[str, Any]) -> Counts:
    """Make counts of what `ImportPreview.to_dict` tells."""
    return Counts(*(int(values[f"num_{name}"]) for name in Counts.__dataclass_fields__))
