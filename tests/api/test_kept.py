"""What was asked for last is kept, and no more than that."""

from __future__ import annotations

from api.kept import Kept


def test_the_one_not_asked_for_the_longest_goes() -> None:
    kept: Kept[str] = Kept(2)
    kept.put(1, "one")
    kept.put(2, "two")
    assert kept.get(1) == "one"
    kept.put(3, "three")
    assert [kept.get(key) for key in (1, 2, 3)] == ["one", None, "three"]


def test_a_value_is_replaced() -> None:
    kept: Kept[str] = Kept(2)
    kept.put(1, "one")
    kept.put(1, "another")
    assert kept.get(1) == "another"
