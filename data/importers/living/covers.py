"""Insurance of a file into the records: covers, and the day up to which somebody is insured."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import bindparam, delete, func, select, update

from data.importers.living.intake import days, lines, numbers, plain, texts
from data.store.bulk import insert_columns, reserve_ids
from data.store.records_from_bundle import UNKNOWN_INSURER
from data.store.tables.insurance import InsuranceCover, InsurancePolicy
from data.store.tables.people import Person

if TYPE_CHECKING:
    from datetime import date

    from data.importers.living.intake import Intake
    from data.importers.preview import ImportPreview

_FEN = 100


def current_covers(intake: Intake) -> dict[int, date]:
    """Give the last day of the last cover of each person."""
    c = InsuranceCover
    return dict(intake.rows(select(c.person_id, func.max(c.ends_on)).group_by(c.person_id)))


def set_insured_until(intake: Intake, until: dict[int, date | None]) -> None:
    """Insure people up to a day: a later one adds a cover, an earlier one cuts what there is."""
    wanted = {person: day for person, day in until.items() if day is not None}
    known = current_covers(intake)
    c = _table(InsuranceCover).c
    connection = intake.session.connection()
    if cut := [
        {"person": person, "day": day}
        for person, day in wanted.items()
        if person in known and day < known[person]
    ]:
        connection.execute(
            delete(_table(InsuranceCover)).where(
                c.person_id == bindparam("person"), c.starts_on > bindparam("day")
            ),
            cut,
        )
        connection.execute(
            update(_table(InsuranceCover))
            .where(c.person_id == bindparam("person"), c.ends_on > bindparam("day"))
            .values(ends_on=bindparam("day")),
            cut,
        )
        known = current_covers(intake)
    added = [(p, day) for p, day in wanted.items() if p not in known or day > known[p]]
    if added:
        _add_unnamed(intake, added, known)


def _add_unnamed(intake: Intake, added: list[tuple[int, date]], known: dict[int, date]) -> None:
    """Cover people from their last cover's end, or from today, up to a day.

    The policies are ones of which a list of people tells no more than that day.
    """
    after = {person: day + timedelta(days=1) for person, day in known.items()}
    starts = [min(max(intake.today, after.get(p, intake.today)), day) for p, day in added]
    names = [f"until {day.isoformat()}" for _, day in added]
    policies = _policies(
        intake,
        {
            (UNKNOWN_INSURER, name): (start, day, None)
            for name, start, (_, day) in zip(names, starts, added, strict=True)
        },
    )
    insert_columns(
        intake.session,
        _table(InsuranceCover),
        {
            "policy_id": [policies[UNKNOWN_INSURER, name] for name in names],
            "person_id": [person for person, _ in added],
            "starts_on": starts,
            "ends_on": [day for _, day in added],
        },
    )


# ---- the list of covers


def existing_insurance(intake: Intake) -> pd.DataFrame:
    """Read the latest cover of each person by each policy."""
    c, p = InsuranceCover, InsurancePolicy
    query = (
        select(Person.code, p.policy_no, p.insurer, c.starts_on, c.ends_on, p.sum_insured_fen, c.id)
        .join(p, p.id == c.policy_id)
        .join(Person, Person.id == c.person_id)
        .where(intake.scope.people())
        .order_by(c.starts_on, c.id)
    )
    person, number, insurer, starts, ends, amount, ids = intake.columns(query)
    table = pd.DataFrame(
        {
            "person_id": texts(person),
            "policy_number": texts(number),
            "insurer": lines(["" if name == UNKNOWN_INSURER else name for name in insurer]),
            "starts_on": days(starts),
            "ends_on": days(ends),
            "amount_yuan": numbers([None if fen is None else fen / _FEN for fen in amount]),
            "cover": pd.Series(ids, dtype="int64"),
        }
    )
    return table.drop_duplicates(["person_id", "policy_number"], keep="last", ignore_index=True)


def prepare_insurance(table: pd.DataFrame, _: pd.DataFrame) -> pd.DataFrame:
    """Put a file's amounts into whole fen."""
    if "amount_yuan" in table:
        table["amount_yuan"] = (table["amount_yuan"] * _FEN).round() / _FEN
    return table


