"""What to do with a mail before anybody reads it: answer, leave to people, or let it lie."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from firstline.domain.mail.notice import Notice, folded, is_read_receipt, notice_of
from firstline.domain.mail.parsed_mail import ParsedMail
from firstline.domain.mail.reply_text import reply_text
from firstline.domain.mail.verdict import GateLimits, GateReason, GateVerdict, MailHistory, Ours, Verdict


@dataclass(frozen=True)
class _Words:
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def found(self, name: str, text: str) -> bool:
        """Return whether a phrase of a list stands in a folded text."""
        return any(phrase in text for phrase in self.lists[name])


@lru_cache(maxsize=1)
def _words() -> _Words:
    loaded = json.loads(Path(__file__).with_name("gate_words.json").read_text(encoding="utf-8"))
    return _Words({name: tuple(map(folded, phrases)) for name, phrases in loaded.items()})


_NOBODY, _NOTHING_BEFORE, _LIMITS = Ours(), MailHistory(), GateLimits()

_STATUS = re.compile(r"(?<![\d.])([45])\.\d{1,3}\.\d{1,3}(?![\d.])|(?<![\d.])([45])[0-7][0-9](?=[\s-]|$)")
_BODY_READ = 4_000
_ANNOUNCES = re.compile(
    r"\s*(?:$|[:\uff1a\u3011\])(!.]|(?:from|von|de|until|till|bis|re)\b)|\s+[\u2013\u2014-]|[\u2013\u2014]"
)
"""What follows the words of an automatic reply in its subject; a customer asks how to set one up."""
_BEFORE_SUBJECT = "\u3010[(<*#~ "
_PASSED_ON = re.compile(
    r"\s*(?:fwd?|wg|tr|rv|i|enc|fw|doorst|vb|vs|pd|ilt|\u8f6c\u53d1|\u8f49\u5bc4|\u8ee2\u9001)\s*[:\uff1a]",
    re.IGNORECASE,
)
"""Subjects of mails that a person forwards, by mail programs of the supported languages."""
_REPLY = re.compile(r"\s*(?:re|aw|antw|r|ri|sv|odp|ynt|res|rif|\u56de\u590d|\u7b54\u590d|\u56de\u8986|\u8fd4\u4fe1)\s*[:\uff1a]", re.IGNORECASE)
_METHOD_REPLY = re.compile(rb"(?im)^method\s*:\s*reply\s*$")
_ORIGINAL_SENDERS = ("x-original-from", "x-original-sender", "x-google-original-from")
_ADDRESS = re.compile(r"[^\s<>,;\"]+@[^\s<>,;\"]+")
_AUTO_HEADERS = ("x-autoreply", "x-autorespond", "x-autoreply-from", "x-vacation", "x-mail-autoreply", "x-apple-action")


def judge(
    mail: ParsedMail, *, ours: Ours = _NOBODY, history: MailHistory = _NOTHING_BEFORE, limits: GateLimits = _LIMITS
) -> GateVerdict:
    """Judge a mail by its headers, its words and what came before.

    Returns
    -------
    GateVerdict
        The first that fits: our own mail come back; malware; reports of delivery and of complaint; other bounces,
        known by who sends them and what they say; automatic replies by header, then by wording; spam; what must not
        be answered automatically (lists, bulk, senders that cannot be answered or are not who they say, limits).
    """
    verdicts = (_own, _malware, _report, _bounce, _automatic)
    for rule in verdicts:
        found = rule(mail, ours)
        if found is not None:
            return found
    return _unanswerable(mail, ours) or _limited(history, limits) or _readable(mail)


def _own(mail: ParsedMail, ours: Ours) -> GateVerdict | None:
    if mail.message_id and mail.message_id in ours.message_ids:
        return GateVerdict(Verdict.LOOP, GateReason.OWN_MESSAGE)
    if ours.loop_mark and ours.loop_mark in mail.all("x-loop"):
        return GateVerdict(Verdict.LOOP, GateReason.OWN_MESSAGE)
    if mail.sender is not None and without_plus(mail.sender.address) in ours.addresses:
        if not _passed_on_by_us(mail, ours):
            return GateVerdict(Verdict.LOOP, GateReason.OWN_ADDRESS)
        listed = mail.header("list-id").strip("<> ").lower()
        if not any(own in listed for own in ours.lists if own):
            return GateVerdict(Verdict.TICKET_ONLY, GateReason.OWN_ADDRESS)
    return None


def _passed_on_by_us(mail: ParsedMail, ours: Ours) -> bool:
    """Return whether a form or a group of ours wrote us into From and names the customer elsewhere."""
    named = [mailbox.address for mailbox in mail.reply_to]
    named += [address for name in _ORIGINAL_SENDERS for value in mail.all(name) for address in _ADDRESS.findall(value)]
    return any(without_plus(address) not in ours.addresses for address in named)


def without_plus(address: str) -> str:
    """Return an address without what stands behind a plus in its local part."""
    local, at, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


def _malware(mail: ParsedMail, ours: Ours) -> GateVerdict | None:
    if "fail" in mail.header("x-ses-virus-verdict").lower():
        return GateVerdict(Verdict.SPAM, GateReason.MALWARE)
    return None


def _report(mail: ParsedMail, ours: Ours) -> GateVerdict | None:
    if is_complaint(mail):
        return GateVerdict(Verdict.IGNORE, GateReason.FEEDBACK_REPORT)
    if mail.enclosed_ids and _words().found("complaints", folded(mail.subject)):
        # Told by its subject alone: people read it, and nobody is stopped for it.
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.FEEDBACK_REPORT)
    if mail.header("x-apple-unsubscribe") or _only_unsubscribes(mail):
        return GateVerdict(Verdict.IGNORE, GateReason.UNSUBSCRIBE)
    if mail.report_type == "disposition-notification":
        return GateVerdict(Verdict.IGNORE, GateReason.DELIVERED)
    if not mail.statuses or not (mail.media_type == "multipart/report" or _null_sender(mail) or _is_daemon(mail)):
        # Without these marks the fields are those of a report that somebody has attached.
        return None
    actions = {status.action for status in mail.statuses}
    codes = {status.status[:1] for status in mail.statuses if status.status}
    if actions & {"failed"} or "5" in codes:
        final = "5" in codes or "4" not in codes
        verdict = Verdict.BOUNCE_PERMANENT if final else Verdict.BOUNCE_TEMPORARY
    elif actions & {"delayed"} or "4" in codes:
        verdict = Verdict.BOUNCE_TEMPORARY
    elif actions & {"delivered", "relayed", "expanded"} or "2" in codes:
        return GateVerdict(Verdict.IGNORE, GateReason.DELIVERED)
    else:
        return None
    return GateVerdict(verdict, GateReason.DELIVERY_REPORT)


def is_complaint(mail: ParsedMail) -> bool:
    """Return whether a mail has the form of a complaint (ARF, RFC 5965), and not only encloses one."""
    return mail.report_type == "feedback-report" or bool(mail.feedback_type and mail.media_type == "multipart/report")


def is_credible_report(mail: ParsedMail) -> bool:
    """Return whether a report of delivery came as mail systems send it: with no return path, and not forged."""
    return _null_sender(mail) and not is_forged(mail)


def is_forged(mail: ParsedMail) -> bool:
    """Return whether the domain that a mail names as its sender's says that it is not its mail (DMARC)."""
    return "fail" in mail.header("x-ses-dmarc-verdict").lower() or _dmarc_failed(mail)


