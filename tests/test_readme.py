"""The README promises only what exists: commands, options, targets, routes, settings, files."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest
import typer
from service_client import start_service, stop_service
from starlette.routing import Match

from api.cli import app as command_line
from api.settings import Settings
from data.store.engine import open_engines
from data.store.migrate import upgrade

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")

BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, flags=re.S)
SPANS = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"```.*?```", "", README, flags=re.S))
LINES = [
    line.split(" #")[0].strip().removeprefix("$ ")
    for language, block in BLOCKS
    if language in {"sh", "bash", "console", "shell"}
    for line in block.replace("\\\n", " ").splitlines()
]
CODE = LINES + SPANS
# Settings that are read outside `Settings`: the command line's, and the tests'.
OTHER_SETTINGS = {"JINGGE_CHROMIUM", "JINGGE_DATABASE_URL", "JINGGE_REQUIRE_BROWSER"}


def commands() -> list[list[str]]:
    """Return the arguments of every `jingge …` the README shows."""
    found = []
    for code in CODE:
        match = re.match(r"(?:[\w./]*/)?jingge\b(.*)", code)
        if match:
            found.append(shlex.split(re.sub(r"[…\[\]|]|\.\.\.", " ", match[1])))
    return found


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_commands_and_options_exist(arguments: list[str]) -> None:
    command = typer.main.get_command(command_line)
    rest = list(arguments)
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        assert name in command.commands, f"jingge {' '.join(arguments)}: no command {name!r}"
        command = command.commands[name]
    known = {opt for parameter in command.params for opt in parameter.opts} | {"--help", "-h"}
    unknown = {part.split("=")[0] for part in rest if part.startswith("--")} - known
    assert not unknown, f"jingge {' '.join(arguments)}: no option {sorted(unknown)}"


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.M))
    named = {match[1] for code in CODE if (match := re.match(r"make ([a-z]+)", code))}
    assert named <= targets, f"no target {sorted(named - targets)}"


def test_routes_exist(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    engines = open_engines(url)
    upgrade(engines)
    engines.dispose()
    running = start_service(url)
    app = running.app
    named = {
        match[1].rstrip("/") or "/"
        for code in CODE
        for match in re.finditer(
            r"(?:^|GET |127\.0\.0\.1:\d+|localhost:\d+)"
            r"(/(?:api|maps|beats|gaps|healthz|docs|openapi)[\w/{}.-]*)",
            code,
        )
    }
    stop_service(running)
    missing = set()
    for path in named:
        scope = {
            "type": "http",
            "method": "GET",
            "path": re.sub(r"\{\w+\}", "x", path),
            "headers": [],
            "root_path": "",
        }
        if not any(route.matches(scope)[0] is Match.FULL for route in app.routes):
            missing.add(path)
    assert not missing, f"no route {sorted(missing)}"


def test_settings_exist() -> None:
    known = {f"JINGGE_{field.name.upper()}" for field in fields(Settings)} | OTHER_SETTINGS
    named = set(re.findall(r"\bJINGGE_[A-Z_]+\b", README))
    assert named <= known, f"no setting {sorted(named - known)}"


def test_files_exist() -> None:
    named = {
        span
        for span in SPANS
        if re.fullmatch(r"\.?[\w-]+(/[\w.-]+)+/?|[\w-]+\.(?:py|toml)|constraints\.txt", span)
        and not span.startswith(("var/", "api/v1"))
        and span.split("/")[0] in {path.name for path in ROOT.iterdir()}
    }
    missing = {name for name in named if not (ROOT / name).exists()}
    assert not missing, f"no file {sorted(missing)}"
