"""Imports in the console: what was handed in, what it would change, what is refused and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.views.console.sheets import Field, Panel, Sheet
from api.views.console.table import Column
from api.views.console.weeks import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from api.language import Texts
    from data.importers.living.batches import BatchView

HERE: Final = "/console/imports"
KINDS: Final = ("people", "teams", "demand", "shifts", "incidents", "insurance")
SYSTEMS: Final = ("wgs84", "cgcs2000", "gcj02", "bd09")
COUNTS: Final = ("num_new", "num_changed", "num_unchanged", "num_refused")
IMPORTS: Final = (
    Column("kind", "imports.kind"),
    Column("file", "imports.file"),
    Column("state", "console.state"),
    Column("new", "imports.new", is_number=True),
    Column("changed", "imports.changed", is_number=True),
    Column("refused", "imports.refused", is_number=True),
    Column("at", "console.at"),
)
_TONES: Final = {"previewed": "calm", "committed": "good", "refused": "warn"}
_MOST: Final = 100


def import_rows(found: Iterable[BatchView], texts: Texts, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return the rows of one's imports."""
    rows = []
    for one in found:
        seen = one.preview or {}
        rows.append(
            {
                "url": f"{HERE}/{one.import_id}",
                "kind": texts.label("label.import_kind", one.kind),
                "file": one.file_name,
                "state": texts.label("label.import_state", one.state),
                "tone": _TONES.get(one.state, "off"),
                "new": seen.get("num_new", "–"),
                "changed": seen.get("num_changed", "–"),
                "refused": seen.get("num_refused", "–"),
                "at": moment(one.created_at, zone),
            }
        )
    return rows


def upload_sheet(texts: Texts, kinds: Sequence[str]) -> Sheet:
    """Return the form that hands a table in."""
    systems = tuple((one, texts.label("label.system", one)) for one in SYSTEMS)
    fields = (
        Field(
            *("kind", texts("imports.kind"), "select"),
            choices=tuple((one, texts.label("label.import_kind", one)) for one in kinds),
            is_required=True,
        ),
        Field(
            *("file", texts("imports.file"), "file"),
            hint=texts("imports.file_hint"),
            is_required=True,
            limits={"accept": ".xlsx,.csv"},
        ),
        Field(
            *("system", texts("imports.system"), "select"),
            hint=texts("imports.system_hint"),
            choices=(("", texts("imports.as_the_file_says")), *systems),
        ),
        Field(
            *("table", texts("imports.table")),
            hint=texts("imports.table_hint"),
            limits={"maxlength": 64},
        ),
    )
    return Sheet(
        "upload",
        HERE,
        texts("imports.upload"),
        fields,
        hint=texts("imports.upload_hint"),
        is_once=True,
        has_files=True,
    )


def template_panel(texts: Texts, kinds: Sequence[str]) -> Panel:
    """Return where the workbooks to fill in are, and the tables as they stand."""
    language = texts.language
    rows = []
    for kind in kinds:
        word = texts.label("label.import_kind", kind)
        template = f"/api/v1/import-templates/{kind}?language={language}"
        rows.append(
            (
                word,
                {"text": texts("imports.template"), "url": template},
                {"text": texts("imports.as_csv"), "url": f"/api/v1/exports/tables/{kind}"},
            )
        )
    heads = (texts("imports.kind"), texts("imports.empty_workbook"), texts("imports.now"))
    return Panel(
        texts("imports.templates"), texts("imports.templates_hint"), heads=heads, rows=rows
    )


