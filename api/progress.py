"""How far a long command is: a live line on a terminal, nothing in a pipe."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api.language import Texts
    from dispatch.effort import Progress


@contextmanager
def planning_progress(
    texts: Texts, time_limit_s: float | None
) -> Iterator[Callable[[Progress], None] | None]:
    """Show stage, objective, bound and gap while a plan is made; yields None off a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.fields[figures]}"),
    )
    with Bars(*columns, console=console, transient=True) as bars:
        task = bars.add_task(texts("cli.plan.reading"), total=time_limit_s, figures="")

        def show(progress: Progress) -> None:
            bars.update(
                task,
                description=texts.label("stage", progress.stage),
                completed=progress.seconds,
                figures=_figures(texts, progress),
            )

        yield show


@contextmanager
def stage_progress(description: str) -> Iterator[Callable[..., None] | None]:
    """Show a spinner with the stage a job is in; yields None off a terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    with console.status(description) as status:
        yield lambda stage, *_: status.update(f"{description} {stage}")


def _figures(texts: Texts, progress: Progress) -> str:
    """Return objective and gap as far as they are known."""
    objective, bound = progress.objective, progress.bound
    if objective is None:
        return ""
    if not bound:
        return texts("cli.plan.objective", objective=f"{objective:,}")
    gap = (objective - bound) / objective if objective else 0.0
    return texts("cli.plan.figures", objective=f"{objective:,}", gap=f"{gap:.2%}")
