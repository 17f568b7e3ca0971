"""Headers that tell a client how much it may still ask."""

from __future__ import annotations

from firstline.domain.errors import RateLimitedError


def limit_headers(limit: int, remaining: int, reset_s: int) -> dict[str, str]:
    """Return the ``RateLimit-*`` headers: requests a minute, those left, seconds until all are back."""
    return {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(remaining),
        "RateLimit-Reset": str(reset_s),
    }


def refusal_headers(error: RateLimitedError) -> dict[str, str]:
    """Return the headers of a 429."""
    return {"Retry-After": str(error.retry_after_s), **limit_headers(error.limit, 0, error.reset_s)}