def _is_daemon(mail: ParsedMail) -> bool:
    local = (mail.sender.address if mail.sender else mail.header("from").lower()).partition("@")[0].strip('<> "')
    return any(local == name or local.startswith(f"{name}-") for name in _words().lists["daemons"])


def _only_unsubscribes(mail: ParsedMail) -> bool:
    """Return whether a mail is what a program sends when its user presses "unsubscribe"."""
    return mail.subject.strip().lower() == "unsubscribe" and mail.text.strip().lower() in ("", "unsubscribe")


def _null_sender(mail: ParsedMail) -> bool:
    return any(value.replace(" ", "") == "<>" for value in mail.all("return-path"))


def _bounce(mail: ParsedMail, ours: Ours) -> GateVerdict | None:
    words = _words()
    if mail.header("x-failed-recipients"):
        return GateVerdict(_lasting(mail), GateReason.BOUNCE_WORDING)
    local = (mail.sender.address if mail.sender else mail.header("from").lower()).partition("@")[0].strip('<> "')
    daemon = _is_daemon(mail)
    known = daemon or _null_sender(mail) or mail.media_type == "multipart/report"
    known = known or (_is_no_reply(local) and bool(mail.enclosed_ids))
    if mail.header("auto-submitted").lower().startswith("auto-replied") and not (daemon or mail.enclosed_ids):
        return None
    subject, body = folded(mail.subject), folded(mail.text[:_BODY_READ] if known else _own_words(mail))
    by_subject = words.found("bounce_subjects", subject)
    by_body = words.found("bounce_bodies", body)
    reported = known and (by_subject or by_body or (daemon and bool(_STATUS.search(body))))
    if not known and _PASSED_ON.match(subject):
        return None
    if reported:
        return GateVerdict(_lasting(mail), GateReason.BOUNCE_WORDING)
    if by_subject and by_body and _unsent(mail):
        # Words alone: it may be a customer's who writes about one.
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.BOUNCE_WORDING)
    return None


