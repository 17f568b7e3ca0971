"""What a model that does not fit says: never the words that it was given."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from pydantic import BaseModel, ValidationError

import firstline.domain
import firstline.nodes
import firstline.repositories
from firstline.domain.turn import Turn
from firstline.nodes import NodeInput


def models() -> Iterator[type[BaseModel]]:
    names = ["firstline.nodes"]
    for package in (firstline.domain, firstline.repositories):
        names += [f"{package.__name__}.{found.name}" for found in pkgutil.iter_modules(package.__path__)]
    for name in names:
        for found in vars(importlib.import_module(name)).values():
            if isinstance(found, type) and issubclass(found, BaseModel) and found.__module__ == name:
                yield found


def test_every_model_that_is_read_from_a_store_or_an_event_hides_what_it_was_given() -> None:
    found = list(models())
    assert {NodeInput, Turn} <= set(found)
    assert [model.__name__ for model in found if not model.model_config.get("hide_input_in_errors")] == []


def test_an_event_that_does_not_fit_leaves_no_words_of_the_customer_in_the_traceback() -> None:
    words = "my card number is 4111"
    event = {"node": "ClassifyQuery", "execution_id": "e", "turn": {"message": {"text": [words], "message_id": words}}}
    with pytest.raises(ValidationError) as caught:
        NodeInput.model_validate(event)
    assert "turn.message.text" in str(caught.value)
    assert words not in str(caught.value)
