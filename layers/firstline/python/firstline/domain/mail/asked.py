"""What a mail asks: every question and request of it, in order, with what each leans on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from firstline.domain.lexical import terms
from firstline.domain.lexicon import lexicon, normalised, phrases_in
from firstline.domain.mail.own_words import own_words
from firstline.domain.mail.question_patterns import ASKS_FIRST, ASKS_WITHIN, ENDS, JOINS, LEANS, OPENS, PLEA
from firstline.domain.mail.request_patterns import is_polite, requests
from firstline.domain.mail.thread import SUBJECT_MARK
from firstline.domain.questions import split_questions
from firstline.domain.turn import Intent

MOST_SEARCHED = 10
"""Questions of one mail that are searched for; those after them are left to a person, by name."""

_MANNERS_WORDS = 40
"""A longer mail tells something, however politely."""
_SURE = 0.5
SOCIAL = (Intent.GREETING, Intent.THANKS, Intent.GOODBYE, Intent.FEEDBACK)
_TELLING = 4
"""Letters of a word that says what a question is about."""
_LEANING_TERMS = 4
"""A question with fewer terms, that points back, is searched for with what stands before it."""
_SHOWN = 140
"""Characters of a question that an answer names."""
_CJK = "\u3040-\u30ff\u3400-\u9fff\uff00-\uffef"
_ITEM = re.compile(r"\s*(?:[-*\u2022\u2013]|\(?(?:\d{1,2}|[a-h])[.)])\s+(?=\S)", re.IGNORECASE)
_SENTENCE_END = re.compile(
    r"(?<=[.!?\u2026\u061f])[\"'\u201d\u2019)]*\s+(?=[\"'\u201c\u00bf(]?[^\W_a-z])|(?<=[\u3002\uff01\uff1f])|(?<=[?\u061f])\s+|\s+(?=\u00bf)"
)
_WRAPPED = re.compile(rf"(?<=[{_CJK}])\n(?=[{_CJK}])")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\S+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:/\S*)?", re.IGNORECASE)
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_GREETING = re.compile(r"[^,;:!.?]{1,30}[,;:!]\s+")
_LONG_SENTENCE, _LONG_SIGNS = 6, 14
"""Words, and signs where there are no spaces, from which on a sentence may want something."""
_SIGNS = re.compile(rf"[{_CJK}]")
_TURKISH = ("ve", "ayr\u0131ca", "peki", "veya", "sonra", "bir de")
_CLOSING_MARKS = " \t\"'\u201d\u2019)*_"


@dataclass(frozen=True)
class Asked:
    """One question or request of a mail."""

    question: str
    """In the customer's words, on one line."""
    searched: str
    """The same, with the sentence before it where it leans on that."""


def asked_in(text: str) -> list[Asked]:
    """Return the questions and requests of a mail, in order; none where it asks in no sentence of its own.

    A sentence asks that ends with a question mark, begins as a question does, or says that its writer wants to know
    something or to have something done, in twelve languages. Two questions joined in one sentence are two. One that
    has no word of its own for what it is about ("and how long does that take?") is searched for with the sentence
    before it, and named with it where that is a request. The subject counts where it is a question itself. Quoted
    lines between which a mail answers are not its own words.
    """
    found: list[Asked] = []
    seen: set[str] = set()
    before, wanted = _subject(text), False
    for sentence in _sentences(own_words(text)):
        is_question = asks(sentence)
        if not is_question and not requests(sentence):
            before, wanted = sentence, False
            continue
        for part in (split_questions(sentence) if is_question else []) or [sentence]:
            question = _bare(" ".join(part.split()))
            if not any(letter.isalnum() for letter in question) or question.casefold() in seen:
                continue
            if not _tells(question) and (not before or not is_question):
                # "Can you help me?" at the head of a mail says nothing of its own, and "I would like that" nowhere.
                continue
            seen.add(question.casefold())
            whole, question = question, _alone(question)
            leans = bool(before) and _leans(whole)
            if leans and wanted and is_question:
                question = f"{found.pop().question} {question}"
                found.append(Asked(question, question))
            else:
                found.append(Asked(question, f"{before}\n{whole}" if leans else question))
            before, wanted = question, not is_question
    return found


def told_after(text: str) -> int:
    """Return how many long sentences after the first question neither ask nor are manners: they may want something."""
    told, begun = 0, False
    for sentence in _sentences(own_words(text)):
        if asks(sentence) or requests(sentence):
            begun = True
        elif begun and not is_polite(sentence):
            told += len(sentence.split()) >= _LONG_SENTENCE or len(_SIGNS.findall(sentence)) >= _LONG_SIGNS
    return told


