"""What can be wrong with the audit, and finding it out from the entries in their order."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from data.store.audit_seals import first_seal, seal_entry, seal_of_head

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from data.store.audit_anchors import Anchor
    from data.store.keys import Keys
    from data.store.tables.audit import AuditHead

MAX_MOVES: Final = 200
MAX_HOMES: Final = 1000

Fault = Literal[
    "changed",
    "moved",
    "deleted",
    "replaced",
    "cut_off",
    "head_deleted",
    "head_changed",
    "head_put_back",
    "anchored_cut_off",
    "anchored_other",
]
WORDS: Final[Mapping[Fault, str]] = MappingProxyType(
    {
        "changed": "Entry {first} was changed after it was written.",
        "moved": "Entry {first} was moved: it stands as entry {last}.",
        "deleted": "Entries {first} to {last} were deleted.",
        "replaced": "Entry {first} does not follow the one before it: one was put in its place.",
        "cut_off": "Entries {first} to {last} were cut off.",
        "head_deleted": "The head of the audit was deleted.",
        "head_changed": "The head of the audit was changed.",
        "head_put_back": "The head of the audit was put back to entry {first}.",
        "anchored_cut_off": "Entries {first} to {last}, there on {at}, were cut off, head and all.",
        "anchored_other": "Entry {first} is not the one that was there on {at}.",
    }
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with the audit.

    Attributes
    ----------
    fault : str
        What, one of `Fault`.
    first, last : int
        Which entries; of one that was moved, its number and where it stands.
    at : str
        When an anchor was written that knows better.
    """

    fault: Fault
    first: int = 0
    last: int = 0
    at: str = ""

    def __str__(self) -> str:
        return WORDS[self.fault].format(first=self.first, last=self.last, at=self.at)


class Search:
    """Entries are shown to it in the order of their numbers; it keeps what does not fit."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._seals: dict[int, bytes] = {}
        self._wrong: dict[int, dict[str, Any]] = {}
        self._unlinked: list[int] = []
        self._last: tuple[int, bytes, bool] = (0, first_seal(keys), True)
        self.moved: dict[int, int] = {}
        self.last_id = 0

    @property
    def is_strange(self) -> bool:
        """Whether there are entries, and none is sealed with our key."""
        return bool(self._wrong) and len(self._wrong) == len(self._seals)

    @property
    def count(self) -> int:
        """How many entries were seen."""
        return len(self._seals)

    def see(self, entry: dict[str, Any]) -> None:
        """Judge one entry."""
        number, seal = entry["id"], entry["seal"]
        is_good = seal == seal_entry(self._keys, entry)
        last_id, last_seal, last_was_good = self._last
        if not is_good:
            self._wrong[number] = entry
        elif number == last_id + 1 and entry["previous"] != last_seal and last_was_good:
            # Both are sealed by us, yet do not follow each other: one is of another history.
            self._unlinked.append(number)
        self._seals[number] = seal
        self._last = (number, seal, is_good)

    def end(self, head_id: int) -> None:
        """Find out which entries stand in the place of another; call it after the last one."""
        known = sorted({*self._seals, head_id + 1})
        gaps = (n for low, high in _holes(known) for n in range(low, high + 1))
        homes = [*self._wrong, *islice(gaps, MAX_HOMES)]
        for number, entry in islice(self._wrong.items(), MAX_MOVES):
            home = next(
                (n for n in homes if entry["seal"] == seal_entry(self._keys, entry, n)), None
            )
            if home is not None:
                self.moved[home] = number
        self.last_id = max(self._true_numbers(), default=0)

    def seal_of(self, number: int) -> bytes | None:
        """Give the seal of the entry that was written with this number, wherever it stands."""
        return self._seals.get(self.moved.get(number, number))

    def found(self) -> Iterator[Finding]:
        """Tell everything that is wrong with the entries themselves."""
        for home, number in sorted(self.moved.items()):
            yield Finding("moved", home, number)
        for number in sorted(self._wrong.keys() - self.moved.values()):
            yield Finding("changed", number, number)
        for low, high in _holes(self._true_numbers()):
            yield Finding("deleted", low, high)
        for number in self._unlinked:
            yield Finding("replaced", number, number)

    def _true_numbers(self) -> list[int]:
        return sorted((self._seals.keys() - self.moved.values()) | self.moved.keys())


def head_problems(head: AuditHead | None, keys: Keys, search: Search) -> Iterable[Finding]:
    """Tell what is wrong with the head, given all entries."""
    if head is None:
        if search.count:
            yield Finding("head_deleted")
    elif head.seal != seal_of_head(keys, head):
        yield Finding("head_changed")
    elif head.last_id > search.last_id:
        yield Finding("cut_off", search.last_id + 1, head.last_id)
    elif head.last_id < search.last_id:
        yield Finding("head_put_back", head.last_id, head.last_id)


def anchor_problems(anchors: Sequence[Anchor], search: Search) -> Iterable[Finding]:
    """Tell what anchors know and the entries do not."""
    for anchor in anchors:
        if anchor.last_id > search.last_id:
            yield Finding("anchored_cut_off", search.last_id + 1, anchor.last_id, anchor.at)
        elif search.seal_of(anchor.last_id) not in {anchor.seal, None}:
            yield Finding("anchored_other", anchor.last_id, anchor.last_id, anchor.at)


def _holes(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and last number of each stretch that is missing, counted from 1."""
    last = 0
    for number in numbers:
        if number > last + 1:
            yield last + 1, number - 1
        last = number
