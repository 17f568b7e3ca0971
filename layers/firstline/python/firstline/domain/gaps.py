"""Questions that found nothing good, brought together and ranked by how many customers they hold up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.clustering import average_linkage, combined_vectors
from firstline.domain.masking import without_marks
from firstline.domain.ranking import Calibration, shipped_calibration
from firstline.domain.turn import Action, Intent, Turn

SAME_GAP = 0.5
"""Mean similarity from which two groups of questions ask for the same thing. Banking77, CLINC150 and Bitext gave a
V-measure of .82, .87 and .77 there; each has its own best between .40 and .55."""

BARELY_SERVED = 0.2
"""Answers in this lowest share of the way from the confidence that is needed to certainty are gaps too. Of our own
questions, 52 % of the answers below were right, and 82 % of those above."""

N_EXAMPLES = 5
_LABEL_CHARACTERS = 120
_NOTHING_ASKED = (Intent.GREETING, Intent.THANKS, Intent.GOODBYE, Intent.FEEDBACK, Intent.HUMAN_REQUEST)


class GapReason(StrEnum):
    """What showed that the knowledge lacks an answer."""

    NO_MATCH = "no_match"
    ABSTAINED = "abstained"
    LOW_CONFIDENCE = "low_confidence"
    HANDOVER = "handover"
    THUMBS_DOWN = "thumbs_down"
    TICKET = "ticket"
    UNRESOLVED = "unresolved"
    """What was observed of the answer says that it did not help."""


class NearestSource(BaseModel):
    """The best that was found, though not good enough."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    source: str
    title: str
    heading: str = ""
    distance: float = Field(default=2.0, ge=0.0, le=2.0)
    """1 - cosine of question and chunk."""


class GapQuestion(BaseModel):
    """One question of one turn that found nothing good."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    turn_id: str
    conversation_id: str
    customer_id: str
    text: str
    """Without personal data."""
    asked_at: datetime
    reasons: tuple[GapReason, ...]
    nearest: NearestSource | None = None


@dataclass(frozen=True)
class EmbeddedGap:
    """A question with its vector, where that is known."""

    question: GapQuestion
    vector: NDArray[np.float32] | None
    """Shape (dimensions,), length 1."""
    model_id: str = ""


class GapCluster(BaseModel):
    """Questions that ask for the same thing."""

    model_config = ConfigDict(hide_input_in_errors=True)

    label: str
    """The question that stands for them best."""
    examples: list[str]
    """Different questions, the most typical first; at most five."""
    count: int = Field(ge=1)
    customers: int = Field(ge=1)
    """Different customers who asked."""
    first_seen: datetime
    last_seen: datetime
    reasons: dict[GapReason, int]
    nearest: NearestSource | None = None
    """The article that came nearest for most of the questions."""


class GapReport(BaseModel):
    """What the knowledge lacks, the most urgent first."""

    model_config = ConfigDict(hide_input_in_errors=True)

    days: int = Field(ge=1)
    questions: int = Field(ge=0)
    """Questions looked at."""
    customers: int = Field(ge=0)
    truncated: bool = False
    """There were more questions; the latest were looked at."""
    total_clusters: int = Field(ge=0)
    clusters: list[GapCluster]


def low_confidence(calibration: Calibration) -> float:
    """Return the confidence below which an answer that was given is a gap; never below the calibration's threshold."""
    return calibration.threshold + BARELY_SERVED * (1.0 - calibration.threshold)


def gap_reason(turn: Turn, *, calibration: Calibration | None = None) -> GapReason | None:
    """Tell whether a turn shows a gap in the knowledge, and how.

    Parameters
    ----------
    turn : Turn
        With its classification; after ``GenerateResponse`` with its reply.
    calibration : Calibration, optional
        What the confidence was judged by; without it, the one shipped.

    Returns
    -------
    GapReason or None
        None also where retrieval failed, or nothing was asked: that says nothing of the knowledge.
    """
    knowledge = turn.knowledge
    if knowledge is None or turn.classification is None or knowledge.reason == "nothing_asked":
        return None
    if turn.classification.intent in _NOTHING_ASKED:
        return None
    if knowledge.abstained:
        return GapReason.ABSTAINED if knowledge.ranked else GapReason.NO_MATCH
    answered = turn.reply is None or turn.reply.action is Action.ANSWER
    unsure = knowledge.confidence < low_confidence(calibration or shipped_calibration())
    return GapReason.LOW_CONFIDENCE if answered and unsure else None


def nearest_of(turn: Turn) -> NearestSource | None:
    """Return what retrieval ranked first, or None where it found nothing."""
    if turn.knowledge is None or not turn.knowledge.ranked:
        return None
    best = turn.knowledge.ranked[0]
    chunk = best.chunk
    heading = chunk.question or " > ".join(chunk.heading_path)
    return NearestSource(source=chunk.source, title=chunk.title, heading=heading, distance=round(best.distance, 4))


def cluster_gaps(
    questions: Sequence[GapQuestion], embeddings: NDArray[np.float32], *, threshold: float = SAME_GAP
) -> list[GapCluster]:
    """Bring questions of one meaning together and rank the groups.

    Parameters
    ----------
    questions : sequence of GapQuestion, length n
        In any order; the result does not depend on it.
    embeddings : ndarray, shape (n, dimensions)
        Of the texts, all by one model; rows of length 1.
    threshold : float
        Mean similarity from which groups are one, in (0, 1].

    Returns
    -------
    list of GapCluster
        By customers touched, then number of questions, then the latest question; most first.
    """
    if not questions:
        return []
    order = sorted(range(len(questions)), key=lambda place: (questions[place].asked_at, questions[place].turn_id))
    ordered = [questions[place] for place in order]
    vectors = combined_vectors([without_marks(question.text) for question in ordered], embeddings[order])
    labels = average_linkage(vectors, threshold)
    groups = [np.flatnonzero(labels == number) for number in range(int(labels.max()) + 1)]
    clusters = [_cluster([ordered[place] for place in group.tolist()], vectors[group]) for group in groups]
    return sorted(clusters, key=lambda c: (-c.customers, -c.count, -c.last_seen.timestamp(), c.label))


def _cluster(members: list[GapQuestion], vectors: NDArray[np.float32]) -> GapCluster:
    centrality = (vectors @ vectors.mean(axis=0)).round(5)
    typical = [members[place].text for place in np.argsort(-centrality, kind="stable").tolist()]
    examples = list({text.casefold(): text for text in reversed(typical)}.values())[::-1][:N_EXAMPLES]
    return GapCluster(
        label=shortened(examples[0], _LABEL_CHARACTERS),
        examples=examples,
        count=len(members),
        customers=len({member.customer_id or member.conversation_id for member in members}),
        first_seen=min(member.asked_at for member in members),
        last_seen=max(member.asked_at for member in members),
        reasons=dict(sorted(Counter(reason for member in members for reason in member.reasons).items())),
        nearest=_nearest([member.nearest for member in members if member.nearest]),
    )


def _nearest(found: list[NearestSource]) -> NearestSource | None:
    if not found:
        return None
    votes = Counter(nearest.source for nearest in found)
    return min(found, key=lambda nearest: (-votes[nearest.source], nearest.distance, nearest.source))


def shortened(text: str, characters: int) -> str:
    """Return a text on one line, cut between words to at most so many characters."""
    line = " ".join(text.split())
    if len(line) <= characters:
        return line
    cut = line[: characters - 3]
    return f"{cut[: cut.rfind(' ')] if ' ' in cut else cut}..."
