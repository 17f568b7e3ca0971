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
from firstline.domain.message_vectors import HEADS_MODEL, MessageVectors, packed
from firstline.domain.ports import Embedder
from firstline.domain.turn import Turn

_LEAST_OWN_CONFIDENCE = 0.5
_MOST_OUT_OF_SCOPE = 0.5


class OwnIntents(Protocol):
    """The company's own categories and intents."""

    def judge(self, text: str, vector: NDArray[np.float32] | None) -> Judged | None:
        """Return which of them fits best; None where the company has none."""
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
    text = turn.question
    vectors = _vectors(text, parts.embedder, on_failure)
    vector = vectors.text if vectors else None
    customer = turn.identified
    judged = classify(
        text,
        vector=vector if parts.embedder.model_id == HEADS_MODEL else None,
        earlier=[said.text for said in customer.history if said.author is Author.CUSTOMER],
        earlier_sentiments=customer.earlier_sentiments,
        keywords=parts.frustration_keywords,
    )
    own = parts.own_intents.judge(text, vector) if parts.own_intents else None
    is_own = own is not None and own.confidence >= _LEAST_OWN_CONFIDENCE and own.out_of_scope < _MOST_OUT_OF_SCOPE
    judged = judged.model_copy(
        update={
            "injection_risk": injection_risk(text),
            "own_intent": own.label if own and is_own else "",
            "own_intent_confidence": own.confidence if own and is_own else 0.0,
            "query_vector": packed(vectors.query) if vectors else "",
            "because": judged.because + (reasons({"own_intent": own.because}) if own and is_own else ()),
        }
    )
    return parts.settle_unsure(turn, judged, on_failure) if parts.settle_unsure else judged


def _vectors(text: str, embedder: Embedder, on_failure: Callable[[FirstlineError], None]) -> MessageVectors | None:
    try:
        return embedder.embed_message(text)
    except EmbedderUnavailableError as error:
        on_failure(error)
        return None
