"""Reports on our own mail: of its delivery, and of who wants no more of it."""

from __future__ import annotations

import re

from firstline.domain.mail.machine_signs import machine_signs
from firstline.domain.mail.mail_marks import (
    BODY_READ,
    gate_words,
    has_null_sender,
    is_daemon,
    is_forged,
    is_no_reply,
    own_words,
    sender_local,
)
from firstline.domain.mail.notice import asks, clauses_of, folded, wants
from firstline.domain.mail.parsed_mail import ParsedMail
from firstline.domain.mail.verdict import GateReason, GateVerdict, Verdict

_STATUS = re.compile(r"(?<![\d.])([45])\.\d{1,3}\.\d{1,3}(?![\d.])|(?<![\d.])([45])[0-7][0-9](?=[\s-]|$)")
_PASSED_ON = re.compile(
    r"\s*(?:fwd?|wg|tr|rv|i|enc|fw|doorst|vb|vs|pd|ilt|\u8f6c\u53d1|\u8f49\u5bc4|\u8ee2\u9001)\s*[:\uff1a]",
    re.IGNORECASE,
)
"""Subjects of mails that a person forwards, by mail programs of the supported languages."""

_COMPLAINED_OF = ("x-hmxmroriginalrecipient", "x-complaints-about", "x-spamcop-sourceip")
"""Headers by which providers' programs say for whom a mail was."""
_NUMBERED = re.compile(r"\d{6,}$")
_HEADS = re.compile(r"(?im)^[> ]*(?:received|message-id|return-path|from):")
_PIECE = re.compile(r"[-_.+]")
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w.-]{1,255}")
_MINE = re.compile(r"\b(?:i|my|me|we|our|your|you)\b")
_LINK = re.compile(r"https?://\S+")
_IP = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")


def report_verdict(mail: ParsedMail) -> GateVerdict | None:
    """Judge a mail by the fields of reports (RFC 3464, 5965, 8098); None where it is none."""
    if is_complaint(mail):
        return GateVerdict(Verdict.IGNORE, GateReason.FEEDBACK_REPORT)
    if mail.feedback_type or (mail.enclosed_ids and gate_words().found("complaints", folded(mail.subject))):
        # Its subject and what it encloses alone: without a program's mark it may be a person who asks about one.
        sent_by_program = _is_desk(mail) or has_null_sender(mail)
        return GateVerdict(Verdict.IGNORE if sent_by_program else Verdict.TICKET_ONLY, GateReason.FEEDBACK_REPORT)
    if _is_plain_complaint(mail):
        return GateVerdict(Verdict.IGNORE, GateReason.FEEDBACK_REPORT)
    if not is_forged(mail) and (mail.header("x-apple-unsubscribe") or _only_unsubscribes(mail)):
        return GateVerdict(Verdict.IGNORE, GateReason.UNSUBSCRIBE)
    if mail.report_type == "disposition-notification":
        return GateVerdict(Verdict.IGNORE, GateReason.DELIVERED)
    if not mail.statuses or not (mail.media_type == "multipart/report" or has_null_sender(mail) or is_daemon(mail)):
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
    if mail.report_type == "feedback-report":
        return True
    return bool(mail.feedback_type and (mail.media_type == "multipart/report" or _is_desk(mail)))


def _is_desk(mail: ParsedMail) -> bool:
    """Return whether a mail comes from an address that providers send complaints from."""
    address = mail.sender.address if mail.sender else ""
    local, _, domain = address.rpartition("@")
    words = gate_words().lists
    desk = set(_PIECE.split(local)) & set(words["complaint_desks"])
    return (
        is_daemon(mail)
        or is_no_reply(local)
        or bool(desk or set(_PIECE.split(domain)) & set(words["complaint_domains"]))
    )


def _is_plain_complaint(mail: ParsedMail) -> bool:
    """Return whether a provider's program complains in words only: it names what was sent, and who sends it."""
    words, subject, local = gate_words(), folded(mail.subject), sender_local(mail)
    if any(mail.header(name) for name in _COMPLAINED_OF) or subject.startswith("[spamcop ("):
        return _is_desk(mail) or bool(_NUMBERED.match(local))
    marked = mail.header("auto-submitted").lower().startswith("auto-")
    if subject.startswith("unsubscribe"):
        return (marked or _declares(own_words(mail), subject)) and not wants(own_words(mail))
    pieces = set(_PIECE.split(local))
    desk, robot = (bool(pieces & set(words.lists[name])) for name in ("complaint_desks", "robots"))
    called = words.found("complaint_subjects", subject)
    if not (desk or called) or _asks(own_words(mail)):
        return False
    text = mail.text[:BODY_READ]
    if not called and not words.found("complaint_words", f"{subject}\n{folded(text)}"):
        return False
    by_program = robot or marked or has_null_sender(mail) or is_no_reply(local)
    if mail.enclosed_ids or _HEADS.search(text):
        # People work at such desks too, and want something.
        return by_program or _declares(own_words(mail)) or (desk and called and not wants(own_words(mail)))
    return desk and by_program and bool(_IP.search(f"{subject}\n{text}"))


