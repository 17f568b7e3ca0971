"""What any deployed stage must do for a visitor; needs its REST address and nothing else."""

from __future__ import annotations

from typing import Any

from rehearsal.checking import check, eventually
from rehearsal.visitor import REPLY_WITHIN_S, Visitor, call
from rehearsal.widget_checks import widget_served

QUESTION = "How do I reset a forgotten password?"


class ChatChecks:
    """Each check returns what it found, in a few words, or raises ``CheckFailedError``."""

    def __init__(self, rest_url: str) -> None:
        self._url = rest_url.rstrip("/")
        self.visitor: Visitor | None = None

    def is_ready(self) -> str:
        """Every dependency answers."""
        told, _ = call(f"{self._url}/health/readiness")
        return ", ".join(f"{name} {part['status']}" for name, part in told["checks"].items())

    def widget_files(self) -> str:
        """The widget's loader and all files that it names, each with its sum."""
        return widget_served(self._url)

    def rest_message(self) -> str:
        """A session by REST, a message, its answer, and both in the history once."""
        self.visitor = Visitor(self._url)
        answer = self.visitor.ask(QUESTION)
        check(bool(answer["message"]), f"an empty answer: {answer}")
        history = self.visitor.history()
        asked = [event for event in history if event["text"] == QUESTION]
        answered = [event for event in history if event["text"] == answer["message"]]
        check(len(asked) == len(answered) == 1, f"{len(asked)} questions and {len(answered)} answers in the history")
        return f"{len(answer['sources'])} sources, confidence {answer['confidence']:.2f}"

    def streamed_message(self) -> str:
        """A message by the socket: accepted, worked on node by node, streamed, and answered as it was streamed."""
        with Visitor(self._url).socket() as socket:
            message_id = socket.say(QUESTION)
            frames = socket.answer()
        kinds = [frame["type"] for frame in frames]
        accepted = [frame for frame in frames if frame["type"] == "accepted"]
        check([f["message_id"] for f in accepted] == [message_id], f"not accepted once: {kinds}")
        nodes = [frame["node"] for frame in frames if frame["type"] == "status"]
        check("RetrieveKnowledge" in nodes and "GenerateResponse" in nodes, f"nodes told: {nodes}")
        streamed = "".join(frame["text"] for frame in frames if frame["type"] == "delta")
        check(bool(streamed), f"nothing was streamed: {kinds}")
        reply = frames[-1]
        check(_words(streamed) == _words(reply["text"]), f"streamed {streamed!r}, answered {reply['text']!r}")
        return f"{kinds.count('delta')} deltas, {len(reply['citations'])} citations"

    def resumed_answer(self) -> str:
        """The connection is lost while the answer is written: the next socket is told it, and a resend is taken once.

        That socket opens when the answer is there, so that nothing but ``resume`` can tell it.
        """
        visitor = Visitor(self._url)
        with visitor.socket() as socket:
            message_id = socket.say(QUESTION)
            accepted = socket.until(lambda frame: frame["type"] == "accepted")[-1]
            socket.until(lambda frame: frame["type"] == "status")
            socket.cut()
        eventually(visitor.history, _is_answered, "a lost connection took the answer with it", within_s=REPLY_WITHIN_S)
        with visitor.socket() as socket:
            socket.send("resume", after_seq=accepted["seq"])
            answer = socket.until(_tells_answer)[-1]
            check(answer["seq"] > accepted["seq"], f"told as answer to {accepted['seq']}: {answer}")
            socket.say(QUESTION, message_id)
            again = socket.until(lambda frame: frame["type"] == "accepted")[-1]
        check(again["seq"] == accepted["seq"], f"the resent message is {again['seq']}, not {accepted['seq']}")
        texts = [event["text"] for event in visitor.history()]
        check(texts.count(QUESTION) == 1 and texts.count(answer["text"]) == 1, f"not once in the history: {texts}")
        return f"answer {answer['seq']} told by the second socket"

    def earlier_session(self) -> str:
        """The session of ``rest_message`` still has all it had, and is answered on."""
        check(self.visitor is not None, "there was no earlier session")
        assert self.visitor  # noqa: S101 - narrows the type
        before = self.visitor.history()
        self.visitor.ask("Where do I find my invoices?")
        after = self.visitor.history()
        check(after[: len(before)] == before and len(after) >= len(before) + 2, f"before {before}, now {after}")
        return f"{len(after)} events"

    def is_changed(self, header: str) -> str:
        """The REST API answers by the code that was deployed last."""
        told: dict[str, str] = eventually(
            lambda: call(f"{self._url}/health/liveness")[1],
            lambda headers: header in headers,
            "the new code does not answer",
            within_s=60,
        )
        return f"{header}: {told[header]}"


def _is_answered(events: list[dict[str, Any]]) -> bool:
    asked = [number for number, event in enumerate(events) if event["text"] == QUESTION]
    return bool(asked) and any(event["author"] == "bot" for event in events[asked[-1] + 1 :])


def _tells_answer(frame: dict[str, Any]) -> bool:
    if frame["type"] == "reply":
        return True
    return frame["type"] == "event" and frame.get("author") == "bot"


def _words(text: str) -> list[str]:
    return text.split()
