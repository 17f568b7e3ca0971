"""What a running Firstline does at night, put together when it is asked for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from firstline.container import Container
from firstline.domain.errors import FirstlineError
from firstline.language_models import batch_model
from firstline.observability import logger
from firstline.repositories.drafts import DraftRepository
from firstline.repositories.reviews import ReviewRepository
from firstline.services.learn_nightly import LearnNightly
from firstline.services.review_conversations import ReviewConversations
from firstline.settings import Settings

if TYPE_CHECKING:
    from firstline.domain.batch_ports import BatchModel


def learn_nightly(container: Container, *, batch: BatchModel | None = None) -> LearnNightly:
    """Build the nightly run.

    Parameters
    ----------
    batch : BatchModel, optional
        Another model for the weekly review than the one that the settings name.
    """
    learning = container.learning

    def review() -> ReviewConversations:
        return ReviewConversations(
            container.receipts,
            learning.decisions,
            container.turns,
            container.conversations,
            container.record_gap,
            DraftRepository(container.ports.table),
            container.manage_drafts,
            ReviewRepository(container.ports.table),
            batch or _batch_of(container.settings),
            clock=container.ports.clock,
        )

    return LearnNightly(
        learning.options,
        learning.settle,
        learning.guard,
        learning.policies,
        learning.arms,
        learning.decisions,
        learning.hours,
        learning.report,
        container.report_gaps,
        review,
        clock=container.ports.clock,
        on_failure=_log_failure,
    )


def _batch_of(settings: Settings) -> BatchModel | None:
    if settings.runtime == "aws" and settings.anthropic_secret_arn:
        from firstline.adapters.aws.model_key import model_key

        return batch_model(settings, partial(model_key, settings.anthropic_secret_arn))
    return batch_model(settings, settings.anthropic_api_key)


def _log_failure(step: str, error: FirstlineError) -> None:
    logger.error("a step of the night failed", extra={"step": step, "error": type(error).__name__})
