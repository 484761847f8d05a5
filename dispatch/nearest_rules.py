"""Who may be called and which tasks may be taken, as rules on bits, in the order they are told.

A person's bits are a word of duty roles that they may fill and a word of state; a task's are its
role, its state and what it needs of a person's state. A rule compares one word with a mask, so the
search, the list of refusals and the words that a reader sees all come from the same rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag, StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from dispatch.nearest_kernel import ALL, ANY, GONE, NONE, WITHIN
from dispatch.rules import Tier
from grid.errors import JinggeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

MAX_ROLES: Final = 64
FIRST_QUALIFICATION: Final = 16
MAX_QUALIFICATIONS: Final = 64 - FIRST_QUALIFICATION
EVERY_BIT: Final = 2**64 - 1


class NearestError(JinggeError):
    """A nearest search that cannot be made."""


class State(IntFlag):
    """Bits 0–15 of a person's state; qualifications follow from bit 16 on."""

    OFFICER = 1
    AUXILIARY = 2
    VOLUNTEER = 4
    ON_DUTY = 8
    WILLING = 16
    INSURED = 32
    BUSY = 64
    MUTED = 128
    SPENT = 256


class TaskState(IntFlag):
    """Bits of a task's state."""

    OPEN = 1
    FULL = 2
    HAZARDOUS = 4
    CLOSED = 8


TIER_BITS: Final = {
    Tier.OFFICER: State.OFFICER,
    Tier.AUXILIARY: State.AUXILIARY,
    Tier.VOLUNTEER: State.VOLUNTEER,
}


class Word(IntEnum):
    """The three words of a thing."""

    ROLES = 0
    STATE = 1
    NEEDS = 2


class Refusal(StrEnum):
    """Why somebody or something is left out."""

    TIER = "tier"
    ROLE = "role"
    QUALIFICATION = "qualification"
    UNINSURED = "uninsured"
    OFF_DUTY = "off_duty"
    BUSY = "busy"
    MUTED = "muted"
    SPENT = "spent"
    OWN_LIMIT = "own_limit"
    CLOSED = "closed"
    FULL = "full"
    HAZARDOUS = "hazardous"
    NEEDS = "needs"


@dataclass(frozen=True, slots=True)
class Rule:
    """One word against one mask: `ANY` bit shared, `ALL` set, `NONE` set, all `WITHIN` the mask."""

    refusal: Refusal
    word: Word
    kind: int
    mask: int

    def __post_init__(self) -> None:
        if self.kind not in {ANY, ALL, NONE, WITHIN}:
            raise NearestError(f"Expected a kind of comparison in 0..3, got {self.kind}.")
        if not 0 <= self.mask <= EVERY_BIT:
            raise NearestError(f"Expected a mask of 64 bits, got {self.mask}.")


def as_array(rules: Sequence[Rule]) -> NDArray[np.uint64]:
    """Return the rules one by one, shape (rules, 3): word, kind, mask."""
    rows = [(rule.word, rule.kind, rule.mask) for rule in rules]
    return np.array(rows, dtype=np.uint64).reshape(-1, 3)


def as_masks(rules: Iterable[Rule]) -> NDArray[np.uint64]:
    """Return the rules put together as the search reads them (`dispatch.nearest_kernel.CARE`).

    Raises
    ------
    NearestError
        For rules that no masks can hold: `ALL` and `NONE` of another word than the state, `WITHIN`
        of another than the needs, more than two `ANY` of the state or one of the roles.
    """
    must, never, needs = 0, GONE, EVERY_BIT
    roles: list[int] = []
    one_of: list[int] = []
    for rule in rules:
        match (rule.word, rule.kind):
            case Word.STATE, k if k == ALL:
                must |= rule.mask
            case Word.STATE, k if k == NONE:
                never |= rule.mask
            case Word.STATE, k if k == ANY:
                one_of.append(rule.mask)
            case Word.ROLES, k if k == ANY:
                roles.append(rule.mask)
            case Word.NEEDS, k if k == WITHIN:
                needs &= rule.mask
            case _:
                raise NearestError(f"Expected a rule that masks can hold, got {rule}.")
    if len(roles) > 1 or len(one_of) > 2:
        raise NearestError("Expected one rule on roles and two of one bit of state, got more.")
    care, want = must | never, must
    if must & never or 0 in roles or 0 in one_of:
        care, want = 0, 1  # nothing passes
    first, second = (*one_of, 0, 0)[:2]
    return np.array([care, want, *(roles or [0]), first, second, needs], dtype=np.uint64)


