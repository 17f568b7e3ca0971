"""The OpenSearch index that knowledge lies in, and what of an existing one does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from firstline.domain.lexical import ANALYSIS_VERSION

SCHEMA_VERSION = 4


def index_body(dimensions: int, replicas: int) -> dict[str, Any]:
    """Return settings and mappings of a new index.

    One shard, because scores are compared across chunks and a refresh then publishes a document's chunks together.
    No periodic refresh, because that could publish half of them. Terms come analysed by our own code, so that both
    indexes match alike; ``words`` are what misspellings are corrected to. What a search returns lies in doc values:
    reading the stored document with its vectors takes longer than finding it.
    """
    vector = {
        "type": "knn_vector",
        "dimension": dimensions,
        "method": {
            "name": "hnsw",
            "engine": "lucene",
            "space_type": "cosinesimil",
            "parameters": {"m": 16, "ef_construction": 128},
        },
    }
    return {
        "settings": {
            "index": {"knn": True, "number_of_shards": 1, "number_of_replicas": replicas, "refresh_interval": "-1"}
        },
        "mappings": {
            "dynamic": "strict",
            "_meta": {"schema": SCHEMA_VERSION, "analysis": ANALYSIS_VERSION},
            "properties": {
                "kind": {"type": "keyword"},
                "source": {"type": "keyword"},
                "position": {"type": "integer"},
                "category": {"type": "keyword"},
                "language": {"type": "keyword"},
                "terms": {"type": "text", "analyzer": "whitespace"},
                "words": {"type": "text", "analyzer": "whitespace", "norms": False, "index_options": "docs"},
                "content": {"type": "keyword"},
                "retired_at": {"type": "long"},
                "record": {"type": "keyword", "index": False},
                "body": {"type": "binary", "doc_values": True},
                "text_vector": vector,
                "heading_vector": vector,
            },
        },
    }


def differences(found: Mapping[str, Any], dimensions: int) -> list[str]:
    """Name what differs between an index as OpenSearch describes it and the one that this code needs.

    Parameters
    ----------
    found : mapping
        ``settings`` and ``mappings`` of the index.
    """
    wanted = index_body(dimensions, replicas=0)
    index_settings = found.get("settings", {}).get("index", {})
    settings = {name: index_settings.get(name) for name in ("knn", "number_of_shards", "refresh_interval")}
    expected = {name: wanted["settings"]["index"][name] for name in settings}
    return _compared("", expected, settings) + _compared("", wanted["mappings"], found.get("mappings", {}))


def _compared(path: str, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    named: list[str] = []
    for name, value in wanted.items():
        place = f"{path}.{name}" if path else name
        if isinstance(value, Mapping):
            other = found.get(name)
            named += _compared(place, value, other) if isinstance(other, Mapping) else [f"{place} is missing"]
        elif _spelled(found.get(name)) != _spelled(value):
            named.append(f"{place} is {_spelled(found.get(name))}, not {_spelled(value)}")
    return named


def _spelled(value: Any) -> str:
    """OpenSearch gives settings back as text."""
    return "missing" if value is None else str(value).lower()
