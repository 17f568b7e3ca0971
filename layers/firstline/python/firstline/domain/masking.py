"""Personal data and secrets replaced by what they are, before a text is kept or shown."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable

_CREDENTIAL = r"(?:pass(?:word|wort|phrase|code)?|pwd|pin|secret|token|api[ _-]?key|access[ _-]?key|private[ _-]?key)"
_SECRET = re.compile(
    rf"(?i)\b({_CREDENTIAL}s?)(\s*(?:[:=]|\bis\b:?)\s*)(?:\"[^\"\n]{{1,200}}\"|'[^'\n]{{1,200}}'|(?!\[)[^\s,;]{{3,200}})"
)
# "My password is wrong" tells no password.
_NO_SECRET = re.compile(
    r"(?i)(?:an?|the|my|your|no|not|now|never|always|also|too|still|being|been|in|on|for|from|by|to|at|and|or|"
    r"invalid|incorrect|wrong|expired|missing|required|correct|right|valid|different|unknown|empty|blank|same|"
    r"blocked|locked|rejected|accepted|refused|working|sent|used|needed|only|that|this|what|where|when|lost|"
    r"forgotten|weak|strong|short|long|reset|set|saved|stored|shown|out|ok|okay|fine)[.!?]?"
)
_KNOWN_KEY = re.compile(
    r"\b(?:sk-[A-Za-z0-9_-]{16,200}|(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{20,255}|xox[abprs]-[A-Za-z0-9-]{10,200}"
    r"|eyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,1000})"
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+'-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}\b")
_IBAN = re.compile(r"\b[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]{4}){2,7}(?:[ -]?[A-Za-z0-9]{1,3})?\b")
_DIGIT = re.compile(r"\d")
_DIGITS = re.compile(r"(?<![\w.#/@-])\d(?:[ -]?\d){11,18}(?![\w@]|-\d)")
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\w)")
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])")
_PHONE = re.compile(
    r"(?<![\w.#/@$-])(?:\+|00)?\(?\d{1,5}\)?(?:[ .\u00a0-]{0,2}\(?\d{1,6}\)?){1,6}(?:\s?(?:x|ext\.?)\s?\d{1,6})?"
    r"(?![\w@%]|[.,]\d)"
)
_SAYS_PHONE = re.compile(
    r"(?i)(?:\b(?:phone|telephone|tel|mobile|cell|fax|call|ring|text|whatsapp|reach)\b)[^\n\d]{0,30}$"
)
_DATE = re.compile(
    r"\d{4}([-. ])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])(?: \d{1,2})?"
    r"|(?:0?[1-9]|[12]\d|3[01])([-. ])(?:0?[1-9]|[12]\d|3[01])\2\d{4}(?: \d{1,2})?"
)
# Of two groups the first a year: a document's number. Amounts such as "1 200 000" are masked: better one too many.
_NO_PHONE = re.compile(r"(?:19|20)\d{2}-\d+")
_NAME = r"[^\W\d_](?:[^\W\d_]|['\u2019.-](?=[^\W\d_]))*\.?"
_INTRODUCED = re.compile(
    rf"(?i:\b(?:my (?:full |first |last |sur)?name is|my name's|this is|i am called|je m'appelle|mein name ist|"
    rf"ich hei(?:ss|\u00df)e|me llamo))[ \t]+((?-i:(?=[^\W\d_a-z]){_NAME}(?:[ \t]+(?=[^\W\d_a-z]){_NAME}){{0,3}}))"
)
_NAMED_LOWER = re.compile(
    rf"(?i:\b(?:my (?:full |first |last |sur)?name is|my name's))[ \t]+({_NAME}(?:[ \t]+(?=[^\W\d_a-z]){_NAME})?)"
)
_CLOSING = re.compile(
    r"(?im)^([ \t]*(?:(?:best|kind|warm|many|with (?:best|kind))[ \t]+)?(?:regards|wishes|sincerely|cheers|thanks|"
    r"thank you|yours(?: (?:truly|sincerely|faithfully))?|gr(?:u|\u00fc)(?:ss|\u00df)e?)[ \t]*[,!.]?[ \t]*\n?[ \t]*)"
    rf"((?-i:(?=[^\W\d_a-z]){_NAME}(?:[ \t]+(?=[^\W\d_a-z]){_NAME}){{0,3}}))[ \t]*$"
)
_GREETED = re.compile(
    r"(?m)^((?i:[ \t]*(?:hi|hello|hey|dear)[ \t]+))"
    rf"((?=[^\W\d_a-z]){_NAME}(?:[ \t]+(?=[^\W\d_a-z]){_NAME}){{0,2}})(?=[ \t]*[,!\n])"
)
_NOT_NAMES = frozenset(
    {"all", "everyone", "everybody", "team", "support", "there", "sir", "madam", "folks", "hourwren"}
)
_MARK = re.compile(r"\[(?:secret|email|iban|card|ip|phone|name)\]")
_FEWEST_PHONE_DIGITS, _MOST_PHONE_DIGITS = 7, 15


def mask(text: str) -> str:
    """Return a text with personal data and secrets replaced by their kind in brackets.

    Kinds: ``[secret]`` (what follows "password:" and its like, keys of well-known forms), ``[email]``, ``[iban]``
    (right checksum), ``[card]`` (12 to 19 digits, right Luhn sum), ``[ip]``, ``[phone]``, ``[name]`` (after "my name
    is", a greeting or a closing). Masking a masked text changes nothing.

    Parameters
    ----------
    text : str
        Of any length; the time grows in proportion to it.

    Notes
    -----
    By patterns alone: names in running text and postal addresses stay. A number is a phone number where it is
    written like one: with a plus or in groups, 7 to 15 digits, and no date.
    """
    text = _SECRET.sub(_secret, text)
    text = _KNOWN_KEY.sub("[secret]", text)
    if "@" in text:
        text = _EMAIL.sub("[email]", text)
    if _DIGIT.search(text):
        text = _IBAN.sub(_where(is_iban, "[iban]"), text)
        text = _DIGITS.sub(_where(is_card_number, "[card]"), text)
        text = _IPV4.sub(_where(_is_ip, "[ip]"), text)
        text = _PHONE.sub(_phone, text)
    if text.count(":") > 1:
        text = _IPV6.sub(_where(_is_ip, "[ip]"), text)
    text = _CLOSING.sub(_after_opening, text)
    text = _GREETED.sub(_after_opening, text)
    text = _INTRODUCED.sub(_name, text)
    return _NAMED_LOWER.sub(_name, text)


def without_marks(text: str) -> str:
    """Return a masked text without what ``mask`` put in, so that it is compared by its own words."""
    return _MARK.sub(" ", text)


def has_marks(text: str) -> bool:
    """Tell whether something was masked in a text."""
    return _MARK.search(text) is not None


def is_card_number(text: str) -> bool:
    """Tell whether a text's digits are 12 to 19 in number, not all alike, and fulfil the Luhn sum."""
    digits = [int(letter) for letter in text if letter.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return 12 <= len(digits) <= 19 and len(set(digits)) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def is_iban(text: str) -> bool:
    """Tell whether a text has the form and the checksum (ISO 7064, 97 divides with rest 1) of an IBAN."""
    bare = re.sub(r"[ -]", "", text).upper()
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", bare):
        return False
    return int("".join(str(int(letter, 36)) for letter in bare[4:] + bare[:4])) % 97 == 1


def _where(holds: Callable[[str], bool], kind: str) -> Callable[[re.Match[str]], str]:
    return lambda found: kind if holds(found[0]) else found[0]


def _secret(found: re.Match[str]) -> str:
    value = found[0][len(found[1]) + len(found[2]) :]
    a_plain_word = "is" in found[2].lower() and value.isalpha() and value.islower()
    said_in_passing = a_plain_word or _NO_SECRET.fullmatch(value)
    return found[0] if said_in_passing else f"{found[1]}{found[2]}[secret]"


def _is_ip(text: str) -> bool:
    if text.count(":") and not re.search(r"[0-9A-Fa-f]", text):
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _phone(found: re.Match[str]) -> str:
    text = found[0]
    n_digits = sum(letter.isdigit() for letter in text)
    if not _FEWEST_PHONE_DIGITS <= n_digits <= _MOST_PHONE_DIGITS or _DATE.fullmatch(text):
        return text
    international = text.startswith(("+", "00"))
    grouped = len(re.findall(r"\d+", text)) > 1
    grouped = grouped and not _NO_PHONE.fullmatch(text)
    announced = _SAYS_PHONE.search(found.string[max(0, found.start() - 60) : found.start()])
    return "[phone]" if international or grouped or announced or text.startswith("0") else text


def _after_opening(found: re.Match[str]) -> str:
    return found[0] if found[2].lower() in _NOT_NAMES else found[0].replace(found[2], "[name]")


def _name(found: re.Match[str]) -> str:
    return found[0] if found[1].lower() in _NOT_NAMES else found[0][: found.start(1) - found.start()] + "[name]"
