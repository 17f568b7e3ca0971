"""Judge a mail by what it says and by what came before, once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from firstline.domain.conversation import BOT, ConversationStatus
from firstline.domain.errors import NotFoundError, TransactionConflictError
from firstline.domain.mail.gate import judge_content, within_limits, without_plus
from firstline.domain.mail.incoming import customer_of, without_strangers
from firstline.domain.mail.parsed_mail import ParsedMail
from firstline.domain.mail.received_mail import MailClaim, Said, content_of, words_of
from firstline.domain.mail.reply_text import reply_text
from firstline.domain.mail.sender_proof import SenderProof, sender_proof
from firstline.domain.mail.threading import ThreadChoice, Trust
from firstline.domain.mail.verdict import GateLimits, GateReason, GateVerdict, MailHistory, Ours, Verdict
from firstline.domain.ports import Clock, Ids
from firstline.domain.table import Operation
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.correspondents import CorrespondentRepository
from firstline.repositories.customer_mails import CustomerMailRepository
from firstline.repositories.mail_threads import MailThreadRepository
from firstline.repositories.received_mails import DAY, HOUR, ReceivedMailRepository
from firstline.services.mail_marks import MailMarks
from firstline.services.place_mail import PlaceMail

_TRIES = 20
_FOR_SOMEBODY = (Verdict.ANSWER, Verdict.TICKET_ONLY)
_NOTICE_BY_WORDING = GateVerdict(Verdict.AUTO_REPLY, GateReason.AUTO_WORDING)
_BOUNCES = (Verdict.BOUNCE_PERMANENT, Verdict.BOUNCE_TEMPORARY)


@dataclass(frozen=True)
class MailAddresses:
    """What is ours."""

    support: tuple[str, ...]
    """That customers write to, in lower case and without plus-parts; answers come from the first."""
    own: frozenset[str] = frozenset()
    """All that we send and receive with, in the same form."""
    lists: frozenset[str] = frozenset()
    """List-Id, in lower case, of lists that only pass support mail on."""
    server: str = ""
    """Name by which our receiving server signs what it finds of senders, in lower case; empty where none looks."""


@dataclass(frozen=True)
class ArrivedMail:
    """A mail and what was made out of it."""

    mail: ParsedMail
    raw: bytes
    object_key: str
    too_large: bool = False
    """Only its headers were read."""

    @property
    def sender(self) -> str:
        """Its sender's address, in lower case; may be empty."""
        return self.mail.sender.address if self.mail.sender else ""


