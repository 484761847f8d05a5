"""What the map pages read: bytes made from the city, compressed once, kept while they are used."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import brotli
import numpy as np
import orjson

from api.coverage import ALL, TIERS, TIERS_AND_ALL
from api.kept import Kept
from api.outlines import coarse_outlines
from grid.coverage import RINGS_MIN
from grid.lattice import Lattice
from maps.cell_layer import body, coverage_bytes, weight_bytes
from maps.city_page import bounds_of
from maps.codec import encode_owners
from maps.geometry import geometry_spec, tile_table
from maps.places import places, posts, shifts

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from api.city import City
    from maps.cell_layer import WeightScale
    from maps.city_page import Bounds

KEPT: Final = 512
"""Compressed bodies kept; a whole week of all rings and tiers is 420 of about 20 KB."""

_ONCE: Final = 9
_OFTEN: Final = 5


@dataclass(frozen=True, slots=True)
class Packed:
    """A body as it goes over the wire; each encoding is made when somebody first takes it."""

    raw: bytes
    tag: str
    media_type: str
    effort: int
    _made: dict[str, bytes] = field(default_factory=dict, repr=False)

    def encoded(self, accepted: str) -> tuple[bytes, str]:
        """Return the bytes and the encoding for an ``Accept-Encoding`` header."""
        name = _encoding(accepted)
        return (self._as(name), name) if name else (self.raw, "")

    def is_made(self, accepted: str) -> bool:
        """Return whether `encoded` has nothing to do for a header."""
        return _encoding(accepted) in {"", *self._made}

    def _as(self, name: str) -> bytes:
        if name not in self._made:
            if name == "br":
                self._made[name] = brotli.compress(self.raw, quality=self.effort)
            else:
                self._made[name] = gzip.compress(self.raw, min(self.effort + 1, 9), mtime=0)
        return self._made[name]


def _encoding(accepted: str) -> str:
    names = {part.split(";")[0].strip() for part in accepted.split(",") if "q=0" not in part}
    # Browsers offer brotli on secure origins only; on a closed network gzip is what counts.
    return next((name for name in ("br", "gzip") if name in names), "")


def pack(raw: bytes, media_type: str, effort: int = _OFTEN) -> Packed:
    """Return a body with its entity tag; `effort` is brotli's quality, 0..11."""
    return Packed(raw, hashlib.blake2b(raw, digest_size=12).hexdigest(), media_type, effort)


