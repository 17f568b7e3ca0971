"""What stands below a mail's last own words: signatures, notices of companies, what phones and programs sign with."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from firstline.domain.mail.asked_details import asks_for
from firstline.domain.mail.closing_lines import is_closing
from firstline.domain.mail.disclaimer import disclaimer_start, is_list_footer
from firstline.domain.mail.reply_patterns import DELIMITER, QUOTED, SENTENCE_END, SIGNATURE_DELIMITER, is_device_line
from firstline.domain.mail.signature import is_signature, is_standard_signature
from firstline.domain.mail.signature_block import without_signature_block
from firstline.domain.mail.signature_lines import REACHED, Kind, is_rule, kinds

_LINES_OF_SIGNATURE = 12
_LINES_OF_ADVERT = 3
_LONGEST_ADVERT = 240
_LONG_RULE = 10
_WORDS_SAID = 5
_LINES_OF_FOOTER = 16
_SENT_WITH = re.compile(
    r"(?i)(?:message|mail|nachricht|courriel|mensaje|correo|messaggio|mensagem|bericht|wiadomość|meddelande|posta|ileti)"
    r".{0,40}(?:sent|gesendet|verschickt|envoyé|enviad[oa]|inviat[oa]|verzonden|verstuurd|wysłan[ao]|skickat|gönderil).{0,20}"
    r"(?:\b(?:using|through|with|via|by|mit|durch|über|par|avec|con|por|tramite|através|door|met|przez|med|genom)\b|miş)|"
    r"(?:メール|邮件|郵件).{0,40}(?:送信|发送|發送|使用)"
)
_TABLE = re.compile(r"^\s{0,3}\|[^|\n]{0,200}\|[^|\n]{0,200}\|")
"""A row of a table, which only begins as quotes of some programs do."""
_LINES_READ = 200
"""Lines from the end among which notices and signatures are looked for."""


def says_something(line: str) -> bool:
    """Return whether a line is a mail's own words: neither blank nor a rule nor what a phone signs with."""
    return bool(line.strip()) and not DELIMITER.match(line) and not is_device_line(line)


def without_ending(lines: Sequence[str], kept: list[int]) -> list[int]:
    """Return the numbers of a mail's own lines without those of its endings; never none where something was said."""
    for shorten in _ENDINGS:
        kept = shorten(lines, kept)
    return kept


def without_last_quote(lines: Sequence[str], kept: list[int]) -> list[int]:
    """Return the lines without a quote below all that is said, unless the words above lead up to it.

    They do with a colon, or where the quote stands directly below a line that ends no sentence.
    """
    end = len(kept)
    while end > 0 and (not lines[kept[end - 1]].strip() or QUOTED.match(lines[kept[end - 1]])):
        end -= 1
    if end == 0 or end == len(kept) or lines[kept[end - 1]].rstrip().endswith((":", "\uff1a")):
        return kept
    if any(_TABLE.match(lines[number]) for number in kept[end:]):
        return kept
    leads = QUOTED.match(lines[kept[end]]) and kept[end] == kept[end - 1] + 1
    return kept if leads and not SENTENCE_END.search(lines[kept[end - 1]]) else kept[:end]


def _without_ruled_signature(lines: Sequence[str], kept: list[int]) -> list[int]:
    """Return the lines without a signature below its rule."""
    written = [place for place, number in enumerate(kept) if lines[number].strip()]
    said = next((place for place in written if says_something(lines[kept[place]])), len(kept))
    # The rules that may begin a signature: something stands above, and no more than a signature below.
    for place in written[-_LINES_OF_SIGNATURE - 1 :]:
        if place <= said or not SIGNATURE_DELIMITER.match(lines[kept[place]]):
            continue
        above = next(lines[kept[before]].rstrip() for before in reversed(written) if before < place)
        if above.endswith((":", "\uff1a")):
            break
        below = [lines[number] for number in kept[place + 1 :]]
        told = [lines[number] for number in kept[:place][-_LINES_READ:]]
        # Below no more than "Hello" or a heading stands what the mail says.
        alone = (
            sum(map(bool, map(str.strip, told))) == 1
            and not SENTENCE_END.search(above)
            and len(above.split()) < _WORDS_SAID
        )
        closed = any(is_closing(line) for line in below[:1])
        if lines[kept[place]] != "-- " and not closed and (alone or _is_asked_for(told, below)):
            continue
        if is_signature(below, lines[kept[place]]) or is_standard_signature(lines[kept[place]], below):
            return kept[:place]
    return kept


def _is_asked_for(told: Sequence[str], below: Sequence[str]) -> bool:
    """Return whether lines show how to reach somebody, for which the words above them may ask."""
    shown = Kind.NONE
    for line in below[:_LINES_OF_SIGNATURE]:
        shown |= kinds(line)
    return bool(shown & (REACHED | Kind.ADDRESS)) and asks_for(told, shown)


def _without_program_below_rule(lines: Sequence[str], kept: list[int]) -> list[int]:
    """Return the lines without a program's "This message was sent using ..." below a long rule."""
    written = [place for place, number in enumerate(kept) if lines[number].strip()][-_LINES_OF_ADVERT - 2 :]
    for place in written[1:-1]:
        line = lines[kept[place]].strip()
        below = " ".join(lines[number] for number in kept[place + 1 :])
        if len(line) >= _LONG_RULE and is_rule(line) and len(below) <= _LONGEST_ADVERT and _SENT_WITH.search(below):
            return kept[:place]
    return kept


def _without_list_footer(lines: Sequence[str], kept: list[int]) -> list[int]:
    """Return the lines without what a mailing list adds below a rule of any signs."""
    written = [place for place, number in enumerate(kept) if lines[number].strip()][-_LINES_OF_FOOTER:]
    for place in reversed(written[1:]):
        if is_rule(lines[kept[place]]) and is_list_footer([lines[number] for number in kept[place + 1 :]]):
            return kept[:place]
    return kept


def _without_programs_lines(lines: Sequence[str], kept: list[int]) -> list[int]:
    """Return the lines without rules and what phones and programs sign with at the end."""
    end = len(kept)
    while end > 0:
        line = lines[kept[end - 1]]
        if line.strip() and not DELIMITER.match(line) and not is_device_line(line):
            break
        end -= 1
    return kept[:end]


def _without_disclaimer(lines: Sequence[str], kept: list[int]) -> list[int]:
    return _shortened(lines, kept, disclaimer_start)


def _without_signature_block(lines: Sequence[str], kept: list[int]) -> list[int]:
    return _shortened(lines, kept, without_signature_block)


def _shortened(lines: Sequence[str], kept: list[int], length: Callable[[Sequence[str]], int]) -> list[int]:
    last = kept[-_LINES_READ:]
    return kept[: len(kept) - len(last) + length([lines[number] for number in last])]


_ENDINGS: tuple[Callable[[Sequence[str], list[int]], list[int]], ...] = (
    _without_programs_lines,
    _without_list_footer,
    _without_program_below_rule,
    _without_programs_lines,
    _without_disclaimer,
    _without_ruled_signature,
    _without_programs_lines,
    _without_disclaimer,
    _without_signature_block,
    _without_programs_lines,
)
"""Once each, from the outermost: a mail of sections between rules would lose one after another."""
