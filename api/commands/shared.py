"""What the commands share: the language of the terminal and the options they repeat."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from api.language import DEFAULT, environment_language, texts_of

if TYPE_CHECKING:
    from api.language import Texts


def terminal_texts() -> Texts:
    """Return the texts in the language of the terminal."""
    try:
        return texts_of(environment_language(os.environ))
    except ValueError:
        # Said as one line by `api.cli.main`; help texts are needed before that.
        return texts_of(DEFAULT)


TEXTS = terminal_texts()
PLANNING = TEXTS("cli.panel.planning")
SHOWING = TEXTS("cli.panel.showing")
OPTIONS = TEXTS("cli.panel.options")
ARGUMENTS = TEXTS("cli.panel.arguments")
