"""How many places a demand line has, and the weight of each, as a line keeps them."""

from __future__ import annotations

from typing import Final

MOST_PLACES: Final = 1000
"""So many places a line has at most."""


def weights_of(required: int, text: str) -> tuple[int, ...]:
    """Return the weight of each place of a line."""
    weights = tuple(map(int, text.split(";"))) if text else ()
    return weights * required if len(weights) == 1 else weights


def weights_text(weights: tuple[int, ...]) -> str:
    """Write weights as a bundle does: one where all are equal; heaviest first."""
    if not weights:
        return "1"
    if len(set(weights)) == 1:
        return str(weights[0])
    return ";".join(map(str, sorted(weights, reverse=True)))


def resized(text: str, people: int) -> str:
    """Write the weights of a line that is to have another number of places.

    The lightest places go first; new ones weigh as the lightest that is there.

    >>> resized("3;2", 4), resized("3;2", 1), resized("5", 3)
    ('3;2;2;2', '3', '5')
    """
    weights = tuple(map(int, text.split(";"))) if text else (1,)
    if len(weights) == 1 or not people:
        return str(max(weights))
    lightest = (min(weights),) * (people - len(weights))
    return weights_text((*sorted(weights, reverse=True)[:people], *lightest))
