"""People of a file into the records: profiles, qualifications, teams, insurance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import and_, bindparam, or_, select, update

from data.importers.living.covers import current_covers, set_insured_until
from data.importers.living.intake import CELL_RESOLUTION, days, lines, numbers, plain, texts
from data.importers.preview import different
from data.store.bulk import insert_columns, reserve_ids
from data.store.personal import (
    id_number_index,
    open_id_number,
    open_phone,
    phone_index,
    plain_id_number,
    plain_phone,
    seal_id_number,
    seal_phone,
)
from data.store.tables.ground import Station
from data.store.tables.people import Person, PersonEvent
from data.store.tables.teams import Team, TeamMember
from data.store.tables.training import PersonQualification
from grid.cells import cells_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement

    from data.importers.living.intake import Intake
    from data.importers.preview import ImportPreview

_PLAIN: Final = ("tier", "profession", "name", "sex", "born_on", "address", "travel_limit_m")
"""Columns of a file that are columns of the record under the same name, and may be empty."""
_EVENT: Final = "imported"


def existing_people(intake: Intake) -> pd.DataFrame:
    """Read everybody within the scope who has not left, as a file would tell of them."""
    p = Person
    query = (
        select(
            p.id, p.code, p.name, p.tier, Station.code, p.profession, p.phone_sealed,
            p.id_number_sealed, p.sex, p.born_on, p.address, p.home_lng, p.home_lat, p.max_shifts,
            p.travel_limit_m, p.show_up,
        )
        .outerjoin(Station, Station.id == p.station_id)
        .where(intake.scope.people(), p.state != "left")
        .order_by(p.id)
    )  # fmt: skip
    (
        ids, code, name, tier, station, profession, phone, number, sex, born, address, lng, lat,
        most, limit, show_up,
    ) = intake.columns(query)  # fmt: skip
    keys = intake.keys
    held, joined, covered = _held(intake), _joined(intake), current_covers(intake)
    return pd.DataFrame(
        {
            "person_id": texts(code),
            "name": lines(name),
            "tier": texts(tier),
            "station_id": texts(station),
            "profession": texts(profession),
            "qualifications": _objects(held.get(person, ()) for person in ids),
            "team_id": texts([joined.get(person, "") for person in ids]),
            "phone": texts([open_phone(keys, *pair) for pair in zip(code, phone, strict=True)]),
            "id_number": texts(
                [open_id_number(keys, *pair) for pair in zip(code, number, strict=True)]
            ),
            "sex": texts(sex),
            "born_on": days(born),
            "address": lines(address),
            "lng": numbers(lng),
            "lat": numbers(lat),
            "max_shifts": pd.Series(most, dtype="Int64"),
            "travel_limit_m": numbers(limit),
            "insured_until": days([covered.get(person) for person in ids]),
            "show_up": numbers(show_up),
        }
    )


def prepare_people(table: pd.DataFrame, existing: pd.DataFrame) -> pd.DataFrame:
    """Put a file's people into the form of the records.

    An empty cell of a column that cannot be empty means what a new record has. An empty end of
    insurance says nothing: insurance ends by an earlier day or by the list of covers.
    """
    table = table.drop(columns=["community_id"], errors="ignore")
    for name, value in (("sex", "unknown"), ("max_shifts", 0), ("show_up", 1.0)):
        if name in table:
            empty = (table[name] == "") if name == "sex" else table[name].isna()
            table[name] = table[name].mask(empty.fillna(value=True), value)
    for name, normal in (("phone", plain_phone), ("id_number", plain_id_number)):
        if name in table:
            table[name] = texts([normal(value) for value in table[name]])
    if "qualifications" in table:
        table["qualifications"] = _objects(tuple(sorted(v)) for v in table["qualifications"])
    if "insured_until" in table:
        at = pd.Index(existing["person_id"]).get_indexer(pd.Index(table["person_id"]))
        known = existing["insured_until"].reindex(at).reset_index(drop=True)
        table["insured_until"] = table["insured_until"].fillna(known).astype("datetime64[s]")
    return table


def take_people(intake: Intake, preview: ImportPreview) -> None:
    """Insert new people, change those that differ; a row of the file says all of its columns."""
    known = intake.ids(Person)
    new = preview.new
    if len(new):
        known |= _insert(intake, new)
    changed = preview.changed
    if len(changed):
        _update(intake, changed, preview.changed_from, known)
    _take_belongings(intake, new, None, known)
    _take_belongings(intake, changed, preview.changed_from, known)


def index_of_numbers(intake: Intake) -> dict[bytes, str]:
    """Give whose each ID number is, of everybody, by its blind index."""
    query = select(Person.id_number_index, Person.code).where(Person.id_number_index.is_not(None))
    return {bytes(index): code for index, code in intake.rows(query)}


# ---- profiles


def _insert(intake: Intake, new: pd.DataFrame) -> dict[str, int]:
    count = len(new)
    ids = reserve_ids(intake.session, _table(Person), count)
    columns: dict[str, list[Any]] = {
        "max_shifts": [0] * count,
        "show_up": [1.0] * count,
        "sex": ["unknown"] * count,
    }
    columns |= _profile(intake, new)
    columns |= {
        "id": ids,
        "code": new["person_id"].tolist(),
        "state": ["active"] * count,
        "created_at": [intake.now] * count,
        "updated_at": [intake.now] * count,
        "row_version": [1] * count,
    }
    insert_columns(intake.session, _table(Person), columns)
    _tell(intake, ids)
    return dict(zip(columns["code"], ids, strict=True))


def _update(
    intake: Intake, changed: pd.DataFrame, before: pd.DataFrame, known: dict[str, int]
) -> None:
    """Change profiles, those numbers alone sealed anew that differ."""
    ids = [known[code] for code in changed["person_id"]]
    sealed = [name for name in ("phone", "id_number") if name in changed]
    columns = _profile(intake, changed.drop(columns=sealed))
    if columns:
        rows = [
            dict(zip((*columns, "person"), values, strict=True))
            for values in zip(*columns.values(), ids, strict=True)
        ]
        _execute(intake, columns, rows)
    for name in sealed:
        differs = np.flatnonzero(different(changed[name], before[name]))
        if len(differs):
            columns = _profile(intake, changed.iloc[differs][["person_id", name]])
            rows = [
                dict(zip((*columns, "person"), values, strict=True))
                for values in zip(*columns.values(), [ids[i] for i in differs], strict=True)
            ]
            _execute(intake, columns, rows)
    count = update(_table(Person)).where(_table(Person).c.id == bindparam("person"))
    intake.session.connection().execute(
        count.values(row_version=_table(Person).c.row_version + 1, updated_at=intake.now),
        [{"person": person} for person in ids],
    )
    _tell(intake, ids)


def _execute(intake: Intake, columns: Iterable[str], rows: list[dict[str, Any]]) -> None:
    table = _table(Person)
    statement = update(table).where(table.c.id == bindparam("person"))
    statement = statement.values({name: bindparam(name) for name in columns})
    intake.session.connection().execute(statement, rows)


def _profile(intake: Intake, table: pd.DataFrame) -> dict[str, list[Any]]:
    """Give the columns of the record that a file's columns tell of."""
    keys, codes = intake.keys, table["person_id"].tolist()
    columns = {name: plain(table[name]) for name in _PLAIN if name in table}
    columns |= {name: table[name].tolist() for name in ("max_shifts", "show_up") if name in table}
    if "station_id" in table:
        stations = intake.ids(Station)
        columns["station_id"] = [stations.get(code) for code in table["station_id"]]
    if "lng" in table:
        columns |= _home(table)
    if "phone" in table:
        pairs = list(zip(codes, plain(table["phone"]), strict=True))
        columns["phone_sealed"] = [text and seal_phone(keys, code, text) for code, text in pairs]
        columns["phone_index"] = [text and phone_index(keys, text) for _, text in pairs]
    if "id_number" in table:
        pairs = list(zip(codes, plain(table["id_number"]), strict=True))
        columns["id_number_sealed"] = [
            text and seal_id_number(keys, code, text) for code, text in pairs
        ]
        columns["id_number_index"] = [text and id_number_index(keys, text) for _, text in pairs]
    return columns


