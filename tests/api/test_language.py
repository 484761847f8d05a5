"""Both languages are complete, and nothing a person reads stands in the code or the templates."""

from __future__ import annotations

import json
import re
import string
from pathlib import Path

import pytest

from api import commands
from api.coverage import TIERS
from api.language import (
    CATALOGUES,
    accepted_language,
    environment_language,
    match_language,
    texts_of,
)
from data.catalogue import load_roles, load_shift_templates
from data.planning.edits import EDITED
from dispatch.gaps import CAUSES, STEPS
from grid.errors import JinggeError

API = Path(commands.__file__).parents[1]
MAPS = API.parent / "maps"
TEMPLATES = sorted((API / "templates").rglob("*.html"))
SCRIPTS = sorted(
    {*API.glob("static/*.js"), *API.glob("static/scripts/**/*.js"), *MAPS.rglob("*.js")}
)
SOURCES = [*API.rglob("*.py"), *MAPS.rglob("*.py"), *SCRIPTS, *TEMPLATES]
CHINESE, ENGLISH = texts_of("zh").entries, texts_of("en").entries

# Keys put together at run time, from words that are listed in one place.
MADE = {
    *(f"tier.{tier}" for tier in TIERS),
    *(f"funnel.{step}" for step in STEPS),
    *(f"cause.{cause}" for cause in (*CAUSES, EDITED)),
    *(f"weekday.{day}" for day in range(7)),
    *(f"month.{month}" for month in range(1, 13)),
    *(f"role.{role}" for role in load_roles()["role"]),
    *(f"template.{name}" for name in load_shift_templates()["template"]),
    *(f"error.{status}" for status in (404, 405, 422, 503)),
}
BY_LABEL = ("stage.", "label.")  # shown as they are where no label is known


def used_keys() -> set[str]:
    """Return the keys of the catalogue that stand as a text in a source."""
    found = set()
    for file in SOURCES:
        text = file.read_text(encoding="utf-8")
        found |= set(re.findall(r"""["'`]([a-z_0-9]+(?:\.[a-z_0-9]+)*)["'`]""", text))
    return found


def test_both_catalogues_have_the_same_keys() -> None:
    assert CHINESE.keys() == ENGLISH.keys()


def test_both_catalogues_are_sorted_and_filled() -> None:
    for file in CATALOGUES.glob("*/*.json"):
        keys = list(json.loads(file.read_text(encoding="utf-8")))
        assert keys == sorted(keys), file
    for catalogue in (CHINESE, ENGLISH):
        assert {key for key, text in catalogue.items() if not text.strip()} <= {
            "start.filled_after"
        }


def test_both_languages_take_the_same_values() -> None:
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    different = {"date.day"}  # a month has a number in one language and a name in the other
    for key in CHINESE.keys() - different:
        assert fields(CHINESE[key]) == fields(ENGLISH[key]), key


def test_every_key_that_templates_use_exists() -> None:
    for template in TEMPLATES:
        used = re.findall(r"""\bt\(["']([^"']+)["'](?!\s*~)""", template.read_text("utf-8"))
        assert set(used) - {"tier."} <= CHINESE.keys(), template.name


def test_every_key_is_used() -> None:
    used = used_keys() | MADE
    # The maps take all of `map.…` at once; their own test knows which they need.
    spare = {k for k in CHINESE if k not in used and not k.startswith(("map.", *BY_LABEL))}
    assert not spare, sorted(spare)
    assert CHINESE.keys() >= MADE, sorted(MADE - CHINESE.keys())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_words(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", " ", text, flags=re.S)
    text = re.sub(r"<[^>]*>", " ", text)
    names = {"中文", "English", "JSON", "OpenAPI", "GET"}  # called so in both languages
    words = set(re.findall(r"[A-Za-z\u4e00-\u9fff]{2,}", text)) - names
    assert not words, words


def test_labels_are_those_of_the_catalogue_of_roles() -> None:
    for row in load_roles().to_dict("records"):
        assert CHINESE[f"role.{row['role']}"] == row["label_zh"]
        assert ENGLISH[f"role.{row['role']}"] == row["label_en"]
    for row in load_shift_templates().to_dict("records"):
        assert CHINESE[f"template.{row['template']}"] == row["label_zh"]
        assert ENGLISH[f"template.{row['template']}"] == row["label_en"]


def test_chinese_is_chinese_and_english_is_not() -> None:
    latin = re.compile(r"^[\x00-\x7f–—·×²°≤≥→›…’“”–é]*$")
    assert {k for k, text in ENGLISH.items() if not latin.match(text)} <= {"brand"}
    chinese = re.compile(r"[\u4e00-\u9fff]")
    bare = {k for k, text in CHINESE.items() if not chinese.search(text)}
    assert {k for k in bare if re.search(r"[A-Za-z]{3}", re.sub(r"\{.*?\}", "", CHINESE[k]))} <= {
        k for k in bare if k.startswith("map.")
    }


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("fr, zh-TW;q=0.3", "zh"),
        ("de", None),
        ("", None),
        ("zh;q=0, en;q=0.1", "en"),
        ("zh;q=x", None),
        (";;,,q=", None),
    ],
)
def test_accept_language(header: str, language: str | None) -> None:
    assert accepted_language(header) == language


def test_language_of_the_terminal() -> None:
    assert environment_language({}) == "zh"
    assert environment_language({"LANG": "C"}) == "zh"
    assert environment_language({"LANG": "en_US.UTF-8"}) == "en"
    assert environment_language({"LANG": "en_US.UTF-8", "JINGGE_LANG": "zh-CN"}) == "zh"
    with pytest.raises(JinggeError, match="zh-CN or en, got 'fr'"):
        environment_language({"JINGGE_LANG": "fr"})
    assert match_language("english") is None
