"""Tool ``search_faq``: the help articles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from firstline.domain.errors import KnowledgeError
from firstline.domain.knowledge import RankedChunk, RetrievedKnowledge
from firstline.domain.tool_catalogue import BY_NAME, bounded
from firstline.domain.tool_errors import ToolFailedError
from firstline.domain.tools import ToolOutcome, ToolStatus
from firstline.domain.turn import Turn
from firstline.services.tools.tool import BuiltInTool, Effect

_LONGEST_TEXT = 1_200


class SearchFaqTool(BuiltInTool):
    """What is found are sources of the answer like those that retrieval gave (``ToolOutcome.found``).

    Parameters
    ----------
    search : callable
        ``SearchKnowledge``: query and limit to what was found.
    """

    specification = BY_NAME["search_faq"]

    def __init__(self, search: Callable[..., RetrievedKnowledge]) -> None:
        self._search = search

    def use(self, turn: Turn, arguments: Mapping[str, Any], *, key: str) -> Effect:
        """Search. Raises ``ToolFailedError``."""
        try:
            found = self._search(str(arguments["query"]), limit=int(arguments["limit"]))
        except KnowledgeError as error:
            raise ToolFailedError("the articles cannot be searched now") from error
        ranked = () if found.abstained else tuple(found.ranked)
        content = bounded({"articles": [_told(entry) for entry in ranked]})
        return Effect(ToolOutcome(ToolStatus.DONE, content, found=ranked))


def _told(entry: RankedChunk) -> dict[str, str]:
    chunk = entry.chunk
    return {"title": chunk.heading, "text": chunk.text[:_LONGEST_TEXT], "url": chunk.url}
