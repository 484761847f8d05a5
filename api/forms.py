"""Forms of pages as the bodies that the API takes: one model for both, refusals field by field.

::

    @router.post("/settings/professions")
    def create(office: WriterDesk, form: FormDep, once: FormOnceDep) -> Response:
        body = fill(NewWord, form)

`fill` raises `FormRefusedError`, which `api.console_forms` shows beside the fields.
"""

from __future__ import annotations

import types
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar, Union, get_args, get_origin

import orjson
from fastapi import Depends, Request
from pydantic import AwareDatetime, BaseModel, ValidationError

from grid.errors import JinggeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from zoneinfo import ZoneInfo

    from pydantic_core import ErrorDetails

M = TypeVar("M", bound=BaseModel)
_MISSING: Final = "missing"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a field is refused: a word of pydantic's (``int_type``) and the numbers of its rule."""

    kind: str
    values: Mapping[str, Any]


class FormRefusedError(JinggeError):
    """A form with fields that cannot be used; `refusals` by the field's name."""

    def __init__(self, refusals: Mapping[str, Refusal]) -> None:
        self.refusals = refusals
        super().__init__(f"Expected other values of {', '.join(refusals)}.")


@dataclass(frozen=True, slots=True)
class Form:
    """The texts of a form; a field may stand in it several times."""

    fields: Mapping[str, tuple[str, ...]]

    def text(self, name: str) -> str:
        """Return a field's first text, without blanks around it; empty where it is not there."""
        return self.fields.get(name, ("",))[0].strip()

    def all(self, name: str) -> list[str]:
        """Return all texts of a field that are not blank."""
        return [text.strip() for text in self.fields.get(name, ()) if text.strip()]


async def get_form(request: Request) -> Form:
    """Return the texts of a request's form; files are left to whoever takes them."""
    found: dict[str, list[str]] = {}
    for name, value in (await request.form()).multi_items():
        if isinstance(value, str):
            found.setdefault(name, []).append(value)
    return Form({name: tuple(texts) for name, texts in found.items()})


FormDep = Annotated[Form, Depends(get_form)]


def fill(
    model: type[M],
    form: Form,
    *,
    clears: Iterable[str] = (),
    needs: Iterable[str] = (),
    zone: ZoneInfo | None = None,
    **given: Any,
) -> M:
    """Return the body that a form stands for.

    A field that is left blank is not named in the body.

    Parameters
    ----------
    clears : iterable of str
        Fields that are null in the body where they are left blank.
    needs : iterable of str
        Fields that must not be left blank though the body could do without.
    zone : ZoneInfo, optional
        Of moments, which a page asks for in local time.
    given : object
        Values of fields that are not of the form.

    Raises
    ------
    FormRefusedError
    """
    values: dict[str, Any] = dict(given)
    missing = [name for name in needs if not form.all(name)]
    for name, field in model.model_fields.items():
        kinds = _kinds(field.annotation)
        if name in given or (name not in form.fields and bool not in kinds and list not in kinds):
            continue
        if bool in kinds:
            values[name] = form.text(name) in {"true", "on"}
        elif list in kinds:
            items = _item_kinds(field.annotation)
            values[name] = [_typed(text, items, zone) for text in form.all(name)]
        elif form.text(name):
            values[name] = _typed(form.text(name), kinds, zone)
        elif name in clears:
            values[name] = None
    refusals = {name: Refusal(_MISSING, {}) for name in missing}
    try:
        body = valid(model, values)
    except FormRefusedError as error:
        raise FormRefusedError({**error.refusals, **refusals}) from None
    if refusals:
        raise FormRefusedError(refusals)
    return body


def valid(model: type[M], values: Mapping[str, Any]) -> M:
    """Return a body of plain values.

    Raises
    ------
    FormRefusedError
    """
    try:
        return model.model_validate_json(orjson.dumps(values))
    except ValidationError as error:
        found = {_place(one["loc"]): _refusal(one) for one in reversed(error.errors())}
        raise FormRefusedError(found) from None


def _place(location: tuple[int | str, ...]) -> str:
    return str(location[0]) if location else ""


def _refusal(one: ErrorDetails) -> Refusal:
    context = one.get("ctx", {})
    numbers = {name: value for name, value in context.items() if isinstance(value, int | float)}
    return Refusal(one["type"], numbers)


def _kinds(annotation: Any) -> frozenset[Any]:
    """Return the plain types within an annotation: of ``int | None`` the int, and None's."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _kinds(get_args(annotation)[0])
    if origin in {Union, types.UnionType}:
        return frozenset().union(*(_kinds(part) for part in get_args(annotation)))
    return frozenset({origin or annotation})


def _item_kinds(annotation: Any) -> frozenset[Any]:
    """Return the plain types of a list's items."""
    if get_origin(annotation) is list:
        return _kinds(get_args(annotation)[0])
    parts = [part for part in get_args(annotation) if isinstance(part, type) or get_origin(part)]
    return frozenset().union(*(_item_kinds(part) for part in parts))


def _typed(text: str, kinds: frozenset[Any], zone: ZoneInfo | None) -> Any:
    """Return a text as JSON would have it; one that is no number stays a text, to be refused."""
    try:
        if int in kinds:
            return int(text)
        if float in kinds:
            return float(text)
        if kinds & {AwareDatetime, datetime} and zone is not None:
            at = datetime.fromisoformat(text)
            return (at if at.tzinfo else at.replace(tzinfo=zone)).isoformat()
    except ValueError:
        return text
    return text
