"""Carry out what was decided of a mail: into its conversation, to people, or into the record alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from firstline.domain import frames
from firstline.domain.attachments import MAX_FILES, Attachment
from firstline.domain.contact import Contact
from firstline.domain.conversation import Author, Channel, Conversation, Event
from firstline.domain.errors import ConditionFailedError, FirstlineError, InvalidInputError, TransactionConflictError
from firstline.domain.languages import SUPPORTED, judge_language
from firstline.domain.mail.incoming import (
    clean,
    customer_of,
    files_of,
    message_of,
    new_thread,
    our_address,
    thread_after,
)
from firstline.domain.mail.received_mail import MailClaim, ReceivedMail
from firstline.domain.mail.reply_text import reply_text
from firstline.domain.mail.sender_proof import SenderProof, sender_proof
from firstline.domain.mail.thread import bare_subject
from firstline.domain.mail.verdict import Verdict
from firstline.domain.ports import Table
from firstline.domain.table import Check, Exists, Operation
from firstline.repositories import keys
from firstline.repositories.conversations import ConversationRepository
from firstline.repositories.mail_threads import MailThreadRepository
from firstline.repositories.received_mails import ReceivedMailRepository
from firstline.repositories.thread_routes import ThreadRoutes
from firstline.services.accept_message import AcceptMessage
from firstline.services.broadcast import Broadcast
from firstline.services.judge_mail import ArrivedMail, MailAddresses
from firstline.services.mail_to_people import MailToPeople
from firstline.services.manage_sites import ManageSites
from firstline.services.read_attachment import ReadAttachment
from firstline.services.receive_attachment import ReceiveAttachment

_TRIES = 20
_SURE = 0.8
"""Probability from which a mail's language is taken for its customer's."""
_LONGEST_PROBLEM, _LONGEST_SUBJECT, _MOST_RECIPIENTS = 300, 500, 50


class SettledBeforeError(FirstlineError):
    """Another process has carried it out."""


class SettleMail:
    """Message, thread, record and the claim's end are one transaction."""

    def __init__(
        self,
        table: Table,
        received: ReceivedMailRepository,
        threads: MailThreadRepository,
        routes: ThreadRoutes,
        conversations: ConversationRepository,
        accept_message: AcceptMessage,
        receive_attachment: ReceiveAttachment,
        read_attachment: ReadAttachment,
        to_people: MailToPeople,
        sites: ManageSites,
        broadcast: Broadcast,
        addresses: MailAddresses,
        *,
        max_characters: int,
    ) -> None:
        self._table = table
        self._received = received
        self._threads = threads
        self._routes = routes
        self._conversations = conversations
        self._accept_message = accept_message
        self._receive_attachment = receive_attachment
        self._read_attachment = read_attachment
        self._to_people = to_people
        self._sites = sites
        self._broadcast = broadcast
        self._addresses = addresses
        self._max_characters = max_characters

    def answer(self, claim: MailClaim, read: ArrivedMail, kept: str) -> bool:
        """Make a mail a message of its conversation and start its turn.

        Returns
        -------
        bool
            False where there is nothing in it that could be answered: people have it.

        Raises
        ------
        SettledBeforeError
        NotFoundError
            Its conversation is gone.
        ThreadMovedError
            People have moved such mails elsewhere.
        """
        conversation_id = claim.conversation_id
        files, problems, text = self._taken_in(claim, read)
        if not (text or files):
            self._to_people_with(claim, read, kept, files, problems, text)
            return False
        self._note(claim, problems)

        def also() -> list[Operation]:
            seen = self._conversations.get(conversation_id)
            told = self._to_people.told(seen, text, at=claim.received_at)
            return [*self._belongings(claim, read, kept, files, problems, seq=seen.next_seq), *told]

        accepted = self._accept_message.accept(
            conversation_id,
            claim.client_id,
            text,
            channel=Channel.EMAIL,
            correlation_id=claim.mail_id,
            attachments=[file.file_id for file in files],
            also=also,
        )
        if accepted.duplicate:
            raise SettledBeforeError(claim.mail_id)
        if not claim.is_new:
            self._show(conversation_id, accepted.seq)
        self._accept_message.start(conversation_id, accepted)
        return True

    def file(self, claim: MailClaim, read: ArrivedMail, kept: str) -> None:
        """Give a mail to people; nothing leaves. Raises as ``answer`` does."""
        files, problems, text = self._taken_in(claim, read)
        self._to_people_with(claim, read, kept, files, problems, text)

    def record(self, claim: MailClaim, read: ArrivedMail, kept: str) -> None:
        """Keep that a mail came, and why nothing follows. Raises as ``answer`` does."""
        operations = [self._received.done(claim), self._received.recorded(self._record(claim, read, kept))]
        if claim.conversation_id:
            operations.append(Check(keys.conversation(claim.conversation_id), keys.META, Exists()))
        try:
            self._table.transact(operations)
        except ConditionFailedError:
            self._check_unsettled(claim)
            self._conversations.get(claim.conversation_id)
            raise

    def _to_people_with(
        self,
        claim: MailClaim,
        read: ArrivedMail,
        kept: str,
        files: Sequence[Attachment],
        problems: Sequence[str],
        text: str,
    ) -> None:
        self._note(claim, problems)
        conversation_id = claim.conversation_id

        def also(seq: int) -> list[Operation]:
            self._check_unsettled(claim)
            taken = self._read_attachment.claim(conversation_id, [file.file_id for file in files], claim.client_id)
            return [*taken.operations, *self._belongings(claim, read, kept, files, problems, seq=seq)]

        named = [file.model_dump(mode="json") for file in files]
        event = self._to_people.file(claim, bare_subject(clean(read.mail.subject)), text, files=named, also=also)
        if not claim.is_new:
            self._show(conversation_id, event.seq)

    def _taken_in(self, claim: MailClaim, read: ArrivedMail) -> tuple[list[Attachment], list[str], str]:
        """Return the files that were taken, what was not and why, and the words; the conversation is there then."""
        own = reply_text(read.mail.text).text
        text = message_of(read.mail, own, first=claim.is_new, max_characters=self._max_characters)
        if claim.is_new:
            self._open(claim, read, own)
        else:
            self._conversations.get(claim.conversation_id)
        files, problems = list[Attachment](), list[str]()
        for number, (name, file) in enumerate(files_of(read.mail)):
            if len(files) == MAX_FILES:
                problems.append(f"{name}: a mail may have {MAX_FILES} attachments")
                continue
            try:
                place = f"{claim.client_id}/{number}"
                files.append(
                    self._receive_attachment.store(claim.conversation_id, name, file.content, of_message=place)
                )
            except InvalidInputError as error:
                problems.append(f"{name}: {error}"[:_LONGEST_PROBLEM])
        return files, problems, text

    def _open(self, claim: MailClaim, read: ArrivedMail, own: str) -> None:
        to = our_address(read.mail, self._addresses.support)
        customer = customer_of(read.mail, self._addresses.own)
        guess = judge_language(own or read.mail.subject)
        language = guess.code if guess.code in SUPPORTED and guess.confidence >= _SURE else ""
        conversation = Conversation(
            conversation_id=claim.conversation_id,
            channel=Channel.EMAIL,
            site_id=self._sites.of_mail_domain(to.rpartition("@")[2]),
            contact=Contact(name=customer.name, email=customer.address),
            language=language,
            created_at=claim.received_at,
        )
        try:
            self._conversations.create(conversation, "")
        except ConditionFailedError:
            # An earlier try has made it.
            return

    def _note(self, claim: MailClaim, problems: Sequence[str]) -> None:
        """Tell people in the log, once, what was not taken, and what a new thread seems to continue."""
        lines = [f"Not taken: {problem}" for problem in problems]
        if claim.linked:
            lines.append(f"Seems to continue conversation {claim.linked}, which its sender has not proven.")
        for _ in range(_TRIES if lines and not claim.noted else 0):
            seen = self._conversations.get(claim.conversation_id)
            event = Event(
                seq=seen.next_seq,
                author=Author.SYSTEM,
                text="\n".join(lines),
                at=claim.received_at,
                detail={"mail_id": claim.mail_id},
            )
            if self._conversations.append(seen, event, changes={}, also=[self._received.noted(claim)]):
                return
            if self._check_unsettled(claim).noted:
                return
        if lines and not claim.noted:
            raise TransactionConflictError(f"conversation {claim.conversation_id}: too many writers at once")

    def _belongings(
        self,
        claim: MailClaim,
        read: ArrivedMail,
        kept: str,
        files: Sequence[Attachment],
        problems: Sequence[str],
        *,
        seq: int,
    ) -> list[Operation]:
        conversation_id, mail, at = claim.conversation_id, read.mail, claim.received_at
        record = replace(
            self._record(claim, read, kept),
            seq=seq,
            file_ids=tuple(file.file_id for file in files),
            problems=(*mail.problems, *problems),
        )
        operations = [self._received.done(claim), self._received.recorded(record)]
        operations += self._threads.received(conversation_id, mail.message_id, at=at)
        before = self._threads.find(conversation_id)
        answer = claim.verdict is Verdict.ANSWER
        own = self._addresses.own
        if before is None:
            to = our_address(mail, self._addresses.support)
            thread = new_thread(conversation_id, mail, ours=own, to=to, silent=not answer, linked=claim.linked)
            operations.append(self._threads.stored(thread, at=at))
        elif answer:
            conversation = self._conversations.get(conversation_id)
            waiting = conversation.last_customer_seq > conversation.last_reply_seq
            joins, trust = claim.new_participant, claim.trust
            after = thread_after(before, mail, ours=own, new_participant=joins, waiting=waiting, trust=trust)
            operations.append(self._threads.stored(after, at=at))
        if not claim.is_new:
            operations += self._routes.stays(conversation_id, mail.references)
        return operations

    def _check_unsettled(self, claim: MailClaim) -> MailClaim:
        now = self._received.claim_of(claim.content)
        if now is not None and now.done:
            raise SettledBeforeError(claim.mail_id)
        if now is None or now.conversation_id != claim.conversation_id:
            raise TransactionConflictError(f"another process sends mail {claim.mail_id} elsewhere")
        return now

    def _show(self, conversation_id: str, seq: int) -> None:
        if self._broadcast.open_sockets(conversation_id):
            for event in self._conversations.events(conversation_id, after_seq=seq - 1, limit=1):
                self._broadcast.to_conversation(conversation_id, frames.event(event))

    def _record(self, claim: MailClaim, read: ArrivedMail, kept: str) -> ReceivedMail:
        mail = read.mail
        return ReceivedMail(
            mail_id=claim.mail_id,
            received_at=claim.received_at,
            verdict=claim.verdict,
            reason=claim.reason,
            conversation_id=claim.conversation_id,
            message_id=mail.message_id,
            sender=read.sender,
            sender_name=clean(mail.sender.name) if mail.sender else "",
            to=tuple(mailbox.address for mailbox in mail.to)[:_MOST_RECIPIENTS],
            cc=tuple(mailbox.address for mailbox in mail.cc)[:_MOST_RECIPIENTS],
            subject=clean(mail.subject)[:_LONGEST_SUBJECT],
            object_key=kept,
            problems=mail.problems,
            authenticated=sender_proof(mail, self._addresses.server) is SenderProof.PROVEN,
        )
