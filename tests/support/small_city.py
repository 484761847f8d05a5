"""A small city with a life: a piece of the demo, in a week that is still to come.

Small enough to plan in seconds, large enough that a plan can be watched, cancelled and finished.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pandas as pd

from data.demo import build_demo

if TYPE_CHECKING:
    from datetime import datetime

    from dispatch.scenario import Scenario


@cache
def _demo(volunteers: int) -> Scenario:
    return build_demo(volunteers).scenario


def small_city(now: datetime, volunteers: int) -> Scenario:
    """Make the piece of the demo that has so many volunteers; its week begins after ``now``."""
    demo = _demo(volunteers)
    begins = demo.shifts["starts_at"].min()
    weeks = max(0, -((begins - pd.Timestamp(now)) // pd.Timedelta(weeks=1)))
    later = pd.Timedelta(weeks=weeks)
    times = {name: demo.shifts[name] + later for name in ("starts_at", "ends_at")}
    until = demo.people["insured_until"] + later
    return replace(
        demo, shifts=demo.shifts.assign(**times), people=demo.people.assign(insured_until=until)
    )
