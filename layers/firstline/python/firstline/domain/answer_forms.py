"""The form that an answer to a question has: a price, a time, a number, a list of names, a place in the menus."""

from __future__ import annotations

import re

_UNIT = r"(?:second|minute|hour|day|week|month|year|night|evening|morning)s?"
_NUMBER = r"(?:two|three|four|five|six|seven|eight|nine|ten|unlimited|any number)"


def _form(asks: str, answers: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    return re.compile(asks, re.IGNORECASE), re.compile(answers, re.IGNORECASE)


# The first that a question asks for counts.
_FORMS = (
    _form(
        r"\bhow (?:often|frequent\w*|regularly)\b",
        rf"\bevery \w+|\b(?:dai|week|month|year|hour|night)ly\b|\b(?:once|twice|times) an?\b|\b(?:each|per) {_UNIT}",
    ),
    _form(
        r"\bhow (?:much|expensive)\b|\b(?:cost|price|pricing|fee|charge|pay|cheap\w*|expensive)\b",
        r"[$\u20ac\u00a3]\s?\d|\d\s?(?:%|percent|\u20ac|euro|dollar)|\bfree\b|\bwithout charge\b",
    ),
    _form(
        rf"\bhow (?:long|soon|fast|quick\w*|late|early|many {_UNIT})\b|\b(?:until )?when\b|\bwhat time\b|\bdeadline\b",
        rf"\d+ (?:working |business )?{_UNIT}\b|\bat \d|\bimmediately\b|\bat once\b|\d:\d\d|\b(?:a|one|next) {_UNIT}\b"
        r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day",
    ),
    _form(
        r"\bhow (?:many|big|large|far|old|small|high)\b|\b(?:max\w*|min(?:imum)?|smallest|largest|biggest|limit\w*)\b",
        rf"\d|\b{_NUMBER}\b",
    ),
    _form(
        r"\bwho\b|\bwhose\b|\bwhich (?:role|person|people|plan)",
        r"\b(?:only|visible to|nobody|everybody|by (?:the|an?) (?-i:[A-Z])|members? (?:never|cannot|can|may)"
        r"|(?:can|may) \w+)\b",
    ),
    _form(
        r"\b(?:which|what) (?:\w+ )?\w+s\b|\bwhat (?:kind|sort|type)\b",
        r"(?:[\w' ]{2,30}, ){2,8}[\w' ]{2,40} (?:and|or) \w",
    ),
    _form(r"\bwhere\b", r"\*\*[^*]+>[^*]+\*\*|\b(?:under|in) \*\*"),
)


def answer_form(question: str) -> re.Pattern[str] | None:
    """Return what is found in a passage that can answer a question, by the form alone; None where any form may.

    English only: of a question in another language nothing is known.

    Notes
    -----
    The kind of answer that a question word asks for, as question answering systems have looked for since TREC-8
    (Prager et al., Question-answering by predictive annotation, 2000).
    """
    return next((answers for asks, answers in _FORMS if asks.search(question)), None)
