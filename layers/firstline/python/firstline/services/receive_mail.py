"""Receive a mail: read it, judge it once, and answer it, give it to people, or let it lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from firstline.domain.contact import MailUnavailableError
from firstline.domain.errors import NotFoundError, TransactionConflictError
from firstline.domain.mail.delivery_reports import is_complaint, is_credible_report
from firstline.domain.mail.incoming import storable
from firstline.domain.mail.parsed_mail import ParsedMail
from firstline.domain.mail.received_mail import MailClaim
from firstline.domain.mail.routes import ThreadMovedError
from firstline.domain.mail.sender_proof import SenderProof, sender_proof
from firstline.domain.mail.verdict import GateReason, Verdict
from firstline.domain.ports import Ids, ObjectStore
from firstline.repositories.received_mails import ReceivedMailRepository
from firstline.repositories.thread_routes import ThreadRoutes
from firstline.services.judge_mail import ArrivedMail, JudgeMail
from firstline.services.mail_outcomes import MailOutcomes
from firstline.services.settle_mail import SettledBeforeError, SettleMail

_TRIES = 10
_HEAD_BYTES = 65_536
_BOUNCES = (Verdict.BOUNCE_PERMANENT, Verdict.BOUNCE_TEMPORARY)
_FAILED = ("failed", "delayed", "")


class Outcome(StrEnum):
    """What became of a mail."""

    ANSWERING = "answering"
    """It is a message of its conversation, and a turn was started for it."""
    WITH_PEOPLE = "with_people"
    RECORDED = "recorded"
    """People may look at it; nothing follows."""


@dataclass(frozen=True)
class Received:
    """What became of a mail, now or when it came before."""

    outcome: Outcome
    mail_id: str
    conversation_id: str
    """Empty where it belongs to none."""
    verdict: Verdict
    reason: GateReason
    duplicate: bool = False
    """It was received before; nothing was done now."""


class ReceiveMail:
    """Keys of the store: ``incoming/...`` of what has come, ``kept/<day>/<conversation>/<mail>.eml`` of what is done.

    Every step may break off and be done again, also by several processes at once: what was decided is stored first,
    the raw mail is where it is kept before anything refers to it, all else is one transaction that happens once, and
    the object that came goes last.

    Parameters
    ----------
    store : ObjectStore, optional
        None where no mail is received.
    parse : callable
        Reads a mail's bytes, whatever they are.
    max_bytes : int
        Of a larger mail only the headers are read, > 0.
    server : str
        See ``sender_proof``.
    on_received : callable
        Told of every mail that was not received before, to count it.
    """

    def __init__(
        self,
        store: ObjectStore | None,
        parse: Callable[[bytes], ParsedMail],
        received: ReceivedMailRepository,
        routes: ThreadRoutes,
        judge: JudgeMail,
        settle: SettleMail,
        outcomes: MailOutcomes,
        *,
        ids: Ids,
        max_bytes: int,
        server: str = "",
        on_received: Callable[[Received], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._parse = parse
        self._received = received
        self._routes = routes
        self._judge = judge
        self._settle = settle
        self._outcomes = outcomes
        self._ids = ids
        self._max_bytes = max_bytes
        self._server = server
        self._on_received = on_received

    def receive(self, key: str) -> Received:
        """Receive the mail under a key of the store.

        Raises
        ------
        NotFoundError
            There is no such object, and there never was.
        StoreUnavailableError, TransactionConflictError
            To be tried again; no mail is lost, and none is answered twice.
        MailUnavailableError
            This installation receives no mail.
        """
        store = self._store
        if store is None:
            raise MailUnavailableError("no mail is received here: SUPPORT_ADDRESS or MAIL_BUCKET is not set")
        try:
            raw = store.read(key)
        except NotFoundError:
            # The same notification twice: the first has moved it.
            known = self._received.claim_of_object(key)
            if known is None or not known.done:
                raise
            return _of(known, duplicate=True)
        read = self._read(raw, key)
        claim = self._judge.claim(read)
        result = self._carried_out(claim, read, store)
        store.delete(key)
        if not result.duplicate:
            self._on_received(result)
        return result

    def _read(self, raw: bytes, key: str) -> ArrivedMail:
        too_large = len(raw) > self._max_bytes
        if too_large:
            head = raw[:_HEAD_BYTES].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
            return ArrivedMail(storable(self._parse(head + b"\n\n")), raw, key, too_large=True)
        return ArrivedMail(storable(self._parse(raw)), raw, key)

    def _carried_out(self, claim: MailClaim, read: ArrivedMail, store: ObjectStore) -> Received:
        for _ in range(_TRIES):
            if claim.done:
                return _of(claim, duplicate=True)
            kept = kept_key(claim)
            store.write(kept, read.raw)
            try:
                return _of(claim, with_people=self._done(claim, read, kept))
            except SettledBeforeError:
                return _of(claim, duplicate=True)
            except ThreadMovedError:
                there = self._routes.where(claim.conversation_id, read.mail.references)
                claim = self._received.redirect(claim, there, is_new=False)
            except NotFoundError:
                # Forgotten meanwhile: what is gone must not come back by its late mail.
                claim = self._received.redirect(claim, self._without(claim), is_new=claim.for_somebody)
            if kept_key(claim) != kept:
                store.delete(kept)
        raise TransactionConflictError(f"mail {claim.mail_id} found no conversation that stays")

    def _done(self, claim: MailClaim, read: ArrivedMail, kept: str) -> bool:
        """Do what was decided; return whether people have the mail although it was to be answered."""
        if claim.verdict is Verdict.ANSWER:
            return not self._settle.answer(claim, read, kept)
        if claim.verdict is Verdict.TICKET_ONLY:
            self._settle.file(claim, read, kept)
            return True
        self._report(claim, read.mail)
        self._settle.record(claim, read, kept)
        return False

    def _report(self, claim: MailClaim, mail: ParsedMail) -> None:
        """Tell of what others report of our mail; who is told takes it as often as it comes.

        Only what a report encloses names the mail that it is about: anybody can refer to one.
        """
        message_ids = mail.enclosed_ids
        if claim.verdict in _BOUNCES and not is_credible_report(mail):
            self._outcomes.said_to_be_undelivered((*message_ids, *mail.references))
        elif claim.verdict in _BOUNCES:
            failed = [status.recipient.lower() for status in mail.statuses if status.action in _FAILED]
            named = mail.header("x-failed-recipients").lower().split(",")
            addresses = tuple(dict.fromkeys(filter(None, (*failed, *(name.strip() for name in named)))))
            permanent = claim.verdict is Verdict.BOUNCE_PERMANENT
            self._outcomes.bounced(addresses, permanent=permanent, message_ids=message_ids)
        elif claim.reason is GateReason.FEEDBACK_REPORT and is_complaint(mail):
            # A stranger may enclose one of our mails as well: who reports has to be proven, where anybody looks.
            if sender_proof(mail, self._server) in (SenderProof.PROVEN, SenderProof.UNKNOWN):
                self._outcomes.complained((), message_ids=message_ids)
            else:
                self._outcomes.said_to_be_undelivered(message_ids)
        elif claim.reason is GateReason.UNSUBSCRIBE and mail.sender is not None:
            self._outcomes.unsubscribed(mail.sender.address, conversation_id=claim.conversation_id)

    def _without(self, claim: MailClaim) -> str:
        return self._ids.new() if claim.for_somebody else ""


def kept_key(claim: MailClaim) -> str:
    """Return where the raw bytes of a mail are kept."""
    return f"kept/{claim.received_at:%Y-%m-%d}/{claim.conversation_id or 'none'}/{claim.mail_id}.eml"


def _of(claim: MailClaim, *, duplicate: bool = False, with_people: bool | None = None) -> Received:
    people = claim.verdict is Verdict.TICKET_ONLY if with_people is None else with_people
    answered = Outcome.WITH_PEOPLE if people else Outcome.ANSWERING
    return Received(
        outcome=answered if claim.for_somebody else Outcome.RECORDED,
        mail_id=claim.mail_id,
        conversation_id=claim.conversation_id,
        verdict=claim.verdict,
        reason=claim.reason,
        duplicate=duplicate,
    )
