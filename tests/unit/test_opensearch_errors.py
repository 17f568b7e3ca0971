"""What OpenSearch's errors become, without an OpenSearch."""

from __future__ import annotations

import pytest
from opensearchpy.exceptions import ConnectionError, NotFoundError, RequestError, TransportError

from firstline.adapters.aws.opensearch_errors import is_gone, refuse_errors, refuse_failures, translated
from firstline.domain.errors import KnowledgeIndexUnavailableError, KnowledgeTooLargeError


@pytest.mark.parametrize(
    "error",
    [
        ConnectionError("N/A", "refused", Exception()),
        NotFoundError(404, "index_not_found_exception", {}),
        *(TransportError(status, "busy", {}) for status in (404, 429, 500, 502, 503, 504)),
    ],
)
def test_no_answer_and_an_index_that_is_gone_are_unavailable_and_name_their_cause(error: Exception) -> None:
    with pytest.raises(KnowledgeIndexUnavailableError) as raised, translated():
        raise error
    assert raised.value.__cause__ is error


def test_what_is_our_own_mistake_stays_what_it_is() -> None:
    mistake = RequestError(400, "mapper_parsing_exception", {})
    with pytest.raises(RequestError) as raised, translated():
        raise mistake
    assert raised.value is mistake


def test_of_bulk_actions_one_that_met_no_index_refuses_and_one_that_found_nothing_to_delete_does_not() -> None:
    refuse_errors({"items": [{"delete": {"_id": "a", "status": 404, "result": "not_found"}}]})
    gone = {"items": [{"index": {"_id": "a", "status": 404, "error": {"type": "index_not_found_exception"}}}]}
    with pytest.raises(KnowledgeIndexUnavailableError), translated():
        refuse_errors(gone)


def test_a_request_that_is_too_large_has_a_name_of_its_own() -> None:
    with pytest.raises(KnowledgeTooLargeError), translated():
        raise TransportError(413, "Request Entity Too Large", {})


@pytest.mark.parametrize(
    ("answer", "gone"),
    [
        ({"status": 404, "error": {"type": "index_not_found_exception"}}, True),
        ({"_id": "a", "error": {"type": "index_not_found_exception"}}, True),
        ({"status": 503, "error": {"type": "no_shard_available_action_exception"}}, False),
        ({"_id": "a", "error": {"type": "no_shard_available_action_exception"}}, False),
    ],
)
def test_one_failed_search_or_read_of_several_is_refused(answer: dict[str, object], gone: bool) -> None:
    refuse_failures([{"hits": {}}, {"_id": "a", "found": False}])
    with pytest.raises(KnowledgeIndexUnavailableError) as raised, translated():
        refuse_failures([{"hits": {}}, answer])
    assert is_gone(raised.value) is gone
