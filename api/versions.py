"""Edits of what somebody may have changed meanwhile: ``ETag`` and ``If-Match`` by row version.

A GET answers with ``ETag: etag(row.row_version)``; a PATCH or DELETE takes `IfMatchDep` and calls
`data.store.row_versions.require_version(row, expected)` within its transaction: 412 where the row
was changed since, 428 without the header. A page has the version in its hidden field ``version``.
"""

from __future__ import annotations

import re
from typing import Annotated, Final

from fastapi import Depends, Header, Request

from api.errors import ParameterError, PreconditionRequiredError
from data.store.row_versions import StaleError

FORM_FIELD: Final = "version"


def etag(version: int | str) -> str:
    """Return the entity tag of a row's version, or of a content's tag."""
    return f'"{version}"'


async def get_if_match(
    tag: Annotated[
        str | None,
        Header(alias="If-Match", description="`ETag` of what was read.", examples=['"3"']),
    ] = None,
) -> int:
    """Return the version that the editor saw.

    Raises
    ------
    PreconditionRequiredError
        Without the header (428).
    StaleError
        For a tag that we never gave, or for ``*``, which would undo what others did (412).
    """
    if tag is None:
        raise PreconditionRequiredError
    found = re.fullmatch(r'"([0-9]{1,18})"', tag.strip())
    if found is None:
        raise StaleError
    return int(found[1])


async def get_if_match_tag(
    tag: Annotated[
        str | None,
        Header(
            alias="If-Match",
            description="`ETag` of what was read.",
            examples=['"0123456789abcdef0123456789abcdef"'],
        ),
    ] = None,
) -> str:
    """Return the tag of the content that the editor saw, of what has no version.

    Raises
    ------
    PreconditionRequiredError
        Without the header (428).
    StaleError
        For a tag that we never gave, or for ``*`` (412).
    """
    if tag is None:
        raise PreconditionRequiredError
    found = re.fullmatch(r'"([0-9a-f]{32})"', tag.strip())
    if found is None:
        raise StaleError
    return found[1]


async def get_form_version(request: Request) -> int:
    """Return the version that the editor of a form saw.

    Raises
    ------
    ParameterError
        Where the form has none.
    """
    text = (await request.form()).get(FORM_FIELD, "")
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{1,18}", text):
        raise ParameterError(f"Expected the form's field {FORM_FIELD}, got none that can be used.")
    return int(text)


IfMatchTagDep = Annotated[str, Depends(get_if_match_tag)]
IfMatchDep = Annotated[int, Depends(get_if_match)]
FormVersionDep = Annotated[int, Depends(get_form_version)]
