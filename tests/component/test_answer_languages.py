"""Customers are answered in their language: from their articles, others with a notice, by a translated search."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstline.domain.errors import LanguageModelUnavailableError
from firstline.domain.locales import text
from firstline.services.prompts import translate_prompt
from tests.component.scripted_model import ScriptedModel
from tests.component.world import World

SPANISH = """---
title: Pedidos
language: es
---
## Cambiar la dirección de entrega

Para cambiar la dirección de entrega abre tu pedido y elige Editar dirección antes del envío.
"""


def replied(world: World, said: str) -> dict[str, object]:
    reply: dict[str, object] = world.ask(world.open(), said)["reply"]
    return reply


def test_an_article_in_the_customers_language_is_quoted_without_a_notice(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.ports.objects.write("articles/pedidos.md", SPANISH.encode())
    world.container.ingest_knowledge.sync()
    reply = replied(world, "Hola, ¿cómo puedo cambiar la dirección de entrega de mi pedido?")
    assert "elige Editar dirección antes del envío" in str(reply["text"])
    assert text("answer_other_language", "es") not in str(reply["text"])
    assert reply["citations"]


def test_an_article_in_another_language_is_quoted_with_a_notice_in_the_customers(tmp_path: Path) -> None:
    reply = replied(World(tmp_path), "Wie mache ich das bitte: timesheets export CSV Reports page?")
    told = str(reply["text"])
    assert text("answer_other_language", "de") in told
    assert reply["citations"]
    assert reply["resolution_method"] == "extractive"


@pytest.mark.parametrize(
    ("said", "key", "language"),
    [
        ("muchas gracias por la ayuda", "thanks", "es"),
        ("bardzo dziękuję za pomoc", "thanks", "pl"),
        ("助かりました、ありがとうございます", "thanks", "ja"),
    ],
)
def test_small_talk_is_answered_in_its_language(tmp_path: Path, said: str, key: str, language: str) -> None:
    assert replied(World(tmp_path), said)["text"] == text(key, language)


def test_a_question_is_searched_for_in_the_knowledges_language_too_and_translated_once(tmp_path: Path) -> None:
    answer = "Öffnen Sie die Anmeldeseite und klicken Sie auf den Link im Formular [1]."
    model = ScriptedModel(["how do I reset my forgotten password?"], [answer], [answer])
    world = World(tmp_path, model=model, classify_with_model=False)
    question = "Wie kann ich ein vergessenes Kennwort wieder neu setzen?"
    turn = world.ask(world.open(), question)
    assert model.requests[0].system == translate_prompt().text
    assert model.requests[0].messages[0].text == f"English\n{question}"
    assert turn["knowledge"]["ranked"][0]["chunk"]["anchor"] == "reset-your-password"
    assert turn["reply"]["text"].startswith("Öffnen Sie")
    assert [citation["number"] for citation in turn["reply"]["citations"]] == [1]
    world.ask(world.open(), question)
    assert sum(request.system == translate_prompt().text for request in model.requests) == 1


@pytest.mark.parametrize("translation", ["", "x" * 2_000])
def test_without_a_usable_translation_the_question_is_searched_for_as_it_is(tmp_path: Path, translation: str) -> None:
    def fail() -> None:
        raise LanguageModelUnavailableError("away")

    steps = [translation] if translation else [fail]
    model = ScriptedModel(steps, [fail], [fail])
    world = World(tmp_path, model=model, classify_with_model=False)
    document = world.ask(world.open(), "Wie mache ich das bitte: timesheets export CSV Reports page?")
    assert model.requests[0].system == translate_prompt().text
    assert document["knowledge"]["query"].startswith("Wie mache ich")
    assert text("answer_other_language", "de") in document["reply"]["text"]
