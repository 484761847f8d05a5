"""A problem after RFC 9457."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Model


class ParameterProblem(Model):
    """One parameter that is wrong."""

    parameter: str = Field(examples=["limit"])
    detail: str = Field(examples=["Input should be less than or equal to 500"])


class Problem(Model):
    """What went wrong, as RFC 9457 has it."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["Expected the id of a beat of this city, got '999'."])
    errors: list[ParameterProblem] | None = Field(
        default=None, description="The parameters that are wrong, where it is about parameters."
    )
