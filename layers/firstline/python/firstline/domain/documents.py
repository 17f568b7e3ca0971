"""Documents as titled sections of whole blocks, and which files of a knowledge folder are documents at all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Literal

BlockKind = Literal["paragraph", "list", "table", "code"]

CATEGORIES = (
    "technical_support",
    "billing_inquiry",
    "feature_request",
    "bug_report",
    "account_management",
    "general_inquiry",
)
DEFAULT_CATEGORY = "general_inquiry"
DEFAULT_AUDIENCES = ("customers", "public", "everyone", "all")

_CATEGORY_BY_WORD = {
    "technical": "technical_support",
    "troubleshooting": "technical_support",
    "integrations": "technical_support",
    "integration": "technical_support",
    "api": "technical_support",
    "apps": "technical_support",
    "billing": "billing_inquiry",
    "payment": "billing_inquiry",
    "payments": "billing_inquiry",
    "invoices": "billing_inquiry",
    "pricing": "billing_inquiry",
    "plans": "billing_inquiry",
    "account": "account_management",
    "accounts": "account_management",
    "security": "account_management",
    "feature": "feature_request",
    "features": "feature_request",
    "bug": "bug_report",
    "bugs": "bug_report",
}
_LANGUAGE_BY_NAME = {
    "english": "en",
    "german": "de",
    "deutsch": "de",
    "french": "fr",
    "fran\u00e7ais": "fr",
    "spanish": "es",
    "espa\u00f1ol": "es",
    "italian": "it",
    "italiano": "it",
    "portuguese": "pt",
    "portugu\u00eas": "pt",
    "dutch": "nl",
    "nederlands": "nl",
    "polish": "pl",
    "polski": "pl",
}
_IGNORED_FOLDERS = frozenset({"evaluation", "training"})
_IGNORED_NAMES = frozenset({"queries.jsonl", "qrels.tsv"})
_IGNORED_STEMS = frozenset({"readme", "license", "licence", "changelog", "source", "manifest", "notice"})


@dataclass(frozen=True)
class Block:
    """Lines that belong together: a paragraph, a list, a table or a code block."""

    kind: BlockKind
    text: str


@dataclass(frozen=True)
class Section:
    """What stands below one heading, or one question with its answer."""

    heading_path: tuple[str, ...]
    """Headings from the document's title (exclusive) down to this section."""
    anchor: str
    """Fragment of the heading, unique within the document; empty for the text below the title."""
    blocks: tuple[Block, ...]
    question: str = ""
    """The question, where the section is an FAQ; one block then holds the answer."""
    category: str = ""
    """Overrides the document's category where not empty."""
    url: str = ""
    """Overrides the document's address where not empty."""
    language: str = ""
    """Overrides the document's language where not empty."""


@dataclass(frozen=True)
class Document:
    """What is replaced as a whole: a file, or one record of a corpus file."""

    source: str
    """Path below the knowledge folder with forward slashes, or the record's id."""
    title: str
    sections: tuple[Section, ...]
    category: str = DEFAULT_CATEGORY
    language: str = "en"
    url: str = ""
    audience: str = ""
    """Whom it is written for, in the company's own words, separated by commas; empty for everybody."""
    valid_from: date | None = None
    """First day on which it is served."""
    valid_until: date | None = None
    """Last day on which it is served."""

    def unserved_reason(self, day: date, audiences: Collection[str] = DEFAULT_AUDIENCES) -> str:
        """Return why it is not served on that day to these audiences (in small letters), empty where it is."""
        written_for = {part.strip().casefold() for part in self.audience.split(",")} - {""}
        if written_for and written_for.isdisjoint(audiences):
            return f"written for {self.audience}, and SERVED_AUDIENCES names none of them"
        if self.valid_from and day < self.valid_from:
            return f"valid from {self.valid_from.isoformat()}"
        if self.valid_until and day > self.valid_until:
            return f"valid until {self.valid_until.isoformat()}"
        return ""

    @property
    def content_hash(self) -> str:
        """SHA-256 of everything above, hex."""
        return hashlib.sha256(repr(self).encode("utf-8", "backslashreplace")).hexdigest()


def is_knowledge(key: str) -> bool:
    """Tell whether a file of a knowledge folder is there to be served.

    Hidden files, the folders ``evaluation`` and ``training``, the question and judgement files of an evaluation set
    (``queries.jsonl``, ``qrels.tsv``) and a folder's own papers (README, LICENSE, CHANGELOG, SOURCE, MANIFEST,
    NOTICE) are not.
    """
    path = PurePosixPath(key)
    if any(part.startswith(".") for part in path.parts) or _IGNORED_FOLDERS.intersection(path.parts[:-1]):
        return False
    return path.name.lower() not in _IGNORED_NAMES and path.name.split(".")[0].lower() not in _IGNORED_STEMS


def category_from_path(key: str) -> str:
    """Return the category that a folder's or else the file's name speaks of, ``general_inquiry`` where none does."""
    path = PurePosixPath(key)
    for name in (*reversed(path.parts[:-1]), path.stem):
        if category := _known_category(category_slug(name)):
            return category
    return DEFAULT_CATEGORY


def category_named(name: str) -> str:
    """Return the category that is meant: one of ours, as folders name them too, else the name in the form of ours."""
    slug = category_slug(name)
    return _known_category(slug) or slug


def _known_category(slug: str) -> str:
    if slug in CATEGORIES:
        return slug
    return next((_CATEGORY_BY_WORD[word] for word in slug.split("_") if word in _CATEGORY_BY_WORD), "")


def language_named(name: str) -> str:
    """Return a language's code: ``en-US`` and ``English`` count as ``en``; empty where nothing is named."""
    plain = name.strip().lower()
    return _LANGUAGE_BY_NAME.get(plain) or re.split(r"[-_]", plain)[0]


def category_slug(name: str) -> str:
    """Return a category's name in lower case with underscores."""
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")


def heading_anchor(heading: str) -> str:
    """Return the fragment by which code hosts link to a heading.

    Lower case; all but letters, digits, spaces, hyphens and underscores goes; each space becomes a hyphen.
    """
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def title_from_name(key: str) -> str:
    """Return a readable title for a document that has none."""
    stem = PurePosixPath(key).stem
    return re.sub(r"[-_.\s]+", " ", stem).strip().capitalize() or stem
