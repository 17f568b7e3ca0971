"""What a page that carries the widget gets: the loader, and every file that it names, with the sum that it names."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import urllib.error
import urllib.request

from rehearsal.checking import CheckFailedError, check

_VERSION = re.compile(r"VERSION ?= ?\"([0-9a-f]{16})\"")
_SUMS = re.compile(r"\{\"[\w-]+\.\w+\":\"sha256-[^}]*\}")


def widget_served(url: str) -> str:
    """The loader may be kept for minutes and its files for ever, by any page; each has the sum that is told."""
    base = url.rstrip("/")
    loader, kept, anybody = _read(f"{base}/widget.js")
    check("max-age=300" in kept, f"the loader may be kept as {kept!r}")
    check(anybody == "*", "the loader is not for any page")
    text = loader.decode()
    version, sums = _VERSION.search(text), _SUMS.search(text)
    if version is None or sums is None:
        raise CheckFailedError("the loader names no version or no files")
    folder = f"{base}/widget/{version[1]}"
    files: dict[str, str] = json.loads(sums[0])
    n_bytes = len(loader)
    for name, told in files.items():
        content, kept, anybody = _read(f"{folder}/{name}")
        found = f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"
        check(found == told, f"{name} has another sum than the loader says")
        check("immutable" in kept and anybody == "*", f"{name}: kept {kept!r}, for {anybody!r}")
        n_bytes += len(content)
    return f"{len(files)} files, {n_bytes / 1024:.0f} KB"


def _read(url: str) -> tuple[bytes, str, str]:
    request = urllib.request.Request(url, headers={"Origin": "https://shop.example"})  # noqa: S310 - the stage's address
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            headers = answer.headers
            return answer.read(), headers.get("Cache-Control", ""), headers.get("Access-Control-Allow-Origin", "")
    except urllib.error.HTTPError as error:
        raise CheckFailedError(f"{url} answered {error.code}") from error
