"""Which objects an event is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from firstline.domain.errors import InvalidInputError

_TEST_EVENT = "s3:TestEvent"


def changed_keys(notification: Mapping[str, Any]) -> list[str]:
    """Return the keys that an S3 notification names, each once, in the order of their first mention.

    What happened to them, and in which order, is not asked: whoever follows looks at the objects as they are now. The
    event that S3 sends when notifications are set up names none.

    Raises
    ------
    InvalidInputError
        It is no S3 notification.
    """
    if notification.get("Event") == _TEST_EVENT:
        return []
    try:
        keys = [record["s3"]["object"]["key"] for record in notification["Records"]]
    except (KeyError, TypeError) as error:
        raise InvalidInputError("not an S3 notification") from error
    # A notification carries the key as in a URL's query.
    return list(dict.fromkeys(unquote_plus(key) for key in keys))
