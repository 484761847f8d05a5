"""``jingge db``, ``backup``, ``restore`` and ``audit``, as a user runs them."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
from sqlalchemy import text

from api import cli
from api.commands.store import FAULTS
from api.language import texts_of
from data.store.audit import Event, append
from data.store.audit_search import WORDS, Fault
from data.store.engine import open_engines, open_store
from data.store.keys import load_keys
from data.store.tables.ground import Bureau

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run in a directory of its own, with nothing set."""
    monkeypatch.chdir(tmp_path)
    for name in ("JINGGE_DATABASE_URL", "JINGGE_SECRET_KEY", "JINGGE_SECRET_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def audited(home: Path) -> str:
    assert cli.run(["db", "upgrade"]) == 0
    url = f"sqlite:///{home}/var/jingge.db"
    store, keys = open_store(url), load_keys({})
    for number in range(5):
        event = Event("account:1", "person.read", "person", f"v{number}", {})
        store.submit(lambda s, event=event: append(s, keys, NOW, event))
    store.submit(lambda s: s.add(Bureau(code="b", name="市局")))
    store.close()
    return url


def tamper(url: str, statement: str) -> None:
    engines = open_engines(url)
    with engines.writers.begin() as connection:
        for name in ("entry_update", "entry_delete", "head_update", "head_delete"):
            connection.execute(text(f"DROP TRIGGER IF EXISTS guard_audit_{name}"))
        connection.execute(text(statement))
    engines.dispose()


def test_upgrade_makes_the_database_and_the_key_once(home: Path) -> None:
    assert cli.run(["db", "check"]) == 2  # nothing there yet
    assert cli.run(["db", "upgrade"]) == 0
    key = home / "var" / "secret.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes()
    assert cli.run(["db", "upgrade"]) == 0
    assert key.read_bytes() == before
    assert cli.run(["db", "check"]) == 0


def test_no_key_file_is_made_beside_a_key_in_the_environment(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINGGE_SECRET_KEY", "ab" * 32)
    assert cli.run(["db", "upgrade"]) == 0
    assert not (home / "var" / "secret.key").exists()


def test_check_names_what_is_different(audited: str, capsys: pytest.CaptureFixture[str]) -> None:
    tamper(audited, "DROP INDEX ix_person_name")
    assert cli.run(["db", "check"]) == 1
    found = capsys.readouterr().out
    assert "ix_person_name" in found
    assert "missing guard guard_audit_entry_delete" in found


def test_backup_verify_restore(
    audited: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["backup", "copy"]) == 0
    assert cli.run(["backup", "copy", "--verify"]) == 0
    assert cli.run(["restore", "copy"]) == 2
    assert "Expected an empty database" in capsys.readouterr().err
    monkeypatch.setenv("JINGGE_DATABASE_URL", "sqlite:///var/again.db")
    assert cli.run(["restore", "copy"]) == 0
    assert cli.run(["db", "check"]) == 0
    assert cli.run(["audit", "verify"]) == 0
    engines = open_engines("sqlite:///var/again.db")
    with engines.readers.connect() as connection:
        assert connection.execute(text("SELECT name FROM bureau")).scalar() == "市局"
    engines.dispose()
    Path("copy/store.db").write_bytes(b"")
    assert cli.run(["backup", "copy", "--verify"]) == 2


def test_a_sound_audit(audited: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["audit", "verify", "--anchor"]) == 0
    assert Path("var/audit-anchors.jsonl").read_text().count("\n") == 1
    assert "5" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("statement", "fault", "span"),
    [
        ("UPDATE audit_entry SET actor = 'x' WHERE id = 2", "changed", (2, 2)),
        ("DELETE FROM audit_entry WHERE id = 3", "deleted", (3, 3)),
        ("UPDATE audit_entry SET id = 9 WHERE id = 2", "moved", (2, 9)),
        ("DELETE FROM audit_entry WHERE id > 3", "cut_off", (4, 5)),
        ("DELETE FROM audit_head", "head_deleted", (0, 0)),
    ],
)
def test_what_was_done_to_the_audit_is_named_in_the_readers_language(
    audited: str,
    capsys: pytest.CaptureFixture[str],
    statement: str,
    fault: str,
    span: tuple[int, int],
) -> None:
    tamper(audited, statement)
    assert cli.run(["audit", "verify"]) == 1
    shown = capsys.readouterr().out.splitlines()
    told = {texts_of(lang)(FAULTS[fault], first=span[0], last=span[1]) for lang in ("zh", "en")}
    assert len(shown) == 1
    assert shown[0] in told


def test_every_fault_has_words() -> None:
    assert FAULTS.keys() == set(get_args(Fault)) == WORDS.keys()


def test_an_older_schema_is_told_as_one_line(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JINGGE_SECRET_KEY", "ab" * 32)
    assert cli.run(["audit", "verify"]) == 2
    assert "jingge db upgrade" in capsys.readouterr().err


def test_another_key_is_told_as_one_line(
    audited: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JINGGE_SECRET_KEY", "ab" * 32)
    assert cli.run(["audit", "verify"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "Expected the key with which the audit was begun, got another."
    ]


@pytest.mark.parametrize("command", [["serve"], ["ledger", "verify"], ["user", "list"]])
def test_nothing_is_opened_with_another_key(
    audited: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
) -> None:
    monkeypatch.setenv("JINGGE_SECRET_KEY", "ab" * 32)
    assert cli.run(command) == 2
    assert "Expected the key with which the audit was begun" in capsys.readouterr().err


def test_a_lost_key_is_not_replaced(audited: str, capsys: pytest.CaptureFixture[str]) -> None:
    key = Path("var/secret.key")
    content = key.read_bytes()
    key.unlink()
    assert cli.run(["db", "upgrade"]) == 2
    assert "put it back" in capsys.readouterr().err
    assert not key.exists()
    key.write_bytes(content)
    assert cli.run(["db", "upgrade"]) == 0


@pytest.mark.parametrize("command", ["backup", "restore", "db", "audit"])
def test_help_names_the_commands(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--help"]) == 0
    assert command in capsys.readouterr().out
