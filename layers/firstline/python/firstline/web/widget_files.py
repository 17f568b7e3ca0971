"""The widget's files as they are served: a loader that is always the same address, and files named by their version."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from firstline.web.widget_names import with_short_names

WIDGET = Path(__file__).parent / "static" / "widget"
LOCALES = Path(__file__).parents[1] / "locales"
LOADER = "loader.js"
LOADER_CACHE = "public, max-age=300"
VERSIONED_CACHE = "public, max-age=31536000, immutable"
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}

ENTRY = "firstline-chat.js"
"""The module that the loader asks for."""
LATER = ("conversation.js", "attachments.js", "menu.js", "prechat.js")
"""Modules that are loaded when they are needed, each after those before it."""

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
_TOP_LEVEL = re.compile(r"^(?:export )?(?:async )?(?:const|let|class|function) (\w+)", re.MULTILINE)
_PRIVATE = re.compile(r"(?<!\w)#([A-Za-z]\w*)")
_PRIVATE_METHOD = re.compile(r"^  (?:async |get )?#(\w+)[(;]", re.MULTILINE)
_CAST = re.compile(r"/\*\* @type [^*]*\*/ ?")

_TEXT = re.compile(r'("(?:[^"\\]|\\.)*"|`[^`]*`)')
_NOT_PLAIN = re.compile(r"[`'/]")
_OPENS, _CLOSES = tuple("{([,;"), tuple("})].?:")
_NEEDLESS_SPACE = re.compile(r" ?([=<>!&|?:,;{}()]+) ?| ([+*]) ")

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
    sources = {path.name: path.read_text(encoding="utf-8") for path in sorted(widget.glob("*.*"))}
    loader = _stripped(sources.pop(LOADER))
    modules = joined({name: source for name, source in sources.items() if name.endswith(".js")}, (ENTRY, *LATER))
    files = {
        name: _stripped(with_short_names(_short_private_names(source))).encode() for name, source in modules.items()
    }
    files |= {name: _style_sheet(source).encode() for name, source in sources.items() if name.endswith(".css")}
    languages = tuple(path.stem for path in sorted(locales.glob("*.json")))
    for language in languages:
        files[f"locale-{language}.json"] = _texts(locales / f"{language}.json")
    digest = hashlib.sha256(loader.encode())
    for name, content in files.items():
        digest.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    version = digest.hexdigest()[:16]
    listed = {name: _integrity(content) for name, content in files.items()}
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


def _texts(path: Path) -> bytes:
    texts = json.loads(path.read_text(encoding="utf-8"))
    own = {key: text for key, text in texts.items() if key.startswith(PREFIX)}
    return json.dumps(own, ensure_ascii=False, separators=(",", ":")).encode()


def _integrity(content: bytes) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"


def joined(sources: Mapping[str, str], roots: Sequence[str]) -> dict[str, str]:
    """Return each root with the modules that it brings, those that no earlier root has brought, as one module.

    What is loaded together is so one file, which is asked for once and packs better. No name is changed.

    Parameters
    ----------
    sources : mapping
        ES modules by file name, whose imports all read ``import { a, b } from "./name.js";`` at the left margin.
    roots : sequence of str
        Names of modules, each to be loaded after those before it.

    Raises
    ------
    ValueError
        If two modules of one file use the same name for something of their own.
    """
    home: dict[str, str] = {}
    parts: dict[str, list[str]] = {}
    for root in roots:
        parts[root] = _brought(root, sources, home)
        home |= dict.fromkeys(parts[root], root)
    return {root: _module(root, [sources[name] for name in parts[root]], home) for root in roots}


def _brought(name: str, sources: Mapping[str, str], home: Mapping[str, str]) -> list[str]:
    """Return a module after all that it imports, without what is in other files."""
    found: list[str] = []
    for _, imported in _IMPORT.findall(sources[name]):
        if imported not in home:
            found += [other for other in _brought(imported, sources, home) if other not in found]
    return [*found, name]


def _module(root: str, sources: Sequence[str], home: Mapping[str, str]) -> str:
    body = "".join(_IMPORT.sub("", source) for source in sources)
    repeated = [name for name, times in Counter(_TOP_LEVEL.findall(body)).items() if times > 1]
    if repeated:
        raise ValueError(f"{root}: its modules use the same names: {', '.join(sorted(repeated))}")
    elsewhere: dict[str, set[str]] = {}
    for names, imported in (found for source in sources for found in _IMPORT.findall(source)):
        if home[imported] != root:
            elsewhere.setdefault(home[imported], set()).update(re.findall(r"\w+", names))
    imports = (f'import{{{",".join(sorted(names))}}}from"./{file}";\n' for file, names in sorted(elsewhere.items()))
    return "".join(imports) + body


def _short_private_names(source: str) -> str:
    """Return a module with short names for what is private to its classes, and so used nowhere else."""
    names = Counter(name for name in _PRIVATE.findall(source) if name in _PRIVATE_METHOD.findall(source))
    short = {name: f"_{place:x}" for place, (name, _) in enumerate(names.most_common())}
    return _PRIVATE.sub(lambda found: "#" + short.get(found[1], found[1]), source)


def _stripped(source: str) -> str:
    """Return a module or style sheet without indentation and the comments that have lines of their own."""
    lines: list[str] = []
    in_comment = False
    for line in map(str.strip, source.split("\n")):
        if in_comment or (line.startswith("/*") and line.find("*/") in (-1, len(line) - 2)):
            in_comment = not line.endswith("*/")
        elif line and not line.startswith("//"):
            lines.append(_packed(_CAST.sub("", line)))
    return "".join(map(_with_break, lines, [*lines[1:], ""]))


def _with_break(line: str, following: str) -> str:
    """Return a line with the break after it, unless that says nothing: after what opens or parts, before what closes.

    A comment at its end needs the break.
    """
    needless = "//" not in line and (line.endswith(_OPENS) or following.startswith(_CLOSES))
    if line.endswith(",") and following.startswith((")", "]", "}")):
        line = line[:-1]
    return line if needless else line + "\n"


def _packed(line: str) -> str:
    """Return a line of JavaScript without the space that says nothing, where no regular expression can be meant."""
    parts = _TEXT.split(line)
    is_nested = any(part[0] == "`" and part.count("{") != part.count("}") for part in parts[1::2])
    if is_nested or any(_NOT_PLAIN.search(part) for part in parts[::2]):
        return line
    return "".join(part if place % 2 else _NEEDLESS_SPACE.sub(r"\1\2", part) for place, part in enumerate(parts))


def _style_sheet(source: str) -> str:
    """Return a formatted style sheet without comments and without space that says nothing."""
    plain = re.sub(r"/\*.*?\*/|^\s+|\n", "", source, flags=re.DOTALL | re.MULTILINE)
    # Properties that no script sets get short names.
    plain = re.sub(r"--(?!accent|on-|seen)(\w)\w*(\w)", r"--\1\2", plain)
    return re.sub(r"(?<=[,:]) | (?={)|(?<=>) | (?=>)|;(?=})| (?=!)", "", plain)
