"""What our own mail is known by: signed names of threads, and the mark of this installation."""

from __future__ import annotations

import hashlib
import hmac
from functools import cached_property

from firstline.domain.mail.threading import ThreadTokens
from firstline.repositories.mail_threads import MailThreadRepository


class MailMarks:
    """Made of a key that the table keeps, read when it is first needed."""

    def __init__(self, threads: MailThreadRepository) -> None:
        self._threads = threads

    @cached_property
    def tokens(self) -> ThreadTokens:
        """Signs and reads names of threads."""
        return ThreadTokens(self._threads.key())

    @cached_property
    def loop_mark(self) -> str:
        """Value of the X-Loop header of whatever this installation sends by itself; the same for ever."""
        return hmac.new(self._threads.key(), b"mail-loop", hashlib.sha256).hexdigest()[:32]
