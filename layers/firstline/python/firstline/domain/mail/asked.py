"""What a mail asks: every question and request of it, in order, with what each leans on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from firstline.domain.lexical import terms
from firstline.domain.lexicon import lexicon, normalised, phrases_in
from firstline.domain.mail.own_words import own_words
from firstline.domain.mail.problem_patterns import (
    adds_problem,
    says_settled,
    states_problem,
    turns_elsewhere,
    without_addition,
)
from firstline.domain.mail.question_patterns import ANNOUNCES, ASKS_FIRST, ASKS_WITHIN, ENDS, JOINS, LEANS, OPENS, PLEA
from firstline.domain.mail.request_patterns import is_polite, offers, requests
from firstline.domain.mail.sentences import sentences_of
from firstline.domain.mail.thread import SUBJECT_MARK
from firstline.domain.questions import split_questions
from firstline.domain.turn import Intent

MOST_SEARCHED = 10
"""Questions of one mail that are searched for; those after them are left to a person, by name."""

_MANNERS_WORDS = 40
"""A longer mail tells something, however politely."""
_SURE = 0.5
SOCIAL = (Intent.GREETING, Intent.THANKS, Intent.GOODBYE, Intent.FEEDBACK)
_ANNOUNCING = 14
"""Words of a longest sentence that only announces a question."""
_MANY = 3
"""Problems that a mail of complaints tells of; one that tells of more is a report."""
_SAME = 0.6
"""Share of a sentence's own words from which on another that has them says the same."""
_TELLING = 4
"""Letters of a word that says what a question is about."""
_LEANING_TERMS = 4
"""A question with fewer terms, that points back, is searched for with what stands before it."""
_SHOWN = 140
"""Characters of a question that an answer names."""
_CJK = "\u3040-\u30ff\u3400-\u9fff\uff00-\uffef"
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
    """One question or request of a mail, or one problem that it tells of beside them."""

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

    A problem that is told beside them counts too, where it is another matter and not their background: see
    ``_beside``. A problem that is all a mail tells is none: the whole text is searched for.
    """
    found: list[Asked] = []
    seen: set[str] = set()
    before, wanted = _subject(text), ""
    sentences = [_Sentence(said, *_kind(said)) for said in sentences_of(own_words(text))]
    beside = _beside(sentences)
    for place, sentence in enumerate(sentences):
        said, is_question = sentence.text, sentence.asks
        is_problem = place in beside
        if not sentence.wants and not is_problem:
            before, wanted = said, ""
            continue
        for part in (split_questions(said) if is_question else []) or [said]:
            question = _bare(" ".join(part.split()))
            if not any(letter.isalnum() for letter in question) or question.casefold() in seen:
                continue
            if not _tells(question) and (not before or not is_question):
                # "Can you help me?" at the head of a mail says nothing of its own, and "I would like that" nowhere.
                continue
            seen.add(question.casefold())
            whole, question = question, without_addition(question) if is_problem else _alone(question)
            leans = bool(before) and _leans(whole)
            if leans and found and (wanted == "problem" or (wanted and is_question)):
                question = f"{found.pop().question} {question}"
                found.append(Asked(question, question))
            else:
                found.append(Asked(question, f"{before}\n{whole}" if leans else question))
            before, wanted = question, "" if is_question else "problem" if is_problem else "request"
    return found


def told_after(text: str) -> int:
    """Return how many long sentences after the first question are nothing that ``asked_in`` returns, nor manners.

    They may want something all the same.
    """
    told, begun = 0, False
    sentences = [_Sentence(said, *_kind(said)) for said in sentences_of(own_words(text))]
    beside = _beside(sentences)
    for place, sentence in enumerate(sentences):
        if sentence.wants or place in beside:
            begun = True
        elif begun and not is_polite(sentence.text):
            words, signs = len(sentence.text.split()), len(_SIGNS.findall(sentence.text))
            told += words >= _LONG_SENTENCE or signs >= _LONG_SIGNS
    return told


def asks(sentence: str) -> bool:
    """Tell whether a sentence asks something."""
    bare = sentence.rstrip(_CLOSING_MARKS)
    if bare.rstrip("!\uff01.\u2026").endswith(ENDS):
        return True
    if bare.endswith(":") or announces(sentence) or offers(sentence):
        return False
    # "What a help you were!" is none either.
    opens = not bare.endswith(("!", "\uff01")) and OPENS.match(sentence) is not None
    return opens or ASKS_WITHIN.search(sentence) is not None


def announces(sentence: str) -> bool:
    """Tell whether a sentence only says that a question comes: "I have another question." """
    return len(sentence.split()) <= _ANNOUNCING and ANNOUNCES.match(sentence) is not None


def only_manners(text: str, intent: Intent, confidence: float) -> bool:
    """Tell whether a mail greets, thanks or praises and nothing more: an answer would only ask for another.

    A problem is more, unless the mail says that it is settled.

    Parameters
    ----------
    intent : Intent
        As classified, with its ``confidence`` in [0, 1].
    """
    own = own_words(text)
    if intent not in SOCIAL or confidence < _SURE or len(own.split()) > _MANNERS_WORDS:
        return False
    said = list(sentences_of(own))
    is_settled = any(map(says_settled, said))
    return not any(asks(one) or requests(one) or (states_problem(one) and not is_settled) for one in said)


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


@dataclass(frozen=True)
class _Sentence:
    text: str
    asks: bool
    requests: bool

    @property
    def wants(self) -> bool:
        return self.asks or self.requests


def _kind(sentence: str) -> tuple[bool, bool]:
    asking = asks(sentence)
    return asking, not asking and requests(sentence)


def _beside(sentences: Sequence[_Sentence]) -> set[int]:
    """Return the places of the problems that stand beside a mail's questions and requests, none their background.

    A problem is another matter

    - after something asked, where its words add it ("Also, ...", "... does not work either");
    - before the first thing asked, where that turns to another matter ("On the hosting side, ...");
    - in a mail of complaints, which both asks and demands; but not before a question that leans on it or names the
      same thing. A mail that tells of more than three such problems is a report: they are its background.

    All others are background: "The code never came. What should I do?" asks one thing.
    """
    wants = [place for place, sentence in enumerate(sentences) if sentence.wants]
    if not wants:
        return set()
    demands = {place for place in wants if _demands(sentences[place])}
    complains = bool(demands) and any(sentences[place].asks and demands != {place} for place in wants)
    first = sentences[wants[0]].text
    turned = turns_elsewhere(first) or any(
        announces(sentence.text) and turns_elsewhere(sentence.text) for sentence in sentences[: wants[0]]
    )
    added, told = set[int](), set[int]()
    for place, sentence in enumerate(sentences):
        if sentence.wants or announces(sentence.text):
            continue
        after = place > wants[0]
        if (after and adds_problem(sentence.text)) or (turned and not after and states_problem(sentence.text)):
            added.add(place)
        elif complains and states_problem(sentence.text) and not _explains(sentences, place):
            told.add(place)
    return added | told if len(told) <= _MANY else added


def _explains(sentences: Sequence[_Sentence], place: int) -> bool:
    """Tell whether a sentence is told for the question after it, which leans on it or names the same."""
    after = next((number for number in range(place + 1, len(sentences)) if sentences[number].wants), None)
    if after is None:
        return False
    own, asked = _own_terms(sentences[place].text), _own_terms(sentences[after].text)
    if len(own & asked) > len(own) * _SAME:
        return True
    if _demands(sentences[after]):
        return False
    return _leans(sentences[after].text) or (after == place + 1 and bool(own & asked))


def _demands(sentence: _Sentence) -> bool:
    """Tell whether a sentence wants something done, and does not merely ask in the words of a wish."""
    if not sentence.asks:
        return sentence.requests
    within = OPENS.match(sentence.text) or ASKS_WITHIN.search(sentence.text)
    return within is None and requests(sentence.text)


def _own_terms(sentence: str) -> set[str]:
    return {term for term in terms(sentence) if len(term) >= _TELLING}


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


def _tells(question: str) -> bool:
    """Tell whether a question has a word of its own for what it is about."""
    if re.search(rf"[{_CJK}]", question):
        return len(question) > _TELLING + 1
    own = [term for term in terms(question) if len(term) >= _TELLING]
    return bool(own) and not (len(own) < _LEANING_TERMS and PLEA.search(question))


def _leans(question: str) -> bool:
    own = [term for term in terms(question) if len(term) >= _TELLING]
    return not _tells(question) or (len(own) < _LEANING_TERMS and LEANS.search(question) is not None)
