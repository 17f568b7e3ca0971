"""Looks for passwords, keys and tokens in the files that would be committed."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from importlib.metadata import version

from environment import ROOT

# Locks are hashes from end to end.
NOT_SCANNED = ("scripts/locks/",)
CLEAN = ".cache/secret_scan.json"
"""Hashes of contents in which this version of the scanner has found nothing: most files do not change in a day."""


def findings() -> list[str]:
    """List what looks like a secret, as ``file:line: kind``.

    A line that only looks like one is marked ``# pragma: allowlist secret``.
    """
    contents = {name: _content(name) for name in committable_files() if not name.startswith(NOT_SCANNED)}
    clean = _known_clean()
    files = [name for name, content in contents.items() if content not in clean]
    command = [sys.executable, "-m", "detect_secrets", "scan", *files]
    # Without a file the scanner would take all of them.
    scan = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True) if files else None  # noqa: S603
    results: dict[str, list[dict[str, object]]] = json.loads(scan.stdout)["results"] if scan else {}
    (ROOT / CLEAN).parent.mkdir(exist_ok=True)
    found_clean = {content for name, content in contents.items() if name not in results}
    (ROOT / CLEAN).write_text(json.dumps(sorted(found_clean)))
    return [f"{name}:{hit['line_number']}: {hit['type']}" for name, hits in results.items() for hit in hits]


def _content(name: str) -> str:
    # The name counts as well: what is looked for depends on the kind of file.
    digest = hashlib.sha256(f"{version('detect-secrets')} {name}\n".encode())
    digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _known_clean() -> set[str]:
    try:
        return set(json.loads((ROOT / CLEAN).read_text()))
    except (OSError, ValueError):
        return set()


def committable_files() -> list[str]:
    """List the files that are committed or would be, relative to the repository root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    return sorted(name for name in set(listed.stdout.split("\0")) if name and (ROOT / name).is_file())
