"""Whether a mail comes from whom its From names, as the server that received it for us has found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from firstline.domain.mail.mail_marks import is_forged
from firstline.domain.mail.parsed_mail import ParsedMail

SES = "amazonses.com"
"""By which name Amazon SES signs its findings (authserv-id, RFC 8601, 2.5)."""
_METHODS = frozenset({"spf", "dkim", "dmarc"})
_COMMENT = re.compile(r"\([^()]*\)")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_MAX_NESTED = 10


class SenderProof(StrEnum):
    """What is known of a sender."""

    PROVEN = "proven"
    """Our server has found that the mail is the sender's domain's."""
    UNKNOWN = "unknown"
    """No server of ours has looked."""
    UNPROVEN = "unproven"
    """Our server has looked and found nothing for it, or From can be read in two ways."""
    DISOWNED = "disowned"
    """The domain says that this is none of its mail (DMARC)."""


@dataclass
class _Result:
    method: str
    passed: bool
    of: dict[str, str] = field(default_factory=dict)

    def domain(self, *names: str) -> str:
        value = next((self.of[name] for name in names if name in self.of), "")
        return value.rpartition("@")[2].rstrip(".")


def sender_proof(mail: ParsedMail, server: str) -> SenderProof:
    """Return what is known of a mail's sender.

    Parameters
    ----------
    server : str
        Name by which our receiving server signs its Authentication-Results (RFC 8601), in lower case; empty where none
        looks at who sends.

    Notes
    -----
    Only the first such header counts: servers put theirs above all that came, a stranger's stands below. Proof is
    DMARC passed for just the domain of From; or DKIM or SPF passed for it or a domain above it (RFC 7489, 3.1, but for
    domains below it). A header with two findings of SPF or DMARC holds a stranger's words and proves nothing.
    """
    if is_forged(mail):
        return SenderProof.DISOWNED
    if mail.sender is None or not mail.sender_is_clear:
        return SenderProof.UNPROVEN
    found = mail.header("authentication-results").lower()
    signed_by, _, findings = found.partition(";")
    if not server or signed_by.strip().partition(" ")[0] != server:
        return SenderProof.UNKNOWN
    # Comments repeat findings: `arc=pass (i=1 spf=pass ...)`.
    findings = _bare(findings)
    if any(len(re.findall(rf"\b{method}(?:/\d+)?\s*=", findings)) > 1 for method in ("spf", "dmarc")):
        return SenderProof.UNPROVEN
    domain = mail.sender.address.rpartition("@")[2]
    results = list(_results(findings))
    if any(result.method == "dmarc" and result.domain("header.from") not in ("", domain) for result in results):
        # The server has read another sender than we.
        return SenderProof.UNPROVEN
    return SenderProof.PROVEN if any(_proves(result, domain) for result in results) else SenderProof.UNPROVEN


def _bare(findings: str) -> str:
    """Return findings without comments and quoted text, in which strangers' words stand; nothing where one is open."""
    findings = _QUOTED.sub("_", findings)
    for _ in range(_MAX_NESTED):
        findings = _COMMENT.sub(" ", findings)
    return "" if re.search(r'[()"]', findings) else findings


def _results(findings: str) -> Iterator[_Result]:
    result: _Result | None = None
    for clause in findings.split(";"):
        for word in clause.split():
            name, equals, value = word.partition("=")
            if equals and name.partition("/")[0] in _METHODS:
                if result is not None:
                    yield result
                result = _Result(name.partition("/")[0], value == "pass")
            elif equals and result is not None:
                result.of.setdefault(name, value)
    if result is not None:
        yield result


def _proves(result: _Result, domain: str) -> bool:
    if not result.passed:
        return False
    if result.method == "dmarc":
        return result.domain("header.from") == domain
    if result.method == "dkim":
        return _is_above(result.domain("header.d", "header.i"), domain)
    return _is_above(result.domain("smtp.mailfrom", "envelope-from"), domain)


def _is_above(proven: str, domain: str) -> bool:
    return "." in proven and (domain == proven or domain.endswith(f".{proven}"))
