"""Searches that were made before on the same knowledge."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from firstline.domain.errors import StoreError
from firstline.domain.knowledge import RetrievedKnowledge, SearchFilter
from firstline.domain.masking import mask
from firstline.domain.query_rewrite import rewrite_query
from firstline.services.cache import Cache, CacheUse

_FORMAT = 2
"""Of what is kept; another one never reads it."""


class Search(Protocol):
    """What ``SearchKnowledge`` does."""

    def __call__(
        self,
        query: str,
        *,
        limit: int = 5,
        only: SearchFilter | None = None,
        relax: bool = False,
        history: Sequence[str] = (),
        vector: NDArray[np.float32] | None = None,
    ) -> RetrievedKnowledge:
        """Search."""
        ...


class CachedSearch:
    """``SearchKnowledge``, but what was found before is not searched for again while the knowledge is the same.

    A query with personal data in it is searched for each time and never kept. The key holds the query as completed
    from what was said before, so that whatever else was said stays out of it. What is kept holds no word of a customer,
    who may have their conversation forgotten: of the query there is but the digest in the key, and one whose spelling
    was corrected is searched for each time.

    Parameters
    ----------
    search : callable
    knowledge_version : callable
        Returns a number that another takes the place of whenever what can be found changes. Where the store does not
        tell it, the search is made.
    """

    def __init__(
        self,
        search: Search,
        cache: Cache,
        *,
        knowledge_version: Callable[[], int],
        model_id: str,
        on_failure: Callable[[StoreError], None] = lambda error: None,
    ) -> None:
        self._search = search
        self._cache = cache
        self._knowledge_version = knowledge_version
        self._model_id = model_id
        self._on_failure = on_failure

    def __call__(
        self,
        query: str,
        *,
        limit: int = 5,
        only: SearchFilter | None = None,
        relax: bool = False,
        history: Sequence[str] = (),
        vector: NDArray[np.float32] | None = None,
    ) -> RetrievedKnowledge:
        """Search, as ``SearchKnowledge`` does; ``cache`` of what is returned says where it came from."""
        asked = rewrite_query(query, history)
        version = self._version() if self._cache.is_on and mask(asked) == asked else None
        if version is None:
            return self._search(query, limit=limit, only=only, relax=relax, history=history, vector=vector)
        of = {
            "format": _FORMAT,
            "knowledge": version,
            "model": self._model_id,
            "query": asked,
            "limit": limit,
            "categories": sorted(only.categories) if only else [],
            "languages": sorted(only.languages) if only else [],
            "relax": relax,
        }
        kept, use = self._cache.get(of)
        if kept is not None:
            return RetrievedKnowledge.model_validate({**json.loads(kept), "query": asked, "cache": use.value})
        found = self._search(query, limit=limit, only=only, relax=relax, history=history, vector=vector)
        if found.query == asked:
            self._cache.put(of, found.model_dump_json(exclude={"query"}))
        return found.model_copy(update={"cache": CacheUse.MISS.value})

    def _version(self) -> int | None:
        try:
            return self._knowledge_version()
        except StoreError as error:
            self._on_failure(error)
            return None