def _declares(text: str, of: str = "") -> bool:
    """Return whether a clause of a text says that a program has sent it, and what for; people say it of our mails."""
    return any(
        of in folded(clause) and "unread" in machine_signs(clause, "").kinds and not _MINE.search(folded(clause))
        for clause in clauses_of(text)
    )


def _asks(text: str) -> bool:
    return asks(_LINK.sub(" ", text))


def is_credible_report(mail: ParsedMail) -> bool:
    """Return whether a report of delivery came as mail systems send it: with no return path, and not forged."""
    return has_null_sender(mail) and not is_forged(mail)


def _only_unsubscribes(mail: ParsedMail) -> bool:
    """Return whether a mail is what a program sends when its user presses "unsubscribe"."""
    return mail.subject.strip().lower() == "unsubscribe" and mail.text.strip().lower() in ("", "unsubscribe")


def bounce_verdict(mail: ParsedMail) -> GateVerdict | None:
    """Judge a mail by who sends bounces that are no reports, and what they say; None where it is none."""
    words = gate_words()
    if mail.header("x-failed-recipients"):
        return GateVerdict(_lasting(mail), GateReason.BOUNCE_WORDING)
    local = sender_local(mail)
    daemon = is_daemon(mail)
    known = daemon or has_null_sender(mail) or mail.media_type == "multipart/report"
    known = known or (is_no_reply(local) and bool(mail.enclosed_ids))
    known = known or (mail.sender is not None and words.found("daemon_names", folded(mail.sender.name)))
    if mail.header("auto-submitted").lower().startswith("auto-replied") and not (daemon or mail.enclosed_ids):
        return None
    subject, body = folded(mail.subject), folded(mail.text[:BODY_READ] if known else own_words(mail))
    by_subject = words.found("bounce_subjects", subject)
    by_body = words.found("bounce_bodies", body)
    if not known and _PASSED_ON.match(subject):
        return None
    # Forms of websites and customers name numbers too: a code alone says nothing.
    coded = bool(_STATUS.search(body)) and (bool(mail.enclosed_ids) or (_is_by_system(mail) and _names_others(mail)))
    if known and (by_subject or by_body or coded):
        worded = (by_subject and by_body and _names_others(mail)) or _HEADS.search(mail.text[:BODY_READ])
        if not _is_by_system(mail) and (_asks(own_words(mail)) or not worded):
            return GateVerdict(Verdict.TICKET_ONLY, GateReason.BOUNCE_WORDING)
        return GateVerdict(_lasting(mail), GateReason.BOUNCE_WORDING)
    if by_subject and by_body and _unsent(mail) and not _asks(own_words(mail)):
        # Words alone: it may be a customer's who writes about one.
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.BOUNCE_WORDING)
    return None


def _is_by_system(mail: ParsedMail) -> bool:
    """Return whether a mail has the form of a report, or comes from a mail system and not only from its keeper."""
    by_program = mail.enclosed_ids or mail.statuses or mail.media_type == "multipart/report"
    called = is_daemon(mail) and (has_null_sender(mail) or sender_local(mail) != "postmaster")
    return bool(by_program or called)


def _names_others(mail: ParsedMail) -> bool:
    """Return whether a mail names an address that is not its writer's, or quotes another's headers."""
    text = mail.text[:BODY_READ]
    known = {mailbox.address.lower() for mailbox in (mail.sender, *mail.reply_to) if mailbox is not None}
    return bool(_HEADS.search(text)) or bool({a.lower().strip(".") for a in _ADDRESS.findall(text)} - known)


def _unsent(mail: ParsedMail) -> bool:
    """Return whether a mail encloses another, or quotes one's headers, or names a code of a mail server."""
    text = mail.text[:BODY_READ]
    return bool(mail.enclosed_ids or _STATUS.search(text) or re.search(r"(?im)^[> ]*(?:received|message-id):", text))


def _lasting(mail: ParsedMail) -> Verdict:
    text = folded(f"{mail.subject}\n{mail.text[:BODY_READ]}")
    codes = {match[1] or match[2] for match in _STATUS.finditer(text)}
    if "5" in codes:
        return Verdict.BOUNCE_PERMANENT
    temporary = "4" in codes or gate_words().found("temporary", text)
    return Verdict.BOUNCE_TEMPORARY if temporary else Verdict.BOUNCE_PERMANENT
