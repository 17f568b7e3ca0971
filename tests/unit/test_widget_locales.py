"""The widget's texts: every language has every text, in every plural form, with the same places to fill."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from firstline.web.widget_files import LOCALES, PREFIX

_ROMANCE = {"one", "many", "other"}
PLURALS = {
    "en": {"one", "other"},
    "es": _ROMANCE,
    "fr": _ROMANCE,
    "de": {"one", "other"},
    "it": _ROMANCE,
    "pt": _ROMANCE,
    "nl": {"one", "other"},
    "pl": {"one", "few", "many", "other"},
    "sv": {"one", "other"},
    "tr": {"one", "other"},
    "ja": {"other"},
    "zh": {"other"},
}
"""By language the categories of its plural rules (Unicode CLDR); tests/browser asks the browser for the same."""

SOURCES = Path(LOCALES.parent, "web", "static", "widget")


def texts(language: str) -> dict[str, Any]:
    loaded = json.loads((LOCALES / f"{language}.json").read_text(encoding="utf-8"))
    return {key: value for key, value in loaded.items() if key.startswith(PREFIX)}


def places(text: str) -> set[str]:
    return set(re.findall(r"\{\w+\}", text))


def test_the_twelve_languages_are_there() -> None:
    assert {path.stem for path in LOCALES.glob("*.json")} == set(PLURALS)


@pytest.mark.parametrize("language", PLURALS)
def test_a_language_has_every_text_and_no_other(language: str) -> None:
    assert texts(language).keys() == texts("en").keys()


@pytest.mark.parametrize("language", PLURALS)
def test_a_text_that_counts_has_every_form_of_its_language(language: str) -> None:
    counting = {key for key, value in texts("en").items() if isinstance(value, dict)}
    own = texts(language)
    assert {key for key, value in own.items() if isinstance(value, dict)} == counting
    assert {key: set(own[key]) for key in counting} == dict.fromkeys(counting, PLURALS[language])


@pytest.mark.parametrize("language", PLURALS)
def test_a_text_has_the_places_of_the_english_one_and_says_something(language: str) -> None:
    english, wrong = texts("en"), []
    for key, value in texts(language).items():
        forms = value.values() if isinstance(value, dict) else [value]
        wanted = places(english[key]["other"] if isinstance(english[key], dict) else english[key])
        wrong += [f"{key}: {form!r}" for form in forms if places(form) != wanted or form != form.strip() or not form]
    assert wrong == []


def test_every_text_that_the_widget_asks_for_is_there_and_none_is_left_over() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in SOURCES.glob("*.js"))
    english = texts("en").keys()
    assert set(re.findall(r'texts\.get\("(widget\.\w+)"', source)) - english == set()
    # Some are put together: `widget.state_${state}`, "name" for widget.name.
    families = set(re.findall(r"`(widget\.\w+)\$", source))
    words = set(re.findall(r'"(?:widget\.)?(\w+)"', source))
    assert {
        key for key in english if key.removeprefix(PREFIX) not in words and not key.startswith(tuple(families))
    } == set()
    assert {family for family in families if not any(key.startswith(family) for key in english)} == set()
