"""State RetrieveKnowledge: what the company knows about it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Protocol

from firstline.domain.clarification import resolved_question
from firstline.domain.conversation import Author, Channel
from firstline.domain.errors import FirstlineError
from firstline.domain.injection import data_risk
from firstline.domain.knowledge import RetrievedKnowledge, SearchFilter
from firstline.domain.languages import is_in
from firstline.domain.mail.asked import asked_in, only_manners, without_mark
from firstline.domain.mail.confidence import sure_language
from firstline.domain.mail.own_words import own_words
from firstline.domain.message_vectors import unpacked
from firstline.domain.reply_language import SURE
from firstline.domain.treatment import Treatment
from firstline.domain.turn import Classification, Intent, Turn
from firstline.services.cached_search import Search
from firstline.services.search_parts import search_parts

_NOTHING_ASKED = (Intent.GREETING, Intent.THANKS, Intent.GOODBYE, Intent.HUMAN_REQUEST)
_LINGUA_FRANCA = "en"
"""Into this a question is translated where the knowledge has it."""


class Translate(Protocol):
    """Has a language model translate a question."""

    def __call__(self, turn: Turn, text: str, language: str, on_failure: Callable[[FirstlineError], None]) -> str:
        """Return the text in a language; empty where it could not be had."""
        ...


def retrieve_knowledge(
    turn: Turn,
    *,
    search: Search,
    languages: Callable[[], Collection[str]],
    limit: int = 5,
    treatment: Treatment | None = None,
    translate: Translate | None = None,
    on_failure: Callable[[FirstlineError], None] = lambda error: None,
) -> RetrievedKnowledge:
    """Search for all that is unanswered, in the light of what the customer said before.

    Articles in the customer's language come first; where none of them answers, those in other languages do. Every
    chunk says how likely it holds an order to the assistant. Each question of a mail is searched for by itself.

    Parameters
    ----------
    languages : callable
        Returns the languages that the knowledge has.
    treatment : Treatment, optional
        What experiments change for this customer.
    translate : callable, optional
        Where the knowledge has nothing good in the customer's language, the question is searched for in one that it
        has as well; the better of the two comes first.
    on_failure : callable
        Told of what failed and was done without.

    Raises
    ------
    KnowledgeIndexUnavailableError, EmbedderUnavailableError, StoreUnavailableError
    """
    treatment = treatment or Treatment()
    if _asks_nothing(turn):
        return RetrievedKnowledge(
            query=turn.question,
            ranked=[],
            confidence=0.0,
            abstained=True,
            reason="nothing_asked",
            treatment=treatment,
        )
    asked_before = [said.text for said in turn.identified.history if said.author is Author.CUSTOMER]
    served = languages()
    only = language_filter(turn.classified, served)
    asked = resolved_question(turn.question, turn.identified.history)
    # Made with the classification, of what was said; a message that chooses a topic means more than it says.
    vector = unpacked(turn.classified.query_vector) if asked == turn.question else None
    asked = without_mark(own_words(asked) if turn.channel is Channel.EMAIL else asked)
    limit = treatment.retrieved or limit

    def find(text: str) -> RetrievedKnowledge:
        is_whole = text == asked
        history, known = (asked_before, vector) if is_whole else ((), None)
        found = search(text, limit=limit, history=history, only=only, relax=True, vector=known)
        target = _translated_into(turn.classified, served, found)
        if translate is not None and target and (other := translate(turn, text, target, on_failure)):
            found = _joined(found, search(other, limit=limit), limit)
        return found

    found = find(asked)
    if turn.channel is Channel.EMAIL:
        join, language = partial(_joined, limit=limit), sure_language(turn.classified)
        found = search_parts(found, asked_in(turn.question), find, limit=limit, join=join, language=language)
    judged = [ranked.model_copy(update={"injection_risk": data_risk(ranked.chunk.text)}) for ranked in found.ranked]
    return found.model_copy(update={"ranked": judged, "treatment": treatment})


def _asks_nothing(turn: Turn) -> bool:
    said = turn.classified
    if turn.channel is Channel.EMAIL and said.intent is not Intent.HUMAN_REQUEST:
        # A mail that thanks in advance, or greets before it asks, is one that asks.
        return only_manners(turn.question, said.intent, said.intent_confidence)
    return said.intent in _NOTHING_ASKED


def language_filter(said: Classification, served: Collection[str]) -> SearchFilter | None:
    """Return the filter for the customer's language; None where it is not sure, or would change nothing.

    Parameters
    ----------
    served : collection of str
        Languages of the knowledge; ``pt-BR`` counts as ``pt``.
    """
    own = frozenset(tag for tag in served if is_in(said.language, tag))
    if said.language_confidence < SURE or not own or len(own) == len(served):
        return None
    return SearchFilter(languages=own)


def _translated_into(said: Classification, served: Collection[str], found: RetrievedKnowledge) -> str:
    """Return the language of the knowledge to translate a question into; empty where it need not be."""
    others = sorted(tag for tag in served if not is_in(said.language, tag))
    answered = not (found.abstained or found.relaxed) and len(others) < len(served)
    if said.language_confidence < SURE or not others or answered:
        return ""
    return next((tag for tag in others if is_in(_LINGUA_FRANCA, tag)), others[0])


def _joined(found: RetrievedKnowledge, translated: RetrievedKnowledge, limit: int) -> RetrievedKnowledge:
    """Return the surer of two searches, and after its chunks those that only the other has found."""
    first, second = (found, translated) if found.confidence >= translated.confidence else (translated, found)
    known = {entry.chunk.chunk_id for entry in first.ranked}
    least = first.ranked[-1].score if first.ranked else 0.0
    more = [] if second.abstained else [entry for entry in second.ranked if entry.chunk.chunk_id not in known]
    added = [entry.model_copy(update={"score": min(least, entry.score)}) for entry in more]
    return first.model_copy(update={"ranked": [*first.ranked, *added][:limit], "cache": found.cache})
