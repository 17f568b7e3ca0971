"""The charset of a text that declares none, or a wrong one: the one under which it looks like one language's words."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

import re
from itertools import islice

from firstline.adapters.mail_evidence import is_proven

_SINGLE_BYTE = {
    "cp1252": (
        "äöüßÄÖÜ",
        "éèàçùâêîôûëïüœÉÈÀÇÊŒ«»",
        "áéíóúñüÁÉÍÓÚÑ¿¡ºª",
        "àèéìòùÀÈÉÌÒÙ",
        "ãõáéíóúâêôàçÃÕÁÉÍÓÚÂÊÔÀÇºª",
        "ëïéöüèáóÉ",
        "åäöéÅÄÖÉ",
        "æøåÆØÅé",
    ),
    "cp1250": ("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ", "áčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ", "áéíóöőúüűÁÉÍÓÖŐÚÜŰ", "ăâîşţĂÂÎŞŢ"),
    "iso8859-2": ("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ", "áčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ", "áéíóöőúüűÁÉÍÓÖŐÚÜŰ", "ăâîşţĂÂÎŞŢ"),
    "cp1254": ("çğıöşüÇĞİÖŞÜâîû",),
    "cp1251": ("абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЭЮЯіїєґІЇЄ№",),
    "cp1256": ("ابتثجحخدذرزسشصضطظعغفقكلمنهويىءآأإؤئةپچژگـًٌٍَُِّْ،؛؟",),
    "koi8-r": ("абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЭЮЯ",),
    "cp1253": ("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏ",),
    "iso8859-5": ("абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЭЮЯіїєІЇЄ№",),
    "cp866": ("абвгдеёжзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЭЮЯ№",),
    "cp1257": ("ąčęėįšųūžĄČĘĖĮŠŲŪŽ", "āčēģīķļņšūžĀČĒĢĪĶĻŅŠŪŽ", "äõöüšžÄÕÖÜŠŽ"),
    "cp850": ("äöüßÄÖÜ", "éèàçùâêîôûëïüÉÈÀÇÊ", "áéíóúñüÁÉÍÓÚÑ¿¡", "åäöéÅÄÖÉ"),
}
"""Foreign letters of the languages that are written so, charset by charset; the first of equals counts."""
_PUNCTUATION = "“”„‘’‚–—…€«»°·•™®©§№\u00a0×"
_KANA = re.compile("[\u3041-\u30fc]")
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")
_EAST_ASIAN_MARKS = re.compile("[\u3000-\u3015\uff01-\uff5e]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_LATIN = re.compile("[A-Za-z]")
_COMMON = {
    "gb18030": ("gb2312", 0xB0, 0xD7),
    "big5": ("big5", 0xA4, 0xC6),
    "cp932": ("euc_jp", 0xB0, 0xCF),
    "euc_jp": ("euc_jp", 0xB0, 0xCF),
}
"""Where a charset keeps its common characters: by which encoding, first bytes from and to (the standards' level 1)."""
_READ = 4_000
MIN_SCORE = 0.5
"""Of a charset that fits."""
_DOUBTFUL = 0.3
_SURE = 0.9
_MIN_FOREIGN = 4
_MAX_FOREIGN = 200
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_TABLE = {"cp1252": "cp1252", "iso8859-1": "cp1252", "iso8859-15": "cp1252"}
"""Charsets that programs declare by habit, and whose languages they are judged by."""
SINGLE_BYTE = frozenset(_TABLE)
ALPHABETS = SINGLE_BYTE.union(_SINGLE_BYTE)
"""Charsets of single bytes whose languages are known."""


def guessed_charset(content: bytes) -> str:
    """Return the charset that fits a text which is no UTF-8.

    Parameters
    ----------
    content : bytes
        The first 4,000 are looked at.

    Returns
    -------
    str
        A codec's name. Each candidate decodes the text and is scored, from 0 to 1, by the share of its foreign
        characters that the languages written in it use: letters of one alphabet, or for Chinese, Japanese and Korean
        the characters that the standards call common. cp1252 where nothing fits.
    """
    scores = _scores(content[:_READ])
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] >= MIN_SCORE and _is_proven(content[:_READ], best, strictly=False) else "cp1252"


