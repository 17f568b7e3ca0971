"""How an answer is put: by the customer's mood, style and expertise, whoever writes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from firstline.domain.conversation import CommunicationStyle, Customer, RelationshipStage
from firstline.domain.lexicon import lexicon, normalised, phrases_in
from firstline.domain.locales import DEFAULT, text
from firstline.domain.turn import Classification, Intent, Level, Strategy

_DISPLEASED = 0.35
_BAD = -0.3
"""Sentiment that is called negative."""
_VERY_DISPLEASED = 0.6
_SURE_SENTIMENT = 0.6
_KNOWS_MUCH, _KNOWS_LITTLE = 0.72, 0.35
"""Expertise, on average over a customer's messages, from which on and up to which it counts."""
_GREETING_WORDS = 4
"""A greeting stands within so many words of the beginning."""


class Mood(StrEnum):
    """How the customer feels, as far as their words tell."""

    CALM = "calm"
    HURRIED = "hurried"
    DISPLEASED = "displeased"
    VERY_DISPLEASED = "very_displeased"


class Expertise(StrEnum):
    """How much need not be explained."""

    NEW = "new"
    USUAL = "usual"
    EXPERT = "expert"


_MEETS = {
    Mood.HURRIED: "answer_urgent",
    Mood.DISPLEASED: "answer_sorry",
    Mood.VERY_DISPLEASED: "answer_very_sorry",
}


@dataclass(frozen=True)
class Tone:
    """How an answer is put."""

    mood: Mood = Mood.CALM
    style: CommunicationStyle = CommunicationStyle.NEUTRAL
    expertise: Expertise = Expertise.USUAL
    greeted: bool = False
    """The customer began with a greeting, so one is given back."""
    offers_person: bool = False
    """The customer complains, so a person is offered."""
    name: str = ""
    """First name as the customer gave it; empty where it is not known."""
    language: str = DEFAULT
    by_mail: bool = False
    """The words of a letter, not of a chat: no greeting, nothing but regret meets the mood, nothing is asked back."""

    @property
    def as_data(self) -> dict[str, str]:
        """What a model is told of it."""
        return {"mood": self.mood.value, "style": self.style.value, "expertise": self.expertise.value}


def tone_of(
    classification: Classification, customer: Customer, question: str, *, name: str = "", language: str = DEFAULT
) -> Tone:
    """Return the tone for an answer.

    Parameters
    ----------
    question : str
        The customer's words; only their beginning is looked at, for a greeting.
    name : str
        What the customer has said they are called; the first word is used.
    language : str
        In which the texts of ours are taken.
    """
    first_words = " ".join(normalised(question).split()[:_GREETING_WORDS])
    mood = _mood(classification)
    return Tone(
        mood=mood,
        style=customer.communication_style,
        expertise=_expertise(customer),
        greeted=bool(phrases_in(first_words, lexicon()["intents"][Intent.GREETING.value])),
        offers_person=classification.intent is Intent.COMPLAINT or mood is Mood.VERY_DISPLEASED,
        name=name.split()[0] if name.strip() else "",
        language=language,
    )


def opening(tone: Tone, strategy: Strategy) -> str:
    """Return how an answer begins: a greeting given back, a word that meets the mood, the strategy's own; may be
    empty."""
    if tone.by_mail:
        sorry = tone.mood in (Mood.DISPLEASED, Mood.VERY_DISPLEASED)
        return text("answer_mail_sorry", tone.language) if sorry else ""
    parts = [_hello(tone)] if tone.greeted else []
    if tone.mood in _MEETS:
        parts.append(text(_MEETS[tone.mood], tone.language))
        parts += [text("answer_opening_sorry", tone.language)] if strategy is Strategy.EMPATHETIC else []
    else:
        parts.append(text(f"answer_opening_{strategy.value}", tone.language))
    return " ".join(part for part in parts if part)


def closing(tone: Tone, strategy: Strategy, *, has_steps: bool) -> str:
    """Return how an answer ends; may be empty. Experts are spared what they need not be told."""
    if tone.by_mail:
        return ""
    if tone.offers_person:
        return text("person_offer_upset", tone.language)
    if tone.expertise is Expertise.EXPERT:
        return ""
    if has_steps and strategy is Strategy.STEP_BY_STEP:
        return text("answer_closing_steps", tone.language)
    return text(f"answer_closing_{strategy.value}", tone.language)


def _hello(tone: Tone) -> str:
    by_style = {CommunicationStyle.CASUAL: "answer_hello_casual", CommunicationStyle.FORMAL: "answer_hello_formal"}
    name = text("answer_name", tone.language, name=tone.name) if tone.name else ""
    return text(by_style.get(tone.style, "answer_hello"), tone.language, name=name)


def _mood(classification: Classification) -> Mood:
    is_bad = classification.is_negative and classification.sentiment_confidence >= _SURE_SENTIMENT
    if classification.frustration >= _VERY_DISPLEASED:
        return Mood.VERY_DISPLEASED
    is_displeased = classification.frustration >= _DISPLEASED or is_bad
    if is_displeased or classification.intent is Intent.COMPLAINT:
        return Mood.DISPLEASED
    urgent = classification.urgency_level in (Level.HIGH, Level.CRITICAL)
    return Mood.HURRIED if urgent else Mood.CALM


def _expertise(customer: Customer) -> Expertise:
    if customer.communication_style is CommunicationStyle.TECHNICAL or customer.writing.expertise >= _KNOWS_MUCH:
        return Expertise.EXPERT
    if customer.relationship_stage is RelationshipStage.NEW or customer.writing.expertise <= _KNOWS_LITTLE:
        return Expertise.NEW
    return Expertise.USUAL
