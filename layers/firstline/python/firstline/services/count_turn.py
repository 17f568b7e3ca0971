"""What a turn adds to the counters of the whole system."""

from __future__ import annotations

from collections import Counter

from firstline.domain import counters, errors
from firstline.domain.counters import series_key
from firstline.domain.errors import (
    AnswerRejectedError,
    ConflictError,
    ConversationTakenOverError,
    EmbedderUnavailableError,
    FirstlineError,
    KnowledgeIndexUnavailableError,
)
from firstline.domain.turn import Reason, Reply, Turn

_OUTCOMES = {
    Reason.KNOWLEDGE_FOUND: "found",
    Reason.NOTHING_FOUND: "abstained",
    Reason.STILL_NOTHING_FOUND: "abstained",
    Reason.NO_PROGRESS: "abstained",
}
"""What a search came to, by the reason of the reply; the others did not depend on one."""


def counts_of_turn(turn: Turn, reply: Reply) -> dict[str, int]:
    """Return what a turn that has ended with this reply adds, by series.

    Failures with a name of ours are counted by ``counts_of_failure``; what else has led to the handover, such as a
    timeout or a bug, is counted here.
    """
    n_messages = len(turn.customer.unanswered) if turn.customer else 1
    counts = Counter({series_key(counters.MESSAGES, {"channel": turn.channel.value}): n_messages})
    counts.update(counters.duration_counts(reply.processing_time_ms / 1000))
    if reply.handover is not None:
        counts[series_key(counters.ESCALATIONS, {"reason": reply.reason.value})] += 1
    if reply.reason in _OUTCOMES:
        counts[series_key(counters.RAG_QUERIES, {"outcome": _OUTCOMES[reply.reason]})] += 1
    if reply.cost_usd:
        counts[series_key(counters.MODEL_COST, {})] += round(reply.cost_usd * 1e6)
    for cache, outcome in reply.cache.items():
        if outcome not in ("", "off"):
            counts[series_key(counters.CACHE_REQUESTS, {"cache": cache, "outcome": outcome})] += 1
    name = str(turn.error.get("Error", "")) if turn.error else ""
    if name and not hasattr(errors, name):
        counts[series_key(counters.ERRORS, {"kind": name})] += 1
    return dict(counts)


def counts_of_failure(turn: Turn, error: FirstlineError) -> dict[str, int]:
    """Return what a failed node adds, by series; nothing where the turn has just ended elsewhere."""
    if isinstance(error, ConversationTakenOverError):
        # The message is in the log, and a person answers it.
        return {series_key(counters.MESSAGES, {"channel": turn.channel.value}): 1} if turn.customer is None else {}
    if isinstance(error, ConflictError):
        return {}
    counts = {series_key(counters.ERRORS, {"kind": type(error).__name__}): 1}
    if isinstance(error, AnswerRejectedError):
        return {series_key(counters.GUARD_REJECTIONS, {"reason": error.reason}): 1}
    if isinstance(error, KnowledgeIndexUnavailableError | EmbedderUnavailableError):
        counts[series_key(counters.RAG_QUERIES, {"outcome": "failed"})] = 1
    return counts
