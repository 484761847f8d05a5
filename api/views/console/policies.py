"""Insurance policies in the console: rows, terms and sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from api.views.console.sheets import Field, Sheet
from api.views.console.table import Column

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from api.language import Texts
    from data.records.insurance import ListedPolicy

HERE: Final = "/console/insurance/policies"
POLICIES: Final = (
    Column("policy_no", "insurance.policy_no"),
    Column("insurer", "insurance.insurer"),
    Column("state", "console.state"),
    Column("starts", "insurance.starts_on"),
    Column("ends", "insurance.ends_on"),
    Column("sum", "insurance.sum_yuan", is_number=True),
    Column("covered", "insurance.num_covered", is_number=True),
)


def policy_rows(found: Iterable[ListedPolicy], texts: Texts, today: date) -> list[dict[str, Any]]:
    """Return the rows of a list of policies."""
    rows = []
    for one in found:
        word, tone = "running", "good"
        if one.ends_on < today:
            word, tone = "over", "off"
        elif one.starts_on > today:
            word, tone = "to_come", "calm"
        rows.append(
            {
                "url": f"{HERE}/{one.policy}",
                "policy_no": one.policy_no,
                "insurer": texts.label("label.insurer", one.insurer),
                "state": texts.label("label.policy", word),
                "tone": tone,
                "starts": one.starts_on,
                "ends": one.ends_on,
                "sum": _yuan(one),
                "covered": f"{one.num_covered:,}",
            }
        )
    return rows


def policy_terms(one: ListedPolicy, texts: Texts) -> list[tuple[str, Any]]:
    """Return what a policy says."""
    return [
        (texts("insurance.insurer"), texts.label("label.insurer", one.insurer)),
        (texts("insurance.policy_no"), one.policy_no),
        (texts("insurance.starts_on"), one.starts_on),
        (texts("insurance.ends_on"), one.ends_on),
        (texts("insurance.sum_yuan"), _yuan(one)),
        (texts("insurance.num_covered"), f"{one.num_covered:,}"),
    ]


def policy_sheet(texts: Texts) -> Sheet:
    """Return the form of a new policy."""
    fields = (
        Field(*("insurer", texts("insurance.insurer")), is_required=True, limits={"maxlength": 64}),
        Field(
            *("policy_no", texts("insurance.policy_no")),
            is_required=True,
            limits={"maxlength": 128},
        ),
        Field("starts_on", texts("insurance.starts_on"), "date", is_required=True),
        Field(
            *("ends_on", texts("insurance.ends_on"), "date"),
            hint=texts("insurance.last_day_hint"),
            is_required=True,
        ),
        Field(
            *("sum_yuan", texts("insurance.sum_yuan"), "number"),
            hint=texts("insurance.sum_hint"),
            limits={"min": 0, "step": "0.01"},
        ),
    )
    hint = texts("insurance.policy_hint")
    return Sheet("policy", HERE, texts("insurance.new_policy"), fields, hint=hint, is_once=True)


def cover_sheet(one: ListedPolicy, texts: Texts) -> Sheet:
    """Return the form that covers people by their codes."""
    limits = {"min": str(one.starts_on), "max": str(one.ends_on)}
    hint = texts("insurance.days_hint")
    fields = (
        Field(
            *("people", texts("training.codes"), "area"),
            hint=texts("training.codes_hint"),
            is_required=True,
        ),
        Field("starts_on", texts("insurance.starts_on"), "date", hint=hint, limits=limits),
        Field("ends_on", texts("insurance.ends_on"), "date", hint=hint, limits=limits),
    )
    place = f"{HERE}/{one.policy}/covers"
    return Sheet("cover", place, texts("insurance.cover"), fields, is_once=True)


def _yuan(one: ListedPolicy) -> str:
    return "–" if one.sum_insured_fen is None else f"{one.sum_insured_fen / 100:,.2f}"
