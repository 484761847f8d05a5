"""The command line: ``jingge``.

Exit codes: 0 done, 1 a roster breaks a rule, 2 bad input (one line a problem on stderr),
130 interrupted.
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands import (
    explaining,
    exporting,
    importing,
    ledger,
    loading,
    planning,
    repairing,
    showing,
    siting,
    store,
    users,
)
from api.commands.shared import OPTIONS, TEXTS
from api.language import environment_language

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grid.errors import JinggeError

MAX_PROBLEMS = 50
BAD_INPUT = 2
INTERRUPTED = 130

app = typer.Typer(
    name="jingge",
    help=TEXTS("cli.help"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (
    *(planning, explaining, repairing, siting, importing, exporting),
    *(showing, loading, ledger, store, users),
):
    app.add_typer(module.commands)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"jingge {version('jingge')}")
        raise typer.Exit


@app.callback()
def options(
    *,
    show_version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help=TEXTS("cli.version"),
            rich_help_panel=OPTIONS,
        ),
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: list[str]) -> int:
    """Run one command; return its exit code. Every error of a user's making ends here."""
    try:
        environment_language(os.environ)
        app(arguments, prog_name="jingge")
    except SystemExit as end:
        if end.code == INTERRUPTED:
            print(TEXTS("cli.interrupted"), file=sys.stderr)  # noqa: T201
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except (ValueError, OSError) as error:
        from grid.errors import JinggeError

        if not isinstance(error, JinggeError | OSError):
            raise
        for line in problem_lines(error):
            print(line, file=sys.stderr)  # noqa: T201
        return BAD_INPUT
    except KeyboardInterrupt:
        print(TEXTS("cli.interrupted"), file=sys.stderr)  # noqa: T201
        return INTERRUPTED
    return 0


def problem_lines(error: JinggeError | OSError) -> Iterator[str]:
    """Yield one line a problem, at most `MAX_PROBLEMS` and then how many more."""
    if isinstance(error, OSError):
        name = f"{error.filename}: " if error.filename else ""
        yield f"{name}{error.strerror or error}"
        return
    problems = list(getattr(error, "problems", ())) or [str(error)]
    yield from (" ".join(str(problem).split()) for problem in problems[:MAX_PROBLEMS])
    if len(problems) > MAX_PROBLEMS:
        yield TEXTS("cli.more_problems", count=len(problems) - MAX_PROBLEMS)
