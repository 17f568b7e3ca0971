"""How messages are understood: the classifiers, the company's own intents, a model where they are unsure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from firstline.ports import Ports
from firstline.settings import Settings
from firstline.workflow.classify_query import ClassifyParts, OwnIntents

if TYPE_CHECKING:
    from firstline.services.model_budget import ModelBudget


def assemble_understanding(
    settings: Settings, ports: Ports, own_intents: OwnIntents, *, budget: Callable[[], ModelBudget]
) -> ClassifyParts:
    """Build what the state ClassifyQuery works with."""
    settle_unsure = None
    if settings.classify_with_model and ports.language_model is not None:
        from firstline.services.settle_unsure import SettleUnsure

        settle_unsure = SettleUnsure(ports.language_model, budget(), mask_model_input=settings.mask_model_input)
    keywords = tuple(word.strip() for word in settings.frustration_keywords.split(",") if word.strip())
    return ClassifyParts(ports.embedder, own_intents, settle_unsure, keywords)
