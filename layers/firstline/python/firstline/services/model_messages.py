"""The messages that a language model is given: what is stable first, then this turn's sources and question as data."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from firstline.domain.context import Passage
from firstline.domain.conversation import Author, Channel
from firstline.domain.delimiters import as_data
from firstline.domain.language_model import ModelImage, ModelMessage
from firstline.domain.tone import tone_of
from firstline.domain.turn import Strategy, Turn


def conversation_messages(
    turn: Turn,
    sources: Sequence[Passage],
    strategy: Strategy,
    *,
    files: str = "",
    images: tuple[ModelImage, ...] = (),
    hide: Callable[[str], str] = str,
) -> tuple[ModelMessage, ...]:
    """Return the history, which is the same in the next turn, and then the message that asks.

    Parameters
    ----------
    files : str
        Attached files as ``quoted`` returns them, with ``hide`` done.
    hide : callable
        Takes personal data out of what the customer has said.
    """
    history = turn.identified.history
    messages = [
        ModelMessage("assistant" if said.author is not Author.CUSTOMER else "user", as_data(hide(said.text)))
        for said in history
    ]
    while messages and messages[0].role == "assistant":
        messages.pop(0)
    parts = [listed(sources)] if sources else []
    if turn.identified.summary:
        parts.append(_tagged("earlier_in_this_conversation", hide(turn.identified.summary)))
    if files:
        parts.append(f"<attached_files>\n{files}\n</attached_files>")
    parts.append(f"<customer>{as_data(hide(_known(turn)))}</customer>")
    parts.append(f"<tone>{tone_in_words(turn)}</tone>")
    parts.append(_tagged("question", hide(turn.question)))
    if turn.channel is Channel.EMAIL:
        parts.append(_by_mail(turn, hide))
    parts.append(f"<way_of_answering>{strategy.value}</way_of_answering>")
    return (*messages, ModelMessage("user", "\n\n".join(parts), images))


def listed(sources: Sequence[Passage], *, first: int = 1) -> str:
    """Return passages as the model is given them, numbered from ``first`` on."""
    return "\n\n".join(
        f'<source number="{number}" title={json.dumps(as_data(passage.heading))}>\n{as_data(passage.text)}\n</source>'
        for number, passage in enumerate(sources, start=first)
    )


def told_why(reason: str) -> ModelMessage:
    """Return the message that asks for the answer once more."""
    return ModelMessage(
        "user",
        f"<not_sent>{reason}</not_sent>\n\nThe answer above was not sent, for the reason given. Write the whole answer "
        "anew, from the sources alone and without what was wrong with it. Do not mention this.",
    )


def tone_in_words(turn: Turn) -> str:
    """Return mood, style and expertise as ``name: value`` pairs."""
    tone = tone_of(turn.classified, turn.identified.customer, turn.question)
    return "; ".join(f"{name}: {value}" for name, value in tone.as_data.items())


def _known(turn: Turn) -> str:
    customer = turn.identified.customer
    known = f"tier: {customer.tier.value}; relationship: {customer.relationship_stage.value}; asked before about: "
    known += ", ".join(customer.insights.topics) or "nothing"
    if turn.identified.memory:
        known += f"; stated: {json.dumps(turn.identified.memory, ensure_ascii=False)}"
    return known


def _by_mail(turn: Turn, hide: Callable[[str], str]) -> str:
    """Return that the answer is a mail, and the questions of it that the sources answer, in order."""
    asked = [part for part in turn.knowledge.parts if part.found] if turn.knowledge else []
    if not asked:
        return "<form>mail</form>"
    kind = "topics" if asked[0].topic else "questions"
    lines = "\n".join(f"{number}. {part.question}" for number, part in enumerate(asked, start=1))
    return f"<form>mail</form>\n\n{_tagged(kind, hide(lines))}"


def _tagged(tag: str, text: str) -> str:
    return f"<{tag}>\n{as_data(text)}\n</{tag}>"
