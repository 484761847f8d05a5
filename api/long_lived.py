"""What stays in memory for weeks: the collector of cycles need not go through it again and again.

A whole city is half a million objects. A full collection looks at each of them for 0.3 s, in which
nobody is answered; it begins whenever enough was made since the last one.
"""

from __future__ import annotations

import gc


def exempt() -> None:
    """Exempt all that there is now from collection; what nobody refers to still goes at once.

    To be called after something large was read that stays. Only what refers to itself in a circle
    and is given up later is not freed: nothing of ours does.
    """
    gc.collect(1)
    gc.freeze()