def _own_words(mail: ParsedMail) -> str:
    """Return what a mail says itself: who asks about a bounce or an automatic reply quotes it or sends it on."""
    return reply_text(mail.text[:_BODY_READ]).text


def _unsent(mail: ParsedMail) -> bool:
    """Return whether a mail encloses another, or quotes one's headers, or names a code of a mail server."""
    text = mail.text[:_BODY_READ]
    return bool(mail.enclosed_ids or _STATUS.search(text) or re.search(r"(?im)^[> ]*(?:received|message-id):", text))


def _lasting(mail: ParsedMail) -> Verdict:
    text = folded(f"{mail.subject}\n{mail.text[:_BODY_READ]}")
    codes = {match[1] or match[2] for match in _STATUS.finditer(text)}
    if "5" in codes:
        return Verdict.BOUNCE_PERMANENT
    temporary = "4" in codes or _words().found("temporary", text)
    return Verdict.BOUNCE_TEMPORARY if temporary else Verdict.BOUNCE_PERMANENT


def _automatic(mail: ParsedMail, ours: Ours) -> GateVerdict | None:
    submitted = mail.header("auto-submitted").lower().partition(";")[0].strip()
    if submitted.startswith("auto-replied"):
        return GateVerdict(Verdict.AUTO_REPLY, GateReason.AUTO_SUBMITTED)
    if any(mail.header(name) for name in _AUTO_HEADERS) or mail.header("precedence").lower() == "auto_reply":
        return GateVerdict(Verdict.AUTO_REPLY, GateReason.AUTO_HEADER)
    if _is_reaction(mail):
        return GateVerdict(Verdict.AUTO_REPLY, GateReason.AUTO_HEADER)
    machine = submitted not in ("", "no") or _suppresses_answers(mail) or _null_sender(mail)
    if machine and _is_marked_reply(mail):
        return GateVerdict(Verdict.AUTO_REPLY, GateReason.AUTO_WORDING)
    if submitted not in ("", "no"):
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.AUTO_SUBMITTED)
    verdict = _by_wording(mail)
    return GateVerdict(verdict, GateReason.AUTO_WORDING) if verdict is not None else None


def _is_marked_reply(mail: ParsedMail) -> bool:
    """Return whether a mail that bears a machine's mark is an automatic reply by its words."""
    words = _words()
    subject, own = folded(mail.subject).lstrip(_BEFORE_SUBJECT), folded(_own_words(mail))
    return (
        words.found("auto_reply_subjects", subject)
        or words.found("auto_reply_bodies", f"{subject}\n{own}")
        or subject.startswith(words.lists["away_subjects"])
        or notice_of(own) is Notice.WHOLE
    )


