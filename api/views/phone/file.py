"""One's own file on the phone: what the records hold, in parts, each line a term and its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.views.phone.moments import moment_words

if TYPE_CHECKING:
    from datetime import date

    from api.views.phone.reader import Reader
    from data.records.audit_reading import Entry
    from data.records.person_file import PersonFile, Rows

Line = tuple[str, str]
Labels = dict[str, str]
"""Label by code, of professions and qualifications, which a city may edit."""


def me_values(file: PersonFile, reader: Reader) -> dict[str, Any]:
    """Return name, code, tier and the facts that stand on top."""
    profile, texts = file.profile, reader.texts
    insured = texts("phone.not_insured")
    if file.insured_until is not None:
        insured = texts("phone.insured_until", day=_day(file.insured_until, reader))
    served = texts(
        "phone.served", turns=file.service["turns"], hours=round(file.service["minutes"] / 60)
    )
    return {
        "name": profile["name"] or profile["code"],
        "code": profile["code"],
        "tier": texts(f"tier.{profile['tier']}"),
        "facts": [
            (texts("phone.station"), profile["station_name"] or profile["station"] or "–"),
            (texts("phone.insurance"), insured),
            (texts("phone.service"), served),
        ],
    }


def file_parts(file: PersonFile, reader: Reader, labels: Labels) -> list[dict[str, Any]]:
    """Return the parts of the file."""
    texts = reader.texts
    parts: list[tuple[str, list[Line]]] = [
        ("profile", _profile(file, reader, labels)),
        ("qualifications", _qualifications(file.qualifications, reader, labels)),
        ("roles", _roles(file.roles, reader)),
        ("teams", [(row["code"], row["name"]) for row in file.teams]),
        ("training", [(row["course"], row["name"]) for row in file.training]),
        ("covers", _covers(file.covers, reader)),
        ("awards", _awards(file, reader)),
    ]
    return [{"title": texts.label("label.file", word), "rows": rows} for word, rows in parts]


def _awards(file: PersonFile, reader: Reader) -> list[Line]:
    """Return the awards, by whom and what for; then those taken back, and why."""
    found = []
    for row in file.awards:
        parts = (row["title"], row["awarded_by"], row["note"])
        words = " · ".join(part for part in parts if part)
        found.append((_day(row["awarded_on"], reader), words))
    for row in file.events:
        if row["kind"] == "award_withdrawn":
            given = {"title": row["from_value"] or "–", "reason": row["reason"] or "–"}
            day = row["at"].astimezone(reader.limits.zone).date()
            found.append((_day(day, reader), reader.texts("awards.withdrawn", **given)))
    return found


def reader_lines(entries: tuple[Entry, ...], reader: Reader) -> list[dict[str, str]]:
    """Return who read or changed the file, newest first."""
    texts = reader.texts
    return [
        {
            "who": entry.actor_name or texts("phone.somebody"),
            "what": texts.label("label.file_action", entry.action),
            "when": moment_words(entry.at, reader.now, reader.limits.zone, texts),
        }
        for entry in entries
    ]


def _profile(file: PersonFile, reader: Reader, labels: Labels) -> list[Line]:
    profile, texts = file.profile, reader.texts
    return [
        (texts("phone.name"), profile["name"] or "–"),
        (
            texts("phone.profession"),
            labels.get(profile["profession"] or "", profile["profession"] or "–"),
        ),
        (texts("phone.number"), profile["phone_masked"] or "–"),
        (texts("phone.id_number"), profile["id_number_masked"] or "–"),
        (texts("phone.station"), profile["station_name"] or "–"),
    ]


def _qualifications(rows: Rows, reader: Reader, labels: Labels) -> list[Line]:
    texts = reader.texts
    return [
        (
            labels.get(row["qualification"], str(row["qualification"])),
            texts("phone.until_day", day=_day(row["expires_on"], reader))
            if row["expires_on"]
            else texts("phone.without_end"),
        )
        for row in rows
        if row["is_valid"]
    ]


def _roles(rows: Rows, reader: Reader) -> list[Line]:
    return [(reader.role(row["role"]), _day(row["since"], reader)) for row in rows]


def _covers(rows: Rows, reader: Reader) -> list[Line]:
    return [
        (
            reader.texts.label("label.insurer", str(row["insurer"])),
            f"{_day(row['starts_on'], reader)} – {_day(row['ends_on'], reader)}",
        )
        for row in rows
    ]


def _day(day: date, reader: Reader) -> str:
    if reader.texts.language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {reader.texts(f'month.{day.month}')} {day.year}"