class JudgeMail:
    """What is decided is stored before anything is done: whoever does it again does the same."""

    def __init__(
        self,
        received: ReceivedMailRepository,
        threads: MailThreadRepository,
        mails: CustomerMailRepository,
        correspondents: CorrespondentRepository,
        conversations: ConversationRepository,
        place: PlaceMail,
        marks: MailMarks,
        addresses: MailAddresses,
        limits: GateLimits,
        *,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._received = received
        self._threads = threads
        self._mails = mails
        self._correspondents = correspondents
        self._conversations = conversations
        self._place = place
        self._marks = marks
        self._addresses = addresses
        self._limits = limits
        self._clock = clock
        self._ids = ids

    def claim(self, read: ArrivedMail) -> MailClaim:
        """Return what was decided of a mail, now or when it came before."""
        content = content_of(read.mail, read.raw)
        for _ in range(_TRIES):
            known = self._received.claim_like(content)
            if known is not None:
                # A second copy of it: who is told of this object once more, when it is gone, finds the claim.
                self._received.lead(read.object_key, known, at=self._clock.now())
                return known
            claim, words = self._decided(read, content.own, self._clock.now())
            if self._received.claim(
                claim,
                read.object_key,
                sender=read.sender,
                words=words,
                without_list=content.without_list,
                also=self._counted(claim, read),
            ):
                return claim
        raise TransactionConflictError("one mail came too often at once")

    def _decided(self, read: ArrivedMail, content: str, now: datetime) -> tuple[MailClaim, list[str]]:
        """Return the decision, and the words that are not to be taken again for a day."""
        mail, ours = read.mail, self._ours(read.mail)
        verdict = judge_content(mail, ours=ours)
        proof = sender_proof(mail, self._addresses.server)
        proven = proof in (SenderProof.PROVEN, SenderProof.UNKNOWN)
        choice = self._place.place(mail, proof)
        read = self._trusted(read, choice.conversation_id, choice.trust)
        said, said_in, said_before = Said(), None, None
        if verdict.verdict in _FOR_SOMEBODY:
            said = words_of(mail, reply_text(mail.text).text)
            said_in = self._received.said_in(said.answering) if said.answering else None
            said_before = said_in or (self._received.said_in(said.anywhere) if said.anywhere else None)
            history = replace(
                self._history(read, choice, now), same_body=bool(said_in), same_body_elsewhere=bool(said_before)
            )
            verdict = within_limits(verdict, history, self._limits)
            verdict = self._answerable(read, verdict, ours)
        if verdict == _NOTICE_BY_WORDING and self._is_with_people(choice.conversation_id):
            # Such short words may be a person's answer to a person, who reads them.
            verdict = replace(verdict, verdict=Verdict.TICKET_ONLY)
        if verdict.verdict in _BOUNCES:
            choice = ThreadChoice(self._place.of_sent(mail.enclosed_ids))
        conversation_id, is_new = choice.conversation_id, False
        if not conversation_id and said_before and proven and self._threads.find(said_before) is not None:
            # What was said before is seen where it was said.
            conversation_id = said_before
        elif not conversation_id and verdict.verdict in _FOR_SOMEBODY:
            conversation_id, is_new = self._ids.new(), True
        claim = MailClaim(
            content=content,
            mail_id=self._ids.new(),
            conversation_id=conversation_id,
            verdict=verdict.verdict,
            reason=verdict.reason,
            received_at=now,
            is_new=is_new,
            new_participant=choice.new_participant and proven,
            trust=choice.trust if choice.conversation_id or is_new else Trust.NOBODY_NEW,
            linked=choice.linked if is_new else "",
        )
        fresh = () if said_in or verdict.verdict not in _FOR_SOMEBODY else (said.answering,)
        return claim, [words for words in (*fresh, said.anywhere if fresh and not said_before else "") if words]

    def _counted(self, claim: MailClaim, read: ArrivedMail) -> list[Operation]:
        """Count a mail with whom its answer goes to; also what is not answered any more: it must fall silent first.

        In a thread that people have, nothing is sent, so nothing is counted.
        """
        goes_on = claim.reason is GateReason.UNATTENDED_SENDER
        if not goes_on and (
            claim.verdict is not Verdict.ANSWER or (not claim.is_new and self._is_with_people(claim.conversation_id))
        ):
            return []
        read = self._trusted(read, claim.conversation_id, claim.trust)
        address = customer_of(read.mail, self._addresses.own).address
        if not address:
            return []
        conversation_id, at = claim.conversation_id, claim.received_at
        return [self._correspondents.admitted(address, claim.mail_id, conversation_id=conversation_id, at=at)]

    def _is_with_people(self, conversation_id: str) -> bool:
        """Tell whether people have a conversation; nobody has what is none yet."""
        if not conversation_id:
            return False
        try:
            conversation = self._conversations.get(conversation_id)
        except NotFoundError:
            return False
        return conversation.owner != BOT or conversation.status is ConversationStatus.WAITING_FOR_PERSON

    def _trusted(self, read: ArrivedMail, conversation_id: str, trust: Trust) -> ArrivedMail:
        """Return a mail without those in it whom it is not trusted to bring into a thread."""
        thread = self._threads.find(conversation_id) if conversation_id and trust is not Trust.FULL else None
        if thread is None:
            return read
        return replace(read, mail=without_strangers(read.mail, thread, self._addresses.own, trust))

    def _ours(self, mail: ParsedMail) -> Ours:
        people = self._addresses.own - frozenset(self._addresses.support)
        by_people = mail.sender is not None and without_plus(mail.sender.address) in people
        return Ours(
            addresses=self._addresses.own,
            people=people,
            refers=by_people and self._place.refers_to_ours(mail),
            message_ids=frozenset({mail.message_id}) if self._place.is_ours(mail) else frozenset(),
            loop_mark=self._marks.loop_mark,
            lists=self._addresses.lists,
        )

    def _history(self, read: ArrivedMail, choice: ThreadChoice, now: datetime) -> MailHistory:
        replies = 0
        if choice.conversation_id:
            sent = self._threads.automatic_replies(choice.conversation_id, since=now - DAY)
            # Answers that are on their way count too: a burst is judged before the first of them is sent.
            replies = max(sent, self._received.admitted(choice.conversation_id, since=now - HOUR))
        most = self._limits.mails_per_sender
        address = customer_of(read.mail, self._addresses.own).address
        in_day, in_month = 0, 0
        if address:
            in_day, in_month = self._correspondents.admitted_since(
                address, now=now, at_most=self._limits.unattended_per_sender
            )
        return MailHistory(
            replies_in_thread=replies,
            mails_of_sender=self._received.sent_by(read.sender, now=now, at_most=most) if read.sender else 0,
            unattended_in_thread=self._mails.unattended(choice.conversation_id) if choice.conversation_id else 0,
            answered_in_day=in_day,
            answered_in_month=in_month,
        )

    def _answerable(self, read: ArrivedMail, verdict: GateVerdict, ours: Ours) -> GateVerdict:
        """Return the verdict, stricter where an answer would not reach the customer or not all was read."""
        if verdict.verdict is not Verdict.ANSWER and verdict.reason is not GateReason.UNREADABLE:
            return verdict
        if read.too_large:
            return GateVerdict(Verdict.TICKET_ONLY, GateReason.TOO_LARGE)
        if verdict.verdict is not Verdict.ANSWER:
            return verdict
        customer = customer_of(read.mail, self._addresses.own)
        if not customer.address:
            return GateVerdict(Verdict.TICKET_ONLY, GateReason.NO_SENDER)
        if customer.address == read.sender:
            return verdict
        # The answer goes where Reply-To says, which may be an address that nobody reads.
        to_reader = judge_content(replace(read.mail, sender=customer), ours=ours)
        return verdict if to_reader.verdict is Verdict.ANSWER else to_reader
