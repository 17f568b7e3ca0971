"""Header blocks that break the rules, put right before the standard library's parser reads them."""

from __future__ import annotations

import email
import re
from dataclasses import dataclass
from email.errors import MisplacedEnvelopeHeaderDefect, MissingHeaderBodySeparatorDefect
from email.message import Message
from email.policy import compat32
from itertools import islice

from firstline.adapters.mail_parameters import first_value, parameters, raw_values, type_named
from firstline.adapters.mail_transfer import raw_content

_MAX_LINES = 5_000
"""Lines of a block that is put right."""
_MAX_OTHERS = 20
"""Lines in it that are no fields."""
_DEFECTS = (MissingHeaderBodySeparatorDefect, MisplacedEnvelopeHeaderDefect)
_SPACED_FROM = re.compile(rb"(?m)^From[ \t]+:")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_ENVELOPE = re.compile(r"From +[^\s:]")
_FIELD = re.compile(r"([!-9;-~]+):")
_SPACED_FIELD = re.compile(r"([!-9;-~]{1,80})[ \t]{1,20}(?=:)")
_ONE_EACH = frozenset({"from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id", "in-reply-to"})
_KNOWN = _ONE_EACH | {"mime-version", "references", "received", "return-path", "bcc", "x-mailer", "user-agent"}
_KNOWN_STARTS = ("content-", "list-", "resent-", "x-", "auto-", "dkim-")
_OF_PARTS = frozenset({"content-type", "content-transfer-encoding", "content-disposition", "content-id"})
_OF_SERVERS = ("authentication-results", "arc-", "received", "x-ses-", "return-path")
_MIME_FIELDS = re.compile(
    r"\s{0,10}(?:(?:MIME-Version|Content-[A-Za-z-]{1,40}):[^\r\n]{0,2000}\r?\n"
    r"(?:[ \t]+\S[^\r\n]{0,2000}\r?\n)*){1,20}\r?\n",
    re.I,
)

_OPENING = re.compile(
    rb"\s{0,20}(?:This is a (?:multi-?part|MIME)[^\r\n]{0,200}\s{1,10})?"
    rb"--([^\s\"][^\r\n\"]{0,69}?)[ \t]*\r?\n(?=Content-)",
    re.I,
)


@dataclass(frozen=True)
class Repaired:
    """A text whose header block is put right."""

    text: str
    doubtful: frozenset[str]
    """Names of fields, in lower case, that stood where not every reader finds them."""


def is_broken(message: Message) -> bool:
    """Return whether a message's header block ends without a blank line, or holds what is taken for an envelope."""
    return any(isinstance(defect, _DEFECTS) for defect in message.defects)


def reads_envelope(content: bytes) -> bool:
    """Return whether a mail has a From whose colon stands behind a blank: the parser takes it for an envelope's."""
    may = content.startswith((b"From ", b"From\t")) or b"\nFrom " in content or b"\nFrom\t" in content
    return may and _SPACED_FROM.search(content) is not None


def repaired(text: str, *, is_mail: bool = True) -> Repaired:
    """Return a mail or part with a header block that the standard library's parser reads to its end.

    Parameters
    ----------
    text : str
        Its bytes, those that are not ASCII as surrogates.
    is_mail : bool
        Whether it has fields of a mail; a part has none but those of MIME, and what looks like others is its words.

    Notes
    -----
    Lines that are no fields are left out where fields that are not there yet follow them before the blank line; else
    they begin the body, and nothing is changed. Blanks before a colon (RFC 5322, 4.5) are left out. What a server
    reports counts only above all that is put right: below it a stranger could have written it.
    """
    block, end = _block(text)
    kept: list[str] = []
    # What stands below the lines that are looked at is not known.
    odd: set[str] = {"from"} if len(block) == _MAX_LINES else set()
    seen: set[str] = set()
    is_odd = changed = left_out = False
    for place, line in enumerate(block):
        if line[0] in " \t" or _ENVELOPE.match(line):
            kept += [] if left_out else [line]
            continue
        name = _name(line)
        if not name:
            if not _goes_on(block[place:], seen, has_body=bool(text[end:].strip()), is_mail=is_mail):
                odd |= _named_again(block[place:], seen)
                body = "".join(block[place:]) + text[end:]
                return Repaired("".join([*kept, "\n", body]) if changed else text, frozenset(odd))
            changed = is_odd = left_out = True
            continue
        spaced = _FIELD.match(line) is None
        changed, is_odd = changed or spaced, is_odd or spaced
        left_out = is_odd and name.startswith(_OF_SERVERS)
        odd |= {name} if is_odd else set()
        seen.add(name)
        kept += [] if left_out else [_SPACED_FIELD.sub(r"\1", line, count=1) if spaced else line]
    return Repaired("".join(kept) + text[end:] if changed else text, frozenset(odd))


