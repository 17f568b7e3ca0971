"""Blocks of headers ("From: ..., Sent: ..., Subject: ...") above a mail that another one quotes."""

from __future__ import annotations

from firstline.domain.mail.reply_patterns import ADDRESS, DELIMITER, QUOTED, TIME_OF_DAY, header_kind

_LINES_OF_HEADERS = 9
_LONGEST_HEADER = 500


def header_block(lines: list[str], start: int) -> bool:
    """Return whether headers of another mail begin here.

    Three kinds with the sender or the date in a few lines; an address among them, or a subject with an hour or below
    a rule. Without them they may be a customer's own "From: Leeds, to: York, date: 3 May".
    """
    if not header_kind(lines[start]):
        return False
    kinds: list[str] = []
    addressed = timed = False
    blanks = 0
    for line in lines[start : start + _LINES_OF_HEADERS]:
        if not line.strip(" >"):
            blanks += 1
            if blanks > 1 and len(kinds) > 1:
                break
            continue
        kind = header_kind(line)
        if kind:
            kinds.append(kind)
            addressed = addressed or bool(ADDRESS.search(line[:_LONGEST_HEADER]))
            timed = timed or (kind == "sent" and bool(TIME_OF_DAY.search(line)))
    distinct = set(kinds)
    known = kinds[0] in ("from", "sent", "subject", "to") and len(distinct) >= 3 and bool(distinct & {"from", "sent"})
    ruled = start > 0 and bool(DELIMITER.match(lines[start - 1]))
    return known and (addressed or ("subject" in distinct and (timed or ruled)))


def after_headers(lines: list[str], start: int) -> int:
    """Return the line after the headers that begin at ``start`` or soon after; ``start`` where there are none."""
    number = start
    while number < len(lines) and not lines[number].strip(" >"):
        number += 1
    if number >= len(lines) or not header_kind(lines[number]):
        return start
    last = number
    while number < len(lines) and lines[number].strip(" >"):
        if header_kind(lines[number]):
            last = number
        number += 1
    return number if number - last <= 3 else last + 1


def with_rule(lines: list[str], number: int) -> int:
    """Return where the rule above a block of headers stands, if there is one."""
    above = number - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    return above if above >= 0 and DELIMITER.match(lines[above]) else number


def is_announced(lines: list[str], start: int, number: int) -> bool:
    """Return whether the mail's own words above a block of headers introduce it with a colon, as an example."""
    first = number
    while first > max(start, number - _LINES_OF_HEADERS) and header_kind(lines[first - 1]):
        first -= 1
    above = next((lines[place] for place in range(first - 1, start - 1, -1) if lines[place].strip()), "")
    return above.rstrip().endswith((":", "\uff1a")) and not QUOTED.match(above) and not header_kind(above)
