"""What OpenSearch's errors mean here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from firstline.domain.errors import KnowledgeIndexUnavailableError

_UNAVAILABLE = frozenset({404, 429, 500, 502, 503, 504})
"""404: the index is gone. Where a record may be missing, the client is told to ``ignore`` that."""


def refuse_errors(answer: Mapping[str, Any]) -> None:
    """Raise what one of a bulk's actions failed by; a deletion of what is gone already is no error."""
    from opensearchpy.exceptions import TransportError

    for item in answer["items"]:
        for result in item.values():
            if "error" in result:
                raise TransportError(result["status"], result["error"]["type"], result["error"])


@contextmanager
def translated() -> Iterator[None]:
    """Raise ``KnowledgeIndexUnavailableError`` where OpenSearch does not answer, cannot now, or lacks the index."""
    from opensearchpy.exceptions import ConnectionError, TransportError

    try:
        yield
    except ConnectionError as error:
        raise KnowledgeIndexUnavailableError("OpenSearch did not answer") from error
    except TransportError as error:
        if error.status_code in _UNAVAILABLE:
            raise KnowledgeIndexUnavailableError(f"OpenSearch answered {error.status_code} {error.error}") from error
        raise