def _home(table: pd.DataFrame) -> dict[str, list[Any]]:
    lng, lat = (table[name].to_numpy(np.float64) for name in ("lng", "lat"))
    placed = np.isfinite(lng) & np.isfinite(lat)
    cells: list[int | None] = [None] * len(table)
    found = cells_at(lat[placed], lng[placed], CELL_RESOLUTION).tolist()
    for row, cell in zip(np.flatnonzero(placed).tolist(), found, strict=True):
        cells[row] = cell
    return {"home_lng": plain(table["lng"]), "home_lat": plain(table["lat"]), "home_cell": cells}


def _tell(intake: Intake, ids: list[int]) -> None:
    count = len(ids)
    insert_columns(
        intake.session,
        _table(PersonEvent),
        {
            "person_id": ids,
            "at": [intake.now] * count,
            "kind": [_EVENT] * count,
            "actor": [intake.actor] * count,
        },
    )


# ---- qualifications, teams, insurance


def _take_belongings(
    intake: Intake, table: pd.DataFrame, before: pd.DataFrame | None, known: dict[str, int]
) -> None:
    def differing(name: str) -> list[int]:
        if name not in table or not len(table):
            return []
        if before is None:
            return list(range(len(table)))
        return np.flatnonzero(different(table[name], before[name])).tolist()

    ids = [known[code] for code in table["person_id"]]
    if rows := differing("qualifications"):
        was = before["qualifications"].tolist() if before is not None else [()] * len(table)
        now = table["qualifications"].tolist()
        _set_qualifications(intake, [(ids[row], was[row], now[row]) for row in rows])
    if rows := differing("team_id"):
        wanted = table["team_id"].tolist()
        _set_teams(intake, [(ids[row], wanted[row]) for row in rows], fresh=before is None)
    if rows := differing("insured_until"):
        until = plain(table["insured_until"])
        set_insured_until(intake, {ids[row]: until[row] for row in rows})


