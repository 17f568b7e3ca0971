"""Web addresses, e-mail addresses and phone numbers of an answer, held against those that may be given."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from functools import cached_property

from firstline.domain.guard_result import GuardReason
from firstline.domain.pii_patterns import pattern_spans
from firstline.domain.pii_span import PiiKind

_UNSEEN = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]")
_DISGUISED = re.compile(r"[&\[({<]|[^\x00-\x7f]|\bdot\b", re.IGNORECASE)
_GENERIC = (
    "com|org|net|info|biz|edu|gov|mil|int|io|example|test|dev|app|xyz|online|site|shop|store|top|club|live|cloud|link|"
    "click|website|space|tech|pro|name|mobi|zip|support|help|email|page|web|work|world|life|today|icu|vip|bid|loan"
)
_GAP = r"\s{0,3}"
_DOT = re.compile(
    rf"{_GAP}[\[({{<]{_GAP}(?:\.|dot|punkt|punto|point|ponto){_GAP}[\])}}>]{_GAP}"
    rf"|\s{_GAP}dot\s{_GAP}(?=(?:{_GENERIC}|[a-z]{{2}}/)\b)|(?<=[a-z0-9])[\u3002\uff61](?=[a-z0-9])",
    re.IGNORECASE,
)
_AT = re.compile(rf"{_GAP}[\[({{<]{_GAP}(?:at|@){_GAP}[\])}}>]{_GAP}", re.IGNORECASE)
# Of two letters are those of countries; what files and members of programs end in is none of these.
_COUNTRY = r"(?!(?:cs|db|go|gz|hs|js|kt|md|pl|ps|py|rb|rs|sh|so|ts|vb)\b)[a-z]{2}"
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_REST = r"[^\s<>()\[\]\"'`|]"
_ADDRESS = re.compile(
    rf"(?:\b[a-z][a-z0-9+.-]{{1,20}}:/+|\bwww\.|(?<![\w:/])//(?={_LABEL}\.)|\b(?:javascript|data|vbscript):){_REST}+"
    rf"|(?<![\w@/\\.-])(?:{_LABEL}\.){{1,8}}(?:(?:{_GENERIC}|xn--[a-z0-9-]+|{_COUNTRY})\b(?![@-]|\.\w)(?:[:/?#]{_REST}*)?"
    rf"|[^\W\d_]{{2,24}}(?::\d+)?/{_REST}+)"
    rf"|(?<![\w@/\\.-])\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?::\d+)?/{_REST}+",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_BEGINS = re.compile(r"^(?:[a-z][a-z0-9+.-]*:/*|/+)?(?:www\.)?", re.IGNORECASE)
_CALL = re.compile(r"\b(?:tel|sms|callto|whatsapp):[+\d]", re.IGNORECASE)
_NUMBER = re.compile(r"\d(?:[ ./()\u00a0-]{0,3}\d){5,}")
_NO_DIGIT = re.compile(r"\(0\)|\D")
_FEWEST_DIGITS = 6
_COUNTRY_CODE = 4
"""Digits that a number may have more where it is written with its country's code."""


class ContactDetails:
    """The addresses and numbers that an answer may give.

    Parameters
    ----------
    texts : iterable of str
        The company's and the customer's own words.
    own : iterable of str
        Web addresses of this installation: whatever lies under them may be given.
    """

    def __init__(self, texts: Iterable[str], *, own: Iterable[str] = ()) -> None:
        self._texts = tuple(texts)
        self._own = tuple(address for text in own for address in _addresses(plain(text)))

    def unknown(self, text: str) -> GuardReason | None:
        """Return why a sentence may not leave: it has an address or a number that is none of these; None where not.

        An address is known as it stands or as the beginning of a known one, a host also from a known e-mail address;
        scheme, ``www.``, letters' case, invisible signs and a dot written as ``[.]`` make no difference.
        """
        if "." not in text and "\uff0e" not in text and not _DISGUISED.search(text) and not _NUMBER.search(text):
            return None
        bare = plain(text)
        if any(mail not in self._emails for mail in _emails(bare)):
            return GuardReason.PERSONAL_DATA
        if any(not self._is_known(address) for address in _addresses(bare)):
            return GuardReason.UNKNOWN_ADDRESS
        return GuardReason.PERSONAL_DATA if any(not self.has_number(found) for found in _phones(bare)) else None

    def has_number(self, written: str) -> bool:
        """Tell whether a phone number is known, with or without its country's code."""
        digits = _NO_DIGIT.sub("", written).lstrip("0")
        return any(
            abs(len(number) - len(digits)) <= _COUNTRY_CODE and (number.endswith(digits) or digits.endswith(number))
            for number in self._numbers
        )

    def _is_known(self, address: str) -> bool:
        if any(address == own or address.startswith(f"{own}/") for own in self._own):
            return True
        return address in self._hosts or any(
            known == address or (known.startswith(address) and known[len(address)] in "/?#") for known in self._known
        )

    @cached_property
    def _plain(self) -> str:
        return plain("\n".join(self._texts))

    @cached_property
    def _emails(self) -> frozenset[str]:
        return frozenset(_emails(self._plain))

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(_addresses(self._plain))

    @cached_property
    def _hosts(self) -> frozenset[str]:
        of_urls = {re.split(r"[/?#]", address, maxsplit=1)[0] for address in self._known}
        return frozenset(of_urls | {mail.rpartition("@")[2] for mail in self._emails})

    @cached_property
    def _numbers(self) -> frozenset[str]:
        found = (_NO_DIGIT.sub("", match[0]).lstrip("0") for match in _NUMBER.finditer(self._plain))
        return frozenset(digits for digits in found if len(digits) >= _FEWEST_DIGITS)


def plain(text: str) -> str:
    """Return a text without what hides an address in it: invisible signs, entities, wide letters, ``[.]``, ``(at)``."""
    if not _DISGUISED.search(text):
        return text
    seen = _UNSEEN.sub("", html.unescape(text))
    return _AT.sub("@", _DOT.sub(".", unicodedata.normalize("NFKC", seen)))


def _emails(text: str) -> list[str]:
    return [match[0].lower().rstrip(".-_'") for match in _EMAIL.finditer(text)] if "@" in text else []


def _addresses(text: str) -> list[str]:
    without = _EMAIL.sub(" ", text) if "@" in text else text
    found = (_BEGINS.sub("", match[0].lower()).rstrip(".,;:!?*_/\u2026") for match in _ADDRESS.finditer(without))
    return [address for address in found if address]


def _phones(text: str) -> list[str]:
    if not _NUMBER.search(text):
        return []
    called = [match[0] for match in re.finditer(r"[+\d][\d().-]{5,}", text)] if _CALL.search(text) else []
    return [*called, *(text[span.start : span.end] for span in pattern_spans(text) if span.kind is PiiKind.PHONE)]
