"""What to do with a mail before anybody reads it: answer, leave to people, or let it lie."""

from __future__ import annotations

import re
from dataclasses import replace

from firstline.domain.mail.automatic import automatic_verdict, is_automatic
from firstline.domain.mail.delivery_reports import bounce_verdict, report_verdict
from firstline.domain.mail.mail_marks import (
    gate_words,
    has_null_sender,
    is_bulk,
    is_forged,
    is_no_reply,
    is_notifier,
    suppresses_answers,
)
from firstline.domain.mail.parsed_mail import ParsedMail
from firstline.domain.mail.verdict import GateLimits, GateReason, GateVerdict, MailHistory, Ours, Verdict

_NOBODY, _NOTHING_BEFORE, _LIMITS = Ours(), MailHistory(), GateLimits()

_SEALED = "-----BEGIN PGP MESSAGE-----"
_ORIGINAL_SENDERS = ("x-original-from", "x-original-sender", "x-google-original-from")
_ADDRESS = re.compile(r"[^\s<>,;\"]+@[^\s<>,;\"]+")


def judge(
    mail: ParsedMail, *, ours: Ours = _NOBODY, history: MailHistory = _NOTHING_BEFORE, limits: GateLimits = _LIMITS
) -> GateVerdict:
    """Judge a mail by its headers, its words and what came before: ``judge_content``, then ``within_limits``."""
    return within_limits(judge_content(mail, ours=ours), history, limits)


def judge_content(mail: ParsedMail, *, ours: Ours = _NOBODY) -> GateVerdict:
    """Judge a mail by its headers and its words.

    Returns
    -------
    GateVerdict
        The first that fits: our own mail come back; malware; reports of delivery and of complaint; other bounces,
        known by who sends them and what they say; automatic replies by header, then by wording; spam; what must not
        be answered automatically (lists, bulk, senders that cannot be answered or are not who they say).
    """
    by_content = _own(mail, ours) or _malware(mail)
    by_content = by_content or report_verdict(mail) or bounce_verdict(mail) or automatic_verdict(mail)
    return by_content or _unanswerable(mail, ours) or _readable(mail)


def within_limits(verdict: GateVerdict, history: MailHistory, limits: GateLimits = _LIMITS) -> GateVerdict:
    """Return the verdict on a mail's content, stricter where too much of the kind came before."""
    if verdict.reason is GateReason.OWN_ADDRESS and verdict.verdict is Verdict.TICKET_ONLY:
        # A program that sends on what we tell the team of must not open a ticket for it, and so for ever.
        looping = history.same_body or history.mails_of_sender >= limits.mails_per_sender
        return replace(verdict, verdict=Verdict.LOOP) if looping else verdict
    if verdict.verdict is not Verdict.ANSWER and verdict.reason is not GateReason.UNREADABLE:
        return verdict
    return _limited(history, limits) or verdict


def _own(mail: ParsedMail, ours: Ours) -> GateVerdict | None:
    if mail.message_id and mail.message_id in ours.message_ids:
        return GateVerdict(Verdict.LOOP, GateReason.OWN_MESSAGE)
    if ours.loop_mark and ours.loop_mark in mail.all("x-loop"):
        return GateVerdict(Verdict.LOOP, GateReason.OWN_MESSAGE)
    if mail.sender is not None and without_plus(mail.sender.address) in ours.addresses:
        if not _passed_on_by_us(mail, ours):
            by_person = _is_by_person_of_ours(mail, ours)
            return GateVerdict(Verdict.TICKET_ONLY if by_person else Verdict.LOOP, GateReason.OWN_ADDRESS)
        if not _is_of_our_list(mail, ours):
            return GateVerdict(Verdict.TICKET_ONLY, GateReason.PASSED_ON)
    return None


def _is_by_person_of_ours(mail: ParsedMail, ours: Ours) -> bool:
    """Return whether one of the team writes, as who sends a customer's mail on, and no program does for them."""
    written = mail.sender is not None and without_plus(mail.sender.address) in ours.people and not ours.refers
    return written and not (is_bulk(mail) or is_automatic(mail) or report_verdict(mail) or bounce_verdict(mail))


def _passed_on_by_us(mail: ParsedMail, ours: Ours) -> bool:
    """Return whether a form or a group of ours wrote us into From and names the customer elsewhere."""
    named = [mailbox.address for mailbox in mail.reply_to]
    named += [address for name in _ORIGINAL_SENDERS for value in mail.all(name) for address in _ADDRESS.findall(value)]
    return any(without_plus(address) not in ours.addresses for address in named)


def _list_id(mail: ParsedMail) -> str:
    return mail.header("list-id").strip("<> ").lower()


def _is_of_our_list(mail: ParsedMail, ours: Ours) -> bool:
    listed = _list_id(mail)
    return any(own in listed for own in ours.lists if own)


def without_plus(address: str) -> str:
    """Return an address without what stands behind a plus in its local part."""
    local, at, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


def _malware(mail: ParsedMail) -> GateVerdict | None:
    if "fail" in mail.header("x-ses-virus-verdict").lower():
        return GateVerdict(Verdict.SPAM, GateReason.MALWARE)
    return None


def _unanswerable(mail: ParsedMail, ours: Ours) -> GateVerdict | None:
    if "fail" in mail.header("x-ses-spam-verdict").lower():
        return GateVerdict(Verdict.SPAM, GateReason.SPAM_VERDICT)
    if mail.sender is None:
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.NO_SENDER)
    if has_null_sender(mail):
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.NULL_SENDER)
    if is_forged(mail) or "several_senders" in mail.problems:
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.UNAUTHENTICATED)
    listed = _list_id(mail)
    if (listed or mail.header("list-post")) and not _is_of_our_list(mail, ours):
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.MAILING_LIST)
    if not listed and is_bulk(mail):
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.BULK)
    local = mail.sender.address.partition("@")[0]
    if local in gate_words().lists["daemons"] and local != "postmaster":
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.NO_REPLY_ADDRESS)
    if is_no_reply(local) or is_notifier(local):
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.NO_REPLY_ADDRESS)
    if suppresses_answers(mail):
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.AUTO_HEADER)
    return None


def is_no_reply_address(address: str) -> bool:
    """Return whether an address says that nobody reads what is sent there, or that a mail system does."""
    local = address.lower().rpartition("@")[0]
    return is_no_reply(local) or local in gate_words().lists["daemons"]


def _limited(history: MailHistory, limits: GateLimits) -> GateVerdict | None:
    if history.same_body:
        return GateVerdict(Verdict.LOOP, GateReason.SAME_BODY)
    if history.same_body_elsewhere:
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.SAME_BODY)
    if history.replies_in_thread >= limits.replies_per_thread:
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.THREAD_LIMIT)
    if history.mails_of_sender >= limits.mails_per_sender:
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.SENDER_LIMIT)
    if history.unattended_in_thread >= limits.unattended_per_thread:
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.UNATTENDED_THREAD)
    if history.answered_in_month >= limits.unattended_per_sender:
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.UNATTENDED_SENDER)
    if history.answered_in_day >= limits.replies_per_sender:
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.SENDER_LIMIT)
    return None


def _readable(mail: ParsedMail) -> GateVerdict:
    text = mail.text.strip()
    # What is sealed, or nested too deeply, may say anything: its subject alone is not answered.
    unread = text.startswith(_SEALED) or (not text and bool(mail.problems))
    if unread or (not mail.readable and not mail.subject):
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.UNREADABLE)
    return GateVerdict(Verdict.ANSWER, GateReason.ORDINARY)
