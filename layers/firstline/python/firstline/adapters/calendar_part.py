"""An invitation's line for people to read (RFC 5545)."""

from __future__ import annotations

import re

_FIELD = re.compile(r"(?im)^(METHOD|SUMMARY|DTSTART|DTEND|LOCATION)(?:;[^:\r\n]{0,500})?:([^\r\n]{0,1000})")
_TIME = re.compile(r"^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?$")
_MAX_READ = 200_000


def calendar_line(text: str) -> str:
    """Return ``[Calendar: summary | from - to | place | method]`` of the first event; empty where nothing is said."""
    unfolded = re.sub(r"\r?\n[ \t]", "", text[:_MAX_READ])
    event = unfolded.upper().find("BEGIN:VEVENT")
    method = next((match[2] for match in _FIELD.finditer(unfolded) if match[1].upper() == "METHOD"), "")
    fields: dict[str, str] = {}
    for match in _FIELD.finditer(unfolded, max(event, 0)):
        fields.setdefault(match[1].upper(), _plain(match[2]))
    times = " - ".join(_time(fields[name]) for name in ("DTSTART", "DTEND") if fields.get(name))
    said = [fields.get("SUMMARY", ""), times, fields.get("LOCATION", ""), method.strip().lower()]
    shown = " | ".join(part for part in said if part)
    return f"[Calendar: {shown}]" if fields.get("SUMMARY") or times else ""


def _plain(value: str) -> str:
    return re.sub(r"\\([nN,;\\])", lambda match: " " if match[1] in "nN" else match[1], value).strip()


def _time(value: str) -> str:
    match = _TIME.match(value)
    if match is None:
        return value
    day = f"{match[1]}-{match[2]}-{match[3]}"
    return f"{day} {match[4]}:{match[5]}{' UTC' if match[6] else ''}" if match[4] else day
