"""The archive that a knowledge base travels in: its manifest, and the names it may hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from firstline.domain.errors import InvalidInputError

MANIFEST = "manifest.json"
FOLDER = "knowledge/"
_MIB = 1024 * 1024
_LONGEST_KEY, _LONGEST_NAME = 1_024, 255


class InvalidArchiveError(InvalidInputError):
    """An archive cannot be imported; the message names the entry and the reason. Nothing was changed."""


@dataclass(frozen=True)
class ArchiveLimits:
    """Bounds of an archive, checked before anything of it is unpacked; all > 0."""

    max_archive_bytes: int = 200 * _MIB
    max_documents: int = 20_000
    max_document_bytes: int = 50 * _MIB
    max_total_bytes: int = 1_024 * _MIB
    max_ratio: int = 200
    """Unpacked over packed bytes of one entry, looked at from 1 MiB on."""


class ArchivedDocument(BaseModel):
    """One file of the knowledge."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    key: str
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """What an archive holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    format: Literal["firstline-knowledge"] = "firstline-knowledge"
    version: Literal[1] = 1
    documents: list[ArchivedDocument]


def unsafe_key(key: str) -> str:
    """Return why a key cannot be kept in every store, or an empty text where it can.

    A key is a relative path with forward slashes: no empty part, ``.`` or ``..``, no hidden part, no drive, no
    backslash or control character, nothing that Windows forbids; at most 1,024 bytes, each part at most 255.
    """
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in key):
        return "it holds control characters"
    if "\\" in key or re.match(r"[A-Za-z]:", key) or set(key) & set('<>:"|?*'):
        return "it holds a drive or a character that not every system allows"
    if key.startswith("/"):
        return "it is absolute"
    parts = key.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "it has an empty, . or .. part"
    if any(part.startswith(".") for part in parts):
        return "it is hidden"
    if any(part != part.rstrip(". ") for part in parts):
        return "a part of it ends with a dot or a space"
    too_long = len(key.encode()) > _LONGEST_KEY or any(len(part.encode()) > _LONGEST_NAME for part in parts)
    return "it is too long" if too_long else ""


def clashing_key(keys: Iterable[str]) -> str:
    """Return a key that cannot stand beside another one, or an empty text.

    Two keys clash where they differ in case or Unicode form only, or where one is a folder of the other.
    """
    folded = {}
    for key in keys:
        plain = unicodedata.normalize("NFC", key).casefold()
        if plain in folded:
            return key
        folded[plain] = key
    for plain, key in folded.items():
        parts = plain.split("/")
        if any("/".join(parts[:depth]) in folded for depth in range(1, len(parts))):
            return key
    return ""
