"""What a mail asks: every question and request of it, in order, with what each leans on."""

from __future__ import annotations

import re
from dataclasses import dataclass

from firstline.domain.lexicon import lexicon, normalised, phrases_in
from firstline.domain.mail.beside import ADDED, TOLD, Sentence, announces, leans, problems_beside, tells
from firstline.domain.mail.own_words import own_words
from firstline.domain.mail.problem_patterns import says_settled, states_problem, without_addition
from firstline.domain.mail.question_patterns import ASKS_FIRST, ASKS_WITHIN, ENDS, JOINS, OPENS
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
    ``problems_beside``. A problem that is all a mail tells is none: the whole text is searched for.
    """
    found: list[Asked] = []
    seen: set[str] = set()
    before, wanted = _subject(text), ""
    sentences = [Sentence(said, *_kind(said)) for said in sentences_of(own_words(text))]
    beside = problems_beside(sentences)
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
            if not tells(question) and (not before or not is_question):
                # "Can you help me?" at the head of a mail says nothing of its own, and "I would like that" nowhere.
                continue
            seen.add(question.casefold())
            if beside.get(place) == TOLD and wanted == TOLD:
                # One after another, they tell of one matter.
                question = f"{found.pop().question} {question}"
                found.append(Asked(question, question))
                before = question
                continue
            whole, question = question, without_addition(question) if is_problem else _alone(question)
            is_leaning = bool(before) and leans(whole)
            if is_leaning and found and (wanted in (ADDED, TOLD) or (wanted and is_question)):
                question = f"{found.pop().question} {question}"
                found.append(Asked(question, question))
            else:
                found.append(Asked(question, f"{before}\n{whole}" if is_leaning else question))
            before, wanted = question, "" if is_question else beside.get(place, "request")
    return found


def told_after(text: str) -> int:
    """Return how many long sentences after the first question are nothing that ``asked_in`` returns, nor manners.

    They may want something all the same.
    """
    told, begun = 0, False
    sentences = [Sentence(said, *_kind(said)) for said in sentences_of(own_words(text))]
    beside = problems_beside(sentences)
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


def _kind(sentence: str) -> tuple[bool, bool]:
    asking = asks(sentence)
    return asking, not asking and requests(sentence)


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
