"""``/api/v1/imports``: hand a table in, look at what it would change, confirm, taken at once.

The file is kept sealed until it is taken or given up, a day at most. Reading it and taking it are
jobs: a file of a stranger is opened by a process with nothing to lose, and 37,289 rows take time.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import orjson
from fastapi import APIRouter, Depends, File, Form, Path, Query, Response, UploadFile

from api.access.actor import Access
from api.access.policy import allowed
from api.cursors import Window, cursor_for
from api.dependencies import KeysDep, NowDep, StoreDep
from api.errors import ParameterError, problems
from api.import_jobs import scope_values
from api.once import OnceDep, answer
from api.schemas import imports as schemas
from api.schemas.inputs import clean_line
from data.importers.kinds import KINDS
from data.importers.living.batches import (
    MAX_BYTES,
    BatchView,
    FileSizeError,
    discard_batch,
    find_batch,
    hand_in,
    list_batches,
    refusals_of,
    require_previewed,
    set_job,
)
from data.importers.living.taking import CITY_KINDS
from data.importers.templates import template as make_template
from data.planning.errors import OutsideScopeError
from data.planning.jobs import add_job
from data.store.audit import append

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.store.idempotency import Answer
    from data.store.keys import Keys

router = APIRouter(prefix="/imports", tags=["imports"])
templates = APIRouter(prefix="/import-templates", tags=["imports"])

IMPORTS: Final = cursor_for("imports", int)
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Kind = Literal["people", "teams", "demand", "shifts", "incidents", "insurance"]
System = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]
LanguageName = Literal["zh", "en"]
ImportPath = Annotated[int, Path(ge=1, lt=2**63, examples=[1])]
Previewer = Annotated[Access, Depends(allowed("import.preview"))]
Applier = Annotated[Access, Depends(allowed("import.apply"))]


@router.post(
    "",
    status_code=202,
    response_model=schemas.Import,
    responses=problems(401, 403, 404, 409, 413, 422),
    summary="Hand a table in",
)
def upload(
    access: Previewer,
    once: OnceDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    *,
    file: Annotated[UploadFile, File(description="`.xlsx` or `.csv`, at most 32 MiB.")],
    kind: Annotated[Kind, Form()],
    system: Annotated[System | None, Form(description="Of coordinates that name none.")] = None,
    sheet: Annotated[str | None, Form(max_length=64, description="The one to take.")] = None,
    language: Annotated[LanguageName, Form()] = "zh",
) -> Response:
    """Keep a file and preview it; nothing is changed yet."""
    options = {"system": system, "sheet": sheet, "language": language}
    table = read_upload(access, file, kind, options)

    def work(session: Session) -> Answer:
        number = keep_upload(session, keys, access, table, now)
        location = f"/api/v1/imports/{number}"
        return answer(_told(find_batch(session, number)), 202, location=location)

    return once.submit(store, work)


@router.get(
    "",
    response_model=schemas.Imports,
    responses=problems(401, 403, 422),
    summary="One's own imports",
)
def imports(
    access: Previewer, store: StoreDep, window: Annotated[Window, Depends(IMPORTS)]
) -> Response:
    """List one's own imports, the newest first."""
    with store.read() as session:
        found = list_batches(session, access.actor.key, before=window.after, limit=window.fetch)
    items, following = window.cut(found, lambda one: (one.import_id,))
    return _json({"items": [_told(one) for one in items], "next": following})


@router.get(
    "/{import_id}",
    response_model=schemas.Import,
    responses=problems(401, 403, 404, 422),
    summary="What an import would change",
)
def one(access: Previewer, store: StoreDep, import_id: ImportPath) -> Response:
    """Return an import with its preview once that is made: counts, headings, refusals."""
    with store.read() as session:
        return _json(_told(find_batch(session, import_id, of=access.actor.key)))


@router.get(
    "/{import_id}/refusals",
    response_class=Response,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
        **problems(401, 403, 404, 409, 422),
    },
    summary="Every refused row, as CSV",
)
def refusals(access: Previewer, store: StoreDep, import_id: ImportPath) -> Response:
    """Return sheet, row, column and reason of every refusal."""
    with store.read() as session:
        content = refusals_of(session, import_id, of=access.actor.key)
    headers = {"Content-Disposition": f'attachment; filename="refusals-{import_id}.csv"'}
    return Response(content, headers=headers, media_type="text/csv")


