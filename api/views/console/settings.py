"""The settings in the console: what each number does, its unit, and the sheets to change it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from api.views.console.catalogue import HERE, state_cell
from api.views.console.sheets import Field, Panel, Sheet
from api.views.console.weeks import moment

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from api.language import Texts
    from api.settings import Settings
    from data.planning.settings import PlanningSettings
    from data.points.table_edits import RuleView, SettingView

TOPICS: Final = ("duty-roles", "professions", "qualifications", "shift-templates")
RULES: Final = (
    *("min_rest_hours", "volunteers_per_supervisor", "min_volunteers_per_post"),
    *("travel_factor", "volunteer_travel_limit_m"),
)
COSTS: Final = ("unmet", "travel_per_100m", "extra_shift")
_LIMITS: Final[dict[str, dict[str, object]]] = {
    "min_rest_hours": {"min": 6, "max": 48, "step": "any"},
    "volunteers_per_supervisor": {"min": 1, "max": 50},
    "min_volunteers_per_post": {"min": 2, "max": 20},
    "travel_factor": {"min": 1, "max": 3, "step": "any"},
    "volunteer_travel_limit_m": {"min": 100, "max": 50000, "step": "any"},
    "unmet": {"min": 100, "max": 1000000},
    "travel_per_100m": {"min": 0, "max": 1000},
}
_ENVIRONMENT: Final = (
    *("lang", "timezone", "tile_url", "tile_crs", "tile_attribution", "ring_targets"),
    *("second_factor", "public_url", "push_key_file", "push_contact"),
)


def index_panels(
    settings: Settings, planning: PlanningSettings, texts: Texts, zone: ZoneInfo
) -> list[Panel]:
    """Return what can be set, and what the machine's settings say."""
    catalogue = Panel(
        texts("settings.catalogue"),
        texts("settings.catalogue_hint"),
        heads=(texts("settings.what"), texts("settings.does")),
        rows=[
            (
                {"text": texts.label("label.topic", topic), "url": f"{HERE}/{topic}"},
                texts.label("label.topic_hint", topic),
            )
            for topic in TOPICS
        ]
        + [
            (
                {"text": texts("settings.points"), "url": f"{HERE}/points"},
                texts("settings.points_hint"),
            )
        ],
    )
    return [planning_panel(planning, texts, zone), catalogue, machine_panel(settings, texts)]


def planning_panel(planning: PlanningSettings, texts: Texts, zone: ZoneInfo) -> Panel:
    """Return the numbers of rules and costs, with what each does."""
    values = {**asdict(planning.rules), **asdict(planning.costs)}
    changed = texts("settings.never_changed")
    if planning.changed_at is not None:
        at, by = moment(planning.changed_at, zone), planning.changed_by or "–"
        changed = texts("settings.changed", at=at, by=by)
    return Panel(
        texts("settings.planning"),
        changed,
        heads=(texts("settings.what"), texts("settings.value"), texts("settings.does")),
        rows=[
            (
                texts.label("label.setting", name),
                _number(values[name]),
                texts.label("label.setting_hint", name),
            )
            for name in (*RULES, *COSTS)
        ],
        links=((texts("settings.open_planning"), f"{HERE}/planning"),),
    )


def machine_panel(settings: Settings, texts: Texts) -> Panel:
    """Return what the environment sets; no secret is among it."""
    rows: list[tuple[Any, ...]] = []
    for name in _ENVIRONMENT:
        value = getattr(settings, name)
        words = _machine_words(name, value, texts)
        rows.append(
            (
                texts.label("label.machine", name),
                words,
                f"JINGGE_{name.upper()}",
                texts.label("label.machine_hint", name),
            )
        )
    heads = ("settings.what", "settings.value", "settings.variable", "settings.does")
    return Panel(
        texts("settings.machine"),
        texts("settings.machine_hint"),
        heads=[texts(head) for head in heads],
        rows=rows,
        is_wide=True,
    )


def _machine_words(name: str, value: str, texts: Texts) -> str:
    if name == "lang" and not value:
        return texts("settings.browser_language")
    return value or texts("settings.not_set")


