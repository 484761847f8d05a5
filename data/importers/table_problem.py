"""What can be wrong with a table file as a whole, as a code that both languages have words for."""

from __future__ import annotations


class TableProblem(Exception):  # noqa: N818 - a problem of its owner's, not of ours
    """A file that cannot be read as a table.

    Parameters
    ----------
    code : str
        A key of `reasons.FILE_PROBLEMS`.
    **values : object
        What its words have to be filled with: texts and numbers.
    """

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values