def _set_qualifications(
    intake: Intake, rows: list[tuple[int, tuple[str, ...], tuple[str, ...]]]
) -> None:
    """Grant what is new from today on, and revoke what is gone."""
    today = intake.today
    granted = [(person, word) for person, was, now in rows for word in now if word not in was]
    revoked = [(person, word) for person, was, now in rows for word in was if word not in now]
    table = _table(PersonQualification)
    if revoked:
        statement = update(table).where(
            table.c.person_id == bindparam("person"),
            table.c.qualification == bindparam("word"),
            _held_now(intake),
        )
        intake.session.connection().execute(
            statement.values(revoked_on=today),
            [{"person": person, "word": word} for person, word in revoked],
        )
    if not granted:
        return
    # What was revoked or ran out today and is granted again on the same day is held again.
    again = set(
        intake.rows(
            select(table.c.person_id, table.c.qualification).where(table.c.granted_on == today)
        )
    )
    if back := [pair for pair in granted if pair in again]:
        statement = update(table).where(
            table.c.person_id == bindparam("person"),
            table.c.qualification == bindparam("word"),
            table.c.granted_on == today,
        )
        intake.session.connection().execute(
            statement.values(revoked_on=None, expires_on=None),
            [{"person": person, "word": word} for person, word in back],
        )
    if fresh := [pair for pair in granted if pair not in again]:
        insert_columns(
            intake.session,
            table,
            {
                "person_id": [person for person, _ in fresh],
                "qualification": [word for _, word in fresh],
                "granted_on": [today] * len(fresh),
            },
        )


def _set_teams(intake: Intake, rows: list[tuple[int, str]], *, fresh: bool) -> None:
    """Move people to the team that the file names; memberships of other teams in it end."""
    teams, today = intake.ids(Team), intake.today
    table = _table(TeamMember)
    if not fresh:
        joined = _joined(intake)
        gone = [
            (person, teams[joined[person]]) for person, _ in rows if joined.get(person) in teams
        ]
        ended = update(table).where(
            table.c.person_id == bindparam("person"),
            table.c.team_id == bindparam("team"),
            table.c.until.is_(None),
        )
        if gone:
            intake.session.connection().execute(
                ended.values(until=today),
                [{"person": person, "team": team} for person, team in gone],
            )
    wanted = [(person, teams[code]) for person, code in rows if code]
    same_day = set(
        intake.rows(select(table.c.person_id, table.c.team_id).where(table.c.since == today))
    )
    if back := [pair for pair in wanted if pair in same_day]:
        again = update(table).where(
            table.c.person_id == bindparam("person"),
            table.c.team_id == bindparam("team"),
            table.c.since == today,
        )
        intake.session.connection().execute(
            again.values(until=None), [{"person": person, "team": team} for person, team in back]
        )
    if joining := [pair for pair in wanted if pair not in same_day]:
        insert_columns(
            intake.session,
            table,
            {
                "team_id": [team for _, team in joining],
                "person_id": [person for person, _ in joining],
                "is_leader": [False] * len(joining),
                "since": [today] * len(joining),
            },
        )


def _held_now(intake: Intake) -> ColumnElement[bool]:
    q = _table(PersonQualification).c
    return and_(
        q.granted_on <= intake.today,
        or_(q.expires_on.is_(None), q.expires_on >= intake.today),
        q.revoked_on.is_(None),
    )


def _held(intake: Intake) -> dict[int, tuple[str, ...]]:
    """Give the qualifications that each person holds today, in order of their codes."""
    q = PersonQualification
    query = select(q.person_id, q.qualification).where(_held_now(intake)).distinct()
    found: dict[int, list[str]] = {}
    for person, word in intake.rows(query):
        found.setdefault(person, []).append(word)
    # Sorted here: databases sort by rules of their own.
    return {person: tuple(sorted(words)) for person, words in found.items()}


def _joined(intake: Intake) -> dict[int, str]:
    """Give each person's team: the first within the scope that they joined and are still in."""
    m = TeamMember
    query = (
        select(m.person_id, Team.code)
        .join(Team, Team.id == m.team_id)
        .where(m.until.is_(None), intake.scope.teams_())
        .order_by(m.id.desc())
    )
    return dict(intake.rows(query))


def _objects(values: Iterable[tuple[str, ...]]) -> pd.Series:
    listed = list(values)
    column = np.empty(len(listed), object)
    for row, value in enumerate(listed):
        column[row] = value
    return pd.Series(column, dtype=object)


def _table(mapped: Any) -> Any:
    return mapped.__table__
