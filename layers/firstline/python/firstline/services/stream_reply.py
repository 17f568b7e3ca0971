"""Stream an answer that is being written: batched, fenced, kept for who comes back, withdrawn when it may not stand."""

from __future__ import annotations

from datetime import datetime, timedelta

from firstline.domain.frames import delta, superseded
from firstline.domain.ports import Clock
from firstline.domain.turn import Turn
from firstline.repositories.reply_drafts import ReplyDraft, ReplyDraftRepository
from firstline.repositories.turns import TurnRepository
from firstline.services.broadcast import Broadcast

BATCH = timedelta(milliseconds=80)
"""Each post to a connection is billed on AWS, so text is gathered this long."""

KEEP_EVERY = timedelta(milliseconds=500)
KEEP_BYTES = 1024
"""The draft is stored when so much time has passed or so much text has come since it was stored last."""


class StreamReply:
    """The deltas of one attempt at one turn.

    The stored draft may lie half a second behind. That leaves no gap: a socket that has not had all deltas so far, as
    one that has just connected, gets everything from the beginning with the next. Nothing is posted or stored for a
    conversation without open sockets.
    """

    def __init__(
        self,
        turn: Turn,
        *,
        broadcast: Broadcast,
        turns: TurnRepository,
        drafts: ReplyDraftRepository,
        clock: Clock,
    ) -> None:
        self._turn = turn
        self._broadcast = broadcast
        self._turns = turns
        self._drafts = drafts
        self._clock = clock
        self._place = turn.conversation_id, turn.turn_id, turn.identified.attempt
        self._version = turn.identified.conversation_version
        self._waiting = ""
        self._sent_at: datetime | None = None
        self._base = self._next = 0
        self._text = ""
        self._unkept, self._unkept_from = "", 0
        self._kept_at: datetime | None = None
        """When the draft was stored last; None before anything was shown to anybody."""
        self._begins_anew = False
        self._have_all: set[str] = set()

    def push(self, text: str) -> None:
        """Add text; it is sent at once if nothing was sent for 80 ms. Raises what ``flush`` raises."""
        self._waiting += text
        if self._sent_at is None or self._clock.now() - self._sent_at >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Send what waits.

        Raises
        ------
        StaleAttemptError, TurnAlreadyFinishedError, TurnSupersededError, ConversationTakenOverError
            The answer may not be given, and nothing was sent.
        """
        if not self._waiting:
            return
        self._turns.check_may_answer(self._turn)
        piece, self._waiting = self._waiting, ""
        self._sent_at = self._clock.now()
        self._text += piece
        self._unkept += piece
        self._next += 1
        sockets = self._broadcast.open_sockets(self._turn.conversation_id)
        if sockets:
            self._keep_if_due(self._sent_at)
            self._post(sockets, piece)

    def withdraw(self) -> None:
        """Take back what was streamed, if anything was; what is pushed afterwards begins a new answer."""
        if self._kept_at is not None and self._text:
            nothing = ReplyDraft(self._next, self._next, "", self._version)
            self._drafts.add(*self._place, nothing, begins=True, now=self._clock.now())
            self._withdraw_before(self._next)
        self._waiting = self._text = self._unkept = ""
        self._base = self._unkept_from = self._next
        self._begins_anew = True
        self._sent_at = None

    def _post(self, sockets: list[str], piece: str) -> None:
        _, turn_id, attempt = self._place
        last = delta(turn_id, attempt, self._next - 1, piece, version=self._version)
        everything = delta(turn_id, attempt, self._base, self._text, next_index=self._next, version=self._version)
        self._have_all = {
            socket
            for socket in sockets
            if self._broadcast.to_connection(socket, last if socket in self._have_all else everything)
        }

    def _keep_if_due(self, now: datetime) -> None:
        if self._kept_at is None:
            self._begin(now)
        elif now - self._kept_at >= KEEP_EVERY or len(self._unkept.encode()) >= KEEP_BYTES:
            unkept = ReplyDraft(self._unkept_from, self._next, self._unkept, self._version)
            self._drafts.add(*self._place, unkept, begins=self._begins_anew, now=now)
            self._begins_anew = False
        else:
            return
        self._kept_at = now
        self._unkept, self._unkept_from = "", self._next

    def _begin(self, now: datetime) -> None:
        draft = ReplyDraft(self._base, self._next, self._text, self._version)
        shift = self._drafts.begin(*self._place, draft, now=now)
        if shift:
            # This state ran before under the same attempt, and broke off, or runs still.
            self._base += shift
            self._next += shift
            self._withdraw_before(self._base)

    def _withdraw_before(self, index: int) -> None:
        conversation_id, turn_id, attempt = self._place
        self._broadcast.to_conversation(conversation_id, superseded(turn_id, attempt=attempt, before_index=index))
