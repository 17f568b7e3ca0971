"""Checks one sentence of an answer before it may leave."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from firstline.domain.answer_language import is_foreign
from firstline.domain.bindings import contradicts, is_product, overstates
from firstline.domain.claim_free import REPEATS, is_small_count, states_nothing
from firstline.domain.claims import Figure
from firstline.domain.contact_details import ContactDetails
from firstline.domain.forbidden import (
    advice,
    asks_secret,
    insult,
    names_person,
    neutral_names,
    promise,
    without_courtesies,
)
from firstline.domain.grounding import FEATURES, Sources, Support, grounded, support
from firstline.domain.guard_result import ForeignAnswers, GuardReason, GuardResult, SentenceCheck
from firstline.domain.instruction_leak import quotes
from firstline.domain.lexical import terms
from firstline.domain.own_texts import normalised, own_sentences
from firstline.domain.pii_patterns import pattern_spans
from firstline.domain.pii_span import PiiKind
from firstline.domain.statements import Statement, statement
from firstline.domain.verdict import LEAST_COVERED, covered, verdict

__all__ = ["AnswerRules", "Checked", "GuardReason", "GuardResult", "SentenceCheck", "own_sentences"]

STATED = 0.8
"""How much of a promise or advice one place of the sources must have for it to be the sources' own."""

_MARK = re.compile(r"\[(\d{1,2})\]")
_NO_DIGIT = re.compile(r"[^0-9A-Z]")
_PRIVATE = {PiiKind.IBAN, PiiKind.CARD, PiiKind.IP, PiiKind.NATIONAL_ID}
_TOKENS = re.compile(r"\w+")
_COUNTED = re.compile(
    r"\b(?:step|option|part|point|number|no\.?|schritt|punkt|\u00e9tape|paso|passo|stap)\s*\d+\b", re.IGNORECASE
)
_CODE = re.compile(r"(?=.*\d)")
_FEW = 2
"""Content words up to which a promise is too short to be one of the sources'."""
_BY_EVIDENCE = FEATURES.index("covered_by_evidence")


@dataclass(frozen=True)
class Checked:
    """A sentence's check with what it was judged by."""

    check: SentenceCheck
    support: Support | None = None


