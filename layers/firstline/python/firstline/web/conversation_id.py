"""The id of a conversation in a path."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path

from firstline.domain.errors import NotFoundError
from firstline.domain.text import is_id


def conversation_id_of(
    conversation_id: Annotated[str, Path(max_length=64, description="Id of the conversation (`thread_id`)")],
) -> str:
    """Return the id in the path. Raises ``NotFoundError`` where it can be none."""
    if not is_id(conversation_id):
        raise NotFoundError("no such conversation")
    return conversation_id


ConversationId = Annotated[str, Depends(conversation_id_of)]
