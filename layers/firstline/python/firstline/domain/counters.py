"""What is counted, under which names, and how a counted series is written as one word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_NOT_OF_A_VALUE = re.compile(r"[^A-Za-z0-9_.:+-]")
_LONGEST_VALUE = 64

MESSAGES = "chat_messages_total"
DURATION = "chat_message_duration_seconds"
ESCALATIONS = "chat_escalations_total"
RAG_QUERIES = "rag_queries_total"
ATTACHMENTS = "attachment_processing_total"
ERRORS = "errors_total"
TOOL_CALLS = "tool_calls_total"
APPROVALS = "approvals_total"
MODEL_FAILURES = "language_model_failures_total"
MODEL_COST = "language_model_microdollars_total"
CACHE_REQUESTS = "cache_requests_total"
GUARD_REJECTIONS = "guard_rejections_total"
MAILS = "mails_unsent_total"

COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    MESSAGES: ("Customer messages that were answered, or went to a person", ("channel",)),
    ESCALATIONS: ("Turns that were handed over to a person", ("reason",)),
    RAG_QUERIES: (
        "Searches of the knowledge: found or abstained as answered, failed per try",
        ("outcome",),
    ),
    ATTACHMENTS: ("Attachments that were read, or refused", ("kind", "outcome")),
    ERRORS: ("Failures by their class", ("kind",)),
    TOOL_CALLS: ("Calls of support tools", ("tool", "outcome")),
    APPROVALS: ("What needed a person's approval, by what became of it", ("tool", "status")),
    MODEL_FAILURES: ("Failures of single language models, also where another answered", ("model", "kind")),
    MODEL_COST: ("Millionths of a dollar that answers have cost, by their real usage", ()),
    CACHE_REQUESTS: ("Searches and answers that might be cached, by where they came from", ("cache", "outcome")),
    MAILS: ("Mails to customers that did not leave: failed and unknown per try, else why", ("kind", "outcome")),
    GUARD_REJECTIONS: ("Drafts of answers that were held back, by the reason", ("reason",)),
}
"""Meaning and labels of every counter."""

DURATION_HELP = "From the acceptance of a message to the commit of its reply"
DURATION_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 60.0)
"""Upper bounds of the histogram's buckets, in seconds; one more is open to the top."""

_BUCKET = f"{DURATION}_bucket"
_SUM = f"{DURATION}_sum_us"


class Series(NamedTuple):
    """One counted series: a name, and the values of its labels."""

    name: str
    labels: Mapping[str, str]


def series_key(name: str, labels: Mapping[str, str]) -> str:
    """Return a series as one word, ``name|label=value,label=value``, labels in order.

    What no label's value may hold becomes ``_``.

    Raises
    ------
    ValueError
        A name is not small letters, digits and underscores.
    """
    if not all(_NAME.fullmatch(word) for word in (name, *labels)):
        raise ValueError(f"not a name of a series: {name} {sorted(labels)}")
    pairs = (f"{key}={_NOT_OF_A_VALUE.sub('_', value)[:_LONGEST_VALUE]}" for key, value in sorted(labels.items()))
    return f"{name}|{','.join(pairs)}"


def parse_series_key(key: str) -> Series:
    """Return what ``series_key`` made the word of."""
    name, _, pairs = key.partition("|")
    return Series(name, dict(pair.split("=", 1) for pair in pairs.split(",") if pair))


def duration_counts(seconds: float) -> dict[str, int]:
    """Return what one observed duration, >= 0, adds: one to its bucket, and its microseconds to the sum."""
    bound = next((f"{bound:g}" for bound in DURATION_BOUNDS if seconds <= bound), "+Inf")
    return {series_key(_BUCKET, {"le": bound}): 1, series_key(_SUM, {}): round(seconds * 1e6)}


def duration_histogram(totals: Mapping[str, int]) -> tuple[list[tuple[str, int]], float]:
    """Return cumulative counts by upper bound, in their order, and the sum in seconds."""
    cumulative, counted = [], 0
    for bound in (*(f"{bound:g}" for bound in DURATION_BOUNDS), "+Inf"):
        counted += totals.get(series_key(_BUCKET, {"le": bound}), 0)
        cumulative.append((bound, counted))
    return cumulative, totals.get(series_key(_SUM, {}), 0) / 1e6
