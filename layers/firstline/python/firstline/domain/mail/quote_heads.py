"""Further heads of quoted mails: captions in rules, Notes' columns of headers, quotes named by their writer."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

import re
from itertools import pairwise

from firstline.domain.mail.reply_patterns import (
    ADDRESS,
    DATE,
    LAST_WORD,
    LONGEST_ATTRIBUTION,
    QUOTED,
    TIME_OF_DAY,
    ends_attribution,
    header_name,
    is_attribution,
)
from firstline.domain.mail.signature_lines import is_name

_LINES_OF_HEADERS = 9
_LINES_OF_COLUMNS = 14
_LONGEST_CAPTION = 120
_LONGEST_CITE = 100
_LONGEST_MARK = 24
_LEAST_BLOCKS = 2
_CAPTION = re.compile(r"^[\s>*]*[-_=—]{3,}\s*[^\W\d_][^\n]{1,60}?\s*[-_=—]{3,}[\s*]*$")
_RULES = frozenset("-_=—")
_CLOCK = re.compile(r"\d[:.]\d\d")
_DATED = r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4},? \d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: [AP]M)?"
_DATE_ALONE = re.compile(rf"(?i)^(?P<name>[^\n]{{0,80}}?)\s*{_DATED}(?: \S{{1,6}})?$")
_SENDER_ABOVE = re.compile(
    r"(?i)@|/|^\"|^(?:sent|gesendet|envoyé|enviado|inviato|verzonden|skickat|wysłan\w+) "
    r"(?:by|von|par|por|da|door|av|przez)\b"
)
_NOTES_LINE = re.compile(rf"(?i)^\s*[^\n]{{2,80}}?\s?---\s?{_DATED}\s?---")
_FORWARD = re.compile(
    r"(?i)forward|weiterge|transfér|réexpéd|reenvi|encaminh|inoltr|doorgestuurd|przekaz|vidarebefordra|iletil|yönlendir|"
    r"转发|轉寄|転送"
)
_TELLS_OF_ANSWERS = re.compile(
    r"(?i)answer|repl(?:y|ies)|comment|respon|antwort|kommentar|anmerk|répon|respuesta|comentari|rispo|resposta|antwoord|"
    r"opmerking|odpowied|komentarz|\bsvar|cevap|yanıt|yorum|回答|返信|返答|コメント|答复|回复|回覆|\bred\b|rouge|rojo|rosso|"
    r"vermelho|rood|\brot\b|czerwon|rött|kırmızı|赤|红|紅"
)
_ANSWERS = (
    r"(?:answer|repl(?:y|ies)|comment|respon[sd]|antwort|kommentar|anmerkung|répon|commentaire|respuesta|respond|comentari|"
    r"rispo|comment[io]|resposta|antwoord|opmerking|odpowied|komentarz|svar|cevap|yanıt|yorum)\w*"
)
_WHERE = (
    r"(?:in (?:green|purple|orange|capitals|the text|your text)|inline|between the lines|grün|orange|lila|fett|im text|"
    r"zwischen den zeilen|en vert|en gras|dans le texte|en verde|en negrita|en el texto|in verde|in grassetto|"
    r"nel testo|"
    r"em verde|em negrito|no texto|in het groen|groen|vetgedrukt|in de tekst|na zielono|pogrubieniem|w tekście|"
    r"w treści|"
    r"i grönt|i fetstil|i texten|yeşil|kalın|metnin içinde)"
)
_PLACES = re.compile(
    rf"(?i)\b{_ANSWERS}\b.{{0,40}}\b{_WHERE}\b|\b{_WHERE}\b.{{0,40}}\b{_ANSWERS}\b|"
    r"(?:回答|返信|返答|コメント|答复|回复|回覆).{0,12}(?:文中|行間|緑|绿|太字|加粗|インライン)|"
    r"(?:文中|行間|緑|绿|太字|加粗|インライン).{0,12}(?:回答|返信|返答|コメント|答复|回复|回覆)"
)
_NAMED = re.compile(r"^\s{0,8}(?P<name>[^\W\d_][^\W\d_.-]{0,11})>(?=\s|$)")
_CITES = re.compile(r"^>{4,6} [^\n]{1,80} == [^\n]{1,120} writes:\s*$")


def is_caption(lines: list[str], number: int) -> bool:
    """Return whether a few words between rules stand above another mail's headers, whatever the words are."""
    line = lines[number]
    if line.lstrip(" >*")[:1] not in _RULES or len(line) > _LONGEST_CAPTION or not _CAPTION.match(line):
        return False
    below = [shown for shown in lines[number + 1 : number + 1 + _LINES_OF_HEADERS] if shown.strip(" >")]
    kinds = {header_name(shown) for shown in below} - {""}
    return (
        bool(below)
        and bool(header_name(below[0]))
        and {"from", "sent", "subject"} <= kinds
        and any(ADDRESS.search(shown[:LONGEST_ATTRIBUTION]) for shown in below)
    )


