"""Words of a question that stand in nothing that was found for it: what it is about is not what the articles tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from firstline.domain.knowledge import RankedChunk
from firstline.domain.lexical import terms
from firstline.domain.lexicon import lexicon
from firstline.domain.mail.question_patterns import ASKS_WITHIN, OPENS
from firstline.domain.mail.request_patterns import WISHES
from firstline.domain.policy import answer_confidence

LEAST_STRANGE = 2
"""One word alone may be another name of the same thing."""
STRANGE_SHARE = 0.5
"""Of a question's own words; from this share on it is about something else."""
SURE_ANYHOW = 0.96
"""Confidence from which on what was found answers, in whatever words: "rota" for schedule."""
_TELLING = 4
_ALIKE = 0.6
"""Share of the longer word that two forms of one word begin with in common."""
_NO_SPACES = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_EVERYDAY = (
    "need want wish like know tell keep give take make done went gone come came look find found seem happen work help "
    "show said says sent send went still even ever also only just back over again always never already often soon "
    "last next first same other another different more most much many very well good best better right wrong sure "
    "please dear regards thing things stuff everything anything something nothing someone somebody anyone nobody "
    "people person everybody staff boss week weeks month months year years today tomorrow yesterday morning night "
    "monday tuesday wednesday thursday friday saturday sunday possible able although because before after between "
    "without whether though since until while where what when were isn't can't won't don't doesn't "
    "gilt gelten gibt geben geht gehen lange noch schon auch immer wieder gern gerne welche welcher welches "
    "unsere unser meine meiner meinen einen einer eine können könnte möchte würde haben hatte dass wenn aber "
    "nicht kein keine "
    "avez avons notre votre cette faire peut pouvez pouvons aussi encore toujours quelle quel quels quelles combien "
    "tiene tienen puede puedo pueden nuestro nuestra esta este cuánto cuánta cuál está hacer también todavía "
    "avete abbiamo nostro nostra vostro questa questo fare anche ancora quanto quanta quale quali sono "
    "tenho vocês temos nosso nossa esta fazer também ainda quanto qual quais pode posso "
    "heeft hebben onze jullie deze kunnen kunt graag nog ook altijd hoeveel welke wordt worden moet moeten "
    "finns våra vårt vilken vilka kunna skulle gärna även ännu alltid många mycket "
    "jest mamy nasz nasza mogę można także jeszcze zawsze które która który ile "
    "bizim sizin hangi nas\u0131l kadar için daha olur oluyor"
)


def is_about_something_else(question: str, ranked: Sequence[RankedChunk], *, language: str = "") -> bool:
    """Tell whether half of a question's own words, and at least two, stand in nothing that was found for it.

    "Do you ship espresso machines to Iceland?" is like "Do you take PayPal?" to a search by meaning; that no article
    has "espresso" or "Iceland" tells them apart. Words are compared by how they begin, for their endings and
    compounds; everyday words and figures do not count, nor do texts of another language or without spaces.

    Parameters
    ----------
    ranked : sequence of RankedChunk
        What was found, best first.
    language : str
        Of the question, where it is known; passages in other languages are not compared.
    """
    if not ranked or _NO_SPACES.search(question):
        return False
    if language and not any(_same(language, entry.chunk.language) for entry in ranked):
        return False
    held = {word for entry in ranked for word in terms(f"{entry.chunk.heading}\n{entry.chunk.text}")}
    about = WISHES.sub(" ", ASKS_WITHIN.sub(" ", OPENS.sub(" ", question, count=1)))
    own = [word for word in dict.fromkeys(terms(about)) if len(word) >= _TELLING and word.isalpha()]
    own = [word for word in own if word not in _everyday()]
    strange = [word for word in own if word not in held and not any(_alike(word, other) for other in held)]
    return len(strange) >= LEAST_STRANGE and len(strange) >= STRANGE_SHARE * len(own)


def answers_something_else(
    question: str, ranked: Sequence[RankedChunk], probability: float, *, language: str = ""
) -> bool:
    """Tell the same of what was found with a probability to answer in [0, 1], unless that is surely right."""
    unsure = answer_confidence(probability) < SURE_ANYHOW
    return unsure and is_about_something_else(question, ranked, language=language)


def _same(language: str, other: str) -> bool:
    return language.split("-")[0].lower() == other.split("-")[0].lower()


def _alike(word: str, other: str) -> bool:
    shorter, longer = sorted((word, other), key=len)
    if len(shorter) > _TELLING and shorter in longer:
        return True
    pairs = enumerate(zip(word, other, strict=False))
    common = next((place for place, (one, two) in pairs if one != two), len(shorter))
    return common >= _TELLING and common >= _ALIKE * len(longer)


@cache
def _everyday() -> frozenset[str]:
    listed = " ".join(" ".join(words) for words in lexicon()["languages"].values())
    return frozenset(terms(f"{_EVERYDAY} {listed}"))
