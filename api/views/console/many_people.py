"""Many people at once: who was chosen, the sheets of what can be done, and who waits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from api.views.console.sheets import Field, Panel, Sheet, Trouble, answered
from api.views.console.table import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from api.language import Texts
    from data.records.person_search import ListedPerson

Choices = tuple[tuple[str, str], ...]
APPLICATIONS: Final = (
    Column("name", "console.name"),
    Column("code", "console.code"),
    Column("station", "console.station"),
    Column("state", "console.state"),
    Column("step", "people.next_step"),
    Column("lacking", "people.lacking"),
)
_ONWARD: Final = ("pass", "train", "activate")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom something is done with (``code:version``), and what there is to choose from."""

    people: tuple[str, ...]
    stations: Choices
    runs: Choices
    policies: Choices
    teams: Choices


def bulk_panels(
    chosen: Chosen,
    texts: Texts,
    may: Callable[[str], bool],
    trouble: Trouble | None,
    *,
    only: str = "",
) -> list[Panel]:
    """Return who was chosen and a panel for each thing that the reader may do with them."""
    rows = [
        ({"text": code, "url": f"/console/people/{code}"},)
        for code in (one.rpartition(":")[0] for one in chosen.people)
    ]
    whom = Panel(
        texts("people.chosen_people"),
        texts("people.all_or_none"),
        heads=(texts("console.code"),),
        rows=rows,
        empty=(texts("people.nobody_chosen"), texts("people.nobody_chosen_hint")),
    )
    if not chosen.people:
        return [whom]
    wanted = [
        ("person.transfer", "station", "station", texts("console.station"), chosen.stations),
        ("training.write", "course", "run", texts("records.course"), chosen.runs),
        ("team.write", "team", "team", texts("console.team"), chosen.teams),
        ("insurance.write", "cover", "policy", texts("records.policy"), chosen.policies),
        ("person.activate", "training", "", "", ()),
    ]
    sheets = [
        _sheet(chosen, texts, name, (field, label, choices))
        for action, name, field, label, choices in wanted
        if may(action) and (choices or not field) and only in {"", name}
    ]
    panels = [
        Panel(one.title, one.hint, sheets=[replace(one, title="", hint="")]) for one in sheets
    ]
    return [whom, *(replace(one, sheets=answered(one.sheets, trouble)) for one in panels)]


def _sheet(chosen: Chosen, texts: Texts, name: str, choice_of: tuple[str, str, Choices]) -> Sheet:
    field, label, choices = choice_of
    people = tuple(Field("people", kind="hidden", value=one) for one in chosen.people)
    choice = (Field(field, label, "select", choices=choices, is_required=True),) if field else ()
    reason = (
        (Field("reason", texts("people.reason_perhaps"), limits={"maxlength": 500}),)
        if name == "station"
        else ()
    )
    return Sheet(
        f"bulk-{name}",
        f"/console/people/bulk/{name}",
        texts("people.do_with", count=len(chosen.people)),
        (*choice, *reason, *people),
        texts.label("label.bulk", name),
        texts.label("label.bulk_hint", name),
        is_once=True,
    )


def application_rows(
    people: Iterable[ListedPerson],
    steps: Mapping[str, Mapping[str, Sequence[str]]],
    texts: Texts,
) -> list[dict[str, Any]]:
    """Return who waits, for which step, and what that still lacks."""
    comma = "、" if texts.language == "zh" else ", "
    rows = []
    for one in people:
        name = next((step for step in _ONWARD if step in steps[one.code]), "")
        lacking = steps[one.code].get(name, ())
        rows.append(
            {
                "url": f"/console/people/{one.code}",
                "name": one.name or one.code,
                "code": one.code,
                "station": one.station_name or one.station or "–",
                "state": texts.label("label.person_state", one.state),
                "tone": "warn" if lacking else "calm",
                "step": texts.label("label.step", name) if name else "–",
                "lacking": comma.join(texts.label("label.condition", word) for word in lacking)
                or "–",
            }
        )
    return rows