def take_insurance(intake: Intake, preview: ImportPreview) -> None:
    """Add new covers and change those that differ; policies are made as they are named."""
    everything = pd.concat([preview.new, preview.changed], ignore_index=True)
    if not len(everything):
        return
    before = existing_insurance(intake)
    at = pd.MultiIndex.from_frame(before[["person_id", "policy_number"]]).get_indexer(
        pd.MultiIndex.from_frame(everything[["person_id", "policy_number"]])
    )
    cover = [int(before["cover"].iloc[i]) if i >= 0 else None for i in at]
    insurers = _insurers(everything, before, at)
    policies = _policies(intake, _named(everything, insurers))
    keys = zip(insurers, everything["policy_number"], strict=True)
    rows: dict[str, list[Any]] = {
        "policy_id": [policies[key] for key in keys],
        "starts_on": plain(everything["starts_on"]),
        "ends_on": plain(everything["ends_on"]),
    }
    known = intake.ids(Person)
    rows["person_id"] = [known[code] for code in everything["person_id"]]
    new = [row for row, found in enumerate(cover) if found is None]
    if new:
        insert_columns(
            intake.session,
            _table(InsuranceCover),
            {name: [values[row] for row in new] for name, values in rows.items()},
        )
    changed = [
        {**{name: values[row] for name, values in rows.items()}, "cover": found}
        for row, found in enumerate(cover)
        if found is not None
    ]
    if changed:
        c = _table(InsuranceCover).c
        statement = update(_table(InsuranceCover)).where(c.id == bindparam("cover"))
        statement = statement.values({name: bindparam(name) for name in rows})
        intake.session.connection().execute(statement, changed)


def _insurers(table: pd.DataFrame, before: pd.DataFrame, at: Any) -> list[str]:
    """Give each row's insurer: the file's, else that of the cover, else none that is known."""
    if "insurer" in table:
        return [name or UNKNOWN_INSURER for name in table["insurer"]]
    names = before["insurer"].tolist()
    return [(names[i] or UNKNOWN_INSURER) if i >= 0 else UNKNOWN_INSURER for i in at]


def _named(
    table: pd.DataFrame, insurers: list[str]
) -> dict[tuple[str, str], tuple[date, date, int | None]]:
    """Give the days and the sum of each policy, by insurer and number."""
    amount: list[Any] = (
        plain(table["amount_yuan"]) if "amount_yuan" in table else [None] * len(table)
    )
    found: dict[tuple[str, str], tuple[date, date, int | None]] = {}
    rows = zip(
        insurers,
        table["policy_number"],
        plain(table["starts_on"]),
        plain(table["ends_on"]),
        amount,
        strict=True,
    )
    for insurer, number, starts, ends, yuan in rows:
        fen = None if yuan is None else round(yuan * _FEN)
        was = found.get((insurer, number), (starts, ends, fen))
        found[insurer, number] = (min(was[0], starts), max(was[1], ends), fen)
    return found


def _policies(
    intake: Intake, wanted: dict[tuple[str, str], tuple[date, date, int | None]]
) -> dict[tuple[str, str], int]:
    """Give the id of each policy, made where there is none, its days widened where need be."""
    p = InsurancePolicy
    query = select(p.insurer, p.policy_no, p.id, p.starts_on, p.ends_on, p.sum_insured_fen)
    known = {(row[0], row[1]): row[2:] for row in intake.rows(query)}
    wider = []
    for key, (starts, ends, fen) in wanted.items():
        if key not in known:
            continue
        policy, was_from, was_to, was_fen = known[key]
        values = {
            "starts_on": min(starts, was_from),
            "ends_on": max(ends, was_to),
            "sum_insured_fen": was_fen if fen is None else fen,
        }
        if (was_from, was_to, was_fen) != tuple(values.values()):
            wider.append({"policy": policy, **values})
    if wider:
        table = _table(p)
        statement = update(table).where(table.c.id == bindparam("policy"))
        names = ("starts_on", "ends_on", "sum_insured_fen")
        statement = statement.values({name: bindparam(name) for name in names})
        intake.session.connection().execute(statement, wider)
    fresh = [key for key in wanted if key not in known]
    ids = reserve_ids(intake.session, _table(p), len(fresh))
    if fresh:
        insert_columns(
            intake.session,
            _table(p),
            {
                "id": ids,
                "insurer": [insurer for insurer, _ in fresh],
                "policy_no": [number for _, number in fresh],
                "starts_on": [wanted[key][0] for key in fresh],
                "ends_on": [wanted[key][1] for key in fresh],
                "sum_insured_fen": [wanted[key][2] for key in fresh],
            },
        )
    return {key: row[0] for key, row in known.items()} | dict(zip(fresh, ids, strict=True))


def _table(mapped: Any) -> Any:
    return mapped.__table__