def notes_head(lines: list[str], number: int) -> int | None:
    """Return where the head of a mail begins as Notes quotes it, if its date stands in this line; else None.

    The sender, the date and below them headers' names without colons: ``To``, ``cc``, ``Subject``.
    """
    line = lines[number]
    if len(line) > _LONGEST_CAPTION or not _CLOCK.search(line):
        return None
    line = line.strip()
    if "---" in line and _NOTES_LINE.match(line):
        return number if _columns(lines, number + 1) or _headed(lines, number + 1) else None
    dated = _DATE_ALONE.match(line)
    if not dated or not _columns(lines, number + 1):
        return None
    first = number
    while first > 0 and number - first < 2 and not dated["name"] and lines[first - 1].strip():
        above = lines[first - 1].strip()
        if len(above) > _LONGEST_CAPTION or not (is_name(above) or _SENDER_ABOVE.search(above)):
            break
        first -= 1
    return first if dated["name"] or first < number else None


def _columns(lines: list[str], start: int) -> bool:
    below = [line for line in lines[start : start + _LINES_OF_COLUMNS] if line.strip()]
    if not below or not header_name(below[0], alone=True):
        return False
    names = [header_name(line, alone=True) for line in below]
    # Whom a mail was for stands beside "To" or in the line below it.
    valued = "\t" in below[0].strip() or (len(names) > 1 and not names[1])
    return valued and {"to", "subject"} <= set(names)


def _headed(lines: list[str], start: int) -> bool:
    kinds = {header_name(line) for line in lines[start : start + _LINES_OF_COLUMNS]}
    return {"from", "to"} <= kinds


def names_writer(lines: list[str], number: int) -> bool:
    """Return whether a line directly above a quote says whose it is and no more: "Ada Stone wrote:".

    A full name with a verb or a date, or an address with a date.
    """
    line = lines[number]
    if ":" not in line and "：" not in line:
        return False
    shown = line.strip()
    if len(shown) > _LONGEST_CAPTION or not shown.endswith((":", "：")) or (number and lines[number - 1].strip()):
        return False
    below = next((line for line in lines[number + 1 : number + 3] if line.strip()), "")
    if not QUOTED.match(below):
        return False
    if ADDRESS.search(shown) and DATE.search(shown):
        return True
    told = DATE.search(shown) if TIME_OF_DAY.search(shown) else LAST_WORD.search(shown.rstrip(":： "))
    name = shown[: told.start()].rstrip(" ,(") if told else ""
    return len(name.split()) > 1 and is_name(name)


def is_forward(line: str) -> bool:
    """Return whether a marker's words say that the mail below was forwarded."""
    return bool(_FORWARD.search(line[:_LONGEST_CAPTION]))


def tells_of_answers(head: list[str]) -> bool:
    """Return whether words above another mail name answers or a colour, and not only that there is more below."""
    return any(_TELLS_OF_ANSWERS.search(line[:LONGEST_ATTRIBUTION]) for line in head)


def places_answers(head: list[str]) -> bool:
    """Return whether a short text above another mail says in which colour or where in its text the answers stand."""
    text = " ".join(line.strip() for line in head)
    return len(text) <= LONGEST_ATTRIBUTION and bool(_PLACES.search(text))


def with_marks(lines: list[str]) -> list[str]:
    """Return lines with usual marks where quotes are named by their writer: ``KS> Which?`` is shown as ``> Which?``.

    Only quotes that an attribution stands above, by the name in the first of them, and that are answered between.
    """
    cited = [line.lstrip("> ") if " == " in line[:_LONGEST_CITE] and _CITES.match(line) else line for line in lines]
    name = _quoted_name(cited)
    if not name:
        return cited
    named = [(found := _NAMED.match(line)) is not None and found["name"] == name for line in cited]
    written = [of for line, of in zip(cited, named, strict=True) if line.strip()]
    blocks = sum(of and not before for before, of in pairwise([False, *written]))
    if blocks < _LEAST_BLOCKS:
        return cited
    return ["> " + line.partition(">")[2].lstrip() if of else line for line, of in zip(cited, named, strict=True)]


def _quoted_name(lines: list[str]) -> str:
    """Return by what name the quotes below an attribution are marked; empty where none are."""
    last = ""
    for line in lines:
        found = _NAMED.match(line) if ">" in line[:_LONGEST_MARK] else None
        if found and ends_attribution(last) and is_attribution(last.strip()):
            return str(found["name"])
        if line and not line.isspace():
            last = line[: LONGEST_ATTRIBUTION + 1]
    return ""
