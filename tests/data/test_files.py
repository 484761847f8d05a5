"""A directory is written whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.files import whole_directory


class Interrupted(BaseException):
    """Stands for Ctrl-C."""


def contents(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in directory.iterdir() if path.is_file()}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A directory that stood before, with two files of ours and one of somebody else's."""
    directory = tmp_path / "out"
    directory.mkdir()
    for name in ("roster.csv", "old.csv", "map.html"):
        (directory / name).write_text(f"old {name}")
    return directory


def test_a_new_directory_appears_with_its_parents(tmp_path: Path) -> None:
    with whole_directory(tmp_path / "a" / "b") as fresh:
        (fresh / "x").write_text("1")
        assert not (tmp_path / "a" / "b").exists()
    assert contents(tmp_path / "a" / "b") == {"x": "1"}
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_what_is_ours_is_replaced_and_what_is_not_stays(target: Path) -> None:
    with whole_directory(target, stale=("old.csv", "roster.csv")) as fresh:
        (fresh / "roster.csv").write_text("new")
        assert contents(target)["roster.csv"] == "old roster.csv"
    assert contents(target) == {"roster.csv": "new", "map.html": "old map.html"}
    assert [path.name for path in target.parent.iterdir()] == ["out"]


@pytest.mark.parametrize("error", [OSError("disk full"), Interrupted()])
def test_an_interruption_leaves_what_stood_there(target: Path, error: BaseException) -> None:
    before = contents(target)

    def fill() -> None:
        with whole_directory(target) as fresh:
            (fresh / "roster.csv").write_text("half")
            raise error

    with pytest.raises(type(error)):
        fill()
    assert contents(target) == before
    assert [path.name for path in target.parent.iterdir()] == ["out"]


def test_the_directory_keeps_its_mode_and_a_link_stays_a_link(target: Path) -> None:
    target.chmod(0o750)
    link = target.parent / "link"
    link.symlink_to(target, target_is_directory=True)
    with whole_directory(link) as fresh:
        (fresh / "x").write_text("1")
    assert link.is_symlink()
    assert contents(target)["x"] == "1"
    assert target.stat().st_mode & 0o777 == 0o750


def test_the_current_directory_is_written_into(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who stands in a directory must not find that it was renamed from under them."""
    monkeypatch.chdir(target)
    inode = target.stat().st_ino
    with whole_directory(Path(), stale=("old.csv", "gone.csv")) as fresh:
        (fresh / "roster.csv").write_text("new")
        assert contents(target)["roster.csv"] == "old roster.csv"
    assert contents(target) == {"roster.csv": "new", "map.html": "old map.html"}
    assert target.stat().st_ino == inode


def test_a_file_is_not_replaced_by_a_directory(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with (
        pytest.raises(NotADirectoryError, match="Expected a directory"),
        whole_directory(tmp_path / "out"),
    ):
        pass
    assert (tmp_path / "out").read_text() == "mine"
