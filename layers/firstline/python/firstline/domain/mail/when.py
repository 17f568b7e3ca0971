"""Moments as mails of ours name them, in the customer's language."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from firstline.domain.locales import DEFAULT, text

_UNPADDED = (DEFAULT, "ja", "zh")
_PADDING = re.compile(r"(?<!\d)0(?=\d)")


def received_at(moment: datetime, language: str = DEFAULT) -> str:
    """Return when a mail was received, in UTC, such as ``22 November 2026 at 01:07 (UTC)``."""
    at = moment.astimezone(UTC)
    return text("mail.on_day", language, day=_day(at, language), time=f"{at:%H:%M}", zone="UTC")


def from_moment(moment: datetime, language: str = DEFAULT) -> str:
    """Return from when people are there, in the moment's own zone, as ``mail.when`` takes it."""
    weekday = text("mail.weekdays", language).split(",")[moment.weekday()]
    at = text("mail.from_day", language, weekday=weekday, day=_day(moment, language), time=f"{moment:%H:%M}")
    zone = getattr(moment.tzinfo, "key", moment.tzname())
    return f"{at}\uff08{zone}\uff09" if language in ("ja", "zh") else f"{at} ({zone})"


def _day(moment: datetime, language: str) -> str:
    shown = f"{moment:{text('mail.day', language)}}"
    return _PADDING.sub("", shown) if language in _UNPADDED else shown