def planning_sheet(planning: PlanningSettings, texts: Texts) -> Sheet:
    """Return the form of rules and costs."""
    values = {**asdict(planning.rules), **asdict(planning.costs)}
    fields = [
        Field(
            name,
            texts.label("label.setting", name),
            "number" if name in _LIMITS else "text",
            _plain(values[name]),
            texts.label("label.setting_hint", name),
            is_required=True,
            limits=_LIMITS.get(name, {"maxlength": 200}),
        )
        for name in (*RULES, *COSTS)
    ]
    return Sheet(
        "planning",
        f"{HERE}/planning",
        texts("forms.save"),
        tuple(fields),
        hint=texts("settings.planning_hint"),
        version=str(planning.version),
    )


def points_panels(
    rules: list[RuleView], numbers: list[SettingView], texts: Texts, *, may_write: bool
) -> list[Panel]:
    """Return the points table and its numbers; empty ones can be filled with what is shipped."""
    name = "label_zh" if texts.language == "zh" else "label_en"
    shipped: tuple[Sheet, ...] = ()
    if may_write:
        hint, button = texts("settings.shipped_hint"), texts("settings.take_shipped")
        place = f"{HERE}/points/shipped"
        shipped = (Sheet("shipped", place, button, hint=hint, tone="outline-primary"),)
    empty = (texts("settings.no_points"), texts("settings.no_points_hint"))
    heads = (
        *("settings.what", "rewards.points", "settings.unit", "settings.monthly_cap"),
        *("console.code", "console.state"),
    )
    table = Panel(
        texts("settings.points"),
        texts("settings.points_hint"),
        heads=[texts(head) for head in heads],
        rows=[
            (
                {"text": getattr(one, name), "url": f"{HERE}/points/rules/{one.code}"},
                f"{one.points:,}",
                texts.label("label.point_unit", one.unit),
                "–" if one.monthly_cap is None else f"{one.monthly_cap:,}",
                one.code,
                state_cell(texts, is_active=one.is_active),
            )
            for one in rules
        ],
        empty=empty,
        sheets=shipped,
        is_wide=True,
    )
    limits = Panel(
        texts("settings.point_numbers"),
        heads=(texts("settings.what"), texts("settings.value")),
        rows=[
            (
                {"text": getattr(one, name), "url": f"{HERE}/points/numbers/{one.code}"},
                f"{one.value:,}",
            )
            for one in numbers
        ],
        empty=empty,
    )
    return [table, limits]


def rule_sheet(rule: RuleView, texts: Texts) -> Sheet:
    """Return the form of a row of the points table."""
    words: dict[str, Any] = {"is_required": True, "limits": {"maxlength": 64}}
    most = {"min": 0, "max": 100_000}
    cap = "" if rule.monthly_cap is None else str(rule.monthly_cap)
    fields = (
        Field("label_zh", texts("settings.label_zh"), value=rule.label_zh, **words),
        Field("label_en", texts("settings.label_en"), value=rule.label_en, **words),
        Field(
            "points",
            texts("rewards.points"),
            "number",
            str(rule.points),
            texts.label("label.point_unit", rule.unit),
            is_required=True,
            limits=most,
        ),
        Field(
            "monthly_cap",
            texts("settings.monthly_cap"),
            "number",
            cap,
            texts("settings.cap_hint"),
            limits={"min": 0, "max": 1_000_000},
        ),
        Field(
            "is_active",
            texts("settings.in_use"),
            "check",
            "true" if rule.is_active else "",
            texts("settings.rule_in_use_hint"),
        ),
    )
    place = f"{HERE}/points/rules/{rule.code}"
    return Sheet("rule", place, texts("forms.save"), fields, version=str(rule.row_version))


def number_sheet(one: SettingView, texts: Texts) -> Sheet:
    """Return the form of a number of the points."""
    limits = {"min": 0, "max": 1_000_000}
    field = Field("value", texts("settings.value"), "number", str(one.value), limits=limits)
    place = f"{HERE}/points/numbers/{one.code}"
    return Sheet("number", place, texts("forms.save"), (field,), version=str(one.row_version))


def _plain(value: Any) -> str:
    if isinstance(value, tuple):
        return " ".join(str(one) for one in value)
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _number(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(f"{one:,}" for one in value)
    return f"{value:,.15g}" if isinstance(value, float) else f"{value:,}"
