"""Single values of a spreadsheet as the values they mean, or the words for why they mean none.

A reader gets a cell as `table_files.RawSheet` describes it. What offices write is taken as it is
meant: full-width digits, ``90%``, ``2026年11月30日``, a day as the number that Excel stores, an id
that became ``150202001.0``; what cannot be known is refused: an id that became a date, or one of
18 digits of which Excel kept 15.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from data.exporters.plain_text import is_quoted
from data.importers.wording import ROW_PROBLEMS, Words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_ID = 64
_NOTHING: Final = frozenset(
    {"", "无", "暂无", "/", "-", "--", "—", "——", "n/a", "na", "null", "none"}
)
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SCIENTIFIC = re.compile(r"^[+-]?\d(\.\d+)?[eE]\+?\d+$")


class RefusedError(Exception):
    """A value that cannot be taken.

    Attributes
    ----------
    words : Words
    """

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.words = ROW_PROBLEMS[code].format(**values)


@dataclass(frozen=True, slots=True)
class Codes:
    """What a column may name: codes and the texts that people write for them.

    Attributes
    ----------
    words : Words
        What the table is called.
    by_text : Mapping of str to set of str
        Text, compared as `key_of` has it → the codes that it may stand for.
    exact : frozenset of str
        The codes themselves: a text that is one of them stands for it, however it looks.
    """

    words: Words
    by_text: Mapping[str, frozenset[str]]
    exact: frozenset[str] = frozenset()

    @classmethod
    def of(cls, words: Words, texts: Mapping[str, tuple[str, ...]]) -> Codes:
        """Make codes from code → the labels and names that people write for it."""
        found: dict[str, set[str]] = {}
        for code, names in texts.items():
            for name in names:
                found.setdefault(key_of(name), set()).add(code)
        for code in texts:  # a code stands for itself, whatever else is called so
            found[key_of(code)] = {code}
        by_text = {text: frozenset(codes) for text, codes in found.items()}
        return cls(words, by_text, frozenset(texts))

    def find(self, text: str) -> str:
        """Return the code that a text stands for; RefusedError where it is none or several."""
        if text in self.exact:
            return text
        codes = self.by_text.get(key_of(text), frozenset())
        if len(codes) == 1:
            return next(iter(codes))
        raise RefusedError("ambiguous" if codes else "unknown", got=cut(text), table=self.words)


@dataclass(frozen=True, slots=True)
class Setting:
    """What the values of a sheet depend on; whether an empty one may keep what is there."""

    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))
    date1904: bool = False
    keeps: bool = False
    codes: Mapping[str, Codes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reader:
    """How a column's cells are read.

    Attributes
    ----------
    expected : Words
        What stands in a refusal after "expected".
    read : callable
        (cell, setting) → value; ValueError or RefusedError for one that is none.
    dtype : str
        Of the finished column: ``str``, ``float64``, ``Int64``, ``datetime64[s]``,
        ``datetime64[us, UTC]`` or ``object``.
    empty : object
        The value of a cell that holds nothing.
    blank_words : bool
        Whether ``无``, ``/`` and their like mean nothing.
    table : str
        Of which a cell may hold a code, which is taken as it stands; empty where of none.
    """

    expected: Words
    read: Callable[[Any, Setting], Any]
    dtype: str
    empty: Any
    blank_words: bool = True
    table: str = ""

    def code_in(self, cell: Any, setting: Setting) -> str | None:
        """Return a cell that is a known code letter by letter: it means nothing else."""
        known = setting.codes.get(self.table)
        if known is None or not isinstance(cell, str):
            return None
        text = unquoted(cell)
        return text if text in known.exact else None


# ---- texts


def unquoted(text: str) -> str:
    """Return a text without the quote that our own CSV files, and Excel's users, put before it."""
    return text[1:] if is_quoted(text) else text


def one_line(text: str) -> str:
    """Return a text as it is read: NFC, without invisible characters, single blanks within."""
    return " ".join(unicodedata.normalize("NFC", text.translate(_INVISIBLE)).split())


