"""What is exempt from collection is looked at no more, and still goes when nobody refers to it."""

from __future__ import annotations

import gc
import weakref

from api.long_lived import exempt


class Thing:
    pass


def test_what_was_there_is_exempt_and_goes_when_nobody_refers_to_it() -> None:
    thing = Thing()
    gone = weakref.ref(thing)
    try:
        exempt()
        assert gc.get_freeze_count() > 0
        assert not any(one is thing for one in gc.get_objects())
        del thing
        assert gone() is None
    finally:
        gc.unfreeze()
