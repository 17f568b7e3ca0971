"""How messages are understood: the classifiers, the company's own intents, a model where they are unsure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from firstline.observability import logger
from firstline.ports import Ports
from firstline.repositories.own_labels import ExampleFiles, OwnModels
from firstline.services.own_intents import OwnIntents
from firstline.settings import Settings
from firstline.workflow.classify_query import ClassifyParts, listed

if TYPE_CHECKING:
    from firstline.services.model_budget import ModelBudget


def assemble_own_intents(ports: Ports) -> OwnIntents:
    """Build what learns the company's own intents and categories, and judges them."""
    return OwnIntents(
        ExampleFiles(ports.objects),
        OwnModels(ports.table),
        ports.embedder,
        clock=ports.clock,
        on_failure=lambda error: logger.warning(
            "own intents judged as they were", extra={"error": type(error).__name__}
        ),
    )


def assemble_understanding(
    settings: Settings, ports: Ports, own_intents: OwnIntents, *, budget: Callable[[], ModelBudget]
) -> ClassifyParts:
    """Build what the state ClassifyQuery works with."""
    settle_unsure = None
    if settings.classify_with_model and ports.language_model is not None:
        from firstline.services.booked_question import BookedQuestion
        from firstline.services.settle_unsure import SettleUnsure

        question = BookedQuestion(ports.language_model, budget(), mask_model_input=settings.mask_model_input)
        settle_unsure = SettleUnsure(question)
    keywords = listed(settings.frustration_keywords)
    return ClassifyParts(ports.embedder, own_intents, settle_unsure, keywords, settings.sentiment_threshold)