def _by_wording(mail: ParsedMail) -> Verdict | None:
    """Judge a mail without any mark: only one that is nothing but a notice is let lie; what may be one, people read."""
    own = _own_words(mail)
    subject = folded(mail.subject).lstrip(_BEFORE_SUBJECT)
    rests = [subject[len(p) :] for p in _words().lists["auto_reply_subjects"] if subject.startswith(p)]
    announced = any(_ANNOUNCES.match(rest) for rest in rests)
    if is_read_receipt(mail.subject, own):
        return Verdict.AUTO_REPLY
    if re.search("[?\uff1f]", own) or (not mail.references and re.search("[?\uff1f]", mail.subject)):
        return None
    notice = notice_of(own)
    if notice is Notice.WHOLE and not mail.files:
        away = subject.startswith(_words().lists["away_subjects"]) or notice_of(mail.subject) is Notice.WHOLE
        told = announced or away or mail.references or _REPLY.match(subject)
        return Verdict.AUTO_REPLY if told else Verdict.TICKET_ONLY
    doubtful = announced or (notice is Notice.PARTLY and (mail.references or _REPLY.match(subject)))
    return Verdict.TICKET_ONLY if doubtful else None


def _is_reaction(mail: ParsedMail) -> bool:
    """Return whether a program says that its user pressed a button: a sign for a mail, or an answer to an invitation."""
    if any(file.media_type == "text/vnd.google.email-reaction+json" for file in mail.files):
        return True
    replied = any(file.media_type == "text/calendar" and _METHOD_REPLY.search(file.content) for file in mail.files)
    return replied and not _own_words(mail).strip()


def _suppresses_answers(mail: ParsedMail) -> bool:
    """Return whether X-Auto-Response-Suppress names answers, and not only receipts."""
    value = mail.header("x-auto-response-suppress").lower()
    return any(word in value for word in ("all", "autoreply", "oof"))


def _unanswerable(mail: ParsedMail, ours: Ours) -> GateVerdict | None:
    if "fail" in mail.header("x-ses-spam-verdict").lower():
        return GateVerdict(Verdict.SPAM, GateReason.SPAM_VERDICT)
    if mail.sender is None:
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.NO_SENDER)
    if _null_sender(mail):
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.NULL_SENDER)
    if "fail" in mail.header("x-ses-dmarc-verdict").lower() or _dmarc_failed(mail):
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.UNAUTHENTICATED)
    listed = mail.header("list-id").strip("<> ").lower()
    if (listed or mail.header("list-post")) and not any(own in listed for own in ours.lists if own):
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.MAILING_LIST)
    if not listed and mail.header("precedence").lower() in ("bulk", "list", "junk"):
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.BULK)
    local = mail.sender.address.partition("@")[0]
    if local in _words().lists["daemons"] and local != "postmaster":
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.NO_REPLY_ADDRESS)
    if _is_no_reply(local):
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.NO_REPLY_ADDRESS)
    if _suppresses_answers(mail):
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.AUTO_HEADER)
    return None


def is_no_reply_address(address: str) -> bool:
    """Return whether an address says that nobody reads what is sent there, or that a mail system does."""
    local = address.lower().rpartition("@")[0]
    return _is_no_reply(local) or local in _words().lists["daemons"]


def _is_no_reply(local: str) -> bool:
    """Return whether the local part of an address says that nobody reads what is sent there."""
    names = _words().lists["no_reply"]
    return any(local == name or local.startswith((f"{name}+", f"{name}-", f"{name}.")) for name in names)


def _dmarc_failed(mail: ParsedMail) -> bool:
    """Return whether the receiving server, whose header stands first, found DMARC failed."""
    return bool(re.search(r"\bdmarc\s*=\s*fail\b", mail.header("authentication-results").lower()))


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
    if not mail.readable and not mail.subject:
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.UNREADABLE)
    return GateVerdict(Verdict.ANSWER, GateReason.ORDINARY)
