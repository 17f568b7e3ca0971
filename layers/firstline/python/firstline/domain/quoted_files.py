"""Files as a language model is given them: their text, marked as data, within a budget."""

from __future__ import annotations

import re
from collections.abc import Sequence

from firstline.domain.attachments import Attachment
from firstline.domain.chunking import estimate_tokens
from firstline.domain.delimiters import as_data


def quoted(files: Sequence[tuple[Attachment, str]], *, budget: int) -> str:
    """Return files for a model's prompt, marked as data.

    Parameters
    ----------
    files : sequence of (Attachment, str)
        With their texts, empty for a picture.
    budget : int
        Estimated tokens of all texts together; each file has an equal share of what those before it left.
    """
    parts, left = [], budget
    for place, (file, text) in enumerate(files):
        kept = _cut(text, left // (len(files) - place))
        left -= estimate_tokens(kept)
        cut = ' cut="true"' if len(kept) < len(text) else ""
        name = re.sub(r'["<>&]', "_", file.name)
        shown = "(a picture, shown above)" if file.kind.is_image else as_data(kept)
        parts.append(f'<attachment name="{name}" kind="{file.kind.value}"{cut}>\n{shown}\n</attachment>')
    return "\n\n".join(parts)


def _cut(text: str, budget: int) -> str:
    if estimate_tokens(text) <= budget:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if estimate_tokens(text[:middle]) <= budget else (low, middle - 1)
    return text[:low].rstrip()
