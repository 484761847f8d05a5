"""Nearest search: who, or what, that passes the rules is reached first. Proven, and fast.

Things (people or tasks) lie in bins of a plane (`dispatch.nearest_plane`), those of one pace in a
layer. A search takes growing circles of bins around its spot until the farthest that could still
enter the list is nearer than everything outside: so the answer equals that of a scan over all,
ties included, and where few pass it becomes that scan. People who travel faster are searched first:
their times bound the circles of the slower ones.

The order is by minutes, then by number; with `step_min` by minutes rounded up to steps, then rank
and preferred role, then minutes, then number.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from dispatch.nearest_bins import Columns
from dispatch.nearest_layer import Layer
from dispatch.nearest_plane import plane_of
from dispatch.nearest_rules import NearestError, Refusal, Rule, as_array, as_masks
from grid.travel import unit_vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from grid.lattice import CellIndex

MAX_NEAREST: Final = 500
EXAMPLES: Final = 3
GONE: Final = -1

_NOBODY: Final = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Things:
    """Columns of people or tasks, one entry each.

    Attributes
    ----------
    lat, lng : ndarray of float64
        WGS-84 degrees, finite.
    roles, state, needs : ndarray of uint64
        See `dispatch.nearest_rules`.
    limit_m : ndarray of float64
        How far it may be, great-circle metres; infinity for any distance.
    rank : ndarray of int64
        Urgency: higher comes first among equals of a step.
    layer : ndarray of int8
        Which pace it travels at.
    """

    lat: NDArray[np.float64]
    lng: NDArray[np.float64]
    roles: NDArray[np.uint64]
    state: NDArray[np.uint64]
    needs: NDArray[np.uint64]
    limit_m: NDArray[np.float64]
    rank: NDArray[np.int64]
    layer: NDArray[np.int8]

    def __post_init__(self) -> None:
        lengths = {len(getattr(self, name)) for name in self.__slots__}
        if len(lengths) > 1:
            raise NearestError(f"Expected columns of one length, got {sorted(lengths)}.")
        if not (np.isfinite(self.lat) & np.isfinite(self.lng) & (np.abs(self.lat) <= 90)).all():
            raise NearestError("Expected places on the globe, got one that is none.")
        if not (self.limit_m >= 0).all():
            raise NearestError("Expected limits >= 0 metres, got one that is not.")

    def __len__(self) -> int:
        return len(self.lat)


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """What was found, first the nearest.

    Attributes
    ----------
    number : ndarray of int64
    minutes : ndarray of float64
        Travel time.
    distance_m : ndarray of float64
        Great-circle metres.
    """

    number: NDArray[np.int64]
    minutes: NDArray[np.float64]
    distance_m: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.number)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What the index holds of some things, as it was at one moment."""

    state: NDArray[np.uint64]
    words: NDArray[np.uint64]
    place: NDArray[np.float64]
    layer: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Refused:
    """How many near a spot fail one rule first, and the nearest of them."""

    refusal: Refusal
    count: int
    nearest: tuple[tuple[int, float, float], ...]  # number, minutes, metres


@dataclass(frozen=True, slots=True)
class Reasons:
    """Who is near a spot: how many pass all rules, and by which rule the others are left out."""

    passing: int
    refused: tuple[Refused, ...]


