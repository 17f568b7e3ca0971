"""What every task of ``scripts/evaluate`` returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NotRequired, TypedDict

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and how much there is."""


class EvaluationResult(TypedDict):
    """What ``scripts/evaluate --json`` prints."""

    task: str
    data: str
    n: int
    seconds: float
    ours: dict[str, Any]
    """Scores by measure; a measure such as ``per_type`` is an object of scores."""
    peers: dict[str, dict[str, Any]]
    notes: list[str]
    ablation: NotRequired[dict[str, dict[str, float]]]
    """Our scores by the part that was left out."""
