"""Personal data taken out of a text behind numbered placeholders, and put back into an answer to it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from firstline.domain.masking import is_masked
from firstline.domain.pii import find_pii

PLACEHOLDER = re.compile(r"\[([a-z]+(?:_[a-z]+)?)_([1-9]\d{0,5})\]")
LONGEST_PLACEHOLDER = 24


def hide(text: str, known: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return a text with placeholders in the place of personal data, and what each stands for.

    Parameters
    ----------
    text : str
    known : mapping
        Placeholders of the same conversation so far: the same value keeps its placeholder.

    Returns
    -------
    tuple of str and dict
        The dict holds ``known`` and what is new. A placeholder that a customer writes themselves is hidden as well, so
        that ``restore`` gives back exactly what was written.
    """
    mapping = dict(known)
    placeholder_of = {value: placeholder for placeholder, value in mapping.items()}
    spans = [(span.start, span.end, span.kind.value) for span in find_pii(text) if is_masked(span, text)]
    for value, placeholder in placeholder_of.items():
        # What is known from elsewhere is hidden also where nothing around it tells what it is.
        for found in re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", text):
            if not any(start < found.end() and found.start() < end for start, end, _ in spans):
                spans.append((found.start(), found.end(), placeholder[1:].rpartition("_")[0]))
    for found in PLACEHOLDER.finditer(text):
        if not any(start < found.end() and found.start() < end for start, end, _ in spans):
            spans.append((found.start(), found.end(), "text"))
    parts, end = [], 0
    for start, stop, kind in sorted(spans):
        value = text[start:stop]
        if value not in placeholder_of:
            placeholder_of[value] = f"[{kind}_{len(mapping) + 1}]"
            mapping[placeholder_of[value]] = value
        parts += [text[end:start], placeholder_of[value]]
        end = stop
    return "".join([*parts, text[end:]]), mapping


def restore(text: str, mapping: Mapping[str, str]) -> str:
    """Return a text with the placeholders of a mapping replaced by what they stand for; unknown ones stay."""
    return PLACEHOLDER.sub(lambda found: mapping.get(found[0], found[0]), text)


def held_back(text: str) -> int:
    """Return how many characters at the end of a text in pieces may be the beginning of a placeholder."""
    start = text.rfind("[", max(0, len(text) - LONGEST_PLACEHOLDER))
    return 0 if start < 0 or "]" in text[start:] else len(text) - start
