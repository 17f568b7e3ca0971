"""Personal data that its form gives away: numbers with checksums, addresses of the net, keys, introduced names."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator

from firstline.domain.checksums import is_card_number, is_iban, is_national_id
from firstline.domain.pii_span import PiiKind, PiiSpan

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
_FEWEST_PHONE_DIGITS, _MOST_PHONE_DIGITS = 7, 15
_URL = re.compile(r"\b(?:https?://|www\.)[^\0\s<>()\[\]\"'`,]{2,2000}")
_NATIONAL_ID = re.compile(
    r"(?<![\w-])(?:\d{3}-\d{2}-\d{4}|\d{3}\.\d{3}\.\d{3}-\d{2}|[A-Za-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d]"
    r"|[XYZxyz]?\d{7,8}-?[A-Za-z]|\d{6}[-+]\d{4}|[12] ?\d{2} ?[01]\d ?\w{2} ?\d{3} ?\d{3} ?\d{2}"
    r"|[A-Za-z]{6}\d{2}[A-Za-z]\d{2}[A-Za-z]\d{3}[A-Za-z]|\d{11})"
    r"(?![\w-])"
)
_ANNOUNCED_ID = re.compile(
    r"(?i)\b(?:driver'?s?'? licen[cs]e|passport|national id|identity card|tax id|social security|ssn)"
    r"(?: (?:number|no\.?))?(?: is|:)?[ ]{0,3}#?((?=[A-Z0-9-]{0,14}\d)[A-Z0-9](?:[A-Z0-9-]{4,16})[A-Z0-9])\b"
)
_POSTCODE = re.compile(
    r"(?i)\b(?:zip|postcode|post(?:al)? code|plz|cap|code postal|c\u00f3digo postal)(?: ?code)?[ ]?[:=#][ ]{0,3}"
    r"((?=[A-Z-]{0,4}[ ]?\d)[A-Z0-9]{2,7}(?:[ -][A-Z0-9]{2,4})?)\b"
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_DAY = re.compile(
    r"(?<![\w./-])(?:(?:19|20)\d{2}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?"
    r"|\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d{2}))(?![\w/])"
    rf"|(?i:\b(?:\d{{1,2}}(?:st|nd|rd|th)?\.? {_MONTH}\b\.?(?:,? (?:19|20)\d{{2}})?"
    rf"|{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}})?))"
    r"|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|(?<![\w.,/#-])(?:19|20)\d{2}(?![\w/-]|[.,]\d)"
)


_COUNTRY = re.compile(
    r"\b(?:"
    r"Afghanistan|Albania|Algeria|Andorra|Angola|Argentina|Armenia|Australia|Austria|Azerbaijan|Bahamas|Bahrain"
    r"|Bangladesh|Barbados|Belarus|Belgium|Belize|Benin|Bhutan|Bolivia|Bosnia and Herzegovina|Botswana|Brazil"
    r"|Brunei|Bulgaria|Burkina Faso|Burundi|Cambodia|Cameroon|Canada|Cape Verde|Chile|China|Colombia|Costa Rica"
    r"|Croatia|Cuba|Cyprus|Czech Republic|Czechia|Denmark|Dominican Republic|Ecuador|Egypt|El Salvador|Eritrea"
    r"|Estonia|Eswatini|Ethiopia|Fiji|Finland|France|Gabon|Germany|Ghana|Greece|Greenland|Guatemala|Haiti|Honduras"
    r"|Hong Kong|Hungary|Iceland|India|Indonesia|Iran|Iraq|Ireland|Israel|Italy|Ivory Coast|Jamaica|Japan"
    r"|Kazakhstan|Kenya|Kosovo|Kuwait|Kyrgyzstan|Laos|Latvia|Lebanon|Lesotho|Liberia|Libya|Liechtenstein|Lithuania"
    r"|Luxembourg|Madagascar|Malawi|Malaysia|Maldives|Malta|Mauritania|Mauritius|Mexico|Moldova|Monaco|Mongolia"
    r"|Montenegro|Morocco|Mozambique|Myanmar|Namibia|Nepal|Netherlands|New Zealand|Nicaragua|Nigeria|North Korea"
    r"|North Macedonia|Norway|Pakistan|Palestine|Panama|Papua New Guinea|Paraguay|Peru|Philippines|Poland|Portugal"
    r"|Puerto Rico|Qatar|Romania|Russia|Rwanda|Saudi Arabia|Senegal|Serbia|Seychelles|Sierra Leone|Singapore"
    r"|Slovakia|Slovenia|Somalia|South Africa|South Korea|Spain|Sri Lanka|Sudan|Suriname|Sweden|Switzerland|Syria"
    r"|Taiwan|Tajikistan|Tanzania|Thailand|Tunisia|Uganda|Ukraine|United Arab Emirates|United Kingdom"
    r"|United States of America|United States|Uruguay|Uzbekistan|Venezuela|Vietnam|Yemen|Zambia|Zimbabwe"
    r"|Deutschland|Schweiz|Espa\u00f1a|Italia|\u00d6sterreich|Nederland|Polska|Suisse|Sverige|Norge|Danmark|Suomi"
    r"|Brasil|T\u00fcrkiye"
    r")\b(?!-\w)"
)


def country_spans(text: str) -> list[PiiSpan]:
    """Return the countries whose names mean nothing else, in capitals as names are written."""
    return [PiiSpan(found.start(), found.end(), PiiKind.PLACE, 0.7) for found in _COUNTRY.finditer(text)]


def pattern_spans(text: str) -> list[PiiSpan]:
    """Return what the form gives away, the surest first; no two overlap.

    Parameters
    ----------
    text : str
        Of any length; the time grows in proportion to it.

    Notes
    -----
    A number is a phone number where it is written like one: with a plus or in groups, 7 to 15 digits, and no date.
    """
    found: list[PiiSpan] = []
    for finder in _FINDERS:
        spans = list(finder(text))
        found += spans
        text = _blanked(text, spans)
    return found


def _blanked(text: str, spans: list[PiiSpan]) -> str:
    """Return a text of the same length in which nothing is found again where something was found."""
    parts, end = [], 0
    for span in spans:
        parts += [text[end : span.start], "\0" * (span.end - span.start)]
        end = span.end
    return "".join([*parts, text[end:]])


def _secrets(text: str) -> Iterator[PiiSpan]:
    for found in _SECRET.finditer(text):
        start = found.end(2)
        value = text[start : found.end()]
        a_plain_word = "is" in found[2].lower() and value.isalpha() and value.islower()
        if not a_plain_word and not _NO_SECRET.fullmatch(value):
            yield PiiSpan(start, found.end(), PiiKind.SECRET, 0.9)


def _all(
    pattern: re.Pattern[str], kind: PiiKind, holds: Callable[[str], bool] | None = None, *, sure: float = 1.0
) -> Callable[[str], Iterator[PiiSpan]]:
    def find(text: str) -> Iterator[PiiSpan]:
        for found in pattern.finditer(text):
            if holds is None or holds(found[0]):
                yield PiiSpan(found.start(), found.end(), kind, sure)

    return find


def _group(pattern: re.Pattern[str], group: int, kind: PiiKind, sure: float) -> Callable[[str], Iterator[PiiSpan]]:
    def find(text: str) -> Iterator[PiiSpan]:
        for found in pattern.finditer(text):
            if found[group].lower() not in _NOT_NAMES:
                yield PiiSpan(found.start(group), found.end(group), kind, sure)

    return find


def _is_ip(text: str) -> bool:
    if text.count(":") and not re.search(r"[0-9A-Fa-f]", text):
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _ips(text: str) -> Iterator[PiiSpan]:
    yield from _all(_IPV4, PiiKind.IP, _is_ip)(text)
    if text.count(":") > 1:
        yield from _all(_IPV6, PiiKind.IP, _is_ip)(text)


def _phones(text: str) -> Iterator[PiiSpan]:
    for found in _PHONE.finditer(text):
        sure = _phone_confidence(found)
        if sure:
            yield PiiSpan(found.start(), found.end(), PiiKind.PHONE, sure)


def _phone_confidence(found: re.Match[str]) -> float:
    text = found[0]
    n_digits = sum(letter.isdigit() for letter in text)
    if not _FEWEST_PHONE_DIGITS <= n_digits <= _MOST_PHONE_DIGITS or _DATE.fullmatch(text):
        return 0.0
    if text.startswith(("+", "00")):
        return 1.0 if _is_assigned(text) else 0.8
    grouped = len(re.findall(r"\d+", text)) > 1 and not _NO_PHONE.fullmatch(text)
    if _SAYS_PHONE.search(found.string[max(0, found.start() - 60) : found.start()]):
        return 0.9
    return 0.7 if grouped or text.startswith("0") else 0.0


def _is_assigned(text: str) -> bool:
    # Its tables cost 50 ms: only a text with such a number pays for them.
    import phonenumbers

    try:
        number = phonenumbers.parse("+" + re.sub(r"^\+|^00", "", text))
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number)


_FINDERS: tuple[Callable[[str], Iterator[PiiSpan]], ...] = (
    _secrets,
    _all(_KNOWN_KEY, PiiKind.SECRET),
    _all(_EMAIL, PiiKind.EMAIL),
    _all(_URL, PiiKind.URL),
    _all(_IBAN, PiiKind.IBAN, is_iban),
    _all(_NATIONAL_ID, PiiKind.NATIONAL_ID, is_national_id, sure=0.9),
    _group(_ANNOUNCED_ID, 1, PiiKind.NATIONAL_ID, 0.8),
    _all(_DIGITS, PiiKind.CARD, is_card_number),
    _ips,
    _group(_POSTCODE, 1, PiiKind.PLACE, 0.8),
    _phones,
    _all(_DAY, PiiKind.DATE, sure=0.6),
    _group(_CLOSING, 2, PiiKind.PERSON, 0.95),
    _group(_GREETED, 2, PiiKind.PERSON, 0.95),
    _group(_INTRODUCED, 1, PiiKind.PERSON, 0.95),
    _group(_NAMED_LOWER, 1, PiiKind.PERSON, 0.95),
)