def better_charset(content: bytes, declared: str) -> str:
    """Return a charset that clearly fits better than a declared one of single bytes; empty where none does.

    Several words of one of its languages have to prove it.
    """
    sample = content[:_READ]
    if sum(byte > 127 for byte in sample) < _MIN_FOREIGN or _alphabet_score(sample, _TABLE[declared]) > _DOUBTFUL:
        return ""
    scores = _scores(sample)
    best = max(scores, key=lambda name: scores[name])
    is_other = scores[best] >= _SURE and best != _TABLE[declared]
    return best if is_other and _is_proven(sample, best, strictly=True) else ""


def _is_proven(sample: bytes, charset: str, *, strictly: bool) -> bool:
    if charset == "cp1252":
        return True
    other = sample.decode("cp1252", "ignore")
    text = sample.decode(charset, "ignore")
    return is_proven(text, charset, other, strictly=strictly)


def fit(content: bytes, charset: str) -> float:
    """Return how well a charset fits a text, to 1; the first 4,000 bytes are looked at."""
    sample = content[:_READ]
    charset = _TABLE.get(charset, charset)
    return _alphabet_score(sample, charset) if charset in _SINGLE_BYTE else _east_asian_score(sample, charset)


def _scores(sample: bytes) -> dict[str, float]:
    scores = {name: _alphabet_score(sample, name) for name in _SINGLE_BYTE}
    scores.update({name: _east_asian_score(sample, name) for name in ("cp932", "euc_jp", "gb18030", "big5", "euc_kr")})
    return scores


def _alphabet_score(sample: bytes, charset: str) -> float:
    try:
        text = sample.decode(charset)
    except UnicodeDecodeError:
        return 0.0
    foreign = [(match.start(), match[0]) for match in islice(_FOREIGN.finditer(text), _MAX_FOREIGN)]
    if not foreign:
        return 0.0
    best = 0.0
    for alphabet in _SINGLE_BYTE[charset]:
        total = sum(_fits(text, place, character, alphabet) for place, character in foreign)
        best = max(best, total / len(foreign))
    return best


def _fits(text: str, place: int, character: str, alphabet: str) -> float:
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if character in alphabet:
        # A capital within a word of small letters, or small ones within capitals, are another charset's letters.
        odd = character.isupper() and before.islower()
        return 0.0 if odd else 1.0
    if character in _PUNCTUATION:
        inside = before.isalpha() and after.isalpha() and character != "’"
        return -0.5 if inside else 0.9
    return -1.0


def _east_asian_score(sample: bytes, charset: str) -> float:
    text = _decoded_start(sample, charset)
    foreign = [character for character in text if ord(character) > 127]
    if len(foreign) < 2 or len(foreign) < 0.4 * (len(foreign) + len(_LATIN.findall(text))):
        # A few foreign letters among many plain ones are accents.
        return 0.0
    joined = "".join(foreign)
    marks = len(_EAST_ASIAN_MARKS.findall(joined))
    kana = len(_KANA.findall(joined))
    if charset == "euc_kr":
        return (len(_HANGUL.findall(joined)) + marks) / len(joined)
    japanese = charset in ("cp932", "euc_jp")
    if japanese != (kana > 0.15 * len(joined)):
        return 0.0
    known = sum(_is_common(character, charset) for character in foreign)
    return max(0.0, (known + marks + kana - 2 * len(_HALF_WIDTH.findall(joined))) / len(joined))


def _decoded_start(sample: bytes, charset: str) -> str:
    """Return a sample decoded, a character cut off at its end left out; empty where it does not decode."""
    for end in range(len(sample), max(0, len(sample) - 4), -1):
        try:
            return sample[:end].decode(charset)
        except UnicodeDecodeError:
            if len(sample) < _READ:
                return ""
    return ""


def _is_common(character: str, charset: str) -> bool:
    encoding, first, last = _COMMON[charset]
    try:
        code = character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return len(code) == 2 and first <= code[0] <= last
