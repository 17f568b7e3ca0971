"""What OpenSearch's errors mean here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from firstline.domain.errors import KnowledgeIndexUnavailableError, KnowledgeTooLargeError

_GONE, _TOO_LARGE = 404, 413
_UNAVAILABLE = frozenset({_GONE, 429, 500, 502, 503, 504})
"""404: the index is gone. Where a record may be missing, the client is told to ``ignore`` that."""


def refuse_errors(answer: Mapping[str, Any]) -> None:
    """Raise what one of a bulk's actions failed by; a deletion of what is gone already is no error."""
    from opensearchpy.exceptions import TransportError

    for item in answer["items"]:
        for result in item.values():
            if "error" in result:
                raise TransportError(result["status"], result["error"]["type"], result["error"])


def refuse_failures(answers: Iterable[Mapping[str, Any]]) -> None:
    """Raise what one of several searches or reads failed by, which were asked for together."""
    from opensearchpy.exceptions import TransportError

    for answer in answers:
        if "error" in answer:
            # A read of several records tells no status, only what is wrong.
            status = answer.get("status", _GONE if answer["error"]["type"] == "index_not_found_exception" else 500)
            raise TransportError(status, answer["error"]["type"], answer["error"])


@contextmanager
def translated() -> Iterator[None]:
    """Raise ``KnowledgeIndexUnavailableError`` where OpenSearch does not answer, cannot now, or lacks the index.

    Raise ``KnowledgeTooLargeError`` where a request is larger than the node takes.
    """
    from opensearchpy.exceptions import ConnectionError, TransportError

    try:
        yield
    except ConnectionError as error:
        raise KnowledgeIndexUnavailableError("OpenSearch did not answer") from error
    except TransportError as error:
        if error.status_code in _UNAVAILABLE:
            raise KnowledgeIndexUnavailableError(f"OpenSearch answered {error.status_code} {error.error}") from error
        if error.status_code == _TOO_LARGE:
            raise KnowledgeTooLargeError("OpenSearch does not take a request of this size") from error
        raise


def is_gone(error: KnowledgeIndexUnavailableError) -> bool:
    """Tell whether OpenSearch answered that it lacks the index or the alias."""
    from opensearchpy.exceptions import TransportError

    return isinstance(error.__cause__, TransportError) and error.__cause__.status_code == _GONE
