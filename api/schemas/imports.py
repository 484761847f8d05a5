"""Imports over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.schemas.inputs import Body
from api.schemas.planning import Told

ImportState = Literal["uploaded", "previewed", "refused", "committed", "discarded"]


class Confirmation(Body):
    """What somebody has seen in the preview and wants to happen."""

    num_new: int = Field(ge=0, lt=2**31)
    num_changed: int = Field(ge=0, lt=2**31)
    num_unchanged: int = Field(ge=0, lt=2**31)
    num_refused: int = Field(ge=0, lt=2**31)


class Import(Told):
    """An import; follow its job at `/api/v1/jobs/{job_id}/events`."""

    import_id: int
    kind: str
    state: ImportState
    file_name: str
    file_sha256: str
    file_size: int
    options: dict[str, Any]
    preview: dict[str, Any] | None
    job_id: int | None
    created_at: datetime
    created_by: str
    expires_at: datetime
    committed_at: datetime | None


class Imports(Told):
    """A page of one's own imports, the newest first."""

    items: list[Import]
    next: str | None = None
