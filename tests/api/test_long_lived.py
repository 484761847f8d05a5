"""What is exempt from collection is looked at no more, and still goes when nobody refers to it."""

from __future__ import annotations

import gc
import weakref
from contextlib import suppress

from api.long_lived import exempt, without_collection


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


def test_the_collector_pauses_until_the_last_pause_is_over() -> None:
    assert gc.isenabled()
    first, second = without_collection(), without_collection()
    first.__enter__()
    second.__enter__()
    assert not gc.isenabled()
    first.__exit__(None, None, None)
    assert not gc.isenabled()
    second.__exit__(None, None, None)
    assert gc.isenabled()


def test_the_collector_goes_on_where_reading_fails() -> None:
    with suppress(ValueError), without_collection():
        raise ValueError
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with without_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
