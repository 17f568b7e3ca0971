"""Customers are answered from articles in their language where there are such, and from others where there are not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from firstline.domain.classification import classify
from firstline.domain.ingestion import IngestionReport
from firstline.domain.injection import data_risk
from firstline.domain.knowledge import SearchFilter
from firstline.domain.knowledge_audit import KnowledgeAudit
from firstline.services.knowledge_languages import KnowledgeLanguages
from firstline.workflow.retrieve_knowledge import language_filter
from tests.component.world import HandClock, World

GERMAN = b"""---
title: Konten
language: de
---
## Passwort reset

Wie setze ich mein forgotten password reset: ich klicke auf Passwort reset und warte auf die Mail.
"""
ENGLISH_QUESTION = "how do I reset my forgotten password?"
GERMAN_QUESTION = "wie kann ich mein forgotten password reset machen?"


@pytest.fixture
def bilingual(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.ports.objects.write("articles/konten.md", GERMAN)
    world.container.ingest_knowledge.sync()
    return world


def searched(world: World, question: str) -> dict[str, Any]:
    """Return what the search finds, without a filter by language; the node adds how risky each passage is."""
    knowledge: dict[str, Any] = world.container.search_knowledge(question).model_dump(mode="json")
    for entry in knowledge["ranked"]:
        entry["injection_risk"] = data_risk(entry["chunk"]["text"])
    return knowledge


def found(world: World, question: str) -> dict[str, Any]:
    conversation = world.open()
    knowledge: dict[str, Any] = world.run(conversation, world.say(conversation, question), until="RetrieveKnowledge")[
        "knowledge"
    ]
    return knowledge


def languages(knowledge: dict[str, Any]) -> list[str]:
    return [entry["chunk"]["language"] for entry in knowledge["ranked"]]


def test_each_customer_gets_the_articles_of_their_language(bilingual: World) -> None:
    assert set(languages(found(bilingual, GERMAN_QUESTION))) == {"de"}
    assert set(languages(found(bilingual, ENGLISH_QUESTION))) == {"en"}
    without = bilingual.container.search_knowledge(GERMAN_QUESTION)
    assert {entry.chunk.language for entry in without.ranked} == {"de", "en"}


def test_what_the_own_language_lacks_is_answered_from_another(bilingual: World) -> None:
    knowledge = found(bilingual, "wie mache ich das mit timesheets export CSV Reports page?")
    assert (knowledge["relaxed"], knowledge["abstained"]) == (True, False)
    assert knowledge["ranked"][0]["chunk"]["anchor"] == "export-timesheets"


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tell whether the same was found; the vector that travels with the turn is rounded to 16 bits."""
    places = [[entry["chunk"]["chunk_id"] for entry in knowledge["ranked"]] for knowledge in (one, other)]
    kinds = [(knowledge["abstained"], knowledge["relaxed"]) for knowledge in (one, other)]
    return places[0] == places[1] and kinds[0] == kinds[1]


@pytest.mark.parametrize("question", [ENGLISH_QUESTION, GERMAN_QUESTION, "comment est-ce que je paye la facture ?"])
def test_with_articles_of_one_language_nothing_changes(world: World, question: str) -> None:
    assert same(found(world, question), searched(world, question))


@pytest.mark.parametrize("question", ["password", "comment est-ce que je paye la facture ?", "12345"])
def test_nothing_is_filtered_where_the_language_is_unsure_or_has_no_article(bilingual: World, question: str) -> None:
    assert same(found(bilingual, question), searched(bilingual, question))


@pytest.mark.parametrize(
    ("served", "kept"),
    [
        ({"en"}, None),
        ({"de"}, None),
        ({"en", "fr"}, None),
        (set(), None),
        ({"en", "de"}, {"de"}),
        ({"en", "de-AT", "DE_ch"}, {"de-AT", "DE_ch"}),
        ({"en", "den"}, None),
    ],
)
def test_the_filter_names_the_tags_of_the_customers_language_and_only_where_others_are_there(
    served: set[str], kept: set[str] | None
) -> None:
    expected = SearchFilter(languages=frozenset(kept)) if kept else None
    assert language_filter(classify("wie kann ich mein Passwort ändern?"), served) == expected


def test_the_languages_are_looked_up_again_after_five_minutes() -> None:
    clock, counted = HandClock(), {"en": 3}
    reports = [None, IngestionReport(), IngestionReport(audit=KnowledgeAudit(languages=counted))]
    known = KnowledgeLanguages(lambda: reports[0], clock)
    assert known() == frozenset()
    reports.pop(0)
    assert known() == frozenset()
    clock.forward(301)
    assert known() == frozenset()
    reports.pop(0)
    clock.forward(299)
    assert known() == frozenset()
    clock.forward(2)
    assert known() == {"en"}
