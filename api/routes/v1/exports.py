"""``/api/v1/…/exports``: printed sheets, calendars, layers and CSV, cut to one's jurisdiction."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import numpy as np
import pandas as pd
from fastapi import APIRouter, Depends, Path, Query, Response

from api.access.actor import Access
from api.access.fields import rights_of
from api.access.policy import allowed
from api.commands.exporting import coverage_columns
from api.dependencies import KeysDep, NowDep, ServedDep, SettingsDep, StoreDep
from api.errors import UnknownIdError, problems
from api.routes.v1.rosters import reader_of
from api.schemas.inputs import CLEANED
from data.exporters.calendars import next_entries, person_calendar
from data.exporters.csv_tables import csv_table
from data.exporters.directory import file_name
from data.exporters.map_layers import beat_layer, layer_bytes
from data.exporters.roster_rows import by_scope
from data.exporters.roster_sheets import roster_workbook
from data.exporters.stored_rows import no_rows, stored_rows
from data.importers.kinds import KINDS
from data.importers.living.intake import Intake
from data.importers.living.taking import records_table
from data.planning.rosters import Reader, beats_within, live_rosters, roster_view
from data.store.audit import append

if TYPE_CHECKING:
    from datetime import datetime

    from data.store.engine import Store
    from data.store.keys import Keys

router = APIRouter(tags=["exports"])

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LAYERS: Final = {
    "gpkg": ("application/geopackage+sqlite3", ".gpkg"),
    "geojson": ("application/geo+json", ".geojson"),
}
TableKind = Literal["people", "teams", "demand", "shifts", "incidents", "insurance"]
FIELDS: Final = {
    "person_id": "code",
    "station_id": "station",
    "team_id": "teams",
    "lng": "home",
    "lat": "home",
}
"""Columns of a table of people that go by another name in the field matrix."""
RosterPath = Annotated[int, Path(ge=1, lt=2**63, examples=[1])]
Exporter = Annotated[Access, Depends(allowed("export.read"))]
OnlyQuery = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=128,
        description="The code of the one wanted; without it all of one's own, as a zip.",
    ),
    CLEANED,
]
_BINARY: Final = {"type": "string", "format": "binary"}
LanguageQuery = Annotated[Literal["zh", "en"], Query()]


def _file(*media_types: str) -> dict[int | str, dict[str, Any]]:
    content = {
        one: {"schema": {"type": "object"} if one.endswith("json") else _BINARY}
        for one in media_types
    }
    return {200: {"description": "The file.", "content": content}}


@router.get(
    "/rosters/{roster_id}/exports/sheets",
    response_class=Response,
    responses={**_file(XLSX, "application/zip"), **problems(400, 401, 403, 404, 422)},
    summary="Rosters to print",
)
def sheets(
    access: Exporter,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    settings: SettingsDep,
    roster_id: RosterPath,
    *,
    by: Annotated[Literal["station", "beat", "team"], Query()] = "station",
    only: OnlyQuery = None,
    language: LanguageQuery = "zh",
) -> Response:
    """Return a workbook a station, beat or team: a sheet a shift, A4, with room to sign."""
    rows = _rows(access, store, roster_id, language, settings.timezone)
    files: dict[str, bytes] = {}
    taken: set[str] = set()
    for code, name, group in by_scope(rows, by, only):
        files[file_name(f"{code} {name}", ".xlsx", taken)] = roster_workbook(
            group, name, language=language
        )
    _note(access, store, keys, now, roster_id, rows=len(rows), kind="sheets")
    if only is not None:
        return _download(next(iter(files.values())), f"roster-{roster_id}.xlsx", XLSX)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return _download(buffer.getvalue(), f"roster-{roster_id}.zip", "application/zip")


@router.get(
    "/rosters/{roster_id}/exports/assignments",
    response_class=Response,
    responses={**_file("text/csv"), **problems(401, 403, 404, 422)},
    summary="A roster as CSV",
)
def table(
    access: Exporter,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    settings: SettingsDep,
    roster_id: RosterPath,
    *,
    language: LanguageQuery = "zh",
) -> Response:
    """Return the assignments of one's jurisdiction as one table."""
    rows = _rows(access, store, roster_id, language, settings.timezone)
    _note(access, store, keys, now, roster_id, rows=len(rows), kind="csv")
    content = csv_table(rows, timezone=settings.timezone)
    return _download(content, f"roster-{roster_id}.csv", "text/csv")


