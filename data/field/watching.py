"""What the clock does with tasks and turns: each step in a transaction of its own.

Safe to run twice at once, and to miss for a while: every step looks at what is due by now.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from data.field.limits import limits_of
from data.field.lone import escalate
from data.field.no_shows import close_forgotten, note_no_shows
from data.field.show_up import learn
from data.field.swaps import lapse_exchanges
from data.field.tasks import close_due
from data.field.waiting import lapse_offers

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.field.alerts_values import Finder
    from data.field.limits import Limits
    from data.store.engine import Store
    from data.store.keys import Keys

    Step = Callable[[Session], int]

LEARN_EVERY: Final = timedelta(hours=1)
BATCH: Final = 20
"""Most that a step does in one transaction: a morning at which hundreds of deadlines pass at once
must not keep everybody else from writing."""
_MOST_BATCHES: Final = 100


def steps(keys: Keys, find: Finder, limits: Limits, now: datetime) -> dict[str, Step]:
    """Give what is to be done at a moment, each to be submitted alone; returns how many it did.

    Lone people's timers come first: everything else can wait.
    """
    return {
        "alone": lambda s: escalate(s, keys, find, limits, now=now),
        "offers": lambda s: lapse_offers(s, limits, now, BATCH),
        "tasks": lambda s: len(close_due(s, now, BATCH)),
        "exchanges": lambda s: lapse_exchanges(s, now),
        "no_shows": lambda s: note_no_shows(s, limits, now, BATCH),
        "left": lambda s: close_forgotten(s, limits, now, BATCH),
    }


def watch(store: Store, keys: Keys, find: Finder, now: datetime) -> dict[str, int]:
    """Do what is due by now; return how many of each kind."""
    with store.read() as session:
        limits = limits_of(session)
    return {name: finish(store, step) for name, step in steps(keys, find, limits, now).items()}


def finish(store: Store, step: Step) -> int:
    """Do a step until nothing is left of it; return how many it did.

    Between its transactions others write.
    """
    total = 0
    for _ in range(_MOST_BATCHES):
        done = store.submit(step)
        total += done
        if done < BATCH:
            break
    return total


def learn_rates(store: Store, now: datetime) -> int:
    """Estimate show-up rates anew; return how many have changed."""

    def work(session: Session) -> int:
        return len(learn(session, now, limits_of(session).local(now).date()))

    return store.submit(work)
