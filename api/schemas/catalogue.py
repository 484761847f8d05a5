"""The catalogue that a city edits: professions, qualifications, duty roles, shift templates."""

from __future__ import annotations

from datetime import time
from typing import Annotated

from pydantic import Field, model_validator

from api.schemas.base import Model, TierName
from api.schemas.days import LocalTime
from api.schemas.inputs import Body, Code, Name

EntryCode = Annotated[
    str, Field(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_-]*$", examples=["mediator"])
]
Local = Annotated[time, Field(json_schema_extra={"format": "local-time"})]
Codes = Annotated[list[Code], Field(max_length=500)]


class NewWord(Body):
    """A profession or qualification."""

    code: EntryCode
    label_zh: Name
    label_en: Name


class NewRole(NewWord):
    """A duty role; without professions and qualifications it is open to all of its tier."""

    tier: TierName
    hazardous: bool
    supervised: bool
    professions: Codes = Field(default_factory=list)
    qualifications: Codes = Field(default_factory=list)


class NewTemplate(NewWord):
    """The pattern of a shift, local time; an end before its start is the next day."""

    workday_starts: LocalTime
    workday_ends: LocalTime
    weekend_starts: LocalTime
    weekend_ends: LocalTime


class WordEdit(Body):
    """A change of an entry; out of use it stays in the files that name it."""

    label_zh: Name | None = None
    label_en: Name | None = None
    is_active: bool | None = None

    @model_validator(mode="after")
    def _nothing_can_be_cleared(self) -> WordEdit:
        for name in sorted(self.model_fields_set):
            if getattr(self, name) is None:
                raise ValueError(f"expected a value of {name}, got null")
        return self


class RoleEdit(WordEdit):
    """A change of a duty role."""

    tier: TierName | None = None
    hazardous: bool | None = None
    supervised: bool | None = None
    professions: Codes | None = None
    qualifications: Codes | None = None


class TemplateEdit(WordEdit):
    """A change of a shift's pattern; shifts that are dated stay as they are."""

    workday_starts: LocalTime | None = None
    workday_ends: LocalTime | None = None
    weekend_starts: LocalTime | None = None
    weekend_ends: LocalTime | None = None


class Word(Model):
    """A profession or qualification."""

    code: str
    label_zh: str
    label_en: str
    is_active: bool


class Role(Word):
    """A duty role."""

    tier: TierName
    hazardous: bool
    supervised: bool
    professions: list[str]
    qualifications: list[str]


class Template(Word):
    """The pattern of a shift."""

    workday_starts: Local
    workday_ends: Local
    weekend_starts: Local
    weekend_ends: Local


class Words(Model):
    """The entries by code, those out of use as well."""

    items: list[Word]


class Roles(Model):
    """The duty roles by code, those out of use as well."""

    items: list[Role]


class Templates(Model):
    """The shift templates by code, those out of use as well."""

    items: list[Template]