def _named_again(block: list[str], seen: set[str]) -> set[str]:
    """Return names of fields above that stand again below a line that ends the header block for us."""
    return {name for name in map(_name, block) if name in seen and name in _ONE_EACH}


def _block(text: str) -> tuple[list[str], int]:
    """Return the lines up to the first blank one, and where they end."""
    lines: list[str] = []
    end = 0
    for match in islice(_LINE.finditer(text), _MAX_LINES):
        if not match[0].strip("\r\n"):
            break
        lines.append(match[0])
        end = match.end()
    return lines, end


def _name(line: str) -> str:
    """Return a field's name in lower case; empty where a line is none. Before a blank only a known name is one."""
    if match := _FIELD.match(line):
        return match[1].lower()
    spaced = _SPACED_FIELD.match(line)
    return spaced[1].lower() if spaced and _is_known(spaced[1].lower()) else ""


def _is_known(name: str) -> bool:
    return name in _KNOWN or name.startswith(_KNOWN_STARTS)


def _goes_on(rest: list[str], seen: set[str], *, has_body: bool, is_mail: bool) -> bool:
    """Return whether a header block goes on below a line that is no field."""
    if not is_mail and not seen:
        return False
    names = [_name(line) for line in rest if line[0] not in " \t"]
    if not is_mail:
        names = [name if name in _OF_PARTS else "" for name in names]
    fields = [name for name in names if name and _is_known(name)]
    again = any(name in seen and name in (_ONE_EACH if is_mail else _OF_PARTS) for name in fields)
    return has_body and bool(fields) and not again and names.count("") <= min(_MAX_OTHERS, 1 + len(fields) // 3)


def second_look(part: Message) -> Message:
    """Return a part read again where its header block, or what it says of its type, does not fit what it holds."""
    if part.is_multipart():
        return part
    if is_broken(part):
        text = _head(part) + _text(part)
        is_mail = any(name.strip().lower() in _ONE_EACH for name, _ in part.raw_items())
        better = repaired(text, is_mail=is_mail).text
        if better != text:
            return email.message_from_string(better, policy=compat32)
    types = raw_values(part, "content-type")
    if not types:
        return _with_fields_below(part)
    if len(types) > 1 and (fitting := _fitting_type(types, part)):
        return email.message_from_string(f"Content-Type: {fitting}\n\n{_text(part)}", policy=compat32)
    return part


def _with_fields_below(part: Message) -> Message:
    """Return a part whose fields of MIME stand below a blank line."""
    text = _text(part)
    fields = _MIME_FIELDS.match(text)
    if fields is None:
        return part
    better = email.message_from_string(_head(part) + text.lstrip(), policy=compat32)
    return better if _fits(first_value(better, "content-type"), text[fields.end() :]) else part


def _fits(value: str, body: str) -> bool:
    """Return whether a body is of the type that is said above it: without such a proof the type is somebody's words."""
    kind, body = type_named(value), body.strip()
    if kind.startswith("multipart/"):
        boundary = parameters(value).get("boundary", "").rstrip()
        return bool(boundary) and f"--{boundary}" in body and body.endswith(f"--{boundary}--")
    return value.lower().startswith("text/html") and body.startswith("<") and body.endswith(">")


def _fitting_type(types: list[str], part: Message) -> str:
    """Return of several types the one with parts whose boundary stands in the body."""
    text = _text(part)
    for value in types:
        boundary = parameters(value).get("boundary", "").rstrip()
        if type_named(value).startswith("multipart/") and boundary and f"--{boundary}" in text:
            kind = type_named(value)
            return f'{kind}; boundary="{boundary}"'
    return ""


def _head(part: Message) -> str:
    return "".join(f"{name}: {value}\n" for name, value in part.raw_items())


def _text(part: Message) -> str:
    return raw_content(part).decode("ascii", "surrogateescape")


def has_parts_unsaid(content: bytes) -> bool:
    """Return whether a plain text is a mail of several parts whose type is lost: it begins and ends with a boundary."""
    opening = _OPENING.match(content)
    if opening is None:
        return False
    # Words below the end are those of somebody who shows another mail's source.
    _, end, below = content.rpartition(b"\n--" + opening[1] + b"--")
    return bool(end) and not below.strip()
