"""What a classifier says of a text: a label, how sure it is, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

EvidenceKind = Literal["phrase", "example", "rule", "feature"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for a judgement, for people to read."""

    kind: EvidenceKind
    text: str
    """The phrase, the example's text, or the name of the rule or feature."""
    weight: float
    """How much it counted; positive speaks for the label. Comparable within one kind only."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A label with its calibrated confidence."""

    label: str
    confidence: float
    """Probability that the label is right, in [0, 1]."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """Probability of each label, in [0, 1]; they sum to 1."""
    out_of_scope: float = 0.0
    """How likely the text is about none of the labels, in [0, 1]."""
    because: tuple[Evidence, ...] = ()
    """Strongest first."""
