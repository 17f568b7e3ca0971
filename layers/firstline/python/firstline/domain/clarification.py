"""Asking back which of two topics is meant, and reading the answer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from firstline.domain.conversation import Author
from firstline.domain.knowledge import Chunk, RetrievedKnowledge
from firstline.domain.lexical import terms
from firstline.domain.lexicon import normalised
from firstline.domain.locales import languages, text
from firstline.domain.questions import split_questions
from firstline.domain.turn import HistoryMessage

NEAR = 0.2
"""Fused scores so near to each other are equal."""

_CHOICE_WORDS = 6
"""A longer message is no choice by number."""
_TOPIC_WORDS = 12
"""A longer message is a question of its own."""
_OFFERED = re.compile(r"^([12])\. (.+)$", re.MULTILINE)


def ambiguous_topics(found: RetrievedKnowledge) -> tuple[str, str] | None:
    """Return the names of the two topics that are equally near; None where one is nearer, or several things are asked.

    A section and the frequent question that leads to it are one topic, and so are two that hold the same words.
    """
    if found.abstained or not found.ranked or split_questions(found.query):
        return None
    first = found.ranked[0]
    other = next((entry for entry in found.ranked[1:] if not _same_topic(first.chunk, entry.chunk)), None)
    if other is None or first.score - other.score >= NEAR:
        return None
    return topic_name(first.chunk), topic_name(other.chunk)


def nearest_topics(found: RetrievedKnowledge) -> tuple[str, ...]:
    """Return the names of the two nearest topics, to ask which one is meant; none where there are not two."""
    for other in found.ranked[1:]:
        if not _same_topic(found.ranked[0].chunk, other.chunk):
            return topic_name(found.ranked[0].chunk), topic_name(other.chunk)
    return ()


def topic_name(chunk: Chunk) -> str:
    """Return what a chunk is about, in the words of its question or heading."""
    return chunk.question or (chunk.heading_path[-1] if chunk.heading_path else chunk.title)


def resolved_question(said: str, history: Sequence[HistoryMessage]) -> str:
    """Return what a message means that chooses between two topics: the question before, and the topic's name.

    Parameters
    ----------
    said : str
        The customer's newest message.
    history : sequence of HistoryMessage
        What was said before, oldest first.

    Returns
    -------
    str
        ``said`` itself where the message before did not ask back about two topics, or this one chooses neither.
    """
    if not history or history[-1].author is not Author.BOT:
        return said
    topic = _chosen(said, _offered(history[-1].text))
    before = next((entry.text for entry in reversed(history) if entry.author is Author.CUSTOMER), "")
    return f"{before}\n{topic}".strip() if topic else said


def _offered(asked: str) -> tuple[str, ...]:
    """Return the two topics that a message of ours asks to choose from; none where it asks for no choice."""
    heads = (text("clarify_topics", language).partition("{first}")[0] for language in languages())
    if not any(asked.startswith(head) for head in heads):
        return ()
    return tuple(name for _, name in _OFFERED.findall(asked))


def _chosen(said: str, topics: Sequence[str]) -> str:
    words = re.findall(r"\w+", normalised(said))
    if len(topics) != 2 or len(words) > _TOPIC_WORDS:
        return ""
    own = [set(terms(topics[0])) - set(terms(topics[1])), set(terms(topics[1])) - set(terms(topics[0]))]
    shared = [len(distinct.intersection(terms(said))) for distinct in own]
    if shared[0] != shared[1]:
        return topics[shared.index(max(shared))]
    if len(words) > _CHOICE_WORDS:
        return ""
    numbered = [
        any(word in text(key, language).split("|") for word in words for language in languages())
        for key in ("choose_first", "choose_second")
    ]
    return topics[numbered.index(True)] if numbered[0] != numbered[1] else ""


def _same_topic(first: Chunk, other: Chunk) -> bool:
    if _address(first) == _address(other) or topic_name(first) == topic_name(other):
        return True
    return set(terms(topic_name(first))) == set(terms(topic_name(other)))


def _address(chunk: Chunk) -> str:
    return chunk.url if "#" in chunk.url else f"{chunk.url or chunk.source}#{chunk.anchor}"