@router.post(
    "/{import_id}/confirm",
    status_code=202,
    response_model=schemas.Import,
    responses=problems(401, 403, 404, 409, 422),
    summary="Take a previewed table",
)
def confirm(
    body: schemas.Confirmation,
    access: Applier,
    once: OnceDep,
    store: StoreDep,
    keys: KeysDep,
    now: NowDep,
    import_id: ImportPath,
) -> Response:
    """Take the file in one transaction, if it still does what was seen in the preview."""

    def work(session: Session) -> Answer:
        take_upload(session, keys, access, import_id, body, now=now)
        return answer(_told(find_batch(session, import_id)), 202)

    return once.submit(store, work)


@router.delete(
    "/{import_id}",
    status_code=204,
    responses=problems(401, 403, 404, 409, 422),
    summary="Give an import up",
)
def discard(
    access: Previewer, store: StoreDep, keys: KeysDep, now: NowDep, import_id: ImportPath
) -> Response:
    """Forget a file that was not taken."""
    store.submit(lambda session: give_up(session, keys, access, import_id, now))
    return Response(status_code=204)


@templates.get(
    "/{kind}",
    response_class=Response,
    responses={
        200: {"content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}},
        **problems(401, 403, 422),
    },
    summary="A workbook to fill in",
)
def template(
    access: Previewer, kind: Kind, language: Annotated[LanguageName, Query()] = "zh"
) -> Response:
    """Return the template of a kind of table."""
    assert access.action  # noqa: S101 - asked for, to be let in
    assert kind in KINDS  # noqa: S101 - the same list
    headers = {"Content-Disposition": f'attachment; filename="{kind}.xlsx"'}
    return Response(make_template(kind, language), headers=headers, media_type=XLSX)


@dataclass(frozen=True, slots=True)
class Upload:
    """A table that was handed in, with what was said of it."""

    kind: str
    content: bytes
    name: str
    options: dict[str, Any]


def read_upload(access: Access, file: UploadFile, kind: str, options: dict[str, Any]) -> Upload:
    """Return a file that was handed in.

    Raises
    ------
    OutsideScopeError
        For a table of the whole city from somebody who answers for a part of it.
    FileSizeError, ParameterError
    """
    if kind in CITY_KINDS and not access.scope.city:
        raise OutsideScopeError("table", kind)
    content = file.file.read(MAX_BYTES + 1)
    if not 0 < len(content) <= MAX_BYTES:
        raise FileSizeError(f"Expected a file of 1..{MAX_BYTES} bytes, got another size.")
    said = {
        "system": options.get("system") or "",
        "sheet": _clean(options.get("sheet") or "") or None,
        "language": options["language"],
    }
    name = _clean((file.filename or "").replace("\\", "/").rsplit("/", 1)[-1][:120]) or "table"
    return Upload(kind, content, name, said)


def keep_upload(session: Session, keys: Keys, access: Access, table: Upload, now: datetime) -> int:
    """Keep a file sealed and queue its preview, kept by the audit; return the import's number."""
    by = access.actor.key
    number = hand_in(
        session,
        keys,
        table.kind,
        table.content,
        file_name=table.name,
        options=table.options,
        by=by,
        now=now,
    )
    request = {"import_id": number, "scope": scope_values(access.scope)}
    set_job(session, number, add_job(session, "import.preview", request, by=by, now=now))
    event = access.event("import", str(number), kind=table.kind, size=len(table.content))
    append(session, keys, now, event)
    return number


def take_upload(
    session: Session,
    keys: Keys,
    access: Access,
    import_id: int,
    seen: schemas.Confirmation,
    *,
    now: datetime,
) -> None:
    """Queue the taking of a file as it was previewed, kept by the audit."""
    by = access.actor.key
    require_previewed(session, import_id, of=by)
    request = {
        "import_id": import_id,
        "scope": scope_values(access.scope),
        "expected": seen.model_dump(),
    }
    set_job(session, import_id, add_job(session, "import.commit", request, by=by, now=now))
    append(session, keys, now, access.event("import", str(import_id), confirmed=True))


def give_up(session: Session, keys: Keys, access: Access, import_id: int, now: datetime) -> None:
    """Forget a file that was not taken, kept by the audit."""
    discard_batch(session, import_id, of=access.actor.key)
    append(session, keys, now, access.event("import", str(import_id), discarded=True))


def _clean(text: str) -> str:
    """Return a name as it is told again: without control characters."""
    try:
        return clean_line(text)
    except ValueError:
        raise ParameterError("Expected a name without control characters.") from None


def _told(found: BatchView) -> dict[str, Any]:
    return asdict(found)


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")
