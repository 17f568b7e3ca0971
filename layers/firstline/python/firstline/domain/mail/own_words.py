"""What a mail says itself, without the lines that it quotes between its answers."""

from __future__ import annotations

from firstline.domain.conversation import Channel
from firstline.domain.turn import Turn


def own_words(text: str) -> str:
    """Return a mail without the quoted lines that stand between its answers; all of it where it only quotes."""
    lines = text.split("\n")
    own = [line for line in lines if not line.lstrip().startswith(">")]
    return "\n".join(own) if any(letter.isalnum() for letter in "".join(own)) else text


def said(turn: Turn) -> str:
    """Return what a customer says in a turn, and so may want: of a mail, its own words.

    Our own way to a person, quoted with our answer, is no wish for one.
    """
    return own_words(turn.question) if turn.channel is Channel.EMAIL else turn.question
