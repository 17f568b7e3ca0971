"""Mails that a laptop could not process: laid aside, listed, and put back in line by a person."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from firstline.domain.errors import NotFoundError
from firstline.domain.mail.mail_body import plain
from firstline.domain.mail.parsed_mail import ParsedMail
from firstline.domain.ports import ObjectStore

INCOMING, TRIES, FAILED = "incoming/", "tries/", "failed/"
"""Folders of mails in line, of what is known of their tries, and of mails that were given up."""
_NOTE = ".why"
_HEAD_BYTES = 65_536
_BLANK_LINES = re.compile(rb"\A(?:[ \t]*\n)+")
_AGAIN = re.compile(r"(.+)~(\d{1,9})")


@dataclass(frozen=True)
class FailedMail:
    """A mail that was given up."""

    mail_id: str
    at: str
    """When it was given up, in ISO 8601; the day alone of one without a note."""
    sender: str
    """An address; empty where none can be read."""
    subject: str
    why: str
    """How its last try ended; empty where that is not known."""
    tries: int
    """0 where that is not known."""


class FailedMails:
    """Keys of the store: ``failed/<day>/<id>.eml``, with a note beside it on how its tries ended.

    A mail is written where it goes before it is removed where it was, so whatever breaks off, it is in one of the two
    places, or in both. It comes back into line under another id, ``<id>~2``, then ``<id>~3``: a retry that stood still
    removes nothing that was given up again meanwhile. Retried twice, it is received once, for the intake knows it.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def lay_aside(self, name: str, *, tries: int, why: str, at: datetime) -> str:
        """Take a mail out of the line, and return the key it has from then on.

        Parameters
        ----------
        name : str
            Of its file below ``incoming/``.

        Raises
        ------
        StoreUnavailableError
        """
        # Broken off on the day before, it stays where it was put then.
        key = next((known for known in self._keys() if _name_of(known) == name), f"{FAILED}{at:%Y-%m-%d}/{name}")
        note = {"at": at.isoformat(timespec="seconds"), "tries": tries, "why": why}
        self._store.write(key + _NOTE, json.dumps(note).encode("ascii"))
        self._store.write(key, self._store.read(INCOMING + name))
        self._store.delete(INCOMING + name)
        self._store.delete(TRIES + name)
        return key

    def count(self) -> int:
        """Return how many there are."""
        return sum(1 for _ in self._keys())

    def all(self, parse: Callable[[bytes], ParsedMail]) -> Iterator[FailedMail]:
        """Yield them in the order of their days.

        Parameters
        ----------
        parse : callable
            Reads the head of a mail; its body, which may be what nothing could read, is left alone.
        """
        for key in self._keys():
            try:
                raw = self._store.read(key)[:_HEAD_BYTES].replace(b"\r\n", b"\n")
            except NotFoundError:
                # Put back in line since it was found.
                continue
            head = _BLANK_LINES.sub(b"", raw, count=1).partition(b"\n\n")[0]
            mail, note = parse(head + b"\n\n"), self._note(key)
            yield FailedMail(
                mail_id=_id_of(key),
                at=str(note.get("at") or key.split("/")[1]),
                sender=_line(mail.sender.address if mail.sender else ""),
                subject=_line(mail.subject),
                why=str(note.get("why") or ""),
                tries=counted(note.get("tries")),
            )

    def ids(self) -> list[str]:
        """Return their ids, each once, in the order of their days."""
        return list(dict.fromkeys(map(_id_of, self._keys())))

    def retry(self, mail_id: str) -> str:
        """Put a mail back in line, with all its tries before it, and return its id there.

        Raises
        ------
        NotFoundError
            No such mail was given up.
        """
        found = [key for key in self._keys() if _id_of(key) == mail_id]
        if not found:
            raise NotFoundError(f"no mail {mail_id!r} was given up")
        again = _AGAIN.fullmatch(mail_id)
        new_id = f"{again[1]}~{int(again[2]) + 1}" if again else f"{mail_id}~2"
        raw = self._store.read(found[-1])
        self._store.delete(f"{TRIES}{new_id}.eml")
        self._store.write(f"{INCOMING}{new_id}.eml", raw)
        for key in found:
            self._store.delete(key)
            self._store.delete(key + _NOTE)
        return new_id

    def _keys(self) -> Iterator[str]:
        return (key for key in self._store.list(FAILED) if key.count("/") > 1 and not key.endswith(_NOTE))

    def _note(self, key: str) -> dict[str, Any]:
        try:
            note = json.loads(self._store.read(key + _NOTE))
        except (NotFoundError, ValueError):
            return {}
        return note if isinstance(note, dict) else {}


def counted(noted: object) -> int:
    """Return a count of tries as a note has it, 0 where that is none."""
    return noted if isinstance(noted, int) and not isinstance(noted, bool) and noted > 0 else 0


def _name_of(key: str) -> str:
    return key.split("/", 2)[2]


def _id_of(key: str) -> str:
    return _name_of(key).removesuffix(".eml")


def _line(words: str) -> str:
    return " ".join(plain(words).split())
