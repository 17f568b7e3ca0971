"""The rolling summary of what a conversation said before the messages that the model gets whole."""

from __future__ import annotations

from collections.abc import Sequence

from firstline.domain.conversation import MOVED_TO, Author, Event
from firstline.domain.delimiters import as_data
from firstline.domain.lexical import codes, terms
from firstline.domain.passages import sentences

MAX_CHARACTERS = 1_500
"""Of a summary; some 400 tokens."""
MAX_LINE_CHARACTERS = 180
_ANSWERED = "Answered from"


def is_said(event: Event) -> bool:
    """Tell whether an event is somebody's words, and not the greeting or a note of the system."""
    said = event.author is not Author.SYSTEM and not event.detail.get("greeting")
    return said and MOVED_TO not in event.detail


def leaving(events: Sequence[Event], *, window: int) -> list[Event]:
    """Return the oldest of the messages that are not summarised yet, to be summarised now.

    Nothing leaves as long as ``window`` messages hold all of them. What leaves is half a window more than must, so
    that a long conversation is not summarised anew at each turn; those messages are still sent whole for a while.
    """
    said = [event for event in events if is_said(event)]
    surplus = len(said) - window
    return said[: surplus + window // 2] if surplus > 0 else []


def extend_extractive(summary: str, events: Sequence[Event]) -> str:
    """Return the summary with a line for each message that says something, at most ``MAX_CHARACTERS``.

    A line is the message's sentence with most words that matter; of a bot's answer, what it rested on. Over the limit
    the lines that say least go, the oldest first; the first line stays, as it is what the customer came for.
    """
    lines = summary.splitlines()
    for event in events:
        line = _line(event)
        if line and line not in lines:
            lines.append(line)
    while len("\n".join(lines)) > MAX_CHARACTERS and len(lines) > 1:
        least = min(range(1, len(lines)), key=lambda place: (_weight(lines[place]), place))
        del lines[least]
    return "\n".join(lines)[:MAX_CHARACTERS]


def transcript(summary: str, events: Sequence[Event]) -> str:
    """Return the summary so far and the messages to add to it, as a model gets them: data that closes no tag."""
    said = "\n".join(f"{event.author.value}: {as_data(event.text)}" for event in events)
    return f"<summary>\n{as_data(summary)}\n</summary>\n\n<messages>\n{said}\n</messages>"


def _line(event: Event) -> str:
    if event.author is Author.BOT:
        return _line_of_answer(event)
    said = max(sentences(" ".join(event.text.split())), key=_information, default="")
    return _cut(f"{event.author.value.capitalize()}: {said}") if terms(said) else ""


def _line_of_answer(event: Event) -> str:
    handover = event.detail.get("handover")
    if handover:
        return f"A person was asked to take over, ticket {handover['ticket_id']}."
    names = [citation.get("heading") or citation.get("title") or "" for citation in event.detail.get("citations", [])]
    named = list(dict.fromkeys(name for name in names if name))
    return _cut(f"{_ANSWERED}: {'; '.join(named)}") if named else ""


def _information(text: str) -> int:
    # Codes, numbers and dates are what a customer hates to say twice.
    return len(set(terms(text))) + 3 * len(codes(text)) + 2 * any(letter.isdigit() for letter in text)


def _weight(line: str) -> float:
    return _information(line) * (0.5 if line.startswith(_ANSWERED) else 1.0)


def _cut(line: str) -> str:
    return line if len(line) <= MAX_LINE_CHARACTERS else f"{line[: MAX_LINE_CHARACTERS - 1].rstrip()}\u2026"
