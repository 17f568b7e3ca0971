"""The widget's files as they are served: a loader that is always the same address, and files named by their version."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

WIDGET = Path(__file__).parent / "static" / "widget"
LOCALES = Path(__file__).parents[1] / "locales"
LOADER = "loader.js"
LOADER_CACHE = "public, max-age=300"
VERSIONED_CACHE = "public, max-age=31536000, immutable"
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}

ENTRY = "firstline-chat.js"
"""The module that the loader asks for, with all that it imports; the rest is loaded when it is needed."""

_IMPORT = re.compile(r'^(?:import|export)\b[^;]*?from "\./([\w-]+\.js)";', re.MULTILINE)
_CAST = re.compile(r"/\*\* @type [^*]*\*/ ?")

PREFIX = "widget."
"""Keys of the locale files that the widget uses."""


@dataclass(frozen=True)
class WidgetFiles:
    """The widget as it is published."""

    version: str
    """Of the content of all files: it changes with any of them."""
    loader: bytes
    """``/widget.js``."""
    files: Mapping[str, bytes]
    """By name; each is served at ``/widget/<version>/<name>``, for ever."""
    languages: tuple[str, ...]
    """Codes of the languages that the widget speaks."""


@lru_cache(maxsize=1)
def widget_files() -> WidgetFiles:
    """Return the widget's files, read once per process."""
    return published(WIDGET, LOCALES)


def published(widget: Path, locales: Path) -> WidgetFiles:
    """Return the files of a folder as they are published, with sums by which browsers check them (SHA-256)."""
    sources = {path.name: _published(path) for path in sorted(widget.glob("*.*"))}
    loader = sources.pop(LOADER)
    files = {name: source.encode() for name, source in sources.items()}
    languages = tuple(path.stem for path in sorted(locales.glob("*.json")))
    for language in languages:
        files[f"locale-{language}.json"] = _texts(locales / f"{language}.json")
    digest = hashlib.sha256(loader.encode())
    for name, content in files.items():
        digest.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    version = digest.hexdigest()[:16]
    listed = {name: [_integrity(content), *_imports(name, files)] for name, content in files.items()}
    loader = loader.replace("{{version}}", version).replace('"{{files}}"', json.dumps(listed, separators=(",", ":")))
    return WidgetFiles(version, loader.encode(), files, languages)


def write_published(folder: Path) -> WidgetFiles:
    """Write everything below a folder under the names it is served by, and return it."""
    made = widget_files()
    versioned = folder / "widget" / made.version
    versioned.mkdir(parents=True, exist_ok=True)
    (folder / "widget.js").write_bytes(made.loader)
    for name, content in made.files.items():
        (versioned / name).write_bytes(content)
    return made


def _published(path: Path) -> str:
    source = path.read_text(encoding="utf-8")
    return _style_sheet(source) if path.suffix == ".css" else _stripped(source)


def _texts(path: Path) -> bytes:
    texts = json.loads(path.read_text(encoding="utf-8"))
    own = {key: text for key, text in texts.items() if key.startswith(PREFIX)}
    return json.dumps(own, ensure_ascii=False, separators=(",", ":")).encode()


def _integrity(content: bytes) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"


def _imports(name: str, files: Mapping[str, bytes]) -> list[str]:
    """Return the modules that a module needs before it runs, through all steps."""
    found: list[str] = []
    waiting = [name] if name.endswith(".js") else []
    while waiting:
        source = files[waiting.pop()].decode()
        fresh = [other for other in _IMPORT.findall(source) if other not in found and other != name]
        found += fresh
        waiting += fresh
    return found


def _stripped(source: str) -> str:
    """Return a module or style sheet without indentation and the comments that have lines of their own."""
    lines: list[str] = []
    in_comment = False
    for line in map(str.strip, source.split("\n")):
        if in_comment or (line.startswith("/*") and line.find("*/") in (-1, len(line) - 2)):
            in_comment = not line.endswith("*/")
        elif line and not line.startswith("//"):
            lines.append(_CAST.sub("", line))
    return "\n".join(lines) + "\n"


def _style_sheet(source: str) -> str:
    """Return a formatted style sheet without comments and without space that says nothing."""
    return re.sub(r"\n|(?<=[,:]) | (?={)|(?<=>) | (?=>)", "", re.sub(r"/\*.*?\*/", "", _stripped(source), flags=re.DOTALL))
