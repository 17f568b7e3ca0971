"""The checklist that a written answer is held against, from labels that people wrote.

An answer is right if every one of these holds:

- answers: each fact that the question's label demands stands in it, in one of its wordings;
- relevant: at least half of its quoted words are on the point (in passages that hold a demanded fact or a phrase
  that the label lists as fitting), and nothing without such a fact or phrase comes from a section that was not judged
  to answer the question;
- complete: a numbered list of which one step is quoted is quoted whole and in order;
- short: at most 120 words outside steps, lists, tables and code, Firstline's own phrases included;
- cited: every quoted passage stands, word for word, in the section that the next mark names, and every mark has its
  citation;
- supported: no sentence is neither a source's nor one of Firstline's own phrases.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from firstline.domain.knowledge import Chunk
from firstline.domain.locales import DEFAULT, OUTSIDE_ANSWERS, texts
from firstline.domain.passages import Passage, list_items, passages, sentences

MAX_WORDS = 120
ON_THE_POINT = 0.5

_MARK = re.compile(r"\s*\[(\d{1,2})\]")
_MARKUP = re.compile(r"[*`_]")
_BRACES = re.compile(r"\\\{\w+\\\}")
_STEP = re.compile(r"\d+[.)]\s")


@dataclass(frozen=True)
class Label:
    """What a right answer to a question holds."""

    must: tuple[tuple[str, ...], ...]
    """Facts, each with its wordings."""
    fits: tuple[str, ...]
    """Phrases of passages that belong into an answer too."""
    sections: frozenset[str]
    """``source#anchor`` of the sections judged to answer."""


@dataclass(frozen=True)
class Checked:
    """How an answer did."""

    answers: bool
    relevant: bool
    complete: bool
    short: bool
    cited: bool
    n_claims: int
    """Quoted passages and other sentences that are not Firstline's own phrases."""
    n_unsupported: int
    on_the_point: float
    """Share of the quoted words that are, in [0, 1]."""

    @property
    def right(self) -> bool:
        """Whether the whole checklist holds."""
        whole = self.answers and self.relevant and self.complete and self.short and self.cited
        return whole and self.n_unsupported == 0


@dataclass(frozen=True)
class _Quoted:
    passage: Passage
    chunk: Chunk | None
    """Of the next mark; None where no mark follows or it names no citation."""


def check_answer(text: str, cited: Sequence[Chunk], label: Label) -> Checked:
    """Hold an answer against its label.

    Parameters
    ----------
    text : str
        The answer as the customer sees it, with its marks.
    cited : sequence of Chunk
        The chunk of each citation, by number from 1.
    """
    by_number = dict(enumerate(cited, start=1))
    quoted = [item for item in _quoted(text, by_number) if not is_own_phrase(item.passage.text)]
    plain = comparable(_MARK.sub("", text))
    share = _share_on_the_point(quoted, label)
    marks = {int(number) for number in _MARK.findall(text)}
    prose = sum(len(p.text.split()) for p in passages(_MARK.sub("", text)) if p.kind == "sentence")
    return Checked(
        answers=all(any(comparable(wording) in plain for wording in fact) for fact in label.must),
        relevant=share >= ON_THE_POINT and not _foreign(quoted, label),
        complete=all(_complete(text, chunk) for chunk in cited),
        short=prose <= MAX_WORDS,
        cited=marks == by_number.keys() and all(item.chunk and _stands_in(item) for item in quoted),
        n_claims=len(quoted),
        n_unsupported=sum(not any(_stands_in(_Quoted(item.passage, chunk)) for chunk in cited) for item in quoted),
        on_the_point=share,
    )


def comparable(text: str) -> str:
    """Return text as facts are compared: small letters, without markup, spaces single."""
    return " ".join(_MARKUP.sub("", text.lower()).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())


def is_own_phrase(text: str) -> bool:
    """Tell whether every sentence of a text is one that Firstline itself says."""
    return all(any(pattern.fullmatch(sentence) for pattern in _own_phrases()) for sentence in sentences(text))


@lru_cache(maxsize=1)
def _own_phrases() -> tuple[re.Pattern[str], ...]:
    said: set[str] = set()
    for key, entry in texts(DEFAULT).items():
        if key.startswith(OUTSIDE_ANSWERS):
            continue
        for form in [entry] if isinstance(entry, str) else entry.values():
            said.update(sentence for line in form.splitlines() for sentence in sentences(line))
    # A text that is nothing but a word to fill in would be everything.
    told = [sentence for sentence in said if len(re.sub(r"\{\w+\}", "", sentence).split()) > 0]
    return tuple(re.compile(_BRACES.sub(".*", re.escape(sentence))) for sentence in told if len(sentence) > 2)


def _quoted(text: str, by_number: Mapping[int, Chunk]) -> list[_Quoted]:
    found: list[_Quoted] = []
    start = 0
    for mark in _MARK.finditer(text):
        chunk = by_number.get(int(mark[1]))
        found += [_Quoted(passage, chunk) for passage in passages(text[start : mark.start()])]
        start = mark.end()
    return [*found, *(_Quoted(passage, None) for passage in passages(text[start:]))]


def _fits(item: _Quoted, label: Label) -> bool:
    plain = comparable(item.passage.text)
    wordings = [wording for fact in label.must for wording in fact]
    return any(comparable(wording) in plain for wording in (*wordings, *label.fits))


def _share_on_the_point(quoted: Sequence[_Quoted], label: Label) -> float:
    words = [len(item.passage.text.split()) for item in quoted]
    fitting = sum(length for item, length in zip(quoted, words, strict=True) if _fits(item, label))
    return fitting / sum(words) if quoted else 0.0


def _foreign(quoted: Sequence[_Quoted], label: Label) -> bool:
    """Tell whether something comes from a section that was not judged to answer, and holds no fact either."""
    return any(
        not _fits(item, label)
        and (item.chunk is None or f"{item.chunk.source}#{item.chunk.anchor}" not in label.sections)
        for item in quoted
    )


def _stands_in(item: _Quoted) -> bool:
    if item.chunk is None:
        return False
    source = comparable(item.chunk.text)
    parts = [item.passage.text]
    if item.passage.kind != "sentence":
        # What leads to a list, a table or code may be one of our phrases.
        introduction, gap, block = item.passage.text.partition("\n\n")
        parts = [introduction, block] if gap and not is_own_phrase(introduction) else [block or introduction]
    if item.passage.kind == "table":
        parts = [line for part in parts for line in part.splitlines()]
    return all(comparable(part) in source for part in parts)


def _complete(text: str, chunk: Chunk) -> bool:
    said = comparable(text)
    for passage in passages(chunk.text):
        if passage.kind != "steps":
            continue
        steps = [comparable(step) for step in list_items(passage.text)]
        steps = [_STEP.sub("", step) for step in steps]
        places = [said.find(step) for step in steps]
        if max(places) >= 0 and (min(places) < 0 or places != sorted(places)):
            return False
    return True
