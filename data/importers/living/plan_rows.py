"""Shifts and demand of a file into the records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sqlalchemy import bindparam, select, update

from data.importers.living.intake import moments, plain, texts
from data.store import bundle_rows as rows
from data.store.bulk import insert_columns, reserve_ids
from data.store.shift_templates import template_of
from data.store.tables.demand import DemandLine
from data.store.tables.ground import Beat
from data.store.tables.shifts import Shift

if TYPE_CHECKING:
    from data.importers.living.intake import Intake
    from data.importers.preview import ImportPreview

_LINE = ("beat_id", "shift_id", "role")


def existing_shifts(intake: Intake) -> pd.DataFrame:
    """Read all dated shifts."""
    code, starts, ends = intake.columns(
        select(Shift.code, Shift.starts_at, Shift.ends_at).order_by(Shift.starts_at, Shift.id)
    )
    return pd.DataFrame(
        {"shift_id": texts(code), "starts_at": moments(starts), "ends_at": moments(ends)}
    )


def take_shifts(intake: Intake, preview: ImportPreview) -> None:
    """Insert new shifts and move those that differ; a shift that fits a template is of it."""
    new, changed = preview.new, preview.changed
    if len(new):
        columns = _shift_columns(intake, new)
        ids = reserve_ids(intake.session, _table(Shift), len(new))
        insert_columns(
            intake.session,
            _table(Shift),
            {"id": ids, "code": new["shift_id"].tolist(), **columns},
        )
    if len(changed):
        columns = {**_shift_columns(intake, changed), "shift": changed["shift_id"].tolist()}
        table = _table(Shift)
        statement = update(table).where(table.c.code == bindparam("shift"))
        names = ("starts_at", "ends_at", "template")
        statement = statement.values({name: bindparam(name) for name in names})
        intake.session.connection().execute(statement, _records(columns))


def _shift_columns(intake: Intake, table: pd.DataFrame) -> dict[str, list[Any]]:
    starts, ends = plain(table["starts_at"]), plain(table["ends_at"])
    return {
        "starts_at": starts,
        "ends_at": ends,
        "template": template_of(intake.session, starts, ends, intake.timezone),
    }


def existing_demand(intake: Intake) -> pd.DataFrame:
    """Read the demand of the beats within the scope."""
    d = DemandLine
    query = (
        select(Beat.code, Shift.code, d.role, d.required, d.weights)
        .join(Beat, Beat.id == d.beat_id)
        .join(Shift, Shift.id == d.shift_id)
        .where(intake.scope.beats_())
        .order_by(d.beat_id, d.shift_id, d.role)
    )
    beat, shift, role, required, weights = intake.columns(query)
    return pd.DataFrame(
        {
            "beat_id": texts(beat),
            "shift_id": texts(shift),
            "role": texts(role),
            "required": pd.Series(required, dtype="Int64"),
            "weight": rows.weight_tuples(weights, required),
        }
    )


def prepare_demand(table: pd.DataFrame, existing: pd.DataFrame) -> pd.DataFrame:
    """Where the file gives no weights, the known ones are cut, or the last of them goes on."""
    if "weight" in table:
        return table
    keys = pd.MultiIndex.from_frame(existing[list(_LINE)])
    at = keys.get_indexer(pd.MultiIndex.from_frame(table[list(_LINE)]))
    known = existing["weight"].tolist()
    weights = np.empty(len(table), object)
    for row, (place, required) in enumerate(zip(at, table["required"], strict=True)):
        was = known[place] if place >= 0 else ()
        weights[row] = (*was, *((was[-1] if was else 1,) * required))[:required]
    return table.assign(weight=pd.Series(weights, dtype=object))


def take_demand(intake: Intake, preview: ImportPreview) -> None:
    """Insert new lines and change those that differ."""
    new, changed = preview.new, preview.changed
    beats, shifts = intake.ids(Beat), intake.ids(Shift)

    def columns(table: pd.DataFrame) -> dict[str, list[Any]]:
        return {
            "beat_id": [beats[code] for code in table["beat_id"]],
            "shift_id": [shifts[code] for code in table["shift_id"]],
            "role": table["role"].tolist(),
            "required": [int(value) for value in table["required"]],
            "weights": rows.weight_texts(table["weight"]),
        }

    if len(new):
        found = columns(new)
        order = np.lexsort((found["role"], found["shift_id"], found["beat_id"])).tolist()
        ordered = {name: [values[i] for i in order] for name, values in found.items()}
        insert_columns(intake.session, _table(DemandLine), ordered)
    if len(changed):
        table = _table(DemandLine)
        statement = update(table).where(
            *(table.c[name] == bindparam(f"the_{name}") for name in _LINE)
        )
        statement = statement.values(required=bindparam("required"), weights=bindparam("weights"))
        found = columns(changed)
        renamed = {f"the_{name}" if name in _LINE else name: v for name, v in found.items()}
        intake.session.connection().execute(statement, _records(renamed))


def _records(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]


def _table(mapped: Any) -> Any:
    return mapped.__table__
