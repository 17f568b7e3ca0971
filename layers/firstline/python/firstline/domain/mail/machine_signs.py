"""Signs of programs in what a mail says, where it bears no other mark: closed classes of words, clause by clause."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from firstline.domain.mail.notice import (
    AND,
    DENIED,
    Notice,
    clauses_of,
    folded,
    is_name,
    is_of_reply,
    is_short,
    size_of,
)
from firstline.domain.mail.question_patterns import ASKS_WITHIN, OPENS
from firstline.domain.mail.request_patterns import requests

_CORE = frozenset({"away", "got", "unread", "moved", "held"})
"""Somebody is away, a program has got the mail, nobody reads here, an address is no longer used, a mail is held."""
_BESIDE = ("polite", "pardon")
"""Kinds that letters have as well."""
_OF_OTHERS = ("own", "subjects", "acknowledged", "span", "rhetoric")
"""Phrases that make no clause a sign: its writer's own affairs, what subjects begin with, stretches of time,
questions that a notice answers itself."""
_DIRECTS = frozenset({"elsewhere", "unread", "held", "got", "pardon"})
"""In such a clause a program, too, says "please"."""
_MAX_LETTERS, _MAX_CLAUSES, _MAX_SUBJECT = 1_200, 30, 200
_JOINED = 3
"""So few words that an "and" joins to a sign are none of their own."""
_ASIDE = re.compile(r"[(\[]\S{1,30}[)\]]")
_MAX_ELSE_IN_THREAD, _MAX_ELSE = 0.6, 0.45
"""Share of the words that may be of another kind, with two signs: in an answer to another mail, and else."""
_MAX_ELSE_ANSWERED, _MAX_ELSE_ALONE = 0.5, 0.15
"""The same with one sign: in an answer that names the mail, and else."""
_LATIN = "a-z\u00df-\u024f"
_ASKS = re.compile(r"\?(?=\s|$|[!?\"'\u00bb\u201c\u201d)])|[\uff1f\u00bf]")
"""A mark of a question that stands in no link."""
_QUOTED = re.compile(
    r"\"[^\"\n]{1,200}\"|\u00ab[^\u00bb\n]{1,200}\u00bb|\u201e[^\u201c\u201d\"\n]{1,200}[\u201c\u201d\"]"
    r"|\u201c[^\u201d\n]{1,200}\u201d|\u300c[^\u300d\n]{1,200}\u300d"
)
"""What a letter repeats of a notice."""
_REACHED = re.compile(r"\S@\S|https?://|(?:\d[\s()/.-]?){7}")
"""An address or a telephone number: somebody else is named."""


@dataclass(frozen=True)
class MachineSigns:
    """What of a mail's words are signs of a program."""

    kinds: frozenset[str] = frozenset()
    """Of its text."""
    named: frozenset[str] = frozenset()
    """Of its subject."""
    otherwise: float = 1.0
    """Share of the words in clauses of another kind, in [0, 1]."""
    for_a_time: bool = False
    """It says until when, or from when on."""
    own: bool = False
    """It asks or wants something, or speaks of its writer's own affairs."""

    @property
    def is_receipt(self) -> bool:
        """Whether it says that a mail has come in, and its writer says nothing of their own."""
        return "got" in self.kinds and not self.own

    @property
    def is_notice(self) -> bool:
        """Whether it says what only notices do, hardly anything else, and not only when there will be an answer."""
        return bool(self.kinds & _CORE) and self.otherwise <= _MAX_ELSE_ALONE

    def told(self, *, in_thread: bool, answers: bool = False, announced: bool = False) -> Notice:
        """Return whether a program seems to have written it.

        Parameters
        ----------
        in_thread : bool
            It answers another mail, at least by its subject.
        answers : bool
            It names the mail that it answers.
        announced : bool
            Its subject begins as those of automatic replies do.

        Returns
        -------
        Notice
            ``WHOLE``: surely, by its words alone; ``PARTLY``: it may be a person.
        """
        all_kinds = (self.kinds - {"directive"}) | self.named
        helps = in_thread and len(self.kinds & {"later", "elsewhere"}) + self.for_a_time > 1
        known = bool(all_kinds & _CORE) or "directive" in self.kinds or announced or helps
        if self.own or not (self.kinds or self.named) or not known:
            return Notice.NONE
        if (announced or {"got", "unread"} <= all_kinds) and self.otherwise <= _MAX_ELSE_ALONE:
            return Notice.WHOLE
        # People, too, have got a mail and will answer later: a program names it in its subject, or says more.
        receipt = "got" in self.kinds and "got" in self.named
        sure = receipt or ("away" in all_kinds and len(all_kinds) > 2) or ("unread" in all_kinds and "got" in all_kinds)
        # Whoever gives notice of a new address may want it noted.
        if answers and sure and self.otherwise <= _MAX_ELSE_ALONE and "moved" not in all_kinds:
            return Notice.WHOLE
        several = len(all_kinds) + (in_thread and self.for_a_time) > 1 and self.otherwise <= (
            _MAX_ELSE_IN_THREAD if in_thread else _MAX_ELSE
        )
        alone = _MAX_ELSE_ANSWERED if answers else _MAX_ELSE_ALONE
        single = (in_thread or bool(self.named)) and all_kinds != {"moved"} and self.otherwise <= alone
        return Notice.PARTLY if announced or several or single or "directive" in self.kinds else Notice.NONE


