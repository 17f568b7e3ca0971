"""How sure an answer by mail is: stated factors, summed in code, never by a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firstline.domain.injection import THRESHOLD
from firstline.domain.languages import is_in
from firstline.domain.mail.asked import MOST_SEARCHED, asked_in, told_after
from firstline.domain.mail.strange_words import answers_something_else
from firstline.domain.policy import answer_confidence
from firstline.domain.turn import Classification, Turn

SURE_LANGUAGE = 0.8
"""Confidence from which on the language of a mail counts."""
UNSURE_JUDGEMENT = 0.5
"""Confidence below which an intent or a category is unsure."""
DISPLEASED = 0.35
"""Frustration from which on it counts."""
LONG_MAIL = 300
"""Words; what is longer tells more than it asks."""

OPEN_QUESTIONS = -0.3
"""For all questions open; for some of them, their share of it. An answer that leaves out half goes to a person."""
UNSURE_INTENT = -0.04
UNSURE_CATEGORY = -0.03
OTHER_LANGUAGE = -0.08
STAKES = -0.1
FRUSTRATION = -0.2
"""For a frustration of 1."""
FILES = -0.2
"""Somebody has to look at what came along."""
COPIES = -0.05
"""Others read the answer too."""
LONG = -0.05
SEVERAL_TOPICS = -0.05
ORDERS = -0.3
OUT_OF_SCOPE = -0.1
STRANGE_WORDS = -0.3
"""What is asked about stands in no passage that was found."""
TOLD_AFTER = -0.03
"""For each sentence after the questions that may want something too, up to ``MOST_TOLD``."""
MOST_TOLD = 3


@dataclass(frozen=True)
class MailConfidence:
    """How sure an answer is, and what that is the sum of."""

    value: float
    """In [0, 1]."""
    factors: tuple[tuple[str, float], ...]
    """Name and points of each that counts, in the order in which they are summed."""


def mail_confidence(
    turn: Turn, *, copies: int = 0, several_topics: bool = False, reads_files: bool = False
) -> MailConfidence:
    """Return how sure the answer to a mail is.

    Parameters
    ----------
    turn : Turn
        After ``RetrieveKnowledge``.
    copies : int
        Others in Cc, >= 0.
    several_topics : bool
        Two topics are equally near, and both are answered.
    reads_files : bool
        What writes the answer looks at attached files.

    Returns
    -------
    MailConfidence
        The sum, cut to [0, 1], of

        - ``retrieval``: ``answer_confidence`` of the probability that the passages found answer, in [0, 1]; of
          several questions, the least of those that are answered;
        - ``open_questions``: 0 to -0.3 by the share of questions that nothing was found for;
        - ``unsure_intent`` -0.04, ``unsure_category`` -0.03: classified with less than 0.5;
        - ``other_language`` -0.08: the best article is not in the language of the mail;
        - ``stakes`` -0.1: money, security or law;
        - ``frustration`` 0 to -0.2, from 0.35 on;
        - ``files`` -0.2: attached and not looked at;
        - ``copies`` -0.05; ``long_mail`` -0.05, above 300 words; ``several_topics`` -0.05;
        - ``orders`` -0.3: words that look like orders to the assistant;
        - ``strange_words`` -0.3: of the only question, half of its own words stand in no passage found, which is less
          than 0.96 sure;
        - ``told_after`` 0 to -0.09: -0.03 for each long sentence after the first question that is none, no request
          and no problem that was searched for;
        - ``out_of_scope`` -0.1: more likely than not about nothing that a support desk is asked.

    Notes
    -----
    Retrieval's part is calibrated on data. The others are set by hand so that with the threshold of 0.75 no small one
    alone holds back an answer that is found for sure (0.9 and more), two of them do where it is less sure, and files
    that nobody looked at or orders always do below 0.95.
    """
    said, knowledge = turn.classified, turn.knowledge
    parts = knowledge.parts if knowledge else ()
    sure = [part.confidence for part in parts if part.found]
    probability = min(sure) if sure else knowledge.confidence if knowledge and not knowledge.abstained else 0.0
    is_open = sum(not part.found for part in parts) / len(parts) if parts else 0.0
    text = turn.question
    factors = [
        ("retrieval", answer_confidence(probability)),
        ("open_questions", OPEN_QUESTIONS * is_open),
        ("unsure_intent", UNSURE_INTENT * (said.intent_confidence < UNSURE_JUDGEMENT)),
        ("unsure_category", UNSURE_CATEGORY * (said.category_confidence < UNSURE_JUDGEMENT)),
        ("other_language", OTHER_LANGUAGE * _is_foreign(turn)),
        ("stakes", STAKES * bool(said.stakes)),
        ("frustration", FRUSTRATION * said.frustration * (said.frustration >= DISPLEASED)),
        ("files", FILES * (bool(turn.identified.attachments) and not reads_files)),
        ("copies", COPIES * (copies > 0)),
        ("long_mail", LONG * (len(text.split()) > LONG_MAIL or len(parts) > MOST_SEARCHED)),
        ("several_topics", SEVERAL_TOPICS * several_topics),
        ("orders", ORDERS * (said.injection_risk >= THRESHOLD)),
        ("strange_words", STRANGE_WORDS * _is_strange(turn)),
        ("told_after", TOLD_AFTER * min(MOST_TOLD, told_after(text))),
        ("out_of_scope", OUT_OF_SCOPE * (said.out_of_scope >= UNSURE_JUDGEMENT)),
    ]
    return _summed([(name, round(points, 4)) for name, points in factors if points])


def _summed(factors: Sequence[tuple[str, float]]) -> MailConfidence:
    total = sum(points for _, points in factors)
    return MailConfidence(round(min(1.0, max(0.0, total)), 4), tuple(factors))


def _is_strange(turn: Turn) -> bool:
    knowledge, asked = turn.knowledge, asked_in(turn.question)
    if knowledge is None or knowledge.parts or len(asked) != 1:
        return False
    return answers_something_else(
        asked[0].searched, knowledge.ranked, knowledge.confidence, language=sure_language(turn.classified)
    )


def sure_language(said: Classification) -> str:
    """Return the language of a mail; empty where it is not sure."""
    return said.language if said.language_confidence >= SURE_LANGUAGE else ""


def _is_foreign(turn: Turn) -> bool:
    said, knowledge = turn.classified, turn.knowledge
    if knowledge is None or not knowledge.ranked or said.language_confidence < SURE_LANGUAGE:
        return False
    return not is_in(said.language, knowledge.ranked[0].chunk.language)
