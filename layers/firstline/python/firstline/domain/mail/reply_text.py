"""What a mail says anew: without what it quotes, without signatures; in doubt text is kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from firstline.domain.mail.header_block import after_headers, header_block, is_announced, with_rule
from firstline.domain.mail.mail_endings import says_something, without_ending, without_last_quote
from firstline.domain.mail.marked_answers import announces_answers, answers_by_mark
from firstline.domain.mail.quote_heads import (
    is_caption,
    is_forward,
    names_writer,
    notes_head,
    places_answers,
    tells_of_answers,
    with_marks,
)
from firstline.domain.mail.reply_patterns import (
    ADDRESS,
    LONGEST_ATTRIBUTION,
    NAMED_QUOTE,
    QUOTED,
    SENTENCE_END,
    SIGNATURE_DELIMITER,
    TIME_OF_DAY,
    begins_dated,
    dates_after_verb,
    ends_attribution,
    is_attribution,
    is_device_line,
    is_marker,
    opens_attribution,
    quotes_in_line,
)

_LINES_OF_ATTRIBUTION = 6
_WRAP_WIDTH = 66
"""Letters of a line, its next word included, beyond which programs that wrap late have wrapped."""


@dataclass(frozen=True)
class ReplyText:
    """A mail's own words and the rest."""

    text: str
    """The reply; with quotes between which answers stand. Empty where a mail only quotes what others wrote."""
    rest: str
    """What was taken out, in order."""


@dataclass(frozen=True)
class _Embedded:
    """Lines that introduce another mail."""

    start: int
    end: int
    """After its last line."""
    quoted: bool
    by_attribution: bool
    forwarded: bool = False


# Gate, intake and log ask for the same mail's, one after another.
@lru_cache(maxsize=4)
def reply_text(body: str) -> ReplyText:
    """Return a plain text mail's own words.

    Parameters
    ----------
    body : str
        The decoded text; any language, any line ends.

    Returns
    -------
    ReplyText
        What stands above an attribution ("On 3 May Ada wrote:"), a block of headers or a marker of an original or
        forwarded message is the reply; below it only text that stands after quoted lines is, together with these
        quotes if anything was said above. A mail that is a forward and nothing else is kept, without its headers.
    """
    lines = _plain(body).split("\n")
    marked = with_marks(lines)
    kept = without_last_quote(marked, without_ending(marked, _own(marked)))
    text = _joined(lines, kept)
    chosen = set(kept)
    rest = _joined(lines, [number for number in range(len(lines)) if number not in chosen])
    return ReplyText(text, rest)


def _plain(body: str) -> str:
    text = body.replace("\r\n", "\n").replace("\r", "\n").replace("\N{NO-BREAK SPACE}", " ")
    return text.replace("\N{ZERO WIDTH SPACE}", "").replace("\ufeff", "").replace("\N{LEFT-TO-RIGHT MARK}", "")


def _joined(lines: list[str], numbers: list[int]) -> str:
    shown = [lines[number].rstrip() for number in numbers]
    return "\n".join(_trimmed(shown))


def _trimmed(shown: list[str]) -> list[str]:
    start, end = 0, len(shown)
    while start < end and not shown[start].strip():
        start += 1
    while end > start and not shown[end - 1].strip():
        end -= 1
    return shown[start:end]


def _own(lines: list[str]) -> list[int]:
    """Return the numbers of the lines that are the mail's own, in order."""
    start = 0
    while (embedded := _next_embedded(lines, start)) is not None:
        head = [number for number in range(start, embedded.start) if says_something(lines[number])]
        if head:
            return _below_a_head(lines, start, embedded)
        if embedded.by_attribution:
            after = _after_quotes(lines, embedded.end)
            if not embedded.quoted and after > embedded.end and _answers_between(lines, after):
                return _below_a_head(lines, embedded.start, embedded)
            if embedded.quoted or after > embedded.end:
                return list(range(after, len(lines)))
        start = embedded.end
    return list(range(start, len(lines)))


def _below_a_head(lines: list[str], start: int, embedded: _Embedded) -> list[int]:
    above = list(range(start, embedded.start))
    if embedded.quoted:
        return _with_answers(lines, above, embedded.start) if _answers_between(lines, embedded.end) else above
    first_quote = next((n for n in range(embedded.end, len(lines)) if lines[n].strip()), len(lines))
    if not embedded.by_attribution:
        if first_quote < len(lines) and QUOTED.match(lines[first_quote]) and _answers_between(lines, embedded.end):
            return _with_answers(lines, above, embedded.end)
        below = range(embedded.end, _end_of_embedded(lines, embedded.end))
        head, original = [lines[number] for number in above], [lines[number] for number in below]
        named = lines[embedded.start : embedded.end]
        announced = announces_answers(head) and (not embedded.forwarded or tells_of_answers(head))
        announced = announced or places_answers(head)
        return above + list(below) if announced or answers_by_mark(original, named) else above
    if first_quote == len(lines) or not QUOTED.match(lines[first_quote]):
        return above
    return _with_answers(lines, above, embedded.end)


def _with_answers(lines: list[str], above: list[int], start: int) -> list[int]:
    """Return the lines above another mail and, of that, all to the last answer; nothing of it where none stands."""
    answers = [number for number in _unquoted(lines, start) if says_something(lines[number])]
    return above + list(range(start, answers[-1] + 1)) if answers else above


