"""Answers that the model wrote before to the same question on the same knowledge."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from firstline.domain.context import Passage
from firstline.domain.errors import StoreError
from firstline.domain.masking import mask
from firstline.domain.turn import Citation, ResolutionMethod, Strategy, Turn
from firstline.services.cache import Cache
from firstline.services.model_messages import tone_in_words
from firstline.services.prompts import answer_prompt, prompt_of
from firstline.services.writing import ModelUse, Writing
from firstline.services.written import Making, Written

_FORMAT = 1
"""Of what is kept; another one never reads it."""


class AnswerCache:
    """Only what any stranger may be told: a first question without personal data, of somebody of whom nothing is
    known, answered from articles alone, in words without personal data.

    The key holds the question but for case and spaces, the knowledge's version and the very passages, the prompt's
    hash, the strategy, the tone, the language, the customer's tier, and what else decides how the model writes.

    Parameters
    ----------
    knowledge_version : callable
        Returns a number that another takes the place of whenever what can be found changes.
    settings : mapping
        What else an answer depends on, such as the model's name and the audiences served.
    """

    def __init__(
        self,
        cache: Cache,
        *,
        knowledge_version: Callable[[], int],
        settings: dict[str, Any],
        on_failure: Callable[[StoreError], None] = lambda error: None,
    ) -> None:
        self._cache = cache
        self._knowledge_version = knowledge_version
        self._settings = settings
        self._on_failure = on_failure

    def key(self, turn: Turn, sources: Sequence[Passage], strategy: Strategy) -> dict[str, Any] | None:
        """Return all that an answer depends on; None where it may not be cached."""
        if not self._cache.is_on or not sources or not _is_anybodys(turn):
            return None
        try:
            version = self._knowledge_version()
        except StoreError as error:
            self._on_failure(error)
            return None
        said, customer = turn.classified, turn.identified.customer
        return {
            "format": _FORMAT,
            "question": " ".join(turn.question.casefold().split()),
            "knowledge": version,
            "sources": [[chunk.content_hash for chunk in passage.chunks] for passage in sources],
            "prompt": prompt_of(turn).sha256,
            "strategy": strategy.value,
            "tone": tone_in_words(turn),
            "language": said.language,
            "tier": customer.tier.value,
            "channel": turn.channel.value,
            "relationship": customer.relationship_stage.value,
            **self._settings,
        }

    def get(self, key: dict[str, Any]) -> Written | None:
        """Return the answer that was written before."""
        body, use = self._cache.get(key)
        if body is None:
            return None
        kept = json.loads(body)
        making = Making(
            prompt_sha256=key["prompt"],
            prompt_version=answer_prompt().version,
            context=tuple(kept["context"]),
            use=ModelUse(model=kept["model"]),
            guard=tuple(kept["guard"]),
            cache=use,
        )
        citations = [Citation.model_validate(one) for one in kept["citations"]]
        return Written(kept["text"], citations, ResolutionMethod.MODEL, making)

    def put(self, key: dict[str, Any], written: Written, writing: Writing) -> None:
        """Keep an answer, unless tools or personal data are in it, or it was written a second time."""
        if writing.tools or writing.rejections or mask(written.text) != written.text:
            return
        kept = {
            "text": written.text,
            "citations": [citation.model_dump(mode="json") for citation in written.citations],
            "context": written.making.context,
            "guard": written.making.guard,
            "model": written.making.use.model,
        }
        self._cache.put(key, json.dumps(kept, ensure_ascii=False))


def _is_anybodys(turn: Turn) -> bool:
    asked = turn.identified
    known = asked.history or asked.summary or asked.memory or asked.attachments or asked.earlier_attachments
    return not known and not asked.customer.insights.topics and mask(turn.question) == turn.question
