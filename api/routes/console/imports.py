"""``/console/imports``: hand a table in, look at what it would change, take it or give it up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, get_args

from fastapi import APIRouter, Depends, File, Path, Query, Response, UploadFile

from api.access.policy import may
from api.console import Desk, desk
from api.console_forms import carry_out, make_once
from api.cursors import decode, encode
from api.forms import FormDep, FormRefusedError, Refusal, fill
from api.once import FormOnceDep
from api.routes.v1.imports import Kind, System, give_up, keep_upload, read_upload, take_upload
from api.schemas.imports import Confirmation
from api.views.console.imports import (
    HERE,
    IMPORTS,
    KINDS,
    confirm_sheets,
    import_rows,
    preview_panels,
    template_panel,
    upload_sheet,
)
from api.views.console.sheets import Panel, Trouble, answered
from api.views.console.table import Table, next_address
from data.importers.living.batches import find_batch, list_batches
from data.importers.living.taking import CITY_KINDS
from data.planning.jobs import find_job

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

router = APIRouter(prefix=HERE, include_in_schema=False)

PreviewDesk = Annotated[Desk, Depends(desk("import.preview"))]
ApplyDesk = Annotated[Desk, Depends(desk("import.apply"))]
ImportPath = Annotated[int, Path(ge=1, lt=2**63)]
PAGE: Final = 50
LIVE: Final = frozenset({"queued", "running"})


@router.get("")
def imports(
    office: PreviewDesk,
    *,
    cursor: Annotated[str, Query(max_length=400)] = "",
    part: Annotated[str, Query(max_length=8)] = "",
) -> Response:
    """List one's own imports, the newest first, with the form for another."""
    return _list(office, cursor=cursor, part=part)


@router.post("")
def upload(
    office: PreviewDesk,
    form: FormDep,
    once: FormOnceDep,
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Keep a file and preview it; nothing is changed yet."""

    def work(session: Session) -> str:
        kind, system = form.text("kind"), form.text("system")
        if kind not in get_args(Kind):
            raise FormRefusedError({"kind": Refusal("literal_error", {})})
        if system and system not in get_args(System):
            raise FormRefusedError({"system": Refusal("literal_error", {})})
        if file is None or not file.filename:
            raise FormRefusedError({"file": Refusal("missing", {})})
        options = {"system": system, "sheet": form.text("table"), "language": office.texts.language}
        table = read_upload(office.access, file, kind, options)
        number = keep_upload(session, office.keys, office.access, table, office.now)
        return f"{HERE}/{number}"

    return make_once(office, form, once, work, lambda trouble: _list(office, trouble))


@router.get("/{number}")
def one(
    office: PreviewDesk, number: ImportPath, part: Annotated[str, Query(max_length=8)] = ""
) -> Response:
    """Show what an import would change; while its job works the page asks again."""
    return _one(office, number, part=part)


@router.post("/{number}/confirm")
def confirm(office: ApplyDesk, number: ImportPath, form: FormDep, once: FormOnceDep) -> Response:
    """Take the file in one transaction, if it still does what was seen in the preview."""

    def work(session: Session) -> str:
        seen = fill(Confirmation, form)
        take_upload(session, office.keys, office.access, number, seen, now=office.now)
        return f"{HERE}/{number}"

    return make_once(office, form, once, work, lambda trouble: _one(office, number, trouble))


@router.post("/{number}/discard")
def discard(office: PreviewDesk, number: ImportPath, form: FormDep) -> Response:
    """Forget a file that was not taken."""

    def act() -> None:
        office.store.submit(
            lambda session: give_up(session, office.keys, office.access, number, office.now)
        )

    return carry_out(
        office, form, act, lambda trouble: _one(office, number, trouble), back=f"{HERE}?done=gone"
    )


def _list(
    office: Desk, trouble: Trouble | None = None, *, cursor: str = "", part: str = ""
) -> Response:
    texts = office.texts
    before = decode("imports", (int,), cursor) if cursor else None
    with office.store.read() as session:
        found = list_batches(session, office.access.actor.key, before=before, limit=PAGE + 1)
    following = encode("imports", (found[PAGE - 1].import_id,)) if len(found) > PAGE else None
    table = Table(
        HERE,
        IMPORTS,
        import_rows(found[:PAGE], texts, office.zone),
        (),
        next_address(HERE, (), following),
        None,
        (texts("imports.none"), texts("imports.none_hint")),
    )
    if part == "rows":
        return office.render("rows.html", here=HERE, table=table)
    kinds = [one for one in KINDS if one not in CITY_KINDS or office.access.scope.city]
    panels = [
        Panel(
            texts("imports.upload"),
            sheets=answered([upload_sheet(texts, kinds)], trouble),
        ),
        template_panel(texts, kinds),
    ]
    return office.sheet(
        texts("imports.title"),
        panels,
        here=HERE,
        trouble=trouble,
        template="imports.html",
        table=table,
    )


def _one(office: Desk, number: int, trouble: Trouble | None = None, *, part: str = "") -> Response:
    texts, actor = office.texts, office.access.actor
    with office.store.read() as session:
        found = find_batch(session, number, of=actor.key)
        job: Any = None if found.job_id is None else find_job(session, found.job_id)
    is_live = job is not None and job.state in LIVE
    panels = preview_panels(found, job.progress or {} if is_live else None, texts, office.zone)
    if job is not None and job.state == "failed":
        panels.insert(0, Panel(texts("imports.failed"), job.error or "", is_wide=True))
    if not is_live:
        sheets = confirm_sheets(found, texts, may_apply=may(actor, "import.apply"))
        if sheets:
            title = texts("imports.decide")
            panels.insert(1, Panel(title, sheets=answered(sheets, trouble)))
    values: dict[str, Any] = {"address": f"{HERE}/{number}", "is_live": is_live}
    up = (texts("imports.title"), HERE)
    if part == "state":
        return office.render("import_part.html", here=HERE, panels=panels, **values)
    return office.sheet(
        found.file_name,
        panels,
        here=HERE,
        trouble=trouble,
        template="import.html",
        up=up,
        **values,
    )
