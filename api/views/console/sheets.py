"""What a page of the console is made of: panels with terms, rows and sheets to fill in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from api.forms import Form
    from api.language import Texts


@dataclass(frozen=True, slots=True)
class Field:
    """A field to fill in.

    Attributes
    ----------
    name, label : str
        Of the form; what people read.
    kind : str
        ``text``, ``number``, ``date``, ``time``, ``datetime-local``, ``select``, ``check``,
        ``checks`` (several of a list), ``area``, ``file`` or ``hidden``.
    value : str, or tuple of str for ``checks``
    hint : str
        What it does and in which unit.
    limits : mapping of str to object
        Attributes such as ``min``, ``max``, ``step``, ``maxlength``.
    """

    name: str
    label: str = ""
    kind: str = "text"
    value: str | tuple[str, ...] = ""
    hint: str = ""
    choices: Sequence[tuple[str, str]] = ()
    is_required: bool = False
    limits: Mapping[str, object] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form of a page.

    Attributes
    ----------
    name : str
        Tells the forms of a page apart.
    version : str
        What its reader saw, so that nobody's change is lost; empty where nothing can be.
    is_once : bool
        Whether sending it twice must make one thing only.
    tone : str
        ``primary``, ``outline-primary`` or ``outline-danger``.
    is_triple : bool
        Whether three fields make a line.
    """

    name: str
    action: str
    button: str
    fields: tuple[Field, ...] = ()
    title: str = ""
    hint: str = ""
    version: str = ""
    is_once: bool = False
    tone: str = "primary"
    has_files: bool = False
    is_folded: bool = False
    is_triple: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of a page; rows are of texts or of ``{"text": …, "url": …, "tone": …}``."""

    title: str = ""
    hint: str = ""
    terms: Sequence[tuple[str, Any]] = ()
    heads: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()
    sheets: Sequence[Sheet] = ()
    links: Sequence[tuple[str, str]] = ()
    empty: tuple[str, str] = ("", "")
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Trouble:
    """A form that was refused: what to say, beside which fields, and what had been written."""

    status: int
    sheet: str
    text: str
    detail: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    form: Form | None = None


def answered(sheets: Iterable[Sheet], trouble: Trouble | None) -> list[Sheet]:
    """Return forms with what had been written into the refused one, and why that cannot be."""
    if trouble is None or trouble.form is None:
        return list(sheets)
    return [_again(one, trouble) if one.name == trouble.sheet else one for one in sheets]


def _again(sheet: Sheet, trouble: Trouble) -> Sheet:
    given = trouble.form
    assert given is not None  # noqa: S101 - asked by `answered`
    fields = []
    for one in sheet.fields:
        value: str | tuple[str, ...] = given.text(one.name)
        if one.kind == "checks":
            value = tuple(given.all(one.name))
        elif one.kind in {"file", "hidden"}:
            value = one.value
        fields.append(replace(one, value=value, error=trouble.fields.get(one.name, "")))
    return replace(sheet, fields=tuple(fields), is_folded=False)


def option_list(
    choices: Iterable[tuple[str, str]], texts: Texts, *, blank: str = ""
) -> tuple[tuple[str, str], ...]:
    """Return the choices of a select that may stay empty."""
    return (("", blank or texts("forms.none")), *choices)
