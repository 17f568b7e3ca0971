"""Short names for a module's local variables, so that the widget packs smaller; nothing else is renamed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

_TOKEN = re.compile(
    r'(?P<space>\s+|//[^\n]*|/\*.*?\*/)|(?P<string>"(?:[^"\\]|\\.)*")|(?P<number>\d[\w.]*)'
    r"|(?P<word>#?[A-Za-z_$][\w$]*)|(?P<mark>\?\.|\.\.\.|=>|[=!]==?|&&|\|\||\?\?|.)",
    re.DOTALL,
)
_PATTERN = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*")
_TEMPLATE_TEXT = re.compile(r"(?:[^`\\$]|\\.|\$(?!\{))*", re.DOTALL)
_BEFORE_PATTERN = frozenset(["(", ",", "=", ":", "[", "!", "&&", "||", "??", "?", "{", "}", ";", "=>", "return"])
_DECLARED = re.compile(
    r"\b(?:const|let|function) (\w+)|\b(?:const|let) \[([\w, ]+)\]|\(([\w, ]+)\) =>|\bcatch \((\w+)\)"
    r"|^\s*(?:(?:export )?(?:async )?function |static |async )?#?\w+\(([\w, ]+)\) \{$",
    re.MULTILINE,
)
_COMMENT = re.compile(r"/\*.*?\*/ ?", re.DOTALL)
_KEPT = frozenset(
    re.findall(
        r"\w+",
        "arguments as async await break case catch class const constructor continue default delete do else export false"
        " extends finally for from function get if import in instanceof let new null of return set static super switch"
        " this throw true try typeof undefined var void while with yield"
        # What the browser calls so as well.
        " close closed crypto customElements document event external fetch find focus frames history length location"
        " name navigator open origin parent print screen scroll self status stop top window blur caches performance",
    )
)


@dataclass(frozen=True)
class _Word:
    start: int
    text: str
    is_property: bool
    """After a point, before a colon, of a class: it is no variable."""
    is_both: bool
    """Alone in braces: the property and the variable of this name."""


def with_short_names(source: str) -> str:
    """Return a module with its local variables renamed, each everywhere to the same.

    Properties keep their names, and so does what is exported or imported.

    Parameters
    ----------
    source : str
        An ES module as biome formats it.
    """
    shared = re.findall(r"^(?:import .*|export (?:async )?\w+ \w+)", source, re.MULTILINE)
    kept = _KEPT.union(*(re.findall(r"\w+", line) for line in shared))
    declared = {
        name for found in _DECLARED.findall(_COMMENT.sub("", source)) for name in re.findall(r"\w+", " ".join(found))
    }
    words = list(_words(source))
    times = Counter(word.text for word in words if word.text in declared - kept and not word.is_property)
    times.subtract({name: 2 * n for name, n in Counter(word.text for word in words if word.is_both).items()})
    names = (name for name, n in times.most_common() if n > 0)
    short = dict(zip(names, _free_names({word.text for word in words} | kept), strict=False))
    # Shorter, and the same to what runs.
    short["const"] = "let"
    made, at = [], 0
    for word in words:
        name = word.text if word.is_property else short.get(word.text, word.text)
        made += [source[at : word.start], f"{word.text}: {name}" if word.is_both and name != word.text else name]
        at = word.start + len(word.text)
    return "".join(made) + source[at:]


def _free_names(taken: set[str]) -> Iterator[str]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    for place in count():
        first, second = divmod(place, len(letters))
        name = letters[second] + (letters[first - 1] if first else "")
        if name not in taken:
            yield name


def _words(source: str) -> Iterator[_Word]:
    tokens = list(_tokens(source))
    inside: list[str] = []
    opens_class = False
    for place, (start, kind, text) in enumerate(tokens):
        before = tokens[place - 1][2] if place else ""
        after = tokens[place + 1][2] if place + 1 < len(tokens) else ""
        if kind == "word":
            opens_class = opens_class or (text == "class" and after != ":")
            is_key = after == ":" and before in {"{", ","}
            is_member = before in {"{", "}", ";", ",", "async", "get", "static"} and (
                inside[-1:] == ["class"] or (after == "(" and _is_method(tokens, place + 1))
            )
            is_property = text[0] == "#" or before in {".", "?."} or is_key or is_member
            is_both = inside[-1:] == ["{"] and before in {"{", ","} and after in {",", "}", "="}
            yield _Word(start, text, is_property, is_both and not is_property)
        elif text in {"{", "(", "[", "${"}:
            inside.append("class" if opens_class and text == "{" else text)
            opens_class = opens_class and text != "{"
        elif text in {"}", ")", "]"} and inside:
            inside.pop()


def _is_method(tokens: Sequence[tuple[int, str, str]], place: int) -> bool:
    """Tell whether a body follows behind the bracket that opens here."""
    depth = 0
    for at in range(place, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[at][2], 0)
        if depth == 0:
            return at + 1 < len(tokens) and tokens[at + 1][2] == "{"
    return False


def _tokens(source: str) -> Iterator[tuple[int, str, str]]:
    """Yield place, kind and text of what is code; of a template its code alone."""
    at, before = 0, ""
    braces: list[bool] = []
    """Of each open brace, whether a template goes on behind it."""
    while at < len(source):
        is_pattern = source[at] == "/" and source[at + 1] not in "/*" and before in _BEFORE_PATTERN
        if is_pattern and (found := _PATTERN.match(source, at)):
            yield at, "pattern", "/"
            at, before = found.end(), "/"
            continue
        token = _TOKEN.match(source, at)
        if token is None:
            raise ValueError(f"what is at character {at} cannot be read")
        kind, text = str(token.lastgroup), token[0]
        at = token.end()
        if kind == "space":
            continue
        start = token.start()
        closes_code = text == "}" and bool(braces) and braces.pop()
        if text == "`" or closes_code:
            if closes_code:
                yield start, "mark", "}"
            found = _TEMPLATE_TEXT.match(source, at)
            at = found.end() if found else at
            if source.startswith("${", at):
                braces.append(True)
                yield at, "mark", "${"
                at, before = at + 2, "{"
            else:
                yield at, "template", "`"
                at, before = at + 1, "`"
            continue
        if text == "{":
            braces.append(False)
        yield start, kind, text
        before = text
