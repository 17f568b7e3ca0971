"""Automatic replies: by the marks of programs; by wording alone only where a mail is nothing else."""

from __future__ import annotations

import re

from firstline.domain.mail.mail_marks import gate_words, has_null_sender, own_words, suppresses_answers
from firstline.domain.mail.notice import Notice, asks, folded, is_button_pressed, notice_of, wants
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
_UNMARKED = ("", "no", "false", "0")
"""Values by which such a header says that a mail is no automatic reply."""


def automatic_verdict(mail: ParsedMail) -> GateVerdict | None:
    """Judge a mail by the marks of automatic replies (RFC 3834), then by its words; None where it is none."""
    submitted = _submitted(mail)
    if submitted.startswith("auto-replied"):
        return GateVerdict(Verdict.AUTO_REPLY, GateReason.AUTO_SUBMITTED)
    if (
        any(mail.header(name).strip().lower() not in _UNMARKED for name in _AUTO_HEADERS)
        or mail.header("precedence").lower() == "auto_reply"
    ):
        return GateVerdict(Verdict.AUTO_REPLY, GateReason.AUTO_HEADER)
    if _is_reaction(mail):
        return GateVerdict(Verdict.AUTO_REPLY, GateReason.AUTO_HEADER)
    verdict = _by_mark(mail) if _is_marked(mail) else None
    if verdict is None and submitted not in ("", "no"):
        return GateVerdict(Verdict.TICKET_ONLY, GateReason.AUTO_SUBMITTED)
    verdict = verdict or _by_wording(mail)
    return GateVerdict(verdict, GateReason.AUTO_WORDING) if verdict is not None else None


def is_automatic(mail: ParsedMail) -> bool:
    """Return whether a mail bears a program's mark, or is an automatic reply by its words."""
    verdict = automatic_verdict(mail)
    return _is_marked(mail) or (verdict is not None and verdict.verdict is Verdict.AUTO_REPLY)


def _is_marked(mail: ParsedMail) -> bool:
    return _submitted(mail) not in ("", "no") or suppresses_answers(mail) or has_null_sender(mail)


def _submitted(mail: ParsedMail) -> str:
    return mail.header("auto-submitted").lower().partition(";")[0].strip()


def _by_mark(mail: ParsedMail) -> Verdict | None:
    """Judge a mail that bears a machine's mark by its words; forms of websites, which people fill in, bear it too.

    Let lie is one whose subject names it as a notice and that wants nothing, or that says nothing else. Nothing but
    a mail program has both an empty return path and a wish for no answers: its user's "please call Ann" is no wish.
    """
    words, own = gate_words(), own_words(mail)
    subject = folded(mail.subject).lstrip(_BEFORE_SUBJECT)
    announced = _announces(subject, "auto_reply_subjects") or subject.startswith(words.lists["away_subjects"])
    by_program = has_null_sender(mail) and suppresses_answers(mail)
    wanting = asks(own) if by_program else wants(own)
    if not wanting and (announced or notice_of(own) is Notice.WHOLE):
        return Verdict.AUTO_REPLY
    named = announced or words.found("auto_reply_subjects", subject)
    said = named or words.found("auto_reply_bodies", f"{subject}\n{folded(own)}")
    return Verdict.TICKET_ONLY if said else None


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
