"""The prompt cache as the Messages API documents it: prefixes up to a mark, five minutes, a least length, a look back.

Tokens are estimated: one for every four bytes of a block as JSON, rounded up, and 100 for a picture. The real service
counts otherwise; what is read, written and missed is decided by the same rules.
"""

import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.component.messages_events import Tokens
from tests.component.messages_rules import all_blocks, content, least_cacheable

LIFE_S = 300.0
LOOK_BACK = 20
_PICTURE_TOKENS = 100


def estimated_tokens(block: dict[str, Any]) -> int:
    """Return the tokens of a block, >= 1."""
    if block.get("type") == "image":
        return _PICTURE_TOKENS
    return -(-len(json.dumps(_plain(block), ensure_ascii=False).encode()) // 4)


@dataclass(frozen=True)
class CacheFigures:
    """What one request found, in tokens."""

    total: int
    seen_before: int
    """Of its prefix, what an earlier request of the last five minutes began with as well, marked or not."""
    read: int
    written: int


@dataclass
class PromptCache:
    """The cache of one account; a hit gives its entry another five minutes."""

    monotonic: Callable[[], float] = time.monotonic
    figures: list[CacheFigures] = field(default_factory=list)
    _until: dict[str, float] = field(default_factory=dict)
    _seen_until: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, body: dict[str, Any], model: str) -> Tokens:
        """Read and write the cache for a request, and return its tokens by kind."""
        with self._lock:
            now = self.monotonic()
            prefixes, lengths, marks = _prefixes(body, model)
            least = least_cacheable(model)
            alive = [self._until.get(prefix, 0.0) > now for prefix in prefixes]
            hit = max(
                (
                    place
                    for mark in marks
                    for place in range(max(0, mark - LOOK_BACK + 1), mark + 1)
                    if alive[place] and lengths[place] >= least
                ),
                default=-1,
            )
            # The last mark decides how much is written; those before it are entries of their own.
            last = max((mark for mark in marks if lengths[mark] >= least), default=-1)
            for place in {hit, *(mark for mark in marks if lengths[mark] >= least)} - {-1}:
                self._until[prefixes[place]] = now + LIFE_S
            read, cached = lengths[hit] if hit >= 0 else 0, lengths[last] if last >= 0 else 0
            seen = max((n for n, prefix in enumerate(prefixes) if self._seen_until.get(prefix, 0.0) > now), default=-1)
            self._seen_until |= dict.fromkeys(prefixes, now + LIFE_S)
            written = max(0, cached - read)
            self.figures.append(CacheFigures(lengths[-1], lengths[seen] if seen >= 0 else 0, read, written))
            return Tokens(lengths[-1] - read - written, written, read)

    @property
    def hit_rate(self) -> float:
        """Tokens that were read from the cache, of all that could have been: those of a prefix seen before."""
        return sum(f.read for f in self.figures) / sum(f.seen_before for f in self.figures)


def _plain(block: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in block.items() if name != "cache_control"}


def _prefixes(body: dict[str, Any], model: str) -> tuple[list[str], list[int], list[int]]:
    # A block of a message is another one under another role.
    roles = [""] * (len(list(all_blocks(body))) - sum(len(content(message)) for message in body["messages"]))
    roles += [message["role"] for message in body["messages"] for _ in content(message)]
    settings = {name: body.get(name) for name in ("thinking", "tool_choice")}
    digest, tokens = hashlib.sha256(model.encode()), 0
    prefixes, lengths, marks = [], [], []
    for place, (role, block) in enumerate(zip(roles, all_blocks(body), strict=True)):
        # How the model thinks is part of the messages' prefix, but not of that of tools and system.
        extra = settings if role else {}
        digest.update(json.dumps([role, extra, _plain(block)], sort_keys=True).encode())
        tokens += estimated_tokens(block)
        prefixes.append(digest.hexdigest())
        lengths.append(tokens)
        if "cache_control" in block:
            marks.append(place)
    return prefixes, lengths, marks
