"""Reading a pdf in a process of its own, whose time and memory are bounded and whose crash is no more than a reason."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys

from firstline.adapters.documents.limits import DEFAULT_LIMITS, ReadLimits, check_size
from firstline.domain.errors import UnreadableDocumentError
from firstline.domain.parsed import ParsedDocument

_START = (
    "import sys; sys.path[:] = sys.argv[1].split(sys.argv[2]); "
    "from firstline.adapters.documents import pdf_process; pdf_process.main()"
)
_REFUSED = 3


def read_pdf(content: bytes, *, limits: ReadLimits = DEFAULT_LIMITS) -> ParsedDocument:
    """Read a pdf: headings by size and weight, lists, tables, code, columns in reading order, links.

    Running heads, running feet and page numbers go; words broken at a line's end are joined.

    Raises
    ------
    UnreadableDocumentError
        As ``pdf.parse_pdf`` refuses; also if reading takes longer than ``limits.max_seconds``, needs more memory than
        ``limits.max_memory_bytes``, or crashes.
    """
    check_size(len(content), limits)
    command = [sys.executable, "-c", _START, os.pathsep.join(sys.path), os.pathsep]
    head = json.dumps(dataclasses.asdict(limits)).encode() + b"\n"
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and fixed code; the pdf comes by standard input
            command, input=head + content, capture_output=True, timeout=limits.max_seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UnreadableDocumentError(f"the pdf could not be read within {limits.max_seconds:g} seconds") from error
    if done.returncode == _REFUSED:
        raise UnreadableDocumentError(done.stdout.decode("utf-8"))
    if done.returncode != 0:
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        if "ImportError" in last or "ModuleNotFoundError" in last:
            raise ImportError(last)
        raise UnreadableDocumentError(f"the pdf made its reader fail ({last or f'signal {-done.returncode}'})")
    found = json.loads(done.stdout)
    return ParsedDocument(found["title"], found["markdown"], found["metadata"], tuple(found["anchors"]))


def main() -> None:
    """Read limits and pdf from standard input; write the document as JSON, or the reason with exit code 3."""
    # Imported here: only the child needs the library.
    from firstline.adapters.documents.pdf import parse_pdf

    limits = ReadLimits(**json.loads(sys.stdin.buffer.readline()))
    _bound_memory(limits.max_memory_bytes)
    try:
        parsed = parse_pdf(sys.stdin.buffer.read(), limits=limits)
    except UnreadableDocumentError as error:
        sys.stdout.write(str(error))
        sys.stdout.flush()
        sys.exit(_REFUSED)
    except MemoryError:
        sys.stdout.write("the pdf needs more memory than a document may take")
        sys.stdout.flush()
        sys.exit(_REFUSED)
    json.dump(dataclasses.asdict(parsed), sys.stdout)


def _bound_memory(size_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such bound.
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if sys.platform == "linux" and (hard == resource.RLIM_INFINITY or hard >= size_bytes):
        resource.setrlimit(resource.RLIMIT_AS, (size_bytes, hard))
