"""Guard what never changes: published rosters, scenarios, editions, the audit."""

from __future__ import annotations

from data.store.migrations.triggers import (
    drop,
    drop_functions,
    drop_truncate,
    make_functions,
    refuse,
    refuse_truncate,
    refuse_where,
)

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

OF_ROSTER = ("assignment", "roster_report", "roster_gap", "roster_price")
OF_SCENARIO = (
    *("scenario_table", "scenario_row", "scenario_shift", "scenario_role", "scenario_person"),
    *("scenario_availability", "scenario_demand", "scenario_pin"),
)
OF_EDITION = ("edition_beat", "edition_cell")
# All but what the erasure of a person touches in a scenario: the link, the point, unknown columns.
OF_PERSON = (
    *("scenario_id", "position", "code", "tier", "station_code", "profession", "qualifications"),
    *("max_shifts", "travel_limit_m", "insured_until", "show_up"),
)

DRAFT_ONLY = "Expected a draft roster, got one that is published or archived: it never changes."
FORWARD = "Expected a roster to go from draft to published to archived and to change no more."
SNAPSHOT = "Expected a scenario to stay as it was stored."
USED = "Expected a scenario without a published roster, got one that was planned from."
EDITION = "Expected an edition of the ground to stay as it was stored."
APPEND = "Expected the audit to be appended to, nothing else."


def upgrade() -> None:
    make_functions()
    _guard_rosters()
    _guard_scenarios()
    _guard_editions()
    _guard_audit()


def downgrade() -> None:
    drop("audit_entry", "UPDATE", "DELETE")
    drop("audit_head", "UPDATE", "DELETE")
    for table in OF_EDITION:
        drop(table, "INSERT", "UPDATE", "DELETE")
    drop("ground_edition", "UPDATE")
    drop("scenario", "UPDATE")
    for table in OF_SCENARIO:
        drop(table, "INSERT", "UPDATE", "DELETE")
    for table in OF_ROSTER:
        drop(table, "INSERT", "UPDATE", "DELETE")
    drop("roster", "INSERT", "UPDATE", "DELETE")
    for table in ("audit_entry", "audit_head", "roster", *OF_ROSTER):
        drop_truncate(table)
    drop_functions()


def _guard_rosters() -> None:
    refuse("roster", "INSERT", FORWARD, when="NEW.state <> 'draft'")
    kept = ("id", "scenario_id", "predecessor_id", "label", "created_at", "created_by")
    published = (*kept, "published_at", "published_by")
    refuse(
        "roster",
        "UPDATE",
        FORWARD,
        when=f"OLD.state = 'archived' OR (OLD.state = 'draft' AND NEW.state = 'archived') "
        f"OR (OLD.state = 'published' AND (NEW.state <> 'archived' OR {_differs(published)}))",
    )
    refuse("roster", "DELETE", DRAFT_ONLY, when="OLD.state <> 'draft'")
    for table in OF_ROSTER:
        for event in ("INSERT", "UPDATE", "DELETE"):
            refuse_where(
                table,
                event,
                DRAFT_ONLY,
                column="roster_id",
                owners="SELECT id, state FROM roster WHERE id {owner}",
                condition="state <> 'draft'",
            )
    for table in ("roster", *OF_ROSTER):
        refuse_truncate(table, DRAFT_ONLY)


def _guard_scenarios() -> None:
    frozen = (
        *("id", "edition_id", "name", "settings", "sha256", "source_sha256"),
        *("starts_at", "ends_at", "created_at", "created_by"),
    )
    refuse("scenario", "UPDATE", SNAPSHOT, when=_differs(frozen))
    for table in OF_SCENARIO:
        when = _differs(OF_PERSON) if table == "scenario_person" else ""
        refuse(table, "UPDATE", SNAPSHOT, when=when)
        # A whole scenario may be deleted, where no roster holds it; single rows of it may not.
        refuse_where(
            table,
            "DELETE",
            SNAPSHOT,
            column="scenario_id",
            owners="SELECT id FROM scenario WHERE id {owner}",
            condition="id > 0",
        )
        refuse_where(
            table,
            "INSERT",
            USED,
            column="scenario_id",
            owners="SELECT id, state FROM roster WHERE scenario_id {owner}",
            condition="state <> 'draft'",
        )


def _guard_editions() -> None:
    refuse("ground_edition", "UPDATE", EDITION)
    for table in OF_EDITION:
        refuse(table, "UPDATE", EDITION)
        for event in ("INSERT", "DELETE"):
            refuse_where(
                table,
                event,
                EDITION,
                column="edition_id",
                owners="SELECT id FROM scenario WHERE edition_id {owner}",
                condition="id > 0",
            )


def _guard_audit() -> None:
    refuse("audit_entry", "UPDATE", APPEND)
    refuse("audit_entry", "DELETE", APPEND)
    refuse("audit_head", "UPDATE", APPEND, when="NEW.last_id <= OLD.last_id OR NEW.id <> OLD.id")
    refuse("audit_head", "DELETE", APPEND)
    refuse_truncate("audit_entry", APPEND)
    refuse_truncate("audit_head", APPEND)


def _differs(columns: tuple[str, ...]) -> str:
    return " OR ".join(f"OLD.{name} {{differs}} NEW.{name}" for name in columns)
