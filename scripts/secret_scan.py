"""Looks for passwords, keys and tokens in the files that would be committed."""

from __future__ import annotations

import json
import subprocess
import sys

from environment import ROOT

# Locks are hashes from end to end.
NOT_SCANNED = ("scripts/locks/",)


def findings() -> list[str]:
    """List what looks like a secret, as ``file:line: kind``.

    A line that only looks like one is marked ``# pragma: allowlist secret``.
    """
    files = [name for name in committable_files() if not name.startswith(NOT_SCANNED)]
    command = [sys.executable, "-m", "detect_secrets", "scan", *files]
    scan = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    results: dict[str, list[dict[str, object]]] = json.loads(scan.stdout)["results"]
    return [f"{name}:{hit['line_number']}: {hit['type']}" for name, hits in results.items() for hit in hits]


def committable_files() -> list[str]:
    """List the files that are committed or would be, relative to the repository root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    return sorted(name for name in set(listed.stdout.split("\0")) if name and (ROOT / name).is_file())