class NearestIndex:
    """Things that can be searched while they move and change; safe to use from several threads.

    Parameters
    ----------
    cells : CellIndex
        The city's; any point on earth may be searched from and lived at.
    things : Things
        Numbered from 0 in their order.
    minutes_per_m : sequence of float
        Pace of each layer: minutes a great-circle metre, > 0.
    """

    def __init__(self, cells: CellIndex, things: Things, minutes_per_m: Sequence[float]) -> None:
        if not all(0 < pace < np.inf for pace in minutes_per_m):
            raise NearestError(f"Expected paces > 0, got {list(minutes_per_m)}.")
        self.minutes_per_m = tuple(minutes_per_m)
        plane = plane_of(cells)
        self._lock = threading.Lock()
        capacity = max(16, len(things))
        self._columns = _empty(capacity)
        self._layer = np.full(capacity, GONE, np.int8)
        self._layers = [Layer(plane, capacity) for _ in self.minutes_per_m]
        self._fastest_first = np.argsort(self.minutes_per_m, kind="stable").tolist()
        self._write(np.arange(len(things)), things)
        self._fill()

    def __len__(self) -> int:
        return int((self._layer != GONE).sum())

    def search(
        self,
        lat: float,
        lng: float,
        rules: Sequence[Rule] | NDArray[np.uint64],
        k: int,
        *,
        within_min: float = np.inf,
        within_m: float = np.inf,
        step_min: float = 0.0,
        prefers: int = 0,
        excluded: Sequence[int] = (),
        layers: Sequence[int] | None = None,
    ) -> Nearest:
        """Return the first `k` that pass the rules.

        Parameters
        ----------
        lat, lng : float
            WGS-84 degrees.
        rules : sequence of Rule
            All must hold (or their `as_masks`).
        k : int
            1..500.
        within_min, within_m : float
            Leave out what is farther: minutes, great-circle metres.
        step_min : float
            Round minutes up to such steps before rank decides; 0: minutes alone decide.
        prefers : int
            Bits of roles that come first among equals of a step and rank.
        excluded : sequence of int
            Numbers to leave out.
        layers : sequence of int, optional
            Search these alone.
        """
        if not 1 <= k <= MAX_NEAREST:
            raise NearestError(f"Expected 1 to {MAX_NEAREST} nearest, got {k}.")
        _checked(lat, lng)
        masks = rules if isinstance(rules, np.ndarray) else as_masks(rules)
        left_out = np.array(excluded, np.int64) if excluded else _NOBODY
        keys, who = np.empty((k, 4)), np.empty(k, np.int64)
        count, liked = 0, np.uint64(prefers)
        with self._lock:
            for layer in self._fastest_first if layers is None else layers:
                pace = self.minutes_per_m[layer]
                reach_m = min(within_m, within_min / pace)
                for bins in self._layers[layer].sets():
                    count = bins.search(
                        *(lat, lng, masks, left_out, reach_m, pace, step_min, liked),
                        *(keys, who, count),
                    )
        return Nearest(who[:count], keys[:count, 2], keys[:count, 3])

    def reasons(
        self,
        lat: float,
        lng: float,
        rules: Sequence[Rule],
        within_m: float,
        *,
        examples: int = EXAMPLES,
        excluded: Sequence[int] = (),
    ) -> Reasons:
        """Count who within `within_m` great-circle metres fails which rule first.

        The own limit is the last rule. Rules with one refusal (or none that fail) are summed up.
        """
        _checked(lat, lng)
        compiled, left_out = as_array(rules), np.array(excluded, np.int64)
        total = np.zeros(len(rules) + 2, np.int64)
        found: list[list[tuple[float, int, float]]] = [[] for _ in total]
        with self._lock:
            for layer, minutes_per_m in zip(self._layers, self.minutes_per_m, strict=True):
                for bins in layer.sets():
                    shape = (len(total), examples)
                    minutes, distance = np.full(shape, np.inf), np.full(shape, np.inf)
                    who = np.full(shape, -1, np.int64)
                    bins.refused(
                        *(lat, lng, compiled, left_out, within_m, minutes_per_m),
                        *(total, minutes, distance, who),
                    )
                    for rule, number in np.argwhere(who >= 0):
                        at = (rule, number)
                        found[rule].append((minutes[at], int(who[at]), distance[at]))
        return _reasons(rules, total, found, examples)

    def put(self, numbers: ArrayLike, things: Things) -> None:
        """Add things, or replace those that have these numbers already."""
        at = np.asarray(numbers, np.int64)
        if len(at) != len(things) or len(np.unique(at)) != len(at) or (at < 0).any():
            raise NearestError("Expected one number a thing, each once and >= 0.")
        with self._lock:
            self._grow(int(at.max(initial=-1)) + 1)
            before = self._layer[at]
            for layer in np.unique(before[before != things.layer]):
                if layer != GONE:
                    gone = at[(before == layer) & (things.layer != layer)]
                    self._layers[layer].drop(gone, self._columns)
            self._write(at, things)
            for layer in np.unique(things.layer):
                self._layers[layer].take(at[things.layer == layer], self._columns)

    def move(self, numbers: ArrayLike, lat: ArrayLike, lng: ArrayLike) -> None:
        """Put things that are here elsewhere; whoever is named twice ends at the last place."""
        at = np.asarray(numbers, np.int64)
        vectors = unit_vectors(lat, lng)
        if not np.isfinite(vectors).all():
            raise NearestError("Expected places on the globe, got one that is none.")
        with self._lock:
            self._known(at)
            self._columns.place[at, :3] = vectors
            at = np.unique(at)
            for layer in np.unique(self._layer[at]):
                self._layers[layer].take(at[self._layer[at] == layer], self._columns)

    def change(self, numbers: ArrayLike, roles: ArrayLike, state: ArrayLike) -> None:
        """Give things that are here other roles and another state; they stay where they are."""
        at = np.asarray(numbers, np.int64)
        with self._lock:
            self._known(at)
            self._columns.words[at, 0], self._columns.state[at] = roles, state
            for layer in np.unique(self._layer[at]):
                self._layers[layer].renew(at[self._layer[at] == layer], self._columns)

    def drop(self, numbers: ArrayLike) -> None:
        """Let things go; their numbers may be used again."""
        at = np.unique(np.asarray(numbers, np.int64))
        with self._lock:
            self._known(at)
            for layer in np.unique(self._layer[at]):
                self._layers[layer].drop(at[self._layer[at] == layer], self._columns)
            self._layer[at] = GONE

    def rows(self, numbers: NDArray[np.int64]) -> Rows:
        """Copy what is known of things that are here."""
        with self._lock:
            self._known(numbers)
            columns = self._columns
            picked = (columns.state[numbers], columns.words[numbers], columns.place[numbers])
            return Rows(*picked, self._layer[numbers])

    def settle(self) -> bool:
        """Sort everything anew where so many have moved that it pays; tell whether it was done."""
        with self._lock:
            unsettled = any(layer.is_unsettled for layer in self._layers)
            if unsettled:
                self._fill()
        return unsettled

    def _fill(self) -> None:
        for number, layer in enumerate(self._layers):
            layer.fill(np.flatnonzero(self._layer == number), self._columns)

    def _write(self, at: NDArray[np.int64], things: Things) -> None:
        if not ((things.layer >= 0) & (things.layer < len(self._layers))).all():
            raise NearestError(f"Expected layers in 0..{len(self._layers) - 1}.")
        columns = self._columns
        columns.state[at] = things.state
        columns.words[at, 0], columns.words[at, 1] = things.roles, things.needs
        columns.place[at, :3] = unit_vectors(things.lat, things.lng)
        columns.place[at, 3] = things.limit_m
        columns.rank[at], self._layer[at] = things.rank, things.layer

    def _known(self, at: NDArray[np.int64]) -> None:
        if len(at) and not (
            at.min() >= 0 and at.max() < len(self._layer) and (self._layer[at] != GONE).all()
        ):
            raise NearestError("Expected numbers that are in the index, got another.")

    def _grow(self, count: int) -> None:
        have = len(self._layer)
        if count <= have:
            return
        more = _empty(max(count, 2 * have) - have)
        for name in Columns.__slots__:
            both = (getattr(self._columns, name), getattr(more, name))
            setattr(self._columns, name, np.concatenate(both))
        self._layer = np.concatenate((self._layer, np.full(len(more.rank), GONE, np.int8)))
        for layer in self._layers:
            layer.grow(len(self._layer))


def _empty(count: int) -> Columns:
    return Columns(
        state=np.zeros(count, np.uint64),
        words=np.zeros((count, 2), np.uint64),
        place=np.zeros((count, 4), np.float64),
        rank=np.zeros(count, np.int64),
    )


def _checked(lat: float, lng: float) -> None:
    if not (-90 <= lat <= 90 and -1000 < lng < 1000):  # false for NaN, too
        raise NearestError(f"Expected a place on the globe, got {lat}, {lng}.")


def _reasons(
    rules: Sequence[Rule],
    total: NDArray[np.int64],
    found: list[list[tuple[float, int, float]]],
    examples: int,
) -> Reasons:
    """Sum up rules that share a refusal, in the order of the rules."""
    names = [*(rule.refusal for rule in rules), Refusal.OWN_LIMIT]
    refused = []
    for name in dict.fromkeys(names):
        at = [place for place, other in enumerate(names) if other == name]
        count = int(total[at].sum())
        nearest = sorted(one for place in at for one in found[place])[:examples]
        listed = tuple((who, float(minutes), float(far)) for minutes, who, far in nearest)
        if count:
            refused.append(Refused(name, count, listed))
    return Reasons(int(total[-1]), tuple(refused))
