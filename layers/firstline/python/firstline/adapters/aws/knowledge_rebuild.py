"""The OpenSearch knowledge index made anew beside the one in use, which answers until the new one takes its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from firstline.adapters.aws.knowledge_index import OpenSearchKnowledgeIndex
from firstline.adapters.aws.knowledge_mapping import differences, index_body
from firstline.adapters.aws.knowledge_writer import keep_cited
from firstline.adapters.aws.opensearch_errors import translated
from firstline.adapters.system import SystemClock
from firstline.domain.errors import KnowledgeIndexUnavailableError
from firstline.domain.ports import Clock, KnowledgeIndex

if TYPE_CHECKING:
    from opensearchpy import OpenSearch


def rebuild_index(
    client: OpenSearch,
    alias: str,
    *,
    name: str,
    dimensions: int,
    fill: Callable[[KnowledgeIndex], None],
    replicas: int = 0,
    clock: Clock | None = None,
) -> None:
    """Make an index, fill it and move the alias to it in one step.

    The index that had the alias stays, so that searches under way end well and the alias can be put back; the next
    rebuild deletes it. Its chunks that the new one lacks stay readable by id. Where filling fails, the new index is
    deleted and the old one stays in use. What is written to the old one meanwhile is lost: sync afterwards.

    Parameters
    ----------
    alias : str
        Under which the index is searched.
    name : str
        Of the new index: the alias, a hyphen and what no index of it has yet.
    fill : callable
        Writes all documents into the index it is given.
    clock : Clock, optional
        Stamps what is retired; the system's by default.

    Raises
    ------
    KnowledgeIndexUnavailableError
        Also where another rebuild took this one's place.
    ValueError
        ``name`` does not begin with alias and hyphen, or is taken.
    """
    from opensearchpy.exceptions import NotFoundError

    with translated():
        if not name.startswith(f"{alias}-") or client.indices.exists(index=name):
            raise ValueError(f"{name} is taken or no name of an index of {alias}")
        known = client.indices.get(index=f"{alias}-*")
        for left in (other for other, facts in known.items() if alias not in facts["aliases"]):
            client.indices.delete(index=left)
        client.indices.create(index=name, body=index_body(dimensions, replicas))
    try:
        fill(OpenSearchKnowledgeIndex(client, name, dimensions=dimensions))
        with translated():
            for other in (other for other, facts in known.items() if alias in facts["aliases"]):
                keep_cited(client, other, name, (clock or SystemClock()).now())
            if differences(client.indices.get(index=name)[name], dimensions):
                # Whoever rebuilds deletes what others left; a write then makes an index of no mapping of ours.
                raise _overtaken(name)
    except BaseException as error:
        with translated():
            client.indices.delete(index=name, ignore_unavailable=True)
        if isinstance(error.__cause__, NotFoundError):
            raise _overtaken(name) from error
        raise
    held = [{"remove": {"index": other, "alias": alias}} for other, facts in known.items() if alias in facts["aliases"]]
    with translated():
        client.indices.update_aliases(body={"actions": [{"add": {"index": name, "alias": alias}}, *held]})


def _overtaken(name: str) -> KnowledgeIndexUnavailableError:
    return KnowledgeIndexUnavailableError(f"{name} was deleted while it was filled: another rebuild is at work")
