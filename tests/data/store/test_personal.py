"""Personal columns: unreadable without the key, found by index, bound to their person."""

from __future__ import annotations

import base64
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from data.store import keys as keys_module
from data.store.errors import KeyMissingError
from data.store.keys import derive, key_file, load_keys, make_key_file
from data.store.personal import (
    id_number_index,
    masked,
    open_id_number,
    open_phone,
    phone_index,
    set_personal,
)
from data.store.tables.people import Person

if TYPE_CHECKING:
    from pathlib import Path

    from data.store.engine import Store

SECRET = bytes(range(32))
KEYS = derive(SECRET)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
# Made up: the date of birth does not exist, and no network has the prefix.
ID_NUMBER, PHONE = "15020219990230123X", "10012345678"


def person(code: str) -> Person:
    made = Person(code=code, tier="volunteer", state="active", created_at=NOW, updated_at=NOW)
    set_personal(made, KEYS, id_number=ID_NUMBER, phone=PHONE)
    return made


def test_numbers_come_back_and_are_found(store: Store) -> None:
    store.submit(lambda s: s.add(person("v1")))
    with store.read() as session:
        row = session.scalars(
            select(Person).where(Person.phone_index == phone_index(KEYS, "+86 100-1234-5678"))
        ).one()
        assert open_phone(KEYS, row.code, row.phone_sealed) == PHONE
        query = select(Person).where(
            Person.id_number_index == id_number_index(KEYS, " １５０２０２１９９９０２３０１２３ｘ")
        )
        row = session.scalars(query).one()
        assert open_id_number(KEYS, row.code, row.id_number_sealed) == ID_NUMBER


def test_the_database_holds_no_number(store: Store) -> None:
    store.submit(lambda s: s.add(person("v1")))
    with store.engines.readers.connect() as connection:
        row = connection.execute(text("SELECT * FROM person")).one()
    raw = b"|".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in row)
    for number in (ID_NUMBER, PHONE):
        assert number.encode() not in raw
        assert number[4:10].encode() not in raw


def test_a_number_of_somebody_else_does_not_open(store: Store) -> None:
    first, second = person("v1"), person("v2")
    with pytest.raises(KeyMissingError, match="changed or moved"):
        open_phone(KEYS, "v2", first.phone_sealed)
    with pytest.raises(KeyMissingError, match="changed or moved"):
        open_id_number(KEYS, "v1", first.phone_sealed)
    assert first.phone_sealed != second.phone_sealed
    assert first.phone_index == second.phone_index


def test_another_key_opens_nothing() -> None:
    sealed = person("v1").phone_sealed
    other = derive(b"o" * 32)
    with pytest.raises(KeyMissingError, match="encrypted with this key, got another"):
        open_phone(other, "v1", sealed)
    assert phone_index(other, PHONE) != phone_index(KEYS, PHONE)


@given(text_=st.text(), position=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_any_text_comes_back_and_any_flipped_bit_is_seen(
    text_: str, position: int, bit: int
) -> None:
    sealed = bytearray(KEYS.seal(text_, "person.note:v1"))
    assert KEYS.open(bytes(sealed), "person.note:v1") == text_
    sealed[position % len(sealed)] ^= 1 << bit
    with pytest.raises(KeyMissingError):
        KEYS.open(bytes(sealed), "person.note:v1")


def test_a_field_is_cleared_by_the_empty_text_and_kept_by_none() -> None:
    made = person("v1")
    set_personal(made, KEYS, phone="")
    assert (made.phone_sealed, made.phone_index) == (None, None)
    assert made.id_number_sealed is not None
    assert open_phone(KEYS, "v1", None) is None


def test_numbers_are_shown_masked() -> None:
    assert masked(PHONE) == "100******78"
    assert masked(ID_NUMBER, 6, 2) == "150202**********3X"
    assert masked("12345") == "*****"
    assert masked(None) == ""


def test_two_people_cannot_have_one_id_number(store: Store) -> None:
    store.submit(lambda s: s.add(person("v1")))
    with pytest.raises(Exception, match=r"(?i)unique"):
        store.submit(lambda s: s.add(person("v2")))


@pytest.mark.parametrize("text_", [SECRET.hex(), base64.urlsafe_b64encode(SECRET).decode()])
def test_the_key_comes_from_the_environment_or_a_file(tmp_path: Path, text_: str) -> None:
    wanted = KEYS.blind("x", "y")
    assert load_keys({"JINGGE_SECRET_KEY": text_}).blind("x", "y") == wanted
    file = tmp_path / "key"
    file.write_text(text_ + "\n")
    assert load_keys({"JINGGE_SECRET_KEY_FILE": str(file)}).blind("x", "y") == wanted
    assert load_keys({}, file).blind("x", "y") == wanted
    assert key_file({}) == keys_module.DEFAULT_FILE


@pytest.mark.parametrize("text_", ["short", "é", "ab" * 31, "=" * 44])
def test_a_key_that_is_none_is_refused(tmp_path: Path, text_: str) -> None:
    with pytest.raises(KeyMissingError, match="Expected 32 bytes"):
        load_keys({"JINGGE_SECRET_KEY": text_})
    file = tmp_path / "key"
    file.write_bytes(text_.encode("latin-1"))
    with pytest.raises(KeyMissingError):
        load_keys({}, file)
    with pytest.raises(KeyMissingError, match="got none"):
        load_keys({}, tmp_path / "missing")


def test_a_key_file_is_the_owners_alone_and_never_replaced(tmp_path: Path) -> None:
    file = tmp_path / "var" / "secret.key"
    make_key_file(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    load_keys({}, file)
    with pytest.raises(FileExistsError):
        make_key_file(file)


def test_keys_show_nothing_of_themselves() -> None:
    assert repr(KEYS) == "Keys()"