def asks(sentence: str) -> bool:
    """Tell whether a sentence asks something."""
    bare = sentence.rstrip(_CLOSING_MARKS)
    if bare.endswith((*ENDS, ":")):
        # "I have three questions:" only announces them.
        return not bare.endswith(":")
    # "What a help you were!" is none either.
    opens = not bare.endswith(("!", "\uff01")) and OPENS.match(sentence) is not None
    return opens or ASKS_WITHIN.search(sentence) is not None


def only_manners(text: str, intent: Intent, confidence: float) -> bool:
    """Tell whether a mail greets, thanks or praises and nothing more: an answer would only ask for another.

    Parameters
    ----------
    intent : Intent
        As classified, with its ``confidence`` in [0, 1].
    """
    own = own_words(text)
    said = list(_sentences(own))
    is_social = intent in SOCIAL and confidence >= _SURE
    return is_social and len(own.split()) <= _MANNERS_WORDS and not any(asks(one) or requests(one) for one in said)


def without_mark(text: str) -> str:
    """Return what a mail says without the mark that stands before its subject."""
    return text.removeprefix(SUBJECT_MARK)


def without_addresses(text: str) -> str:
    """Return a text without anything in it that leads somewhere: web and mail addresses are left out."""
    return _ADDRESS.sub("\u2026", text)


def named(question: str) -> str:
    """Return a question as our own mail may name it: one line, at most 140 characters, without any address.

    Whoever forges a sender has us write to somebody else: nothing of theirs that leads anywhere is passed on.
    """
    line = " ".join(_UNSEEN.sub(" ", _ADDRESS.sub("\u2026", question)).translate(_MARKUP).split())
    if len(line) <= _SHOWN:
        return line
    return f"{line[:_SHOWN].rsplit(' ', 1)[0].rstrip(' ,;:')}\u2026"


_MARKUP = str.maketrans(dict.fromkeys("<>[]`|*#", " "))


def _subject(text: str) -> str:
    marked, _, _ = text.partition("\n")
    return marked.removeprefix(SUBJECT_MARK).strip() if marked.startswith(SUBJECT_MARK) else ""


def _bare(question: str) -> str:
    """Return a question without the greeting before it."""
    greeting = _GREETING.match(question)
    if greeting is None or not phrases_in(normalised(greeting[0]), lexicon()["intents"][Intent.GREETING.value]):
        return question
    rest = question[greeting.end() :]
    return rest[:1].upper() + rest[1:] if asks(rest) else question


def _alone(question: str) -> str:
    """Return a question without the "and" that joins it to the one before."""
    joins = JOINS.match(question)
    rest = question[joins.end() :].lstrip("\u00bf") if joins else ""
    if joins is None or not rest:
        return question
    apart = joins[0].rstrip().endswith((",", ":", "\u3001", "\uff0c", "\uff1a"))
    if not (apart or OPENS.match(rest) or ASKS_FIRST.match(rest) or requests(rest)):
        # "A parcel of mine ..." and "O pacote ..." begin with no such word.
        return question
    dotted = rest[0] == "i" and joins[0].strip(" ,").casefold() in _TURKISH
    return f"{joins['mark'] or ''}{chr(0x130) if dotted else rest[0].upper()}{rest[1:]}"


def _said(text: str) -> str:
    """Return what is to be searched for questions: the subject only where it is one, and is not asked again below."""
    if not text.startswith(SUBJECT_MARK):
        return text
    subject, _, body = text.removeprefix(SUBJECT_MARK).partition("\n")
    is_question = subject.rstrip().endswith(ENDS) or OPENS.match(subject) is not None
    again = " ".join(subject.casefold().split()).rstrip("?!. ") in " ".join(body.casefold().split())
    return text.removeprefix(SUBJECT_MARK) if is_question and not again else body


def _sentences(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", _said(text).replace("\r\n", "\n")):
        for unit in _units(paragraph):
            for sentence in _SENTENCE_END.split(" ".join(_WRAPPED.sub("", unit).split())):
                if sentence and sentence.strip():
                    yield sentence.strip()


def _units(paragraph: str) -> Iterator[str]:
    """Yield the list items of a paragraph, and the lines between them together: mail programs break lines anywhere."""
    unit: list[str] = []
    for line in paragraph.split("\n"):
        item = _ITEM.match(line)
        ended = unit and unit[-1].rstrip().endswith((*ENDS, ":"))
        if (item or ended) and unit:
            yield "\n".join(unit)
            unit = []
        unit.append(line[item.end() :] if item else line)
    yield "\n".join(unit)


def _tells(question: str) -> bool:
    """Tell whether a question has a word of its own for what it is about."""
    if re.search(rf"[{_CJK}]", question):
        return len(question) > _TELLING + 1
    own = [term for term in terms(question) if len(term) >= _TELLING]
    return bool(own) and not (len(own) < _LEANING_TERMS and PLEA.search(question))


def _leans(question: str) -> bool:
    own = [term for term in terms(question) if len(term) >= _TELLING]
    return not _tells(question) or (len(own) < _LEANING_TERMS and LEANS.search(question) is not None)
