"""Names that settings of the learner may have, without what stands behind them: numpy is slow to import."""

from __future__ import annotations

from typing import Final

_CONTEXT_FREE = ("epsilon-greedy", "ucb1", "thompson", "gaussian-thompson")
_LINEAR = ("linucb", "lints")

POLICIES: Final = (
    *("fixed", "uniform", *_CONTEXT_FREE, *_LINEAR),
    *(f"{memory}-{name}" for memory in ("discounted", "sliding") for name in (*_CONTEXT_FREE, *_LINEAR)),
    "q-learning",
)
"""Those of ``policies.registry.STORED_POLICIES``."""

TOPICS: Final = (
    *("billing_dispute", "security", "law", "money", "technical_support", "billing_inquiry", "feature_request"),
    *("bug_report", "account_management", "general_inquiry"),
)
"""Those that ``learning_context.topics_of`` may name."""

REWARD_PRESETS: Final = ("observed-1", "published-1")
"""Those of ``rewards.presets``."""
