"""Frames that a client gets."""

from __future__ import annotations

from typing import Any

from firstline.domain.conversation import BOT, Author, Conversation, Event
from firstline.domain.turn import Reply

PROTOCOL_VERSION = 1

_EVERYTHING = 2**31 - 1


def connected(conversation: Conversation, *, waiting: int | None = None) -> dict[str, Any]:
    """The first frame on every socket: where the conversation stands, and how many wait before it, if it waits."""
    frame = {
        "type": "connected",
        "protocol": PROTOCOL_VERSION,
        "conversation_id": conversation.conversation_id,
        "last_seq": conversation.next_seq - 1,
        "owner": owner(conversation.owner),
        "version": conversation.version,
        "status": conversation.status.value,
    }
    return frame if waiting is None else {**frame, "waiting": waiting}


def owner(owner_id: str) -> str:
    """Return what clients may know of the owner: ``bot`` or ``person``."""
    return BOT if owner_id == BOT else "person"


def accepted(message_id: str, seq: int, turn_id: str, *, resend_safe: bool = True) -> dict[str, Any]:
    """The message is in the log; it will be answered. Where the client made no id, a resend is another message."""
    frame = {"type": "accepted", "message_id": message_id, "seq": seq, "turn_id": turn_id}
    return frame if resend_safe else {**frame, "resend_safe": False}


def status(turn_id: str, node: str) -> dict[str, Any]:
    """A node is at work."""
    return {"type": "status", "turn_id": turn_id, "node": node}


def delta(
    turn_id: str, attempt: int, index: int, text: str, *, next_index: int | None = None, version: int | None = None
) -> dict[str, Any]:
    """A piece of the answer that is being written.

    Parameters
    ----------
    index, next_index : int
        The piece stands for the places ``index`` to ``next_index - 1`` of the answer; one place unless said. A client
        that has all of them drops it; one that lacks any of them puts it in the place of all.
    version : int, optional
        The conversation's, under which it was written: a client that knows of a newer one drops it.
    """
    frame = {
        "type": "delta",
        "turn_id": turn_id,
        "attempt": attempt,
        "index": index,
        "next": index + 1 if next_index is None else next_index,
        "text": text,
    }
    return frame if version is None else {**frame, "version": version}


def superseded(turn_id: str, *, attempt: int | None = None, before_index: int | None = None) -> dict[str, Any]:
    """What was streamed of this turn is withdrawn: all, or of one attempt and those before it up to an index."""
    frame: dict[str, Any] = {"type": "superseded", "turn_id": turn_id}
    return frame if attempt is None else {**frame, "attempt": attempt, "before_index": before_index}


def withdrawn(turn_id: str, attempt: int) -> dict[str, Any]:
    """All that this attempt and those before it have streamed is withdrawn; a later one may still answer the turn."""
    return superseded(turn_id, attempt=attempt, before_index=_EVERYTHING)


def agent(seq: int, owner_id: str, version: int, *, name: str | None = None) -> dict[str, Any]:
    """The conversation changed hands; ``name`` is what the customer may call the person."""
    return {"type": "agent", "seq": seq, "owner": owner(owner_id), "name": name, "version": version}


def typing(author: Author, *, name: str | None = None) -> dict[str, Any]:
    """Somebody is writing; worth a few seconds."""
    return {"type": "typing", "author": author.value, "name": name}


def rated(seq: int, score: int, reason: str = "") -> dict[str, Any]:
    """The rating of that answer, or at 0 of the conversation, is kept; ``score`` is 1 to 5."""
    frame = {"type": "rated", "seq": seq, "score": score}
    return {**frame, "reason": reason} if reason else frame


def reply(turn_id: str, committed: Reply, *, waiting: int | None = None) -> dict[str, Any]:
    """The answer as committed; of a handover, how many wait before this conversation."""
    frame = {
        "type": "reply",
        "turn_id": turn_id,
        "seq": committed.seq,
        "text": committed.text,
        "citations": [citation.model_dump() for citation in committed.citations],
        "handover": committed.handover.model_dump(mode="json") if committed.handover else None,
    }
    return frame if waiting is None else {**frame, "waiting": waiting}


def event(entry: Event) -> dict[str, Any]:
    """A replayed or human event."""
    return {"type": "event", **entry.model_dump(mode="json")}


def resumed(last_seq: int, *, more: bool) -> dict[str, Any]:
    """All events up to ``last_seq`` have been replayed; where there are ``more``, the client asks again from there."""
    return {"type": "resumed", "last_seq": last_seq, "more": more}


def error(
    code: str, message: str, *, retryable: bool, message_id: str = "", retry_after_s: int | None = None
) -> dict[str, Any]:
    """Something the client sent was refused, or failed."""
    frame: dict[str, Any] = {"type": "error", "code": code, "message": message, "retryable": retryable}
    if retry_after_s is not None:
        frame["retry_after_s"] = retry_after_s
    return {**frame, "message_id": message_id} if message_id else frame


def closing(reason: str) -> dict[str, Any]:
    """The server is about to close this socket."""
    return {"type": "closing", "reason": reason}


def pong() -> dict[str, Any]:
    """The socket lives."""
    return {"type": "pong"}