def _end_of_embedded(lines: list[str], start: int) -> int:
    """Return where the next older mail begins, or the end."""
    following = _next_embedded(lines, start)
    return len(lines) if following is None else following.start


def _answers_between(lines: list[str], start: int) -> bool:
    """Return whether quotes stand between the lines that are said anew from ``start`` on."""
    answers = _unquoted(lines, start)
    return bool(answers) and any(QUOTED.match(line) for line in lines[answers[0] : answers[-1]])


def _unquoted(lines: list[str], start: int) -> list[int]:
    """Return the lines after ``start`` that answer between or below quotes, up to a signature or another mail."""
    found = []
    for number in range(start, len(lines)):
        line = lines[number]
        if SIGNATURE_DELIMITER.match(line) or NAMED_QUOTE.match(line) or is_marker(line):
            break
        if QUOTED.match(line) or not line.strip() or is_device_line(line) or _is_broken_quote(lines, number):
            continue
        found.append(number)
    return found


def _is_broken_quote(lines: list[str], number: int) -> bool:
    """Return whether a line was wrapped out of its quote: the full line above it ends within its sentence."""
    if not 0 < number < len(lines) - 1 or not QUOTED.match(lines[number - 1]) or not QUOTED.match(lines[number + 1]):
        return False
    above, words = lines[number - 1].rstrip(), lines[number].split()
    return (
        bool(words)
        and len(lines[number]) < 40
        and len(above) + 1 + len(words[0]) > _WRAP_WIDTH
        and not SENTENCE_END.search(above)
    )


def _after_quotes(lines: list[str], start: int) -> int:
    """Return the first line after a block of quotes that begins at ``start``; ``start`` where none does."""
    number = start
    while number < len(lines) and (
        not lines[number].strip() or QUOTED.match(lines[number]) or _is_broken_quote(lines, number)
    ):
        number += 1
    quoted = any(QUOTED.match(line) for line in lines[start:number])
    return number if quoted else start


def _next_embedded(lines: list[str], start: int) -> _Embedded | None:
    for number in range(start, len(lines)):
        line = lines[number]
        if not line.strip():
            continue
        quoted = bool(QUOTED.match(line))
        if quoted and number > start and QUOTED.match(lines[number - 1]):
            continue
        if is_marker(line) or (is_caption(lines, number) and not is_announced(lines, start, number)):
            end, forwarded = after_headers(lines, number + 1), is_forward(line)
            return _Embedded(number, end, quoted, by_attribution=False, forwarded=forwarded)
        head = notes_head(lines, number)
        if head is not None and head >= start:
            return _Embedded(head, number + 1, quoted, by_attribution=False)
        if header_block(lines, number) and not is_announced(lines, start, number):
            return _Embedded(with_rule(lines, number), after_headers(lines, number), quoted, by_attribution=False)
        if quotes_in_line(line) or (not quoted and names_writer(lines, number)):
            return _Embedded(number, number + 1, quoted, by_attribution=True)
        first = _attribution(lines, number)
        if first is not None and first >= start and not _is_prose(lines, first, number):
            quoted = bool(QUOTED.match(lines[first]))
            return _Embedded(first, number + 1, quoted, by_attribution=True)
    return None


def _is_prose(lines: list[str], first: int, last: int) -> bool:
    """Return whether "On 3 May your colleague wrote:" is the mail's own: no hour, no address, no quote below."""
    shown = " ".join(lines[first : last + 1])
    # Programs begin attributions with a capital letter; who begins "on 3 May" with a small one goes on from "Hello,".
    begun = not shown.strip()[:1].islower()
    timed = begun and TIME_OF_DAY.search(shown) and not dates_after_verb(shown.strip())
    if ADDRESS.search(shown) or QUOTED.match(shown):
        return False
    # An hour makes it an attribution, unless words of the mail's own begin its line or go on directly below it.
    goes_on = last + 1 < len(lines) and bool(lines[last + 1].strip())
    if timed and not goes_on and opens_attribution(lines[first].strip()):
        return False
    below = next((line for line in lines[last + 1 :] if line.strip()), "")
    return bool(below) and not QUOTED.match(below)


def _attribution(lines: list[str], end: int) -> int | None:
    """Return the first line of an attribution whose last line is ``end``; None where none ends there."""
    if not ends_attribution(lines[end]):
        return None
    joined, found = "", None
    for number in range(end, max(-1, end - _LINES_OF_ATTRIBUTION), -1):
        line = lines[number].strip()
        if number < end and QUOTED.match(lines[number]) and not QUOTED.match(lines[end]):
            break
        if not line and not joined.startswith("<"):
            # Only an address is torn off its attribution by a blank line.
            break
        joined = f"{line} {joined}".strip()
        if len(joined) > LONGEST_ATTRIBUTION:
            break
        if is_attribution(joined.lstrip("> ").strip()):
            if opens_attribution(line.lstrip("> ")):
                above = lines[number - 1].strip().lstrip("> ") if number else ""
                return number - 1 if begins_dated(above) and is_attribution(f"{above} {joined}") else number
            found = number if found is None else found
    return found
