"""Blocks of headers ("From: ..., Sent: ..., Subject: ...") above a mail that another one quotes."""

from __future__ import annotations

import re

from firstline.domain.mail.reply_patterns import ADDRESS, DELIMITER, QUOTED, TIME_OF_DAY, header_kind

_LINES_OF_HEADERS = 9
_LONGEST_HEADER = 500
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d{2}(?!\d)|年")
_LABELLED = re.compile("^\\W*[^\\W\\d][^:\uff1a\\n]{0,20}[:\uff1a]\\s*\\S")


def header_block(lines: list[str], start: int) -> bool:
    """Return whether headers of another mail begin here.

    Three kinds in a few lines with the date, as programs always show it; an address among them, or a subject with a
    year and an hour or below a rule. Others may be a customer's own "From: Leeds, to: York, date: 3 May", or a rule
    for mails.
    """
    if not header_kind(lines[start]):
        return False
    kinds: list[str] = []
    addressed = timed = dated = False
    unknown = start > 0 and not header_kind(lines[start - 1]) and bool(_LABELLED.match(lines[start - 1]))
    blanks = 0
    for line in lines[start : start + _LINES_OF_HEADERS]:
        if not line.strip(" >"):
            blanks += 1
            if blanks > 1 and len(kinds) > 1:
                break
            continue
        kind = header_kind(line)
        labelled = not kind and _LABELLED.match(line)
        # Whatever a program calls it, a day and an hour behind a label say when a mail was sent.
        dated = dated or kind == "sent" or bool(labelled and _is_moment(line))
        if kind:
            kinds.append(kind)
            addressed = addressed or bool(ADDRESS.search(line[:_LONGEST_HEADER]))
            timed = timed or (kind == "sent" and _is_moment(line))
        elif len(kinds) == 1 and labelled:
            unknown = True
    distinct = set(kinds)
    known = kinds[0] in ("from", "sent", "subject", "to") and len(distinct) >= 3 and dated
    known = known and (kinds[0] != "to" or "subject" in distinct)
    ruled = start > 0 and bool(DELIMITER.match(lines[start - 1]))
    return known and (addressed or ("subject" in distinct and ((timed and not unknown) or ruled)))


def _is_moment(line: str) -> bool:
    return bool(TIME_OF_DAY.search(line[:_LONGEST_HEADER]) and _YEAR.search(line[:_LONGEST_HEADER]))


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