def text_of(cell: Any) -> str:
    """Return a cell as the text that a person sees: NFC, one line, no blanks around it."""
    if isinstance(cell, str):
        text = unquoted(cell)
        if _CONTROL.search(text):
            raise RefusedError("control")
        return one_line(text)
    if isinstance(cell, dict):
        if "e" in cell:
            raise RefusedError("error_value", got=cell["e"])
        raise RefusedError("formula")
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return format(cell, ".15g")
    return str(cell[0] if isinstance(cell, list) else cell)


def plain_text(cell: Any) -> str:
    """Return a cell's text in half-width forms: for numbers, codes and dates."""
    return unicodedata.normalize("NFKC", text_of(cell)).strip()


def key_of(text: str) -> str:
    """Return a text as names are compared: half-width, small letters, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def is_blank(cell: Any, *, blank_words: bool) -> bool:
    """Whether a cell holds nothing, or a word for nothing."""
    if not isinstance(cell, str):
        return False
    text = cell.translate(_INVISIBLE).strip()
    return not text or (blank_words and key_of(text) in _NOTHING)


def cut(text: str, limit: int = 60) -> str:
    """Return a value as a message may show it."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def shown_cell(cell: Any) -> str:
    """Return a cell as a refusal shows it."""
    try:
        return cut(text_of(cell))
    except RefusedError:
        return "?"


def texts(max_length: int = 500) -> Reader:
    """Read free text."""

    def read(cell: Any, _: Setting) -> str:
        text = text_of(cell)
        if len(text) > max_length:
            raise ValueError
        return text

    words = Words(f"不超过 {max_length} 字的文字", f"a text of at most {max_length} characters")
    return Reader(words, read, "str", "", blank_words=False)


def read_id(cell: Any, _: Setting) -> str:
    """Return an id; one that Excel spoiled beyond repair is refused with what to do."""
    if isinstance(cell, list):
        raise RefusedError("id_is_date", got=cell[0].removesuffix("T00:00:00"))
    if isinstance(cell, float) and (not cell.is_integer() or abs(cell) >= 1e15):
        raise RefusedError("id_lost_digits", got=format(cell, "g"))
    text = plain_text(cell)
    if _SCIENTIFIC.match(text):
        raise RefusedError("id_lost_digits", got=text)
    if re.fullmatch(r"\d+\.0+", text):
        text = text.partition(".")[0]
    if ";" in text or len(text) > MAX_ID:
        raise ValueError
    return text


def ids(table: str = "") -> Reader:
    """Read an id: any text without ``;`` of at most 64 characters, or one that `table` has."""
    words = Words("不含分号、不超过 64 字的编号", "an id without ';' of at most 64 characters")
    return Reader(words, read_id, "str", "", table=table)


def codes(table: str) -> Reader:
    """Read a code or one of its labels; where the table is not known, any id."""

    def read(cell: Any, setting: Setting) -> str:
        text = read_id(cell, setting)
        known = setting.codes.get(table)
        return text if known is None else known.find(text)

    return Reader(Words("代码或名称", "a code or a name"), read, "str", "", table=table)


def code_lists(table: str) -> Reader:
    """Read codes or labels joined by ``;``, ``、`` or a comma, as a tuple in order."""

    def read(cell: Any, setting: Setting) -> tuple[str, ...]:
        known = setting.codes.get(table)
        if known is not None and key_of(text_of(cell)) in known.by_text:  # 外卖骑手/快递员
            return (known.find(text_of(cell)),)
        parts = (part.strip() for part in re.split(r"[;；、,，|]", text_of(cell)))
        kept = [part if known is None else known.find(part) for part in parts if part]
        return tuple(dict.fromkeys(kept))

    return Reader(Words("用分号隔开的名称", "names joined by ';'"), read, "object", ())


def choices(words: Words, options: Mapping[str, tuple[str, ...]]) -> Reader:
    """Read one of a few words that are fixed in code."""
    known = Codes.of(words, options)
    listed = Words(
        "、".join(names[0] if names else code for code, names in options.items()),
        ", ".join(options),
    )

    def read(cell: Any, _: Setting) -> str:
        try:
            return known.find(plain_text(cell))
        except RefusedError as error:
            if isinstance(cell, dict):
                raise
            raise ValueError from error

    expected = Words(f"{listed.zh}之一", f"one of {listed.en}")
    return Reader(expected, read, "str", "")
