"""What speaks for another charset than the one declared: words that only it makes of the bytes."""

from __future__ import annotations

import re

_SCRIPTS = {
    "cp1251": re.compile("[\u0400-\u04ff]"),
    "koi8-r": re.compile("[\u0400-\u04ff]"),
    "iso8859-5": re.compile("[\u0400-\u04ff]"),
    "cp866": re.compile("[\u0400-\u04ff]"),
    "cp1253": re.compile("[\u0370-\u03ff]"),
    "cp1256": re.compile("[\u0600-\u06ff]"),
}
"""Letters of the charsets whose languages are written without Latin ones."""
_EAST_ASIAN = frozenset({"cp932", "euc_jp", "gb18030", "big5", "euc_kr"})
_EAST_ASIAN_WORD = re.compile("[\u1100-\u11ff\u3041-\u30fe\u3400-\u9fff\uac00-\ud7a3]{2,}")
_WORD = re.compile(r"[^\W\d_]+")
_ASCII = re.compile("[A-Za-z]")
_FINAL_SOFT_G = re.compile("\u011f\\b")
_MIN_WORD = 3
_MIN_LETTERS = 8
_MIN_WORDS = 2
_MIN_LATIN_WORDS = 3
_MIN_SEVERAL = 4


def is_proven(text: str, charset: str, other: str, *, strictly: bool) -> bool:
    """Return whether a text is words in one charset, where it could be read in another.

    Parameters
    ----------
    text : str
        As the charset has it.
    other : str
        As windows-1252 has the same bytes; empty where it does not.
    strictly : bool
        Whether windows-1252, or its like, is declared: then a word or two prove nothing.

    Notes
    -----
    Units and fractions, and the letters of languages that share windows-1252, stand alone or beside Latin letters:
    read as another script they mix it with Latin ones within words.
    """
    if charset in _EAST_ASIAN:
        most = _MIN_SEVERAL if strictly else _MIN_WORDS
        return sum(len(match) for match in _EAST_ASIAN_WORD.findall(text)) >= most
    words = _WORD.findall(text)
    script = _SCRIPTS.get(charset)
    return _of_script(words, script, strictly) if script else _of_latin(text, words, other, strictly)


def _of_script(words: list[str], script: re.Pattern[str], strictly: bool) -> bool:
    theirs = [word for word in words if script.search(word)]
    mixed = sum(_ASCII.search(word) is not None for word in theirs)
    whole = [word for word in theirs if len(word) >= _MIN_WORD and len(set(word)) > 1 and not _ASCII.search(word)]
    if mixed > len(whole) // 10 or not whole:
        return False
    return not strictly or (len(whole) >= _MIN_WORDS and sum(map(len, whole)) >= _MIN_LETTERS)


def _of_latin(text: str, words: list[str], other: str, strictly: bool) -> bool:
    """Return whether several words hold letters that the other charset does not make of the same bytes."""
    known = set(other)
    changed = {word for word in words if len(word) > 1 and not word.isascii() and set(word) - known}
    letters = {letter for word in changed for letter in word if not letter.isascii() and letter not in known}
    n_soft = text.count("\u011f")
    if n_soft and len(_FINAL_SOFT_G.findall(text)) * 2 > n_soft:
        # The eth that ends so many words of Icelandic, where Turkish has a letter that hardly ends one.
        return False
    if not strictly:
        within = any(set(word[1:-1]) & letters for word in changed)
        return len(letters) > 1 or within or any(len(word) > _MIN_WORD for word in changed)
    return len(letters) > 1 and len(changed) >= _MIN_LATIN_WORDS
