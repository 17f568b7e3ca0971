"""Documents cut into chunks that follow their structure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from firstline.domain.documents import Block, Document, Section
from firstline.domain.knowledge import Chunk

CHUNKING_VERSION = 3
"""Raised whenever the same document would give other chunks, so that an index made before is rebuilt."""

DEFAULT_CHUNK_TOKENS = 200
DEFAULT_OVERLAP_TOKENS = 0
_SMALLEST_TARGET = 32
_LEAST_ROOM = 16
"""For text, where a long heading and the overlap would leave none."""
_SMALLEST_TAIL = 40
_FOREIGN_PIECES = 2
"""How many pieces the tokenizer, which was made for English, cuts another language's word of the same letters into."""
_SLACK = 1.25

_TOKEN = re.compile(r"[A-Za-z0-9]+|[^\W_]|[^\w\s]|_")
_END_OF_LATIN = "\u0250"
_LONG_WORD = 7
_LETTERS_OF_A_PIECE = 5
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[\u3002\uff01\uff1f])\s*(?![\u3002\uff01\uff1f\u201d\u300d])")
_NEXT_ITEM = re.compile(r"\n(?=\s{0,6}(?:[-*+]|\d{1,3}[.)])[ \t]+\S)")


def estimate_tokens(text: str) -> int:
    """Return about how many word pieces the embedding's tokenizer makes of a text.

    English words of up to seven letters count once, longer ones once per five letters, punctuation marks once each. So
    does every letter of another script, and every part of a Korean syllable. Accents count nothing.
    """
    if not text.isascii():
        text = "".join(letter for letter in unicodedata.normalize("NFD", text) if unicodedata.category(letter) != "Mn")
    return sum(
        1 if len(token) <= _LONG_WORD else -(-len(token) // _LETTERS_OF_A_PIECE) for token in _TOKEN.findall(text)
    )


def chunk_document(
    document: Document,
    *,
    target_tokens: int = DEFAULT_CHUNK_TOKENS,
    overlap_tokens: int = DEFAULT_OVERLAP_TOKENS,
    version: str = "",
) -> list[Chunk]:
    """Cut a document into chunks.

    A section is one chunk if it fits; a longer one is cut between its blocks. Lists, tables and code blocks are cut
    only where one alone exceeds a quarter over the target: at items, at rows (with the table's head repeated), at
    lines; paragraphs at sentences. A question and its answer are never parted.

    Parameters
    ----------
    target_tokens : int
        Estimated tokens of heading and text that a chunk aims to stay within, >= 32; half of them where the language
        is another than English, in Latin letters.
    overlap_tokens : int
        Where a section has several chunks, the most tokens of whole sentences that each repeats from the end of the
        one before it, >= 0 and at most half of ``target_tokens``; tables and code are not repeated.
    version : str
        Stands in every chunk.

    Returns
    -------
    list of Chunk
        In the document's order; their ids are unique within it, and stable while content and heading stay.

    Raises
    ------
    ValueError
        ``target_tokens`` is below 32, or ``overlap_tokens`` is negative or too large.
    """
    if target_tokens < _SMALLEST_TARGET:
        raise ValueError(f"target_tokens is {target_tokens}, and must be at least {_SMALLEST_TARGET}")
    if not 0 <= overlap_tokens <= target_tokens // 2:
        raise ValueError(f"overlap_tokens is {overlap_tokens}, and must be within 0 and {target_tokens // 2}")
    chunks: list[Chunk] = []
    for section in document.sections:
        texts = _texts(document, section, target_tokens, overlap_tokens)
        for number, text in enumerate(texts, start=1):
            part = f"~{number}" if len(texts) > 1 else ""
            chunks.append(_chunk(document, section, text, part, position=len(chunks), version=version))
    return _with_unique_ids(chunks)


def embedded_text(chunk: Chunk) -> str:
    """Return what a chunk's text vector is made from: heading and text."""
    return f"{chunk.heading}\n{chunk.text}"


def _with_unique_ids(chunks: list[Chunk]) -> list[Chunk]:
    """Two sections of one page may share anchor, headings and text."""
    seen: Counter[str] = Counter()
    unique: list[Chunk] = []
    for chunk in chunks:
        seen[chunk.chunk_id] += 1
        again = seen[chunk.chunk_id] - 1
        unique.append(chunk.model_copy(update={"chunk_id": f"{chunk.chunk_id}+{again}"}) if again else chunk)
    return unique


def _chunk(document: Document, section: Section, text: str, part: str, *, position: int, version: str) -> Chunk:
    chunk = Chunk(
        chunk_id="",
        source=document.source,
        title=document.title,
        heading_path=section.heading_path,
        anchor=section.anchor,
        text=text,
        position=position,
        category=section.category or document.category,
        language=section.language or document.language,
        url=section.url or document.url,
        question=section.question,
        audience=document.audience,
        version=version,
        content_hash="",
    )
    digest = hashlib.sha256(embedded_text(chunk).encode("utf-8")).hexdigest()
    chunk_id = f"{document.source}#{section.anchor}{part}@{digest[:12]}"
    return chunk.model_copy(update={"chunk_id": chunk_id, "content_hash": digest})


def _texts(document: Document, section: Section, target: int, overlap: int) -> list[str]:
    if section.question:
        return ["\n\n".join(block.text for block in section.blocks)]
    if (section.language or document.language) != "en" and _is_latin(section):
        target, overlap = max(target // _FOREIGN_PIECES, _SMALLEST_TARGET), overlap // _FOREIGN_PIECES
    heading = estimate_tokens(" > ".join((document.title, *section.heading_path)))
    room = max(max(target - heading, target // 2) - overlap, _LEAST_ROOM)
    pieces = [piece for block in section.blocks for piece in _pieces(block, room)]
    texts = _packed(pieces, room, "\n\n")
    tails = [_tail(text, overlap) for text in texts[:-1]]
    return texts[:1] + [f"{tail}\n\n{text}" if tail else text for tail, text in zip(tails, texts[1:], strict=True)]


def _tail(text: str, overlap: int) -> str:
    """Return the last whole sentences or items that fit, none of a table or of code."""
    last = text.rpartition("\n\n")[2]
    if "|" in last or "```" in last or "~~~" in last:
        return ""
    kept: list[str] = []
    size = 0
    for sentence in reversed(_lines_or_sentences(last)):
        size += estimate_tokens(sentence)
        if size > overlap:
            break
        kept.insert(0, sentence)
    return "\n".join(kept)


def _pieces(block: Block, room: int) -> list[str]:
    if estimate_tokens(block.text) <= room * _SLACK:
        return [block.text]
    match block.kind:
        case "table":
            head, rule, *rows = block.text.split("\n")
            top = f"{head}\n{rule}\n"
            left = max(room - estimate_tokens(top), room // 2)
            return [top + rows_text for rows_text in _packed(_fitting(rows, left, _words), left, "\n")]
        case "list":
            items = _NEXT_ITEM.split(block.text)
            return _packed(_fitting(items, room, _sentences), room, "\n")
        case "code":
            return _packed(_fitting(block.text.split("\n"), room, _words), room, "\n")
        case "paragraph":
            return _packed(_fitting(_lines_or_sentences(block.text), room, _words), room, "\n")


def _fitting(parts: Iterable[str], room: int, cut: Callable[[str, int], list[str]]) -> list[str]:
    fitting: list[str] = []
    for part in parts:
        fitting.extend([part] if estimate_tokens(part) <= room * _SLACK else cut(part, room))
    return fitting


def _sentences(text: str, room: int) -> list[str]:
    return _packed(_fitting(_lines_or_sentences(text), room, _words), room, " ")


def _lines_or_sentences(text: str) -> list[str]:
    return [sentence for line in text.split("\n") for sentence in _SENTENCE_END.split(line) if sentence.strip()]


def _words(text: str, room: int) -> list[str]:
    """The last resort for one endless sentence, row or line: between words, and within a word longer than a chunk."""
    return _packed((part for word in text.split() for part in _parts(word, room)), room, " ")


def _parts(word: str, room: int) -> Iterator[str]:
    longest = max(1, room * len(word) // max(1, estimate_tokens(word)))
    return (word[at : at + longest] for at in range(0, len(word), longest))


def _is_latin(section: Section) -> bool:
    letters = [letter for block in section.blocks for letter in block.text if letter.isalpha()]
    return 2 * sum(letter < _END_OF_LATIN for letter in letters) > len(letters)


def _packed(pieces: Iterable[str], room: int, joint: str) -> list[str]:
    packed: list[str] = []
    sizes: list[int] = []
    for piece in pieces:
        size = estimate_tokens(piece)
        if packed and sizes[-1] + size <= room:
            packed[-1] += joint + piece
            sizes[-1] += size
        else:
            packed.append(piece)
            sizes.append(size)
    if len(packed) > 1 and sizes[-1] < _SMALLEST_TAIL and sizes[-2] + sizes[-1] <= room * _SLACK:
        tail = packed.pop()
        packed[-1] += joint + tail
    return packed
