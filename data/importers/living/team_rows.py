"""Teams of a file into the records, and who leads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sqlalchemy import bindparam, select, update

from data.importers.living.intake import lines, plain, texts
from data.importers.preview import different
from data.store.bulk import insert_columns, reserve_ids
from data.store.tables.ground import Station
from data.store.tables.people import Person
from data.store.tables.teams import Team, TeamMember

if TYPE_CHECKING:
    from data.importers.living.intake import Intake
    from data.importers.preview import ImportPreview


def existing_teams(intake: Intake) -> pd.DataFrame:
    """Read the teams within the scope, with the leader who is one now."""
    query = (
        select(Team.id, Team.code, Team.name, Station.code, Team.specialism)
        .outerjoin(Station, Station.id == Team.station_id)
        .where(intake.scope.teams_())
        .order_by(Team.id)
    )
    ids, code, name, station, specialism = intake.columns(query)
    m = TeamMember
    leaders = dict(
        intake.rows(
            select(m.team_id, Person.code)
            .join(Person, Person.id == m.person_id)
            .where(m.is_leader, m.until.is_(None), intake.scope.people())
            .order_by(m.id.desc())
        )
    )
    return pd.DataFrame(
        {
            "team_id": texts(code),
            "name": lines(name),
            "station_id": texts(station),
            "specialism": texts(specialism),
            "leader_id": texts([leaders.get(team) for team in ids]),
        }
    )


def take_teams(intake: Intake, preview: ImportPreview) -> None:
    """Insert new teams, change those that differ, and set who leads."""
    new, changed = preview.new, preview.changed
    ids = reserve_ids(intake.session, _table(Team), len(new))
    made = dict(zip(new["team_id"], ids, strict=True))
    if len(new):
        columns = {"id": ids, "code": new["team_id"].tolist(), **_columns(intake, new)}
        insert_columns(intake.session, _table(Team), {**columns, "is_active": [True] * len(new)})
    if len(changed):
        known = intake.ids(Team)
        columns = {**_columns(intake, changed), "team": [known[c] for c in changed["team_id"]]}
        if len(columns) > 1:
            _update(intake, columns)
        made |= known
    if "leader_id" in new:
        led = list(zip(new["team_id"], new["leader_id"], strict=True))
        if len(changed):
            rows_ = different(changed["leader_id"], preview.changed_from["leader_id"])
            led += [
                (changed["team_id"].iloc[i], changed["leader_id"].iloc[i])
                for i in np.flatnonzero(rows_)
            ]
        _set_leaders(intake, [(made[team], leader) for team, leader in led])


def _update(intake: Intake, columns: dict[str, list[Any]]) -> None:
    rows = [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
    table = _table(Team)
    statement = update(table).where(table.c.id == bindparam("team"))
    statement = statement.values({name: bindparam(name) for name in columns if name != "team"})
    intake.session.connection().execute(statement, rows)


def _columns(intake: Intake, table: pd.DataFrame) -> dict[str, list[Any]]:
    columns = {"name": table["name"].tolist()} if "name" in table else {}
    if "station_id" in table:
        stations = intake.ids(Station)
        columns["station_id"] = [stations.get(code) for code in table["station_id"]]
    if "specialism" in table:
        columns["specialism"] = plain(table["specialism"])
    return columns


def _set_leaders(intake: Intake, led: list[tuple[int, str]]) -> None:
    """Make people leaders of their teams, and members where they are not yet."""
    if not led:
        return
    people, table, today = intake.ids(Person), _table(TeamMember), intake.today
    connection = intake.session.connection()
    now = table.c.until.is_(None)
    mine = table.c.team_id == bindparam("team")
    connection.execute(
        update(table).where(mine, now).values(is_leader=False), [{"team": team} for team, _ in led]
    )
    wanted = [(team, people[code]) for team, code in led if code]
    members = set(intake.rows(select(table.c.team_id, table.c.person_id).where(now)))
    of_today = set(
        intake.rows(select(table.c.team_id, table.c.person_id).where(table.c.since == today))
    )
    promoted = [pair for pair in wanted if pair in members | of_today]
    if promoted:
        who = table.c.person_id == bindparam("person")
        held = now | (table.c.since == today)
        connection.execute(
            update(table).where(mine, who, held).values(is_leader=True, until=None),
            [{"team": team, "person": person} for team, person in promoted],
        )
    joining = [pair for pair in wanted if pair not in members | of_today]
    if joining:
        insert_columns(
            intake.session,
            table,
            {
                "team_id": [team for team, _ in joining],
                "person_id": [person for _, person in joining],
                "is_leader": [True] * len(joining),
                "since": [today] * len(joining),
            },
        )


def _table(mapped: Any) -> Any:
    return mapped.__table__
