"""Asking back which of two topics is meant, and reading the answer."""

from __future__ import annotations

import pytest

from firstline.domain.clarification import ambiguous_topics, resolved_question
from firstline.domain.conversation import Author
from firstline.domain.knowledge import Chunk, RankedChunk, RetrievedKnowledge
from firstline.domain.phrases import clarifying_text
from firstline.domain.turn import HistoryMessage

MEMBER, WORKSPACE = "Delete a member for good", "Delete the whole workspace"
ASKED_BACK = [
    HistoryMessage(author=Author.CUSTOMER, text="How do I delete it?"),
    HistoryMessage(author=Author.BOT, text=clarifying_text((MEMBER, WORKSPACE))),
]


def ranked(heading: str, score: float, *, url: str = "", question: str = "") -> RankedChunk:
    chunk = Chunk(
        chunk_id=heading,
        source="articles/people.md",
        title="People",
        heading_path=() if question else (heading,),
        anchor=heading.lower().replace(" ", "-"),
        text="Text.",
        position=0,
        url=url,
        question=question,
        content_hash="1",
    )
    return RankedChunk(chunk=chunk, score=score, distance=0.3)


def found(query: str, *entries: RankedChunk, abstained: bool = False) -> RetrievedKnowledge:
    return RetrievedKnowledge(query=query, ranked=list(entries), confidence=0.9, abstained=abstained)


def test_two_topics_equally_near_are_named() -> None:
    near = found("delete", ranked(MEMBER, 2.1), ranked(WORKSPACE, 2.0), ranked("Other", 1.0))
    assert ambiguous_topics(near) == (MEMBER, WORKSPACE)


@pytest.mark.parametrize(
    "knowledge",
    [
        found("delete", ranked(MEMBER, 2.1), ranked(WORKSPACE, 1.8)),
        found("delete", ranked(MEMBER, 2.1)),
        found("delete"),
        found("delete", ranked(MEMBER, 2.1), ranked(WORKSPACE, 2.0), abstained=True),
        found("How do I delete a member and where are my invoices?", ranked(MEMBER, 2.1), ranked("Invoices", 2.1)),
        found(
            "delete",
            ranked(MEMBER, 2.1, url="https://h.example/people"),
            ranked("q1", 2.1, url="https://h.example/people#delete-a-member-for-good", question="How do I delete one?"),
        ),
        found("delete", ranked("Delete members", 2.1), ranked("Deleting a member", 2.1)),
    ],
    ids=["nearer", "alone", "nothing", "abstained", "two questions", "faq and its section", "same words"],
)
def test_nothing_is_asked_back_where_one_topic_is_meant(knowledge: RetrievedKnowledge) -> None:
    assert ambiguous_topics(knowledge) is None


@pytest.mark.parametrize(
    ("said", "topic"),
    [
        ("2", WORKSPACE),
        ("1.", MEMBER),
        ("the first one please", MEMBER),
        ("The second!", WORKSPACE),
        ("the other", WORKSPACE),
        ("the workspace", WORKSPACE),
        ("a member of my team", MEMBER),
        ("I mean deleting the whole thing", WORKSPACE),
    ],
)
def test_the_next_message_resolves_it(said: str, topic: str) -> None:
    assert resolved_question(said, ASKED_BACK) == f"How do I delete it?\n{topic}"


@pytest.mark.parametrize("said", ["both", "neither", "delete", "How do I export all of my shifts to a file?", ""])
def test_a_message_that_chooses_neither_stays_as_it_is(said: str) -> None:
    assert resolved_question(said, ASKED_BACK) == said


def test_a_number_after_another_message_is_no_choice() -> None:
    listed = HistoryMessage(author=Author.BOT, text="These are the steps:\n\n1. Open it.\n2. Close it.")
    assert resolved_question("2", [ASKED_BACK[0], listed]) == "2"
    assert resolved_question("2", [*ASKED_BACK, HistoryMessage(author=Author.AGENT, text="Hello")]) == "2"
    assert resolved_question("2", []) == "2"
