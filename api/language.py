"""Chinese and English texts: one catalogue a language, keys instead of sentences in the code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dispatch.wording import Language

CATALOGUES: Final = Path(__file__).parent / "locale"
TAGS: Final[Mapping[Language, str]] = MappingProxyType({"zh": "zh-CN", "en": "en"})
DEFAULT: Final[Language] = "zh"


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language: ``texts("gaps.title")``, ``texts("people", count=3)``."""

    language: Language
    entries: Mapping[str, str]

    @property
    def tag(self) -> str:
        """The language tag for ``lang=`` and ``Content-Language``."""
        return TAGS[self.language]

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the text of a key with values put in; a key that is missing is a KeyError."""
        return self.entries[key].format(**values) if values else self.entries[key]

    def label(self, kind: str, word: str) -> str:
        """Return the label of a word that a city may add to, or the word itself."""
        return self.entries.get(f"{kind}.{word}", word)


@cache
def texts_of(language: Language) -> Texts:
    """Read the catalogue of a language once: a folder with a file a topic, no key twice."""
    entries: dict[str, str] = {}
    for file in sorted((CATALOGUES / TAGS[language]).glob("*.json")):
        topic = json.loads(file.read_text(encoding="utf-8"))
        if twice := entries.keys() & topic.keys():
            raise KeyError(f"Expected each text once, got {sorted(twice)} again in {file}.")
        entries |= topic
    return Texts(language, MappingProxyType(entries))


def match_language(text: str) -> Language | None:
    """Return the language a tag such as ``zh-CN`` or ``en_US.UTF-8`` names; None for another."""
    primary = text.strip().lower().replace("_", "-").split("-")[0].split(".")[0]
    return {"zh": "zh", "en": "en"}.get(primary)  # type: ignore[return-value]


def environment_language(environment: Mapping[str, str]) -> Language:
    """Return the language of the terminal: ``JINGGE_LANG``, the locale, or Chinese.

    Raises
    ------
    JinggeError
        Where ``JINGGE_LANG`` names a language there is no catalogue of.
    """
    if wanted := environment.get("JINGGE_LANG", "").strip():
        if language := match_language(wanted):
            return language
        from grid.errors import JinggeError  # late: `jingge --help` needs no array library

        raise JinggeError(f"Expected JINGGE_LANG to be zh-CN or en, got {wanted!r}.")
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if language := match_language(environment.get(name, "")):
            return language
    return DEFAULT


def accepted_language(header: str) -> Language | None:
    """Return the best of our languages in an ``Accept-Language`` header; None where none is.

    Examples
    --------
    >>> accepted_language("fr;q=0.9, en;q=0.5, zh;q=0.8")
    'zh'
    """
    best: tuple[float, Language] | None = None
    for part in header[:200].split(","):
        tag, _, parameter = part.partition(";")
        language = match_language(tag)
        if language is None:
            continue
        quality = _quality(parameter)
        if quality > 0 and (best is None or quality > best[0]):
            best = (quality, language)
    return best[1] if best else None


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
