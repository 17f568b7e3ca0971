"""Past tickets: brought together by what they ask, and the resolution that most of them share."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from firstline.domain.clustering import average_linkage, combined_vectors, most_central
from firstline.domain.documents import DEFAULT_CATEGORY, category_from_path, category_slug
from firstline.domain.drafts import LONGEST_ANSWER, LONGEST_QUESTION
from firstline.domain.gaps import shortened
from firstline.domain.lexical import terms
from firstline.domain.masking import has_marks, without_marks

SAME_TICKET = 0.65
"""Mean similarity from which groups of tickets are near-duplicates. Of 10,000 questions of Bitext and Banking77 91 %
then stand in a group of their own intent."""

SAME_RESOLUTION = 0.6
"""Mean similarity from which two resolutions say the same."""

_TELLING_TERMS = 3
_NUMBER = re.compile(r"(?<![\w-])#?\d{5,}(?!\w)")
_GREETING = re.compile(r"(?i)\A\s*(?:hi|hello|hey|dear)\s+\[name\]\s*[,!.]?\s*")
_CLOSING = re.compile(
    r"(?i)\s*^[ \t]*(?:(?:best|kind|warm|many|with (?:best|kind))[ \t]+)?(?:regards|wishes|sincerely|cheers|thanks|"
    r"thank you|yours(?: \w+)?)[ \t]*[,!.]?\s*\[name\]\s*\Z",
    re.MULTILINE,
)
_EPOCH = datetime.fromtimestamp(0, UTC)

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to rows of length 1."""


@dataclass(frozen=True)
class RefusedRow:
    """A row that is no ticket."""

    line: int
    reason: str


@dataclass(frozen=True)
class PastTicket:
    """A ticket that a person resolved."""

    line: int
    """Where it stands in its file, from 1."""
    subject: str
    description: str
    resolution: str
    category: str = ""
    date: datetime | None = None
    fingerprint: str = ""
    """Of the ticket as it came, before anything was masked; from ``fingerprint``."""

    @property
    def asked(self) -> str:
        """Subject and description, as they are compared with those of other tickets."""
        return without_marks("\n".join(part for part in (self.subject, self.description) if part))


@dataclass(frozen=True)
class TicketGroup:
    """Tickets that ask the same, and the resolution proposed for them."""

    group_id: str
    """From the earliest ticket alone, so that a later export with more tickets finds the same group."""
    line: int
    """Of the ticket that the question is from."""
    question: str
    resolution: str
    category: str
    support: int
    """Tickets in the group, >= 1."""
    agreement: float
    """Share of them whose resolutions say the same as the one proposed, in (0, 1]."""


def group_tickets(
    tickets: Sequence[PastTicket], embeddings: NDArray[np.float32], embed: Embed
) -> Iterator[TicketGroup]:
    """Yield the groups of near-duplicates, each with the resolution to propose; the largest group first.

    Parameters
    ----------
    tickets : sequence of PastTicket, length n
        Without personal data, different ones, ordered by ``by_age``.
    embeddings : ndarray, shape (n, dimensions)
        Of ``asked``; rows of length 1.
    embed : callable
        Embeds the resolutions of a group of several.

    Notes
    -----
    The rule: resolutions of a group that say the same are brought together; the set behind which most tickets stand
    is taken, of equally large ones the one used last; of that set the most central resolution is proposed, of equally
    central ones the latest, and one with masked data in it only where all have some. A single outlier, or an old way
    of doing it, so never wins against what has become usual.
    """
    labels = average_linkage(combined_vectors([ticket.asked for ticket in tickets], embeddings), SAME_TICKET)
    members: dict[int, list[int]] = {}
    for place, label in enumerate(labels.tolist()):
        members.setdefault(label, []).append(place)
    for places in sorted(members.values(), key=lambda places: (-len(places), places[0])):
        yield _group([tickets[place] for place in places], embeddings[places], embed)


def fingerprint(subject: str, description: str, resolution: str, date: datetime | None) -> str:
    """Return the SHA-256 of what was asked and answered, and when; hex."""
    parts = (subject, description, resolution, date.isoformat() if date else "")
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def by_age(ticket: PastTicket) -> tuple[datetime, str]:
    """Sort key: date (tickets without one first), then content."""
    return ticket.date or _EPOCH, ticket.fingerprint


def _group(tickets: list[PastTicket], embeddings: NDArray[np.float32], embed: Embed) -> TicketGroup:
    resolution, n_agreeing = _best_resolution([_without_courtesies(ticket.resolution) for ticket in tickets], embed)
    named = Counter(category for ticket in tickets if (category := _category(ticket.category)))
    typical = tickets[most_central(embeddings)]
    return TicketGroup(
        group_id=tickets[0].fingerprint[:24],
        line=typical.line,
        question=_question(typical),
        resolution=resolution[:LONGEST_ANSWER],
        category=min(named, key=lambda name: (-named[name], name)) if named else DEFAULT_CATEGORY,
        support=len(tickets),
        agreement=n_agreeing / len(tickets),
    )


def _category(name: str) -> str:
    """Return one of our categories for the name of one elsewhere, or an empty text."""
    found = category_from_path(name.replace("/", " "))
    return "" if found == DEFAULT_CATEGORY and category_slug(name) != DEFAULT_CATEGORY else found


def _best_resolution(resolutions: list[str], embed: Embed) -> tuple[str, int]:
    """Return the resolution to propose, and how many say the same; the latest stands last in the list."""
    distinct = list(dict.fromkeys(resolutions))
    if len(distinct) == 1:
        return distinct[0], len(resolutions)
    vectors = combined_vectors(distinct, embed(distinct))
    label_of = dict(zip(distinct, average_linkage(vectors, SAME_RESOLUTION).tolist(), strict=True))
    votes = Counter(label_of[text] for text in resolutions)
    last_used = {label_of[text]: place for place, text in enumerate(resolutions)}
    winner = max(votes, key=lambda label: (votes[label], last_used[label]))
    # Latest first, because the first of equally central ones is taken.
    agreeing = [text for text in reversed(resolutions) if label_of[text] == winner]
    agreeing = [text for text in agreeing if not has_marks(text)] or agreeing
    place_of = {text: place for place, text in enumerate(distinct)}
    return agreeing[most_central(vectors[[place_of[text] for text in agreeing]])], votes[winner]


def _without_courtesies(resolution: str) -> str:
    """Return a masked resolution without the greeting and the closing that name a person."""
    bare = _CLOSING.sub("", _GREETING.sub("", resolution)).strip()
    return bare or resolution


def _question(ticket: PastTicket) -> str:
    """Return the subject, completed by the description where it says too little by itself."""
    subject = _NUMBER.sub("[number]", ticket.subject)
    if len(set(terms(subject))) >= _TELLING_TERMS or not ticket.description:
        return shortened(subject, LONGEST_QUESTION)
    first = _NUMBER.sub("[number]", ticket.description.strip().split("\n\n", 1)[0])
    text = f"{subject}: {first}" if subject else first
    return shortened(text, 200)
