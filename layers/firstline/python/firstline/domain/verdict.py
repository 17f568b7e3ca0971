"""Whether the sources bear a sentence out far enough for it to leave."""

from __future__ import annotations

from firstline.domain.grounding import FEATURES, Support, grounded
from firstline.domain.guard_result import GuardReason

LEAST_COVERED = 0.5
"""Below this share of what a sentence says that the sources have, it is held back."""
LEAST_SCORE = 0.03
"""Below this score a sentence is held back whatever its words; from .05 on, freely worded right sentences would be."""
CLOSE, TURNED = 0.85, 0.35
"""So close to the sources, a sentence is held back where the score says that it turns them round."""

_SHARES = [FEATURES.index(name) for name in ("covered", "covered_by_evidence", "pairs")]
_TURNS = [FEATURES.index(name) for name in ("negations", "restrictions", "turned_clauses", "opposite_clauses")]


def covered(measured: Support) -> float:
    """Return what share of a sentence the sources have: its words anywhere, in few places, and side by side."""
    anywhere, in_few_places, side_by_side = (measured.features[place] for place in _SHARES)
    return float(0.4 * anywhere + 0.4 * in_few_places + 0.2 * side_by_side)


def verdict(measured: Support) -> GuardReason | None:
    """Tell whether a sentence is held back for what the sources say of it, and why; None where it may leave.

    Parameters
    ----------
    measured : Support
        Of the sentence without figures and names that may be said all the same.
    """
    share = covered(measured)
    if share < LEAST_COVERED or grounded([measured]) < LEAST_SCORE:
        return GuardReason.UNGROUNDED
    turns = share >= CLOSE and any(measured.features[place] for place in _TURNS)
    return GuardReason.CONTRADICTED if turns and grounded([measured]) < TURNED else None
