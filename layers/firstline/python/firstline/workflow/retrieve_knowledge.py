"""State RetrieveKnowledge: what the company knows about it."""

from __future__ import annotations

from firstline.domain.conversation import Author
from firstline.domain.knowledge import RetrievedKnowledge
from firstline.domain.turn import Intent, Turn
from firstline.services.search_knowledge import SearchKnowledge

_NOTHING_ASKED = (Intent.GREETING, Intent.THANKS, Intent.GOODBYE, Intent.HUMAN_REQUEST)


def retrieve_knowledge(turn: Turn, *, search: SearchKnowledge, limit: int = 5) -> RetrievedKnowledge:
    """Search for all that is unanswered, in the light of what the customer said before.

    Raises
    ------
    KnowledgeIndexUnavailableError, EmbedderUnavailableError
    """
    if turn.classified.intent in _NOTHING_ASKED:
        return RetrievedKnowledge(
            query=turn.question, ranked=[], confidence=0.0, abstained=True, reason="nothing_asked"
        )
    asked_before = [said.text for said in turn.identified.history if said.author is Author.CUSTOMER]
    return search(turn.question, limit=limit, history=asked_before)
