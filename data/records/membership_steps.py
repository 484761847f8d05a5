"""The steps of a membership, as data: what leads from which state to which, and who may take it.

::

    apply ─▶ applied ─pass─▶ vetted ─train─▶ training ─activate─▶ active ◀─▶ suspended
                │ ▲            │                │                      suspend, resume
          refuse▼ │reopen      ▼ refuse         ▼ refuse
               refused ◀───────┴────────────────┘          leave: from anywhere, and for good

Whatever is not listed is refused. A step that makes or keeps somebody active has *conditions*,
which are those of safety: of age, trained, a volunteer insured today.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from data.records.errors import StepError

if TYPE_CHECKING:
    from collections.abc import Mapping

CONDITIONS: Final = ("other_person", "consent", "adult", "trained", "insured")
"""What can stand in the way of a step."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a membership.

    Attributes
    ----------
    name : str
    sources : tuple of str
        The states from which it may be taken.
    target : str
        The state to which it leads.
    action : str
        What an account must be allowed to do (``api/access/authority.csv``).
    event : str
        What the file says afterwards.
    needs_reason : bool
    conditions : tuple of str
        Of `CONDITIONS`.
    """

    name: str
    sources: tuple[str, ...]
    target: str
    action: str
    event: str
    needs_reason: bool = False
    conditions: tuple[str, ...] = ()


_SERVING: Final = ("other_person", "adult", "trained", "insured")

STEPS: Final[Mapping[str, Step]] = {
    step.name: step
    for step in (
        Step(
            *("pass", ("applied",), "vetted", "person.vet", "vetted"),
            conditions=("other_person", "consent", "adult"),
        ),
        Step(
            *("refuse", ("applied", "vetted", "training"), "refused", "person.vet", "refused"),
            needs_reason=True,
            conditions=("other_person",),
        ),
        Step(
            *("reopen", ("refused",), "applied", "person.vet", "reopened"),
            needs_reason=True,
            conditions=("other_person",),
        ),
        Step(
            *("train", ("vetted",), "training", "person.activate", "training_begun"),
            conditions=("other_person", "adult"),
        ),
        Step(
            *("activate", ("training",), "active", "person.activate", "activated"),
            conditions=_SERVING,
        ),
        Step(
            *("suspend", ("active",), "suspended", "person.suspend", "suspended"),
            needs_reason=True,
            conditions=("other_person",),
        ),
        Step(
            *("resume", ("suspended",), "active", "person.suspend", "resumed"),
            needs_reason=True,
            conditions=_SERVING,
        ),
        Step(
            "leave",
            ("applied", "vetted", "training", "active", "suspended", "refused"),
            *("left", "person.leave", "left"),
        ),
    )
}


def require_step(name: str, state: str, reason: str | None) -> Step:
    """Give a step that may be taken from a state.

    Raises
    ------
    StepError
        For a step that is not listed, or not from this state, or one without its reason.
    """
    step = STEPS.get(name)
    if step is None:
        raise StepError(f"Expected a step of {tuple(STEPS)}, got {name!r:.40}.")
    if state not in step.sources:
        raise StepError(
            f"Expected a person who is {' or '.join(step.sources)} to {name}, got one who is "
            f"{state}."
        )
    if step.needs_reason and not (reason and reason.strip()):
        raise StepError(f"Expected a reason to {name}, got none.")
    return step


def steps_from(state: str) -> tuple[Step, ...]:
    """Give the steps that lead out of a state."""
    return tuple(step for step in STEPS.values() if state in step.sources)
