"""A person sends what the assistant has drafted, as it is or in other words, or dismisses it."""

from __future__ import annotations

from contextlib import suppress

from firstline.domain.conversation import BOT, Event
from firstline.domain.errors import ConditionFailedError, ConflictError, NotFoundError
from firstline.domain.identity import Principal
from firstline.domain.mail.answer_draft import (
    AnswerDraft,
    AnswerDraftDecidedError,
    AnswerDraftOutdatedError,
    AnswerDraftStatus,
)
from firstline.domain.ports import Clock, Ids, Table
from firstline.domain.table import Operation
from firstline.domain.text import checked_message
from firstline.repositories.answer_drafts import AnswerDraftRepository
from firstline.repositories.audit import AuditRepository
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.turns import TurnRepository
from firstline.services.answer_as_person import AnswerAsPerson
from firstline.services.own_conversation import OwnConversation


class SendDraft:
    """Each draft is decided once; whatever was broken off is completed by the same call again."""

    def __init__(
        self,
        table: Table,
        drafts: AnswerDraftRepository,
        conversations: ConversationRepository,
        turns: TurnRepository,
        own_conversation: OwnConversation,
        answer_as_person: AnswerAsPerson,
        audit: AuditRepository,
        *,
        clock: Clock,
        ids: Ids,
        max_characters: int,
    ) -> None:
        self._table = table
        self._drafts = drafts
        self._conversations = conversations
        self._turns = turns
        self._own_conversation = own_conversation
        self._answer_as_person = answer_as_person
        self._audit = audit
        self._clock = clock
        self._ids = ids
        self._max_characters = max_characters

    def of_conversation(self, conversation_id: str) -> list[AnswerDraft]:
        """Return the drafts of a conversation, oldest first. Raises ``NotFoundError``."""
        self._conversations.get(conversation_id)
        return self._drafts.of_conversation(conversation_id)

    def send(
        self,
        conversation_id: str,
        draft_id: str,
        by: Principal,
        *,
        text: str | None = None,
        read_up_to: int | None = None,
        keep: bool = False,
    ) -> AnswerDraft:
        """Send a draft as the person's own answer in the thread; return it as it then is.

        The conversation is taken for it and handed back after it, so that the assistant goes on with the thread.

        Parameters
        ----------
        text : str, optional
            What is sent in the draft's place.
        read_up_to : int, optional
            Place in the log up to which the person has read; without it, the draft's own word to the customer.
        keep : bool
            The conversation stays with the person.

        Raises
        ------
        NotFoundError, InvalidMessageError
        AnswerDraftDecidedError
            It was dismissed, or sent in other words.
        AnswerDraftOutdatedError
            Something was said since.
        ConversationOwnedError
            Another person has the conversation.
        """
        draft = self._drafts.get(conversation_id, draft_id)
        said = draft.text if text is None else checked_message(text, max_characters=self._max_characters)
        if draft.status is AnswerDraftStatus.DISMISSED:
            raise AnswerDraftDecidedError("the draft was dismissed")
        if draft.status is AnswerDraftStatus.SENT and text is not None and said != draft.sent_text:
            raise AnswerDraftDecidedError("the draft was sent in other words")
        if draft.status is AnswerDraftStatus.WAITING:
            self._check_newest(draft, read_up_to)
            was_bots = self._conversations.get(conversation_id).owner == BOT
            self._own_conversation.take(conversation_id, by)

            def also(_: Event) -> list[Operation]:
                fresh = self._drafts.get(conversation_id, draft_id)
                if fresh.status is not AnswerDraftStatus.WAITING:
                    raise AnswerDraftDecidedError(f"the draft was {fresh.status} meanwhile")
                self._check_newest(fresh, read_up_to)
                return self._decided(fresh, by, AnswerDraftStatus.SENT, sent_text=said)

            detail = {"draft": draft_id, "citations": [one.model_dump() for one in draft.citations]}
            try:
                self._answer_as_person.say(conversation_id, by, draft.message_id, said, also=also, detail=detail)
            except ConflictError:
                if was_bots:
                    self._own_conversation.hand_back(conversation_id, by)
                raise
        conversation = self._conversations.get(conversation_id)
        if not keep and conversation.owner == by.user_id:
            self._own_conversation.hand_back(conversation_id, by)
        return self._drafts.get(conversation_id, draft_id)

    def dismiss(self, conversation_id: str, draft_id: str, by: Principal) -> AnswerDraft:
        """Dismiss a draft: nothing is sent, and people go on with the ticket.

        Raises
        ------
        NotFoundError
        AnswerDraftDecidedError
            It was sent.
        """
        draft = self._drafts.get(conversation_id, draft_id)
        if draft.status is AnswerDraftStatus.WAITING:
            # Where somebody has decided meanwhile, what they did is what is told.
            with suppress(ConditionFailedError):
                self._table.transact(self._decided(draft, by, AnswerDraftStatus.DISMISSED))
            draft = self._drafts.get(conversation_id, draft_id)
        if draft.status is AnswerDraftStatus.SENT:
            raise AnswerDraftDecidedError("the draft was sent already")
        return draft

    def _decided(
        self, draft: AnswerDraft, by: Principal, status: AnswerDraftStatus, *, sent_text: str = ""
    ) -> list[Operation]:
        now = self._clock.now()
        changes = {"status": status, "sent_text": sent_text, "decided_by": by.user_id, "decided_at": now}
        after = draft.model_copy(update=changes)
        entry = self._audit.recorded(
            self._ids.new(),
            action=f"draft_{status.value}",
            by=by.user_id,
            of=draft.conversation_id,
            now=now,
            draft=draft.draft_id,
            edited=after.edited,
        )
        return [self._drafts.decided(after), entry]

    def _check_newest(self, draft: AnswerDraft, read_up_to: int | None) -> None:
        conversation = self._conversations.get(draft.conversation_id)
        newest = max(conversation.last_customer_seq, conversation.last_reply_seq)
        known = read_up_to if read_up_to is not None else self._told_at(draft)
        if newest > known:
            raise AnswerDraftOutdatedError(f"something was said since the draft; read it, and say read_up_to {newest}")

    def _told_at(self, draft: AnswerDraft) -> int:
        """Return the place of the word to the customer that came with the draft."""
        try:
            reply = self._turns.get(draft.conversation_id, draft.draft_id).reply
        except NotFoundError:
            return draft.answers_up_to
        return reply.seq if reply else draft.answers_up_to
