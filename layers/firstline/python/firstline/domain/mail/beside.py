"""Which problems that a mail tells of stand beside what it asks, and which are only its background."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from firstline.domain.lexical import terms
from firstline.domain.mail.matter_patterns import WORDS_OF_ASKING
from firstline.domain.mail.problem_patterns import (
    adds_problem,
    asks_remedy,
    states_problem,
    turns_elsewhere,
)
from firstline.domain.mail.question_patterns import ANNOUNCES, ASKS_WITHIN, LEANS, OPENS, PLEA
from firstline.domain.mail.request_patterns import requests

_ANNOUNCING = 14
"""Words of a longest sentence that only announces a question."""
_MANY = 3
"""Problems that a mail of complaints tells of; one that tells of more is a report."""
_SAME = 0.6
"""Share of a sentence's own words from which on another that has them says the same."""
_LAST_ASKED = 10
"""Questions before a problem that it is compared with."""
_TELLING = 4
"""Letters of a word that says what a question is about."""
_LEANING_TERMS = 4
"""A question with fewer terms, that points back, is searched for with what stands before it."""
ADDED, TOLD = "added", "told"
"""How a problem stands beside what a mail asks: as another matter, or in a mail of complaints."""
_CJK = "\u3040-\u30ff\u3400-\u9fff\uff00-\uffef"
_SIGNS = re.compile(rf"[{_CJK}]")


@dataclass(frozen=True)
class Sentence:
    """A sentence of a mail, and whether it asks something or wants something done."""

    text: str
    asks: bool
    requests: bool

    @property
    def wants(self) -> bool:
        return self.asks or self.requests


def problems_beside(sentences: Sequence[Sentence]) -> dict[int, str]:
    """Return the places of the problems that stand beside a mail's questions and requests, none their background.

    By each stands how: added as another matter, or told in a mail of complaints.

    A problem is another matter

    - after something asked, where its words add it ("Also, the app crashes.");
    - before the first thing asked, where that turns to another matter ("On the hosting side, ...");
    - in a mail of complaints, which both asks and demands; but not before a question that leans on it or names the
      same thing. A mail that tells of more than three such problems is a report: they are its background.

    All others are background: "The code never came. What should I do?" asks one thing.
    """
    wants = [place for place, sentence in enumerate(sentences) if sentence.wants]
    if not wants:
        return {}
    demands = {place for place in wants if _demands(sentences[place])}
    complains = bool(demands) and any(sentences[place].asks and demands != {place} for place in wants)
    first = sentences[wants[0]].text
    announced = any(announces(sentence.text) and turns_elsewhere(sentence.text) for sentence in sentences[: wants[0]])
    turned = announced or turns_elsewhere(first)
    first_named = _named(first) if turned else None
    added, told = set[int](), set[int]()
    asked_terms: list[set[str]] = []
    for place, sentence in enumerate(sentences):
        if sentence.wants:
            asked_terms = [*asked_terms, _own_terms(sentence.text)][-_LAST_ASKED:]
        if sentence.wants or announces(sentence.text):
            continue
        after = place > wants[0]
        if after:
            is_added = adds_problem(sentence.text) and not _is_same(sentence.text, asked_terms)
        else:
            is_another = first_named is not None and first_named.isdisjoint(_own_terms(sentence.text))
            is_added = is_another and states_problem(sentence.text)
        if is_added:
            added.add(place)
        elif complains and states_problem(sentence.text) and not _explains(sentences, place):
            told.add(place)
    beside = dict.fromkeys(told, TOLD) if len(told) <= _MANY else {}
    return beside | dict.fromkeys(added, ADDED)


def announces(sentence: str) -> bool:
    """Tell whether a sentence only says that a question comes: "I have another question." """
    return len(sentence.split()) <= _ANNOUNCING and ANNOUNCES.match(sentence) is not None


def _is_same(problem: str, asked: Sequence[set[str]]) -> bool:
    """Tell whether something asked before a problem is all about what that names."""
    own = _own_terms(problem)
    return any(named and len(own & named) > len(named) * _SAME for named in asked)


def _named(question: str) -> set[str] | None:
    """Return the words of what a question is about; None where it can only be about the problem before it.

    Such a question leans on that, asks for nothing but its reason ("I also would like to know why."), or for what sets
    it right. Where there are no spaces, no words are told apart.
    """
    if asks_remedy(question) or leans(question):
        return None
    about = WORDS_OF_ASKING.sub(" ", ASKS_WITHIN.sub(" ", question))
    if re.search(rf"[{_CJK}]", question):
        return set() if len(_SIGNS.findall(about)) > _TELLING else None
    return _own_terms(about) or None


def _explains(sentences: Sequence[Sentence], place: int) -> bool:
    """Tell whether a sentence is told for the question after it, which leans on it or names the same."""
    after = next((number for number in range(place + 1, len(sentences)) if sentences[number].wants), None)
    if after is None:
        return False
    own, asked = _own_terms(sentences[place].text), _own_terms(sentences[after].text)
    if len(own & asked) > len(own) * _SAME:
        return True
    if _demands(sentences[after]):
        return False
    return leans(sentences[after].text) or (after == place + 1 and bool(own & asked))


def _demands(sentence: Sentence) -> bool:
    """Tell whether a sentence wants something done, and does not merely ask in the words of a wish."""
    if not sentence.asks:
        return sentence.requests
    within = OPENS.match(sentence.text) or ASKS_WITHIN.search(sentence.text)
    return within is None and requests(sentence.text)


def _own_terms(sentence: str) -> set[str]:
    return {term for term in terms(sentence) if len(term) >= _TELLING}


def tells(question: str) -> bool:
    """Tell whether a question has a word of its own for what it is about."""
    if re.search(rf"[{_CJK}]", question):
        return len(question) > _TELLING + 1
    own = [term for term in terms(question) if len(term) >= _TELLING]
    return bool(own) and not (len(own) < _LEANING_TERMS and PLEA.search(question))


def leans(question: str) -> bool:
    """Tell whether a question points back at what was said before it, and names little or nothing itself."""
    own = [term for term in terms(question) if len(term) >= _TELLING]
    return not tells(question) or (len(own) < _LEANING_TERMS and LEANS.search(question) is not None)