@dataclass(slots=True)
class MapLayers:
    """The map's bodies of one city, made when first asked for. Shared between threads."""

    city: City
    scale: WeightScale = field(init=False)
    core: Bounds = field(init=False)
    whole: Bounds = field(init=False)
    _weights: NDArray[np.uint8] = field(init=False)
    _kept: Kept[Packed] = field(init=False, default_factory=lambda: Kept(KEPT))

    def __post_init__(self) -> None:
        self._weights, self.scale = weight_bytes(self.city.cell_weight)
        lat, lng = self.city.lattice.centres()
        self.core = bounds_of(lat, lng, self.city.cell_weight)
        self.whole = bounds_of(lat, lng)

    def geometry(self) -> Packed:
        """Return the lattice as JSON; see `maps.geometry`."""
        return self.keep(("geometry",), lambda: pack_json(geometry_spec(self.city.lattice)))

    def places(self) -> Packed:
        """Return names and points of beats, stations and districts as JSON."""
        city = self.city
        return self.keep(
            ("places",),
            lambda: pack_json(
                places(
                    city.scenario.beats,
                    city.stations,
                    city.districts,
                    city.beat_station,
                    city.station_district,
                )
            ),
        )

    def shifts(self) -> Packed:
        """Return when the shifts are and how many places are short in each, as JSON."""
        city = self.city
        table = city.scenario.shifts
        return self.keep(
            ("shifts",),
            lambda: pack_json(
                shifts(table, city.lines, city.scenario.timezone, city.scenario.name)
            ),
        )

    def owners(self) -> Packed:
        """Return which beat each cell belongs to."""
        return self.keep(("owners",), self._owners)

    def district_outlines(self) -> Packed:
        """Return coarse outlines of the districts as GeoJSON."""
        return self.keep(
            ("outlines",),
            lambda: pack(coarse_outlines(self.city.district_outlines), "application/geo+json"),
        )

    def weights(self) -> Packed:
        """Return a byte a cell: how much it matters, on the logarithmic `scale`."""
        index = self.city.lattice
        return self.keep(("weights",), lambda: pack_bytes(body(index, self._weights), _ONCE))

    def coverage(self, ring: int, tier: str, shift: int | None) -> Packed:
        """Return a byte a cell: the coverage of one ring, tier and shift; the week's mean for None.

        Raises
        ------
        KeyError
            Where there is no such ring, tier or shift.
        """
        known = shift is None or 0 <= shift < self.num_shifts
        if ring not in RINGS_MIN or tier not in TIERS_AND_ALL or not known:
            raise KeyError((ring, tier, shift))

        def make() -> Packed:
            found = (
                self.week_coverage(ring, tier)
                if shift is None
                else self.cell_coverage(ring, tier, shift)
            )
            return pack_bytes(body(self.city.lattice, coverage_bytes(found)))

        return self.keep(("coverage", ring, tier, shift), make)

    def posts(self, shift: int) -> Packed:
        """Return headcounts and short lines of one shift as JSON; a KeyError for no such shift."""
        if not 0 <= shift < self.num_shifts:
            raise KeyError(shift)
        return self.keep(("posts", shift), lambda: self._posts(shift))

    def tile(self, zoom: int, x: int, y: int) -> Packed:
        """Return which cell each pixel of a tile shows, for a city that lies on no lattice."""
        return self.keep(
            ("tile", zoom, x, y),
            lambda: pack_bytes(tile_table(self.city.lattice, zoom, x, y).astype("<i4").tobytes()),
        )

    @property
    def num_shifts(self) -> int:
        """Number of shifts of the horizon."""
        return len(self.city.scenario.shifts)

    def cell_coverage(self, ring: int, tier: str, shift: int) -> NDArray[np.float64]:
        """Return the coverage of every cell, in lattice order."""
        table = self.city.coverage
        chosen = TIERS if tier == ALL else (tier,)
        absence = sum(
            (
                table.reached[ring, name] @ table.log_absence[TIERS.index(name), shift]
                for name in chosen
            ),
            start=np.zeros(len(self.city.lattice.cells)),
        )
        return -np.expm1(absence)

    def week_coverage(self, ring: int, tier: str) -> NDArray[np.float64]:
        """Return the coverage of every cell at a moment of the week's shifts, taken at random.

        Shifts count by their length: what a call during any hour of them can expect.
        """
        table = self.city.scenario.shifts
        seconds = (table["ends_at"] - table["starts_at"]).dt.total_seconds().to_numpy(np.float64)
        total = np.zeros(len(self.city.lattice.cells))
        for shift, share in enumerate(seconds / seconds.sum()):
            total += share * self.cell_coverage(ring, tier, shift)
        return np.minimum(total, 1)

    def _owners(self) -> Packed:
        index, owners = self.city.lattice, self.city.cell_beat.astype(np.uint16)
        if isinstance(index, Lattice):
            return pack_bytes(encode_owners(index, owners), _ONCE)
        return pack_bytes(owners.astype("<u2").tobytes(), _ONCE)

    def _posts(self, shift: int) -> Packed:
        city = self.city
        lines = city.lines[city.lines["shift"] == shift]
        heads = {tier: city.on_duty.headcount[number, shift] for number, tier in enumerate(TIERS)}
        return pack_json(posts(lines, heads, len(city.scenario.beats)))

    def at_hand(self, *key: object) -> Packed | None:
        """Return what is kept under a key; None where it is to be made."""
        return self._kept.get(key)

    def keep(self, key: tuple[object, ...], make: Callable[[], Packed]) -> Packed:
        """Return what is kept under a key, or make it; what was not used longest goes first."""
        known = self._kept.get(key)
        if known is None:
            known = make()
            self._kept.put(key, known)
        return known


def pack_json(value: Any) -> Packed:
    """Return a value as JSON."""
    return pack(orjson.dumps(value), "application/json")


def pack_bytes(raw: bytes, effort: int = _OFTEN) -> Packed:
    """Return bytes that only our scripts read."""
    return pack(raw, "application/octet-stream", effort)
