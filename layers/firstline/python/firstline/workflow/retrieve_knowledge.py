"""State RetrieveKnowledge: what the company knows about it."""

from __future__ import annotations

from collections.abc import Callable, Collection

from firstline.domain.clarification import resolved_question
from firstline.domain.conversation import Author
from firstline.domain.injection import data_risk
from firstline.domain.knowledge import RetrievedKnowledge, SearchFilter
from firstline.domain.turn import Classification, Intent, Turn
from firstline.services.cached_search import Search

_NOTHING_ASKED = (Intent.GREETING, Intent.THANKS, Intent.GOODBYE, Intent.HUMAN_REQUEST)
_SURE_LANGUAGE = 0.51
"""98.7 % of texts judged so sure are of that language (ten languages, 4,000 texts from one word pair to a sentence);
with one telling word, .5, it is 93 %."""


def retrieve_knowledge(
    turn: Turn, *, search: Search, languages: Callable[[], Collection[str]], limit: int = 5
) -> RetrievedKnowledge:
    """Search for all that is unanswered, in the light of what the customer said before.

    Articles in the customer's language come first; where none of them answers, those in other languages do. Every
    chunk says how likely it holds an order to the assistant.

    Parameters
    ----------
    languages : callable
        Returns the languages that the knowledge has.

    Raises
    ------
    KnowledgeIndexUnavailableError, EmbedderUnavailableError, StoreUnavailableError
    """
    if turn.classified.intent in _NOTHING_ASKED:
        return RetrievedKnowledge(
            query=turn.question, ranked=[], confidence=0.0, abstained=True, reason="nothing_asked"
        )
    asked_before = [said.text for said in turn.identified.history if said.author is Author.CUSTOMER]
    only = language_filter(turn.classified, languages())
    asked = resolved_question(turn.question, turn.identified.history)
    found = search(asked, limit=limit, history=asked_before, only=only, relax=True)
    judged = [ranked.model_copy(update={"injection_risk": data_risk(ranked.chunk.text)}) for ranked in found.ranked]
    return found.model_copy(update={"ranked": judged})


def language_filter(said: Classification, served: Collection[str]) -> SearchFilter | None:
    """Return the filter for the customer's language; None where it is not sure, or would change nothing.

    Parameters
    ----------
    served : collection of str
        Languages of the knowledge; ``pt-BR`` counts as ``pt``.
    """
    own = frozenset(tag for tag in served if tag.lower().replace("_", "-").partition("-")[0] == said.language)
    if said.language_confidence < _SURE_LANGUAGE or not own or len(own) == len(served):
        return None
    return SearchFilter(languages=own)
