"""How a customer writes, and how much they seem to know; a slowly moving average of it on their profile."""

from __future__ import annotations

import json
import re
import unicodedata
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.phrase_lists import PhraseList

_DATA = Path(__file__).with_name("style.json")
_MOST_CHARACTERS = 4_000
_CODE = re.compile(
    r"`[^`]+`|\b(?:GET|POST|PUT|PATCH|DELETE) /|\b[45]\d\d\b(?= |$|[.,:;)])|\bv?\d+\.\d+\.\d+\b|(?<!\w)--?[a-z][\w-]+=?"
    r"|\b\w+\.(?:json|xml|ya?ml|py|js|ts|log|conf|dll|exe|sh)\b|\b\w+_\w+\b|\b[a-z]+[A-Z]\w+\b|[{}<>]=?|0x[0-9a-f]+\b"
)
_EXCITED = re.compile(r"[!?\uff01\uff1f]{2,}|\b[A-Z]{4,}\b|([a-zA-Z])\1{3,}")
_BRIEF_WORDS, _BRIEF_LETTERS = 6, 14
"""So many words, or letters where none stand between spaces, are few."""
_CLEAR = 0.5
"""From so much on a style is named."""
_FIRST_SHARE, _LEAST_SHARE = 1.0, 0.15
_LEAST_MESSAGES = 3


class CommunicationStyle(StrEnum):
    """How the customer writes, and likes to be written to."""

    NEUTRAL = "neutral"
    CASUAL = "casual"
    FORMAL = "formal"
    TECHNICAL = "technical"
    BRIEF = "brief"
    EMOTIONAL = "emotional"


_NAMED = (
    CommunicationStyle.EMOTIONAL,
    CommunicationStyle.TECHNICAL,
    CommunicationStyle.FORMAL,
    CommunicationStyle.CASUAL,
    CommunicationStyle.BRIEF,
)


class StyleReading(BaseModel):
    """What one message says of its writer."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    scores: dict[CommunicationStyle, float]
    """In [0, 1] each; a message can be brief and casual."""
    expertise: float = Field(ge=0.0, le=1.0)
    """0.5 where it does not show."""

    @property
    def style(self) -> CommunicationStyle:
        """The clearest style, neutral where none is clear."""
        return _clearest(self.scores)


class WritingProfile(BaseModel):
    """The average over a customer's messages."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    messages: int = Field(default=0, ge=0)
    scores: dict[CommunicationStyle, float] = Field(default_factory=dict)
    expertise: float = Field(default=0.5, ge=0.0, le=1.0)

    @property
    def style(self) -> CommunicationStyle:
        """The clearest style once three messages have been read, before that neutral."""
        return _clearest(self.scores) if self.messages >= _LEAST_MESSAGES else CommunicationStyle.NEUTRAL

    def after(self, reading: StyleReading) -> WritingProfile:
        """Return the profile with one more message in it.

        Notes
        -----
        The mean of the first messages, then an exponential average: message n counts ``max(1 / n, 0.15)``, so that one
        odd message never turns a profile, and a customer who changes is followed within a dozen.
        """
        share = max(_FIRST_SHARE / (self.messages + 1), _LEAST_SHARE)
        scores = {
            style: round((1 - share) * self.scores.get(style, 0.0) + share * reading.scores.get(style, 0.0), 4)
            for style in _NAMED
        }
        expertise = round((1 - share) * self.expertise + share * reading.expertise, 4)
        return WritingProfile(messages=self.messages + 1, scores=scores, expertise=min(1.0, max(0.0, expertise)))


def judge_style(text: str, *, arousal: float = 0.0) -> StyleReading:
    """Judge how a message is written.

    Parameters
    ----------
    text : str
        Any length and language: the first 4,000 characters are read.
    arousal : float
        How strong the message's feeling is by another judgement, in [0, 1], such as its frustration.

    Returns
    -------
    StyleReading
        Scores are ``1 - 0.5 ** n`` over the number of distinct signs found: listed phrases of twelve languages, code,
        emoji, repeated signs. Expertise moves from 0.5 by technical signs per ten words, and down by words of a
        beginner.
    """
    composed = unicodedata.normalize("NFC", text[:_MOST_CHARACTERS])
    plain = " ".join(composed.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())
    n_words = len(plain.split())
    spaced = sum(unicodedata.category(letter) == "Lo" for letter in plain) < len(plain) / 2
    signs: dict[CommunicationStyle, int] = {
        style: len(_phrases(style.value).found(plain)) for style in _NAMED if style is not CommunicationStyle.BRIEF
    }
    signs[CommunicationStyle.TECHNICAL] += len(set(_CODE.findall(composed)))
    faces = len({letter for letter in composed if unicodedata.category(letter) == "So"})
    signs[CommunicationStyle.CASUAL] += faces
    signs[CommunicationStyle.EMOTIONAL] += min(1, faces) + len(_EXCITED.findall(composed))
    scores = {style: round(1 - 0.5**count, 3) for style, count in signs.items()}
    scores[CommunicationStyle.EMOTIONAL] = round(1 - (1 - scores[CommunicationStyle.EMOTIONAL]) * (1 - arousal**2), 3)
    few = n_words <= _BRIEF_WORDS if spaced else len(plain) <= _BRIEF_LETTERS
    scores[CommunicationStyle.BRIEF] = 0.6 if few and plain else 0.0
    technical = signs[CommunicationStyle.TECHNICAL] / max(1.0, n_words / 10 if spaced else len(plain) / 30)
    beginner = len(_phrases("novice").found(plain))
    expertise = 0.5 + 0.45 * (1 - 0.6**technical) - 0.4 * (1 - 0.5**beginner)
    return StyleReading(scores=scores, expertise=round(min(1.0, max(0.0, expertise)), 3))


def _clearest(scores: dict[CommunicationStyle, float]) -> CommunicationStyle:
    best = max(_NAMED, key=lambda style: scores.get(style, 0.0))
    return best if scores.get(best, 0.0) >= _CLEAR else CommunicationStyle.NEUTRAL


@lru_cache(maxsize=8)
def _phrases(name: str) -> PhraseList:
    listed: dict[str, list[str]] = json.loads(_DATA.read_text(encoding="utf-8"))
    return PhraseList(listed[name])
