"""The knowledge that a bench runs on: at most so many chunks of a corpus, and the questions that it answers."""

from __future__ import annotations

from pathlib import Path

from firstline.adapters.documents.reader import FileReader
from firstline.domain.chunking import chunk_document
from firstline.evaluation.retrieval_data import read_retrieval_data
from firstline.services.read_document import read_documents


def prepare_knowledge(data: Path, folder: Path, *, max_chunks: int) -> tuple[Path, list[str]]:
    """Return the folder to ingest and the answerable questions, in the order of their file.

    A knowledge folder is taken as it is; of a ``corpus.jsonl`` the first documents are copied to ``folder`` as long
    as they stay within ``max_chunks``.

    Raises
    ------
    InvalidDataError
        A file is missing or a line does not fit.
    """
    given = read_retrieval_data(data)
    if not given.key:
        return data, [query.text for query in given.queries if query.gains]
    lines: list[bytes] = []
    names: set[str] = set()
    n_chunks = 0
    for line in (data / given.key).read_bytes().splitlines(keepends=True):
        documents = read_documents(given.key, line, FileReader()).documents
        n_chunks += sum(len(chunk_document(document)) for document in documents)
        if n_chunks > max_chunks and lines:
            break
        lines.append(line)
        names |= {document.source for document in documents}
    folder.mkdir(parents=True)
    (folder / given.key).write_bytes(b"".join(lines))
    answerable = [query.text for query in given.queries if query.gains]
    answered = [query.text for query in given.queries if query.gains.keys() & names]
    return folder, answered or answerable