def preview_panels(
    one: BatchView, progress: Mapping[str, Any] | None, texts: Texts, zone: ZoneInfo
) -> list[Panel]:
    """Return how far an import is, what it would change, and what is refused."""
    state = {
        "text": texts.label("label.import_state", one.state),
        "tone": _TONES.get(one.state, "off"),
    }
    terms = [
        (texts("console.state"), state),
        (texts("imports.kind"), texts.label("label.import_kind", one.kind)),
        (texts("imports.file"), one.file_name),
        (texts("imports.size"), f"{one.file_size / 1024:,.0f} KiB"),
        (texts("console.at"), moment(one.created_at, zone)),
        (texts("imports.kept_until"), moment(one.expires_at, zone)),
    ]
    if progress is not None:
        terms.insert(1, (texts("imports.progress"), _progress(progress, texts)))
    seen = one.preview or {}
    if "reason" in seen:
        terms.insert(1, (texts("imports.reason"), seen["reason"]))
    panels = [Panel(texts("imports.one"), terms=terms)]
    if "num_new" in seen:
        panels.append(_counts(seen, texts))
        panels += _refusals(one.import_id, seen, texts)
    return panels


def _progress(progress: Mapping[str, Any], texts: Texts) -> str:
    stage = texts.label("label.import_stage", str(progress.get("stage", "")))
    done, total = progress.get("done"), progress.get("total")
    return f"{stage} {done:,} / {total:,}" if done and total else stage or "…"


def _counts(seen: Mapping[str, Any], texts: Texts) -> Panel:
    terms: list[tuple[str, Any]] = [
        (texts("imports.new"), f"{seen['num_new']:,}"),
        (texts("imports.changed"), f"{seen['num_changed']:,}"),
        (texts("imports.unchanged"), f"{seen['num_unchanged']:,}"),
        (texts("imports.absent"), f"{seen['num_absent']:,}"),
        (texts("imports.refused"), f"{seen['num_refused']:,}"),
    ]
    comma = "、" if texts.language == "zh" else ", "
    changed = [f"{name} {count:,}" for name, count in seen.get("changed_columns", {}).items()]
    if changed:
        terms.append((texts("imports.changed_columns"), comma.join(changed)))
    unknown = [text for sheet in seen.get("sheets", ()) for text in sheet["unknown"]]
    if unknown:
        terms.append((texts("imports.unknown"), comma.join(dict.fromkeys(unknown))))
    return Panel(texts("imports.would"), texts("imports.would_hint"), terms=terms)


def _refusals(number: int, seen: Mapping[str, Any], texts: Texts) -> list[Panel]:
    found = seen.get("refusals", ())
    if not found:
        return []
    more = len(found[_MOST:]) + int(seen.get("more_refusals", 0))
    hint = texts("imports.refusals_hint")
    if more:
        hint += " " + texts("imports.more_refusals", count=f"{more:,}")
    heads = ("imports.sheet", "imports.row", "imports.column", "imports.reason")
    return [
        Panel(
            texts("imports.refusals"),
            hint,
            heads=[texts(head) for head in heads],
            rows=[
                (one["sheet"] or "–", one["row"], one["column"], one["reason"][texts.language])
                for one in found[:_MOST]
            ],
            links=((texts("imports.all_refusals"), f"/api/v1/imports/{number}/refusals"),),
            is_wide=True,
        )
    ]


def confirm_sheets(one: BatchView, texts: Texts, *, may_apply: bool) -> list[Sheet]:
    """Return the forms that take an import as it was seen, or give it up."""
    place, seen = f"{HERE}/{one.import_id}", one.preview or {}
    sheets = []
    if may_apply and one.state == "previewed" and "num_new" in seen:
        count = seen["num_new"] + seen["num_changed"]
        fields = tuple(Field(name, kind="hidden", value=str(seen[name])) for name in COUNTS)
        sheets.append(
            Sheet(
                "confirm",
                f"{place}/confirm",
                texts("imports.take", count=f"{count:,}"),
                fields,
                hint=texts("imports.take_hint"),
                is_once=True,
            )
        )
    if one.state in {"uploaded", "previewed", "refused"}:
        discard = texts("imports.discard")
        sheets.append(Sheet("discard", f"{place}/discard", discard, tone="outline-danger"))
    return sheets