@lru_cache(maxsize=1)
def _patterns() -> Mapping[str, re.Pattern[str]]:
    loaded = json.loads(Path(__file__).with_name("machine_words.json").read_text(encoding="utf-8"))
    return {
        name: re.compile("|".join(phrases) if name == "own" else f"(?<![{_LATIN}])(?:{'|'.join(phrases)})")
        for name, phrases in loaded.items()
    }


# The gate asks for the same mail's by its marks, its phrases and its signs.
@lru_cache(maxsize=4)
def machine_signs(text: str, subject: str) -> MachineSigns:
    """Return what of a mail's own words and its subject are signs of a program, in the twelve languages."""
    said = _QUOTED.sub(" ", text)
    if not said.strip() or len(said) > _MAX_LETTERS:
        return MachineSigns()
    patterns, kinds, phrased, other = _patterns(), set[str](), 0.0, 0.0
    clauses = clauses_of(_ASIDE.sub(" ", said))
    if len(clauses) > _MAX_CLAUSES:
        return MachineSigns()
    if _ASKS.search(patterns["rhetoric"].sub(" ", folded(text))) or patterns["own"].search(folded(said)):
        return MachineSigns(own=True)
    for clause in clauses:
        if is_of_reply(folded(clause)):
            return MachineSigns(own=True)
        if not is_short(clause):
            other += size_of(clause)
            continue
        found = _found(clause)
        if _wants(clause) and not found & _DIRECTS:
            return MachineSigns(own=True)
        kinds |= found
        for part in AND.split(clause):
            weight = size_of(part)
            if _found(part) or (found and weight <= _JOINED):
                phrased += weight
            elif not is_name(part):
                other += weight
    called = folded(subject[:_MAX_SUBJECT]).strip()
    named = frozenset(kind for kind in _CORE if patterns[kind].search(called))
    named |= {"away"} if patterns["subjects"].search(called) else set()
    named |= {"got"} if patterns["acknowledged"].search(called) else set()
    kinds -= set(_BESIDE)
    share = other / (phrased + other) if phrased + other else 1.0
    return MachineSigns(frozenset(kinds), named, share, bool(patterns["span"].search(folded(said))))


def _found(clause: str) -> set[str]:
    """Return of which kinds a clause is."""
    low = folded(clause)
    found = {kind for kind, pattern in _patterns().items() if kind not in _OF_OTHERS and pattern.search(low)}
    if "got" in found and DENIED.search(low):
        found.discard("got")
    if _REACHED.search(clause):
        found.add("elsewhere")
    return found


def _wants(clause: str) -> bool:
    return bool(requests(clause) or OPENS.match(clause) or ASKS_WITHIN.search(clause))
