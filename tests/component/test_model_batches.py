"""Batches through the real SDK: handed in, asked after, read by the job's own ids."""

from __future__ import annotations

import dataclasses
from contextlib import closing

import pytest

from firstline.adapters.anthropic_batch import AnthropicBatchModel
from firstline.adapters.anthropic_connection import ApiConnection
from firstline.domain.batch_ports import BatchAnswer, BatchFailure, BatchModel, BatchProgress
from firstline.domain.errors import InvalidInputError, LanguageModelRefusedError, LanguageModelUnavailableError
from firstline.domain.language_model import ModelMessage, ModelRequest
from tests.component.messages_api import API_KEY, Answer, Failure, Lapse, MessagesApi

REQUEST = ModelRequest("You summarise.", (ModelMessage("user", "A long talk."),), max_tokens=50, temperature=0.0)


def model_for(api: MessagesApi, model: str = "claude-haiku-5-5", api_key: str = API_KEY) -> AnthropicBatchModel:
    return AnthropicBatchModel(ApiConnection(api_key, base_url=api.url), model=model, timeout_s=10.0)


def test_a_batch_is_answered_by_its_ids_at_half_the_price() -> None:
    script = (Answer(("One.",), input_tokens=1000, output_tokens=100), Answer(("Two", ".")))
    with MessagesApi(*script, polls=2) as api, closing(model_for(api)) as model:
        batches: BatchModel = model
        batch_id = batches.submit({"conversation-1": REQUEST, "conversation-2": REQUEST})
        assert [batches.progress(batch_id) for _ in range(3)] == [
            BatchProgress(ended=False, processing=2),
            BatchProgress(ended=False, processing=2),
            BatchProgress(ended=True, processing=0),
        ]
        answers = {answer.custom_id: answer for answer in batches.results(batch_id)}
    assert {name: answer.text for name, answer in answers.items()} == {
        "conversation-1": "One.",
        "conversation-2": "Two.",
    }
    finished = answers["conversation-1"].finished
    assert finished is not None
    assert finished.cost_usd == pytest.approx((1000 * 0.1 + 100 * 0.5) / 1e6 / 2)


def test_each_entry_fails_for_itself() -> None:
    script = (
        Answer(("Fine.",)),
        Failure(400, "invalid_request_error"),
        Failure(529, "overloaded_error"),
        Lapse("expired"),
        Lapse("canceled"),
        Answer(("No.",), stop_reason="refusal"),
        Answer((" ",), stop_reason="max_tokens"),
    )
    with MessagesApi(*script) as api, closing(model_for(api)) as model:
        batch_id = model.submit({f"r{number}": REQUEST for number in range(len(script))})
        answers = {answer.custom_id: answer for answer in model.results(batch_id)}
    assert [answers[f"r{number}"].failure for number in range(len(script))] == [
        None,
        BatchFailure.REFUSED,
        BatchFailure.UNAVAILABLE,
        BatchFailure.EXPIRED,
        BatchFailure.CANCELED,
        BatchFailure.REFUSED,
        BatchFailure.UNAVAILABLE,
    ]
    assert answers["r1"] == BatchAnswer("r1", failure=BatchFailure.REFUSED)


def test_a_request_of_an_older_model_has_its_temperature_and_the_version_that_takes_it() -> None:
    with MessagesApi(Answer(("Fine.",))) as api, closing(model_for(api, "claude-haiku-4-5")) as model:
        batch_id = model.submit({"a": dataclasses.replace(REQUEST, temperature=0.5)})
        assert [answer.text for answer in model.results(batch_id)] == ["Fine."]
        assert api.requests[0].body["temperature"] == 0.5


@pytest.mark.parametrize("requests", [{}, {"with space": REQUEST}, {"": REQUEST}, {"x" * 65: REQUEST}])
def test_what_is_no_batch_is_never_sent(requests: dict[str, ModelRequest]) -> None:
    with MessagesApi(Answer(("Fine.",))) as api, closing(model_for(api)) as model:
        with pytest.raises(InvalidInputError):
            model.submit(requests)
        assert api.requests == []


def test_results_of_a_batch_under_way_or_unknown_are_refused_by_name() -> None:
    with MessagesApi(Answer(("Fine.",)), polls=9) as api, closing(model_for(api)) as model:
        batch_id = model.submit({"a": REQUEST})
        with pytest.raises(LanguageModelUnavailableError, match="not ended"):
            list(model.results(batch_id))
        with pytest.raises(LanguageModelRefusedError, match="404"):
            list(model.results("msgbatch_of_another"))


def test_a_wrong_key_begins_no_batch() -> None:
    api = MessagesApi(Answer(("Fine.",)))
    wrong = "not-the-key"  # pragma: allowlist secret
    with api, closing(model_for(api, api_key=wrong)) as model, pytest.raises(LanguageModelRefusedError):
        model.submit({"a": REQUEST})