def bits(positions: Iterable[int], limit: int, shift: int = 0) -> int:
    """Return the mask of the given positions.

    Raises
    ------
    NearestError
        Where a position does not fit in the word.
    """
    mask = 0
    for position in positions:
        if not 0 <= position < limit:
            raise NearestError(f"Expected a position in 0..{limit - 1}, got {position}.")
        mask |= 1 << (position + shift)
    return mask


def role_bits(positions: Iterable[int]) -> int:
    """Return the mask of roles by their position in the catalogue."""
    return bits(positions, MAX_ROLES)


def qualification_bits(positions: Iterable[int]) -> int:
    """Return the mask of qualifications by their position in the catalogue, in a state word."""
    return bits(positions, MAX_QUALIFICATIONS, FIRST_QUALIFICATION)


def person_rules(
    tiers: Iterable[Tier],
    *,
    roles: int = 0,
    qualifications: int = 0,
    on_duty_only: bool = False,
    ignore_mute: bool = False,
) -> tuple[Rule, ...]:
    """Return who may be called to a place.

    Parameters
    ----------
    tiers : iterable of Tier
        Whom the danger admits (`dispatch.alerts.tiers_for`).
    roles : int
        Bits of roles of which one must be fulfilled; 0 for any.
    qualifications : int
        Bits of qualifications that must all be held (`qualification_bits`).
    on_duty_only : bool
        Leave out who is off duty though willing.
    ignore_mute : bool
        Call even who muted, or has been called often enough: for the person in charge only.
    """
    tier_mask = sum(TIER_BITS[Tier(tier)] for tier in set(tiers))
    rules = [Rule(Refusal.TIER, Word.STATE, ANY, tier_mask)]
    if roles:
        rules.append(Rule(Refusal.ROLE, Word.ROLES, ANY, roles))
    if qualifications:
        rules.append(Rule(Refusal.QUALIFICATION, Word.STATE, ALL, qualifications))
    # Staff are covered by their employment: the index sets the bit for them.
    rules.append(Rule(Refusal.UNINSURED, Word.STATE, ALL, State.INSURED))
    present = State.ON_DUTY if on_duty_only else State.ON_DUTY | State.WILLING
    rules.append(Rule(Refusal.OFF_DUTY, Word.STATE, ANY, present))
    rules.append(Rule(Refusal.BUSY, Word.STATE, NONE, State.BUSY))
    if not ignore_mute:
        rules.append(Rule(Refusal.MUTED, Word.STATE, NONE, State.MUTED))
        rules.append(Rule(Refusal.SPENT, Word.STATE, NONE, State.SPENT))
    return tuple(rules)


def task_rules(roles: int, state: int) -> tuple[Rule, ...]:
    """Return which tasks a volunteer may take.

    Parameters
    ----------
    roles, state : int
        The volunteer's words.
    """
    return (
        Rule(Refusal.CLOSED, Word.STATE, ALL, TaskState.OPEN),
        Rule(Refusal.CLOSED, Word.STATE, NONE, TaskState.CLOSED),
        Rule(Refusal.HAZARDOUS, Word.STATE, NONE, TaskState.HAZARDOUS),
        Rule(Refusal.FULL, Word.STATE, NONE, TaskState.FULL),
        Rule(Refusal.ROLE, Word.ROLES, ANY, roles),
        Rule(Refusal.NEEDS, Word.NEEDS, WITHIN, state),
    )