@router.get(
    "/rosters/{roster_id}/exports/calendar",
    response_class=Response,
    responses={**_file("text/calendar"), **problems(401, 403, 404, 422)},
    summary="Somebody's duties as iCalendar",
)
def calendar(
    access: Exporter,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    settings: SettingsDep,
    roster_id: RosterPath,
    *,
    person: Annotated[str, Query(min_length=1, max_length=128)],
    language: LanguageQuery = "zh",
) -> Response:
    """Return the duties of a person of one's jurisdiction."""
    rows = _rows(access, store, roster_id, language, settings.timezone, person)
    if not len(rows):
        raise UnknownIdError("person with duties", person)
    _note(access, store, keys, now, roster_id, rows=len(rows), kind="calendar")
    return _calendar(rows, now, settings.timezone, language)


@router.get(
    "/my/calendar",
    response_class=Response,
    responses={**_file("text/calendar"), **problems(401, 403, 422)},
    summary="One's own duties as iCalendar",
)
def own_calendar(
    access: Annotated[Access, Depends(allowed("phone.own"))],
    store: StoreDep,
    now: NowDep,
    settings: SettingsDep,
    *,
    language: LanguageQuery = "zh",
) -> Response:
    """Return one's own duties in all rosters that are published; none: an empty calendar."""
    reader = Reader(access.scope, drafts=False, key=access.actor.key)
    with store.read() as session:
        parts = [
            stored_rows(session, reader, one, language=language, timezone=settings.timezone)
            for one in live_rosters(session)
        ]
    kept = [part for part in parts if len(part)]
    rows = pd.concat(kept, ignore_index=True) if kept else no_rows()
    return _calendar(rows, now, settings.timezone, language)


@router.get(
    "/exports/beats",
    response_class=Response,
    responses={**_file(*(one for one, _ in LAYERS.values())), **problems(401, 403, 404, 422)},
    summary="Beats with their coverage as a map layer",
)
def beats(
    access: Exporter,
    store: StoreDep,
    served: ServedDep,
    *,
    layer: Annotated[Literal["gpkg", "geojson"], Query(alias="format")] = "gpkg",
) -> Response:
    """Return outlines and mean coverage of the beats that one answers for; no people."""
    media_type, suffix = LAYERS[layer]
    city = served.city
    whole = beat_layer(city.scenario, coverage_columns(city.coverage.by_beat))
    reader = reader_of(access)
    with store.read() as session:
        inside = beats_within(session, reader, served.scenario_id)
    cut = whole[np.isin(whole["beat_id"].to_numpy(str), sorted(inside))]
    return _download(layer_bytes({"beats": cut}, suffix), f"beats{suffix}", media_type)


@router.get(
    "/exports/tables/{kind}",
    response_class=Response,
    responses={**_file("text/csv"), **problems(400, 401, 403, 422)},
    summary="Records as CSV",
)
def records(
    access: Exporter,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    settings: SettingsDep,
    kind: TableKind,
) -> Response:
    """Return what one may see of a kind of table, as its import takes it: again, unchanged.

    Of people only what every role of the reader shows in full: nothing that it shows masked.
    """
    rights = [rights_of(frozenset({role})) for role in sorted(access.roles)]
    if kind == "insurance":
        for one in rights:
            one.require("r", ("covers",))
    with store.read() as session:
        intake = Intake(session, keys, access.scope, access.actor.key, now, settings.timezone)
        rows = records_table(intake, kind)
    wanted = [column.name for column in KINDS[kind].columns if column.name in rows]
    if kind == "people":
        fields = {name: FIELDS.get(name, name) for name in wanted}
        wanted = [
            name for name in wanted if all("r" in one.letters[fields[name]] for one in rights)
        ]
    if "lng" in wanted:  # a file must name the system of its coordinates
        rows = rows.assign(coordinate_system="wgs84")
        wanted.append("coordinate_system")
    event = access.event("table", kind, rows=len(rows))
    store.submit(lambda session: append(session, keys, now, event))
    return _download(csv_table(rows[wanted], timezone=settings.timezone), f"{kind}.csv", "text/csv")


def _rows(
    access: Access,
    store: Store,
    roster_id: int,
    language: Literal["zh", "en"],
    timezone: str,
    person: str | None = None,
) -> pd.DataFrame:
    reader = reader_of(access)
    with store.read() as session:
        roster_view(session, reader, roster_id)
        return stored_rows(
            session, reader, roster_id, language=language, timezone=timezone, person=person
        )


def _calendar(
    rows: pd.DataFrame, now: datetime, timezone: str, language: Literal["zh", "en"]
) -> Response:
    content = person_calendar(next_entries(rows), now=now, timezone=timezone, language=language)
    return _download(content, "duties.ics", "text/calendar")


def _note(
    access: Access, store: Store, keys: Keys, now: datetime, roster_id: int, **detail: Any
) -> None:
    event = access.event("roster", str(roster_id), **detail)
    store.submit(lambda session: append(session, keys, now, event))


def _download(content: bytes, name: str, media_type: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return Response(content, headers=headers, media_type=media_type)
