"""Automatic replies: by the marks of programs; by wording alone only where a mail is nothing else."""

from __future__ import annotations

import re

from firstline.domain.mail.mail_marks import gate_words, has_null_sender, own_words, suppresses_answers
from firstline.domain.mail.notice import Notice, asks, folded, is_button_pressed, notice_of
from firstline.domain.mail.parsed_mail import ParsedMail
from firstline.domain.mail.verdict import GateReason, GateVerdict, Verdict

_ANNOUNCES = re.compile(
    r"\s*(?:$|[:\uff1a\u3011\])(!.]|(?:from|von|de|until|till|bis|re)\b)|\s+[\u2013\u2014-]|[\u2013\u2014]"
)
"""What follows the words of an automatic reply in its subject; a customer asks how to set one up."""
_BEFORE_SUBJECT = "\u3010[(<*#~ "
_REPLY = re.compile(
    r"\s*(?:re|aw|antw|r|ri|sv|odp|ynt|res|rif|\u56de\u590d|\u7b54\u590d|\u56de\u8986|\u8fd4\u4fe1)\s*[:\uff1a]",
    re.IGNORECASE,
)
_CALENDAR_REPLY = re.compile(r"(?m)^\[Calendar: .*\breply\]$")
"""As ``calendar_part.calendar_line`` writes it."""
_AUTO_HEADERS = ("x-autoreply", "x-autorespond", "x-autoreply-from", "x-vacation", "x-mail-autoreply", "x-apple-action")


def automatic_verdict(mail: ParsedMail) -> GateVerdict | None:
    """Judge a mail by the marks of automatic replies (RFC 3834), then by its words; None where it is none."""
    submitted = mail.header("auto-submitted").lower().partition(";")[0].strip()
    if submitted.startswith("auto-replied"):
        return GateVerdict(Verdict.AUTO_REPLY, GateReason.AUTO_SUBMITTED)
    if any(mail.header(name) for name in _AUTO_HEADERS) or mail.header("precedence").lower() == "auto_reply":
        return GateVerdict(Verdict.AUTO_REPLY, GateReason.AUTO_HEADER)
    if _is_reaction(mail):
        return GateVerdict(Verdict.AUTO_REPLY, GateReason.AUTO_HEADER)
    machine = submitted not in ("", "no") or suppresses_answers(mail) or has_null_sender(mail)
    if machine and _is_marked_reply(mail):
        return GateVerdict(Verdict.AUTO_REPLY, GateReason.AUTO_WORDING)
    if submitted not in ("", "no"):
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.AUTO_SUBMITTED)
    verdict = _by_wording(mail)
    return GateVerdict(verdict, GateReason.AUTO_WORDING) if verdict is not None else None


def _is_marked_reply(mail: ParsedMail) -> bool:
    """Return whether a mail that bears a machine's mark is an automatic reply by its words."""
    words = gate_words()
    subject, own = folded(mail.subject).lstrip(_BEFORE_SUBJECT), folded(own_words(mail))
    return (
        words.found("auto_reply_subjects", subject)
        or words.found("auto_reply_bodies", f"{subject}\n{own}")
        or subject.startswith(words.lists["away_subjects"])
        or notice_of(own) is Notice.WHOLE
    )


def _by_wording(mail: ParsedMail) -> Verdict | None:
    """Judge a mail without any mark: only one that is nothing but a notice is let lie; what may be one, people read."""
    own = own_words(mail)
    subject = folded(mail.subject).lstrip(_BEFORE_SUBJECT)
    announced = _announces(subject, "auto_reply_subjects")
    away = subject.startswith(gate_words().lists["away_subjects"])
    if is_button_pressed(mail.subject, own):
        return Verdict.AUTO_REPLY
    if asks(own) or (not mail.references and asks(mail.subject)):
        return None
    notice = notice_of(own, announced=announced or _announces(subject, "away_subjects"))
    if notice is Notice.WHOLE and not mail.files:
        told = announced or away or mail.references or _REPLY.match(subject) or notice_of(mail.subject) is Notice.WHOLE
        return Verdict.AUTO_REPLY if told else Verdict.TICKET_ONLY
    doubtful = announced or (notice is Notice.PARTLY and (mail.references or _REPLY.match(subject)))
    return Verdict.TICKET_ONLY if doubtful else None


def _announces(subject: str, name: str) -> bool:
    """Return whether a subject begins with one of a list's phrases, and goes on as programs go on."""
    return any(_ANNOUNCES.match(subject[len(p) :]) for p in gate_words().lists[name] if subject.startswith(p))


def _is_reaction(mail: ParsedMail) -> bool:
    """Return whether a program tells that its user pressed a button: a sign for a mail, an answer to an invitation."""
    if any(file.media_type == "text/vnd.google.email-reaction+json" for file in mail.files):
        return True
    own = own_words(mail)
    return bool(_CALENDAR_REPLY.search(own)) and not _CALENDAR_REPLY.sub("", own).strip()
