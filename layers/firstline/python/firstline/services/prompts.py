"""The prompts of the language model: versioned files, put together once."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from firstline.domain.turn import Strategy, Turn

_PROMPTS = Path(__file__).parents[1] / "prompts"
_VERSION = re.compile(r"version: (\d+)\n\n")


@dataclass(frozen=True)
class Prompt:
    """Instructions that are the same in every request, so that the model's service can keep them."""

    text: str
    version: int
    """As the file says."""
    sha256: str
    """Of the text, hex; in every receipt."""


@lru_cache(maxsize=8)
def answer_prompt(addition: str = "") -> Prompt:
    """Return the instructions for answers: ``answer.md``, the five ways of answering by name, what is added to them.

    All five are in it, and the request names one at its end: a prefix that changed with the strategy would never be
    found in the cache of the model's service.
    """
    version, text = _read("answer.md")
    ways = [f"- {strategy.value}: {_read(f'strategies/{strategy.value}.md')[1]}" for strategy in Strategy]
    text = "\n".join([text, *ways, *([f"\n{addition}"] if addition else [])])
    return Prompt(text, version, hashlib.sha256(text.encode()).hexdigest())


def prompt_of(turn: Turn) -> Prompt:
    """Return the instructions for a turn's answer, with what an experiment adds to them."""
    return answer_prompt(turn.knowledge.treatment.prompt if turn.knowledge else "")


@lru_cache(maxsize=1)
def review_prompt() -> Prompt:
    """Return the instructions for the weekly review: ``review.md``."""
    version, text = _read("review.md")
    return Prompt(text, version, hashlib.sha256(text.encode()).hexdigest())


@lru_cache(maxsize=1)
def classify_prompt() -> Prompt:
    """Return the instructions for a message that the classifiers are unsure of: ``classify.md``."""
    version, text = _read("classify.md")
    return Prompt(text, version, hashlib.sha256(text.encode()).hexdigest())


@lru_cache(maxsize=1)
def translate_prompt() -> Prompt:
    """Return the instructions for a question in another language than the knowledge's: ``translate.md``."""
    version, text = _read("translate.md")
    return Prompt(text, version, hashlib.sha256(text.encode()).hexdigest())


def _read(name: str) -> tuple[int, str]:
    text = (_PROMPTS / name).read_text(encoding="utf-8")
    head = _VERSION.match(text)
    return (int(head[1]), text[head.end() :].strip()) if head else (1, text.strip())
