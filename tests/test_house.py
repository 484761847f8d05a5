"""What holds for the repository as a whole."""

from __future__ import annotations

import importlib
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("grid", "dispatch", "maps", "data", "api")

# Written in pieces, so that this file does not name what it forbids.
REGISTRIES = ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com")
HOME_PATHS = re.compile(r"(?<![\w./])/(?:ro" + "ot|ho" + "me|wo" + "rk|Us" + r"ers)/\w")
BINARY = {
    ".parquet",
    ".xlsx",
    ".png",
    ".jpg",
    ".webp",
    ".woff2",
    ".woff",
    ".ttf",
    ".ico",
    ".gz",
    ".br",
}


def repository_files() -> list[Path]:
    """Return the files git tracks; all but caches where this is an unpacked archive."""
    if (ROOT / ".git").exists():
        listing = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout
        return [path for name in listing.split("\0") if name and (path := ROOT / name).is_file()]
    hidden = re.compile(r"/(\.venv|var|\.\w+_cache|__pycache__)/")
    return [p for p in ROOT.rglob("*") if p.is_file() and not hidden.search(p.as_posix())]


FILES = repository_files()
TEXTS = [path for path in FILES if path.suffix not in BINARY]
DOCUMENTS = [path for path in FILES if path.suffix == ".md"]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("package", PACKAGES)
def test_package_is_ours(package: str) -> None:
    file = importlib.import_module(package).__file__
    assert file is not None
    assert Path(file).parent == ROOT / package, f"{package} is shadowed by {file}"


@pytest.mark.parametrize("package", PACKAGES)
def test_package_is_typed_and_in_the_wheel(package: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert package in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert (ROOT / package / "py.typed").is_file()


def test_nothing_depends_on_one_machine_or_registry() -> None:
    found = [
        f"{name_of(path)}:{number}: {line.strip()[:80]}"
        for path in TEXTS
        if "/assets/" not in path.as_posix()  # shipped as their authors wrote them
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if HOME_PATHS.search(line) or any(host in line for host in REGISTRIES)
    ]
    assert not found, "\n".join(found)


def test_constraints_pin_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {
        re.split(r"[\[>=<~! ]", requirement)[0].lower()
        for group in (project["dependencies"], *project["optional-dependencies"].values())
        for requirement in group
    }
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.split("==")[0].lower() for line in lines if "==" in line}
    assert wanted <= pinned, f"not pinned: {sorted(wanted - pinned)}"


def links_of(document: Path) -> list[str]:
    """Return the relative targets of a document's links and images, code left out."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", document.read_text(encoding="utf-8"), flags=re.S)
    targets = re.findall(r"\[[^\]]*\]\(([^)\s]+)", text)
    targets += re.findall(r"^\[[^\]]+\]:\s*(\S+)", text, flags=re.M)
    targets += re.findall(r"""(?:src|href)=["']([^"']+)""", text)
    return [target for target in targets if not re.match(r"[a-z]+:|#", target)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(document: Path) -> None:
    broken = [
        target
        for target in links_of(document)
        if not (document.parent / target.split("#")[0]).exists()
    ]
    assert not broken, f"{name_of(document)} links to {broken}"


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = set(links_of(folder / "README.md"))
    written = {path.name for path in folder.glob("[0-9]*.md")}
    assert listed == written
