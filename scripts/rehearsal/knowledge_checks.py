"""A document put into the knowledge bucket is cited; changed, it is followed; deleted, it is forgotten."""

from __future__ import annotations

import time
from typing import Any

from rehearsal.checking import eventually
from rehearsal.visitor import Visitor

# Nothing that any real collection says.
TITLE = "Folding the Quillmark lamp"
QUESTION = "How do I fold the Quillmark lamp?"
FIRST, SECOND = "brass ring", "silver lever"


def document(part: str) -> str:
    """Return the document that says to turn this part."""
    return f"# {TITLE}\n\nTo fold the Quillmark lamp, turn the {part} until it clicks, then lay the arm flat.\n"


class KnowledgeChecks:
    """Each check returns what it found, in a few words, or raises ``CheckFailedError``.

    Parameters
    ----------
    s3 : S3 client
    bucket : str
        The knowledge bucket.
    within_s : float
        By when a change is served.
    every_s : float
        Before each question, which has a session of its own; a visitor may open one every 12 seconds.
    """

    def __init__(self, rest_url: str, s3: Any, bucket: str, *, within_s: float, every_s: float, run_id: str) -> None:
        self._url = rest_url
        self._s3 = s3
        self._at = {"Bucket": bucket, "Key": f"articles/rehearsal-{run_id}.md"}
        self._within_s = within_s
        self._every_s = every_s

    def uploaded(self) -> str:
        """A new document's words come back, cited."""
        return self._followed(FIRST, instead_of=SECOND)

    def changed(self) -> str:
        """The new words come back, and the old ones do not."""
        return self._followed(SECOND, instead_of=FIRST)

    def deleted(self) -> str:
        """No answer cites it any more."""
        self.remove()
        eventually(
            self._ask,
            lambda answer: not _cites(answer),
            "the deleted document is still cited",
            within_s=self._within_s,
            every_s=0,
        )
        return "cited no more"

    def remove(self) -> None:
        """Delete the document; where there is none this does nothing."""
        self._s3.delete_object(**self._at)

    def _followed(self, part: str, *, instead_of: str) -> str:
        self._s3.put_object(**self._at, Body=document(part).encode())
        answer = eventually(
            self._ask,
            lambda answer: _cites(answer) and part in answer["message"] and instead_of not in answer["message"],
            f"no answer cites the document with the words {part!r} instead of {instead_of!r}",
            within_s=self._within_s,
            every_s=0,
        )
        return f"confidence {answer['confidence']:.2f}, {len(answer['sources'])} sources"

    def _ask(self) -> dict[str, Any]:
        time.sleep(self._every_s)
        return Visitor(self._url).ask(QUESTION)


def _cites(answer: dict[str, Any]) -> bool:
    return any("Quillmark" in source["content"] for source in answer["sources"])
