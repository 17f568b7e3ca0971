"""What a learner knows of a message when it chooses how to answer: features, declared once and bounded."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firstline.domain.conversation import Channel, CommunicationStyle, Tier
from firstline.domain.turn import Category, Intent, Turn

FEATURES_VERSION = 1
"""Part of the policy's version: another list of features starts new statistics beside the old."""

CONTEXT_SCALE = 1_000
"""Fixed point in which a context is logged; the learner works with the rounded values, so the log is exact."""

_TIERS = tuple(Tier)
_MANY_INTERACTIONS = 50
_MANY_MESSAGES = 8


@dataclass(frozen=True)
class Feature:
    """One number of the context, within ``low`` and ``high``."""

    name: str
    low: float
    high: float
    of: Callable[[Turn], float]


def _category(wanted: Category) -> Feature:
    return Feature(f"category={wanted}", 0.0, 1.0, lambda turn: turn.classified.category is wanted)


def _style(wanted: CommunicationStyle) -> Feature:
    return Feature(f"style={wanted}", 0.0, 1.0, lambda turn: turn.identified.customer.communication_style is wanted)


FEATURES: tuple[Feature, ...] = (
    Feature("constant", 1.0, 1.0, lambda turn: 1.0),
    Feature("urgency", 0.0, 1.0, lambda turn: turn.classified.urgency),
    Feature("sentiment", -1.0, 1.0, lambda turn: turn.classified.sentiment),
    Feature("frustration", 0.0, 1.0, lambda turn: turn.classified.frustration),
    Feature("messages", 0.0, 1.0, lambda turn: turn.identified.n_customer_messages / _MANY_MESSAGES),
    Feature(
        "interactions",
        0.0,
        1.0,
        lambda turn: math.log1p(turn.identified.customer.interaction_count) / math.log1p(_MANY_INTERACTIONS),
    ),
    Feature("tier", 0.0, 1.0, lambda turn: _TIERS.index(turn.identified.customer.tier) / (len(_TIERS) - 1)),
    *(_category(category) for category in Category if category is not Category.GENERAL_INQUIRY),
    *(_style(style) for style in CommunicationStyle if style is not CommunicationStyle.NEUTRAL),
    Feature("english", 0.0, 1.0, lambda turn: turn.classified.language == "en"),
    Feature("email", 0.0, 1.0, lambda turn: turn.channel is Channel.EMAIL),
    Feature("knowledge", 0.0, 1.0, lambda turn: turn.knowledge.confidence if turn.knowledge else 0.0),
)

N_FEATURES = len(FEATURES)


def context_of(turn: Turn) -> tuple[int, ...]:
    """Return the features of a turn after ``RetrieveKnowledge``, each cut to its bounds, in ``CONTEXT_SCALE``."""
    return tuple(
        round(min(feature.high, max(feature.low, float(feature.of(turn)))) * CONTEXT_SCALE) for feature in FEATURES
    )


def vector_of(context: Sequence[int]) -> NDArray[np.float64]:
    """Return a logged context as the learner sees it, shape (n_features,)."""
    return np.array(context, dtype=np.float64) / CONTEXT_SCALE


def levels_of(context: Sequence[int]) -> NDArray[np.float64]:
    """Return the state of tabular Q-learning that a logged context is in, one level per ``q_learning.STATE_LEVELS``.

    Style; urgency below 1/3, 2/3 and above; sentiment below -1/3, 1/3 and above; fewer than 3, 20 and more answered
    messages; tier.
    """
    known = dict(zip((feature.name for feature in FEATURES), vector_of(context).tolist(), strict=True))
    style = [index for index, name in enumerate(CommunicationStyle) if known.get(f"style={name}")]
    interactions = round(math.expm1(known["interactions"] * math.log1p(_MANY_INTERACTIONS)))
    return np.array(
        [
            style[0] if style else 0,
            sum(known["urgency"] >= bound for bound in (1 / 3, 2 / 3)),
            sum(known["sentiment"] >= bound for bound in (-1 / 3, 1 / 3)),
            sum(interactions >= bound for bound in (3, 20)),
            round(known["tier"] * (len(_TIERS) - 1)),
        ],
        dtype=np.float64,
    )


def segment_of(turn: Turn) -> str:
    """Return the segment whose statistics decide: category and channel, such as ``bug_report.chat``."""
    return f"{turn.classified.category.value}.{turn.channel.value}"


def parent_of(segment: str) -> str:
    """Return the segment that a new one starts from, empty for one that has none: ``bug_report`` of the above."""
    return segment.rpartition(".")[0]


def segments() -> list[str]:
    """Return every segment there can be, parents first."""
    return [
        *(category.value for category in Category),
        *(f"{category.value}.{channel.value}" for category in Category for channel in Channel),
    ]


def share_of(what: str, conversation_id: str) -> float:
    """Return a conversation's place in [0, 1) for one purpose: the same at every call, independent between purposes."""
    digest = hashlib.sha256(f"{what}#{conversation_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def topics_of(turn: Turn) -> set[str]:
    """Return the words by which ``RL_CAUTIOUS_TOPICS`` may name this message.

    Its category; what is at stake (``money``, ``security``, ``law``); ``billing_dispute`` for a complaint about money.
    """
    classified = turn.classified
    topics = {classified.category.value, *([classified.stakes] if classified.stakes else [])}
    if classified.legal:
        topics.add("law")
    is_complaint = classified.intent is Intent.COMPLAINT
    if classified.stakes == "money" or (is_complaint and classified.category is Category.BILLING_INQUIRY):
        topics.add("billing_dispute")
    return topics
