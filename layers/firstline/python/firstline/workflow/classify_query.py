"""State ClassifyQuery: what is wanted, how urgently, in which mood and language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from firstline.domain.classification import classify, reasons
from firstline.domain.classified import Classification
from firstline.domain.conversation import Author
from firstline.domain.errors import EmbedderUnavailableError, FirstlineError
from firstline.domain.injection import injection_risk
from firstline.domain.judged import Judged
from firstline.domain.mail.own_words import said
from firstline.domain.message_vectors import HEADS_MODEL, MessageVectors, packed
from firstline.domain.ports import Embedder
from firstline.domain.turn import Turn

_LEAST_OWN_CONFIDENCE = 0.5
_MOST_OUT_OF_SCOPE = 0.5
_NONE = Judged("", 0.0, {})


class OwnIntents(Protocol):
    """The company's own categories and intents."""

    def judge(self, text: str, vector: NDArray[np.float32] | None) -> Judged | None:
        """Return which intent fits best; None where the company has none."""
        ...

    def judge_category(self, text: str, vector: NDArray[np.float32] | None) -> Judged | None:
        """Return which category fits best; None where the company has none."""
        ...


class SettleUnsure(Protocol):
    """Asks a language model where the classification is unsure."""

    def __call__(
        self, turn: Turn, judged: Classification, on_failure: Callable[[FirstlineError], None]
    ) -> Classification:
        """Return the classification, with the model's category and intent where it was asked and has answered."""
        ...


@dataclass(frozen=True)
class ClassifyParts:
    """What the state works with."""

    embedder: Embedder
    own_intents: OwnIntents | None = None
    settle_unsure: SettleUnsure | None = None
    frustration_keywords: tuple[str, ...] = ()
    sentiment_threshold: float = 0.3
    """In [0, 1]; from this on, to either side, a sentiment counts as positive or negative."""


def listed(words: str) -> tuple[str, ...]:
    """Return words that are separated by commas."""
    return tuple(word.strip() for word in words.split(",") if word.strip())


def classify_query(
    turn: Turn, parts: ClassifyParts, *, on_failure: Callable[[FirstlineError], None] = lambda error: None
) -> Classification:
    """Classify all that is unanswered, in a few milliseconds; its vectors are made here once, for the search too.

    Without a vector, because the model is away, words and rules judge alone and the search makes its own attempt.

    Parameters
    ----------
    on_failure : callable
        Told of what failed and was done without.
    """
    text = said(turn)
    vectors = _vectors(text, parts.embedder, on_failure)
    vector = vectors.text if vectors else None
    customer = turn.identified
    judged = classify(
        text,
        vector=vector if parts.embedder.model_id == HEADS_MODEL else None,
        earlier=[said.text for said in customer.history if said.author is Author.CUSTOMER],
        earlier_sentiments=customer.earlier_sentiments,
        keywords=parts.frustration_keywords,
        answer_before=_answer_before(turn),
    )
    own, own_category = _own(text, vector, parts.own_intents, on_failure)
    judged = judged.model_copy(
        update={
            "injection_risk": injection_risk(turn.question),
            "sentiment_threshold": parts.sentiment_threshold,
            "own_intent": own.label,
            "own_intent_confidence": own.confidence,
            "own_category": own_category.label,
            "own_category_confidence": own_category.confidence,
            "query_vector": packed(vectors.query) if vectors else "",
            "because": judged.because + reasons({"own_intent": own.because, "own_category": own_category.because}),
        }
    )
    return parts.settle_unsure(turn, judged, on_failure) if parts.settle_unsure else judged


def _own(
    text: str,
    vector: NDArray[np.float32] | None,
    own_intents: OwnIntents | None,
    on_failure: Callable[[FirstlineError], None],
) -> tuple[Judged, Judged]:
    """Return the company's intent and category; none where they cannot be had, which does not hold up the turn."""
    if own_intents is None:
        return _NONE, _NONE
    try:
        return _fitting(own_intents.judge(text, vector)), _fitting(own_intents.judge_category(text, vector))
    except FirstlineError as error:
        on_failure(error)
        return _NONE, _NONE


def _fitting(judged: Judged | None) -> Judged:
    """Return what is sure enough and in scope, else what has no label."""
    is_sure = judged is not None and judged.confidence >= _LEAST_OWN_CONFIDENCE
    return judged if judged and is_sure and judged.out_of_scope < _MOST_OUT_OF_SCOPE else _NONE


def _answer_before(turn: Turn) -> str:
    history = turn.identified.history
    return history[-1].text if history and history[-1].author is not Author.CUSTOMER else ""


def _vectors(text: str, embedder: Embedder, on_failure: Callable[[FirstlineError], None]) -> MessageVectors | None:
    try:
        return embedder.embed_message(text)
    except EmbedderUnavailableError as error:
        on_failure(error)
        return None
