"""The catalogue in the console: a table a topic, and the sheet of an entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.views.console.sheets import Field, Panel, Sheet
from dispatch.rules import Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import time

    from api.language import Texts

HERE: Final = "/console/settings"
TIMES: Final = ("workday_starts", "workday_ends", "weekend_starts", "weekend_ends")
LISTS: Final = ("professions", "qualifications")
_CODE: Final = {"maxlength": 64, "pattern": "[a-z][a-z0-9_\\-]*"}


def entries_panel(
    topic: str, entries: Iterable[Mapping[str, Any]], texts: Texts, *, may_write: bool
) -> Panel:
    """Return the entries of a topic as a table."""
    heads = [texts("settings.label_zh"), texts("settings.label_en"), texts("console.code")]
    heads += [texts.label("label.setting", name) for name in _extra(topic)]
    heads.append(texts("console.state"))
    return Panel(
        texts.label("label.topic", topic),
        texts.label("label.topic_hint", topic),
        heads=heads,
        rows=[_row(topic, one, texts) for one in entries],
        empty=(texts("settings.no_entries"), texts("settings.no_entries_hint")),
        links=((texts("settings.add"), f"{HERE}/{topic}/new"),) if may_write else (),
        is_wide=True,
    )


def _extra(topic: str) -> Sequence[str]:
    if topic == "duty-roles":
        return ("tier", "hazardous", "supervised", *LISTS)
    return ("workday", "weekend") if topic == "shift-templates" else ()


def _row(topic: str, one: Mapping[str, Any], texts: Texts) -> list[Any]:
    yes = {True: texts("console.yes"), False: texts("console.no")}
    cells: list[Any] = [
        {"text": one["label_zh"], "url": f"{HERE}/{topic}/{one['code']}"},
        one["label_en"],
        one["code"],
    ]
    if topic == "duty-roles":
        cells += [texts(f"tier.{one['tier']}"), yes[one["hazardous"]], yes[one["supervised"]]]
        cells += [" ".join(one[name]) or "–" for name in LISTS]
    elif topic == "shift-templates":
        cells += [
            f"{one[f'{day}_starts']:%H:%M}–{one[f'{day}_ends']:%H:%M}"
            for day in ("workday", "weekend")
        ]
    return [*cells, state_cell(texts, is_active=one["is_active"])]


def state_cell(texts: Texts, *, is_active: bool) -> dict[str, str]:
    """Return whether something is in use, as a cell."""
    if is_active:
        return {"text": texts("settings.in_use"), "tone": "good"}
    return {"text": texts("settings.out_of_use"), "tone": "off"}


def entry_sheet(
    topic: str,
    texts: Texts,
    words: Mapping[str, Sequence[tuple[str, str]]],
    entry: Mapping[str, Any] | None = None,
    *,
    tag: str = "",
) -> Sheet:
    """Return the form of a new entry, or of one that is there.

    Parameters
    ----------
    words : mapping of str to sequence of (str, str)
        The professions and qualifications to choose from.
    """
    given = entry or {}
    fields = [
        Field("label_zh", texts("settings.label_zh"), **_text(given.get("label_zh", ""))),
        Field("label_en", texts("settings.label_en"), **_text(given.get("label_en", ""))),
    ]
    if entry is None:
        hint = texts("settings.code_hint")
        code = Field("code", texts("console.code"), hint=hint, is_required=True, limits=_CODE)
        fields.insert(0, code)
    fields += _more(topic, texts, words, given)
    if entry is not None:
        state = "true" if entry["is_active"] else ""
        hint = texts("settings.in_use_hint")
        fields.append(Field("is_active", texts("settings.in_use"), "check", state, hint))
    place = f"{HERE}/{topic}" if entry is None else f"{HERE}/{topic}/{entry['code']}"
    button = texts("forms.save") if entry else texts("settings.add")
    return Sheet("entry", place, button, tuple(fields), version=tag, is_once=entry is None)


def _text(value: str) -> dict[str, Any]:
    return {"value": value, "is_required": True, "limits": {"maxlength": 64}}


def _more(
    topic: str,
    texts: Texts,
    words: Mapping[str, Sequence[tuple[str, str]]],
    given: Mapping[str, Any],
) -> list[Field]:
    def label(name: str) -> str:
        return texts.label("label.setting", name)

    def hint(name: str) -> str:
        return texts.label("label.setting_hint", name)

    if topic == "shift-templates":
        return [
            Field(name, label(name), "time", _clock(given.get(name)), hint(name), is_required=True)
            for name in TIMES
        ]
    if topic != "duty-roles":
        return []
    tiers = [(one.value, texts(f"tier.{one}")) for one in Tier]
    tier = given.get("tier", Tier.VOLUNTEER.value)
    return [
        Field("tier", label("tier"), "select", tier, hint("tier"), tiers, is_required=True),
        *(
            Field(name, label(name), "check", "true" if given.get(name) else "", hint(name))
            for name in ("hazardous", "supervised")
        ),
        *(
            Field(name, label(name), "checks", tuple(given.get(name, ())), hint(name), words[name])
            for name in LISTS
        ),
    ]


def _clock(at: time | None) -> str:
    return "" if at is None else f"{at:%H:%M}"
