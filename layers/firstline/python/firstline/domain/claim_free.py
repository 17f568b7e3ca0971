"""Which sentences of an answer state nothing that a source would have to bear out."""

from __future__ import annotations

import re

from firstline.domain.claims import Figure
from firstline.domain.grounding import Sources
from firstline.domain.statements import Statement
from firstline.domain.word_relations import words

REPEATED = 0.6
"""How much of a sentence to the customer must be the customer's own words for it to repeat what they said."""
SMALL_COUNT = 10.0

# Words by which an answer repeats what the customer has said, and does not confirm it.
REPEATS = re.compile(
    r"\byou(?:'ve| have)? (?:just )?(?:said|say|wrote|write|mention(?:ed)?|told|describe[d]?|asked?|tried|"
    r"report(?:ed)?|want(?:ed)?|saw|see|sent|named|gave|entered)\b|\bas you (?:say|said|wrote)\b|"
    r"\bsie (?:haben|schreiben|schrieben|fragen|m\u00f6chten)\b|"
    r"\bvous (?:avez|dites|\u00e9crivez|demandez)\b|\busted (?:dijo|escribi\u00f3|pregunta)\b",
    re.IGNORECASE,
)
# From here on, scripts that set no space between words.
_UNSPACED = "\u2e80"
_CODE = re.compile(r"(?=.*\d)")
_CLOSING = " \t\n\"'*_)\u201d"
_ASKS = re.compile(
    r"(?:^|[,;:.\u2014-]\s|\b(?:and|or|but|so)\s)\W*(?:(?:and|or|so|but) )?(?:do|does|did|are|is|was|were|have|has|can|"
    r"could|would|will|shall|should|may|might|which|what|when|where|who|whom|how|why)\b[^.!]*\b(?:you|your|i|we|me|us|my)\b",
    re.IGNORECASE,
)
# A question that tells: "did you know that ...", "isn't it ...", "..., right?".
_TELLS = re.compile(
    r"\b(?:know|knew|aware|heard|realis\w+|realiz\w+|notice\w*|believe|remember|mind|glad|happy|"
    r"understand|told you|tell you)\b[^?]*\b(?:that|our|we|all|every|everyone|everybody|any)\b"
    r"|\b(?:\w+n't|not) (?:it|that|you|we|they|he|she)\b"
    r"|,\s*(?:right|correct|yes|no|ok|okay|true|eh)\W*$",
    re.IGNORECASE,
)
_CONFIRMS = re.compile(
    r"\b(?:can|could|may|will|would|must|shall|always|never|free|included|include|available|any ?time|"
    r"possible|allowed|yes|please|send|enter|give|restored?|refund\w*)\b|'ll\b",
    re.IGNORECASE,
)


def is_small_count(figure: Figure) -> bool:
    """Tell whether a figure is a word for a small number without a unit, as in two ways."""
    return figure.spelled and not figure.unit and min(figure.values) <= SMALL_COUNT


def states_nothing(text: str, left: Statement, said: Sources, *, opens_kindly: bool, is_foreign: bool) -> bool:
    """Tell whether a sentence states nothing: it asks, repeats the customer or meets their situation.

    Parameters
    ----------
    left : Statement
        Of the sentence without courtesies, and without figures and names that may be said.
    said : Sources
        The customer's own words.
    opens_kindly : bool
        It opens an answer that is to meet the customer's situation first; it may do so in the customer's words.
    is_foreign : bool
        It is in another language than the sources, whose questions are not told apart further.
    """
    new = [figure for figure in left.figures if not is_small_count(figure) and not said.states(figure)]
    if new or any(_CODE.match(name) and not said.mentions(name) for name in left.names):
        return False
    if not left.terms or (len(left.words) == 1 and left.words[0][0] < _UNSPACED):
        return True
    if text.rstrip(_CLOSING).endswith(("?", "\uff1f")) and (is_foreign or _only_asks(text)):
        return True
    if REPEATS.search(text) and said.covered(left) >= REPEATED:
        return True
    return opens_kindly and _meets(text, left, said)


def _only_asks(text: str) -> bool:
    return _ASKS.search(text) is not None and _TELLS.search(text.rstrip(_CLOSING + "?")) is None


def _meets(text: str, left: Statement, said: Sources) -> bool:
    """Tell whether a sentence has nothing but the customer's own words and words of mood, and confirms nothing."""
    new = {term for term in left.terms if said.knows(term) < 1.0}
    moods = words("moods")
    moody = {word for word in left.words if word in moods}
    return not _CONFIRMS.search(text) and len(new) <= len(moody)
