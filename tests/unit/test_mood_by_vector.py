"""What a sentence vector adds to the judgement of mood."""

import dataclasses

import numpy as np
import pytest

from firstline.domain.mood import judge_mood
from firstline.domain.mood_model import VECTOR_SCALE, shipped_mood_model
from firstline.domain.mood_signs import signs_of


def vector_by(odds):
    """A unit vector that tells with these log-odds that a company is written to."""
    weights = shipped_mood_model().customer
    rest = (odds - weights[-1]) / VECTOR_SCALE / (weights[:-1] @ weights[:-1])
    along = weights[:-1] * rest
    assert np.linalg.norm(along) < 1
    beside = np.zeros(384)
    beside[:2] = weights[1], -weights[0]
    return (along + beside / np.linalg.norm(beside) * np.sqrt(1 - along @ along)).astype(np.float32)


@pytest.mark.parametrize(("odds", "least", "most"), [(3.0, 0.0, 0.1), (0.0, 0.45, 0.55), (-3.0, 0.9, 1.0)])
def test_the_vector_tells_chat_from_messages_to_a_company(odds, least, most):
    share = shipped_mood_model().chat_share(signs_of("it did that again"), vector_by(odds))
    assert least <= share <= most


def test_without_a_vector_the_names_of_services_tell_it():
    model = shipped_mood_model()
    assert model.chat_share(signs_of("my invoice is wrong"), None) == 0.0
    assert model.chat_share(signs_of("what a sunset"), None) == 1.0


def test_customers_turns_of_phrase_frustrate_less_in_what_is_plainly_chat():
    text, vector = "great, another sequel", vector_by(0.0)
    to_company, among_people = (
        dataclasses.replace(shipped_mood_model(), customer=np.array([*np.zeros(384), bias]), chat=np.zeros((3, 3)))
        for bias in (20.0, -20.0)
    )
    cross, calm = (judge_mood(text, vector, model=model) for model in (to_company, among_people))
    assert cross.frustration > calm.frustration + 0.1
    assert cross.sentiment < calm.sentiment


def test_turns_of_phrase_in_another_language_count_whatever_the_vector_tells():
    text = "Gracias por nada"
    by_vector = judge_mood(text, vector_by(-3.0))
    assert by_vector.frustration == judge_mood(text).frustration