class AnswerRules:
    """Checks the sentences of one answer against its sources.

    Parameters
    ----------
    sources : sequence of str
        Texts with their headings, as numbered in citations from 1.
    told : sequence of str
        What else the answer may be taken from, without a number: results of tools, attached files.
    conversation : str
        What the customer has said. Their figures and names may be repeated; it bears out nothing.
    contacts : ContactDetails, optional
        Which addresses and phone numbers may be given, and no others: what is told may come from strangers. Without
        it, those of the sources and the conversation.
    languages : collection of str
        ISO 639-1 of the sources.
    foreign : ForeignAnswers
        What becomes of sentences in another language than all sources. Held, they are compared like any other and so
        hardly ever leave; cited, they must name a source that has their figures and codes; passed, only their
        figures, names, addresses and promises are looked at.
    instructions : frozenset
        ``word_runs`` of the assistant's instructions.
    own_texts : re.Pattern, optional
        ``own_sentences`` of Firstline's texts, which state nothing of the company's.
    pictures : bool
        Whoever writes is shown pictures in this turn: a sentence without a number may tell of them, and is not
        compared with the sources. All other checks are made.
    """

    def __init__(
        self,
        sources: Sequence[str],
        *,
        told: Sequence[str] = (),
        conversation: str = "",
        contacts: ContactDetails | None = None,
        languages: Iterable[str] = ("en",),
        instructions: frozenset[tuple[str, ...]] = frozenset(),
        own_texts: re.Pattern[str] | None = None,
        pictures: bool = False,
        foreign: ForeignAnswers = ForeignAnswers.HOLD,
    ) -> None:
        self._foreign = foreign
        self._pictures = pictures
        self._texts = tuple(sources)
        self._told = tuple(told)
        self._conversation = conversation
        self._contacts = contacts or ContactDetails([*sources, conversation])
        self._languages = frozenset(languages)
        self._instructions = instructions
        self._own_texts = own_texts
        self._numbered: dict[tuple[int, ...], Sources] = {}

    def check(self, text: str, *, opens_kindly: bool = False, before: str = "") -> Checked:
        """Check one unit of an answer: a sentence, a list item, a table's line or a block of code.

        Parameters
        ----------
        opens_kindly : bool
            It is the opening of an answer that is to meet the customer's situation first.
        before : str
            The answer up to here.
        """
        found = statement(text)
        reason = self._contacts.unknown(text)
        if reason is None and (not any(letter.isalnum() for letter in found.text) or self._is_own(text)):
            return Checked(SentenceCheck())
        reason = reason or self._forbidden(text, before)
        left = statement(without_courtesies(found.text))
        reason = reason or self._unstated(text, left)
        if reason is not None:
            return Checked(SentenceCheck(reason=reason))
        left = self._without_granted(left)
        foreign = self._is_foreign(found.text)
        if states_nothing(text, left, self._said, opens_kindly=opens_kindly, is_foreign=foreign):
            return Checked(SentenceCheck())
        if self._pictures and not _MARK.search(text):
            return Checked(SentenceCheck(ungrounded_language=foreign))
        if foreign and self._may_be_foreign(text, left):
            return Checked(SentenceCheck(ungrounded_language=True))
        found_by_sources = self._grounded(text, left)
        return replace(
            found_by_sources, check=found_by_sources.check.model_copy(update={"ungrounded_language": foreign})
        )

    def score(self, checked: Sequence[Checked]) -> float:
        """Return how far the sources bear out all of an answer's sentences together, in [0, 1]."""
        return grounded([found.support for found in checked if found.support is not None])

    @cached_property
    def _all(self) -> Sources:
        return Sources([*self._texts, *self._told])

    @cached_property
    def _said(self) -> Sources:
        return Sources([self._conversation])

    @cached_property
    def _known_text(self) -> str:
        return "\n".join((*self._texts, *self._told, self._conversation))

    @cached_property
    def _known_digits(self) -> str:
        return _NO_DIGIT.sub("", self._known_text.upper())

    def _of(self, numbers: tuple[int, ...]) -> Sources:
        if numbers not in self._numbered:
            self._numbered[numbers] = Sources(self._texts[number - 1] for number in numbers)
        return self._numbered[numbers]

    def _is_own(self, text: str) -> bool:
        return self._own_texts is not None and self._own_texts.fullmatch(normalised(text)) is not None

    def _forbidden(self, text: str, before: str) -> GuardReason | None:
        reason = self._private(text)
        if reason is not None:
            return reason
        if quotes(text, before, self._instructions, (*self._texts, *self._told)):
            return GuardReason.INSTRUCTIONS
        if asks_secret(text):
            return GuardReason.ASKS_SECRET
        rude = insult(text)
        if rude and rude.lower() not in self._known_text.lower():
            return GuardReason.TOXIC
        for words, why in ((promise(text), GuardReason.PROMISE), (advice(text), GuardReason.ADVICE)):
            if words and not self._is_sources_own(text, words):
                return why
        return None

    def _private(self, text: str) -> GuardReason | None:
        for span in pattern_spans(text):
            found = text[span.start : span.end]
            if span.kind is PiiKind.SECRET and found not in self._known_text:
                return GuardReason.SECRET
            if span.kind in _PRIVATE and not self._is_known(found):
                return GuardReason.PERSONAL_DATA
        return None

    def _is_known(self, found: str) -> bool:
        digits = _NO_DIGIT.sub("", found.upper())
        return found.lower() in self._known_text.lower() or (bool(digits) and digits in self._known_digits)

    def _is_sources_own(self, text: str, words: str) -> bool:
        """Tell whether one place of the sources says nearly all of it, the very thing that is promised included."""
        found = statement(text)
        if len(found.terms) <= _FEW:
            return False
        measured = support(found, self._all)
        said = {term for term in statement(words).term_set if self._all.has(term)}
        has_all = measured.features[_BY_EVIDENCE] >= STATED and not self._all.unknown_figures(found)
        return has_all and said == statement(words).term_set

    def _unstated(self, text: str, found: Statement) -> GuardReason | None:
        counted = _COUNTED.sub(" ", text)
        for figure in self._all.unknown_figures(found):
            if figure.text in counted and not self._is_allowed(figure, text):
                return GuardReason.UNKNOWN_FIGURE
        for name in self._all.unknown_names(found):
            # Addresses are looked at by themselves.
            if name in neutral_names() or "." in name or self._said.mentions(name):
                continue
            if not self._is_foreign(found.text) or _CODE.match(name):
                return GuardReason.PERSONAL_DATA if names_person(name, text) else GuardReason.UNKNOWN_NAME
        return None

    def _without_granted(self, found: Statement) -> Statement:
        """Take out figures and names that no source states but that may be said: the customer's own, and counts."""
        figures, names = self._all.unknown_figures(found), self._all.unknown_names(found)
        said = {term for figure in figures for term in terms(figure.written)} | {
            t for name in names for t in terms(name)
        }
        words = {
            word for written in (*(f.written for f in figures), *names) for word in _TOKENS.findall(written.lower())
        }
        gone = frozenset(term for term in said if not self._all.has(term))
        if not figures and not names:
            return found
        return replace(
            found,
            figures=tuple(figure for figure in found.figures if figure not in figures),
            names=tuple(name for name in found.names if name not in names),
            words=tuple(word for word in found.words if word not in words),
            terms=tuple(term for term in found.terms if term not in gone),
            term_set=found.term_set - gone,
        )

    def _is_allowed(self, figure: Figure, text: str) -> bool:
        if is_small_count(figure):
            return True
        # A bare number of the customer's may stand anywhere; a term or an amount is theirs only where it is repeated.
        if self._said.states(figure) and (not figure.unit or REPEATS.search(text)):
            return True
        return is_product(figure, text, self._said, self._all)

    def _is_foreign(self, text: str) -> bool:
        return is_foreign(text, self._languages, self._all.words)

    def _may_be_foreign(self, text: str, found: Statement) -> bool:
        if self._foreign is not ForeignAnswers.CITED:
            return self._foreign is ForeignAnswers.PASS
        numbers = self._numbers(text)
        if not numbers:
            return False
        named = self._of(numbers)
        # A count such as two steps is the writer's own.
        figures = [figure for figure in named.unknown_figures(found) if not is_small_count(figure)]
        return not figures and not any(_CODE.match(name) for name in named.unknown_names(found))

    def _numbers(self, text: str) -> tuple[int, ...]:
        return tuple(sorted({int(n) for n in _MARK.findall(text) if 1 <= int(n) <= len(self._texts)}))

    def _grounded(self, text: str, found: Statement) -> Checked:
        """Hold a sentence against the sources that it names, and where they do not bear it out, against all."""
        numbers = self._numbers(text)
        measured = support(found, self._of(numbers) if numbers else self._all)
        is_cited = bool(numbers) and covered(measured) >= LEAST_COVERED
        if numbers and verdict(measured) is not None:
            by_all = support(found, self._all)
            if covered(by_all) > covered(measured) or verdict(by_all) is None:
                measured = by_all
        reason = verdict(measured)
        if reason is None and contradicts(found, self._all):
            reason = GuardReason.CONTRADICTED
        elif reason is None and overstates(found, self._all):
            reason = GuardReason.UNGROUNDED
        check = SentenceCheck(score=round(grounded([measured]), 4), cited=is_cited, reason=reason)
        return Checked(check, measured)
