"""The terminal of ``scripts/chat``: a line in, an answer with numbered sources out."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence
from typing import Any, TextIO
from unicodedata import category

from firstline.local.chat_client import ChatClient
from firstline.local.chat_session import ServerUnreachableError

STATES = {
    "IdentifyCustomer": "reading your message",
    "ClassifyQuery": "understanding the question",
    "RetrieveKnowledge": "looking in the articles",
    "GenerateResponse": "writing the answer",
}
_CLEAR_LINE = "\r\x1b[K"


class Terminal:
    """Shows frames as text. On a terminal, the node at work has one line that is written over; elsewhere, none.

    Parameters
    ----------
    out : TextIO
    interactive : bool
        Whether ``out`` is a terminal.
    """

    def __init__(self, out: TextIO, *, interactive: bool) -> None:
        self._out = out
        self._interactive = interactive
        self._lock = threading.Lock()
        self._streamed: dict[tuple[str, int], str] = {}
        self._on_status_line = False
        self._was_lost = False

    def frame(self, frame: dict[str, Any]) -> None:
        """Show a frame."""
        with self._lock:
            kind = frame.get("type")
            if kind == "status":
                self._status(STATES.get(frame["node"], "working"))
            elif kind == "delta":
                self._delta(frame)
            elif kind == "superseded":
                if self._forget(frame["turn_id"]):
                    self._line("\n(withdrawn: an answer to all your messages follows)")
            elif kind == "reply":
                self._entry(frame, frame["citations"], frame["handover"])
            elif kind == "event" and frame["author"] != "customer":
                detail = frame["detail"]
                self._entry(frame, detail.get("citations", []), detail.get("handover"))
            elif kind == "error":
                self._line(f"Not sent{', trying again' if frame['retryable'] else ''}: {printable(frame['message'])}")
            elif kind == "agent":
                self._line(f"({_hands(frame)})")
            elif kind == "typing" and frame["author"] == "agent":
                self._status(f"{printable(frame['name'] or 'a colleague')} is writing")
            elif kind == "closing":
                self._status(f"the server closes this connection ({frame['reason']})")

    def connection(self, state: str) -> None:
        """Show what has become of the connection."""
        with self._lock:
            if state == "ended":
                self._line("The session has ended; start again for a new one.")
            elif state == "lost" and not self._was_lost:
                # What was streamed may be lost with the connection; the whole answer comes by resume.
                self._streamed.clear()
                self._line("Connection lost, trying again ...")
            elif state == "replaced":
                self._line("This conversation is open elsewhere; write here to go on here.")
            elif state == "connected" and self._was_lost:
                self._line("Connected again.")
            self._was_lost = state == "lost"

    def _entry(self, entry: dict[str, Any], citations: list[dict[str, Any]], handover: dict[str, Any] | None) -> None:
        streamed = self._forget(entry.get("turn_id", ""))
        if streamed == entry["text"]:
            self._line("")
        else:
            self._line(("\n" if streamed else "") + printable(entry["text"]))
        for citation in citations:
            heading = citation["heading"]
            place = citation["title"] if heading in {"", citation["title"]} else f"{citation['title']}, {heading}"
            link = f" <{citation['url']}>" if citation["url"] else ""
            self._line(printable(f"  [{citation['number']}] {place}{link}"))
        if handover:
            self._line(f"  ticket {handover['ticket_id']}")

    def _delta(self, frame: dict[str, Any]) -> None:
        key = (frame["turn_id"], frame["attempt"])
        self._clear_status()
        self._out.write(printable(frame["text"]))
        self._out.flush()
        self._streamed[key] = self._streamed.get(key, "") + frame["text"]

    def _forget(self, turn_id: str) -> str:
        """Return what was streamed last of a turn, and forget it."""
        keys = sorted(key for key in self._streamed if key[0] == turn_id)
        texts = [self._streamed.pop(key) for key in keys]
        return texts[-1] if texts else ""

    def _status(self, text: str) -> None:
        if self._interactive and not self._streamed:
            self._out.write(f"{_CLEAR_LINE}... {text}")
            self._out.flush()
            self._on_status_line = True

    def _clear_status(self) -> None:
        if self._on_status_line:
            self._out.write(_CLEAR_LINE)
            self._on_status_line = False

    def _line(self, text: str) -> None:
        self._clear_status()
        self._out.write(f"{text}\n")
        self._out.flush()


def _hands(frame: dict[str, Any]) -> str:
    if frame["owner"] == "bot":
        return "the assistant answers again"
    return f"{printable(frame['name'] or 'a colleague')} answers from here on"


def printable(text: str) -> str:
    """Return the text without control characters, which could drive the terminal."""
    return "".join(character for character in text if character in "\n\t" or category(character) != "Cc")


def main(argv: Sequence[str], *, source: TextIO = sys.stdin, out: TextIO = sys.stdout) -> int:
    """Talk until the input ends; return the exit code: 0, or 1 where the server cannot be reached."""
    parser = argparse.ArgumentParser(prog="scripts/chat", description="Chats with a running Firstline.")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="address of the server (default: %(default)s)")
    parser.add_argument("--user", default="", help="your id of the customer (default: an anonymous visitor)")
    parser.add_argument("--once", metavar="QUESTION", help="ask one question, print the answer, and end")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds to wait for an answer (default: 60)")
    options = parser.parse_args(argv)
    interactive = out.isatty() and source.isatty()
    try:
        client = ChatClient(options.url, Terminal(out, interactive=out.isatty()), user_id=options.user)
        client.start()
    except ServerUnreachableError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        if options.once is not None:
            return _ask(client, options.once, options.timeout)
        return _converse(client, source, options.timeout, interactive=interactive)
    except KeyboardInterrupt:
        out.write("\n")
        return 0
    finally:
        client.stop()


def _converse(client: ChatClient, source: TextIO, timeout_s: float, *, interactive: bool) -> int:
    client.wait_connected(timeout_s)
    outcome = 0
    while True:
        line = _prompted() if interactive else source.readline()
        if not line:
            return outcome
        if line.strip():
            outcome = _ask(client, line.strip(), timeout_s)


def _prompted() -> str:
    try:
        return input("> ") + "\n"
    except EOFError:
        print()
        return ""


def _ask(client: ChatClient, question: str, timeout_s: float) -> int:
    message_id = client.say(question)
    if client.wait_answered(timeout_s):
        return 1 if client.was_refused(message_id) else 0
    print(f"No answer within {timeout_s:g} seconds.", file=sys.stderr)
    return 1
