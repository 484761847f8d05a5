"""What a sheet of a map shows, as its address says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.map_print import SheetChoice
from grid.coverage import RINGS_MIN

if TYPE_CHECKING:
    from maps.city_page import Kind


def _known_ring(ring: int) -> int:
    if ring not in (0, *RINGS_MIN):
        raise ValueError(f"Expected a ring of 0 and {RINGS_MIN}, got {ring}.")
    return ring


class SheetQuery(BaseModel):
    """The query of ``/maps/print/{kind}``; everything has a default."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    shift: int | None = Field(None, ge=0, le=10_000)
    ring: Annotated[int, AfterValidator(_known_ring)] = 0  # a literal takes no text
    tier: Literal["all", "officer", "auxiliary", "volunteer"] = "all"
    level: int = Field(50, ge=5, le=100)
    span: Literal["shift", "week"] = "shift"
    what: str = Field("any", pattern=r"^[\w:.-]{1,80}$")
    area: Literal["beat", "station", "district"] = "beat"
    fair: Literal["reach", "hours"] = "reach"
    load: Literal["wanted", "filled", "each"] = "wanted"
    paper: Literal["a4", "a3"] = "a4"
    lat: float | None = Field(None, gt=-85, lt=85, allow_inf_nan=False)
    lng: float | None = Field(None, ge=-180, le=180, allow_inf_nan=False)
    zoom: float | None = Field(None, ge=0, le=20, allow_inf_nan=False)
    whole: bool = False
    ask: bool = False

    def choice(self, kind: Kind) -> SheetChoice:
        """Return what the sheet of a kind of map shows."""
        view = None
        if self.zoom is not None and self.lat is not None and self.lng is not None:
            view = (self.zoom, self.lat, self.lng)
        return SheetChoice(
            kind=kind,
            view=view,
            **self.model_dump(exclude={"lat", "lng", "zoom"}),
        )
