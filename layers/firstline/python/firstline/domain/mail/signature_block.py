"""A signature that no rule sets off: below a closing, below a rule of any signs, or by a name and ways of contact."""

# ruff: noqa: RUF001 - letters of many scripts are meant as they stand.

from __future__ import annotations

import re
from collections.abc import Sequence

from firstline.domain.mail.closing_lines import closes_by_comma, is_closing
from firstline.domain.mail.reply_patterns import SENTENCE_END
from firstline.domain.mail.signature_lines import REACHED, Kind, is_motto, is_name, kinds

_MOST_LINES = 16
_READ = 4_000
"""Letters above a signature that are searched for what asks for its address or number."""
_LEAST_LINES = 3
_WORDS_OF_A_NAME = 3

_PLACE = r"(?:address|adresse|anschrift|dirección|domicilio|indirizzo|endereço|morada|adres|adress)\w*"
_OF_ADDRESS = re.compile(
    rf"(?i)\b(?:my|our|new|this|following|below|meine[rn]?|unsere[rn]?|neue[rn]?|folgende[rn]?|mon|notre|nouvelle|mi|"
    rf"nuestra|nueva|siguiente|mio|nostro|nuovo|seguente|meu|minha|nosso|novo|nova|seguinte|mijn|ons|onze|nieuwe?|"
    rf"volgende?|mój|nasz|now[ye]\w*|poniższ\w+|min|vår|nya?|följande|yeni|aşağıdaki|bu)\b.{{0,20}}\b{_PLACE}|"
    rf"\b{_PLACE}.{{0,25}}\b(?:below|changed|unten|geändert|ci-dessous|suivante|changé|abajo|cambiad\w*|sotto|cambiat\w*|"
    rf"abaixo|mudou|hieronder|gewijzigd|poniżej|zmieni\w*|nedan|ändra\w*|değiş\w*)|"
    r"\b(?:moved|umgezogen|déménag\w+|flyttat|taşındı\w*)\b|\badresim\w*|"
    r"\b(?:deliver|ship|send|return)(?:ed)? (?:\w+ ){0,4}to\s*(?:\n|$)|\b(?:liefer|send|"
    r"schick)\w* .{0,20}\ban\s*(?:\n|$)|"
    r"(?:新|我的|我们的|下記|以下|下列|收货|送货).{0,6}(?:住所|地址)|(?:住所|地址)[^\n]{0,6}(?:変|更|改|下|如)"
)
_OF_PHONE = re.compile(
    r"(?i)\b(?:call|phone|ring) (?:me|us|back)|\bcall back|\breach me|\b(?:my|phone|mobile) number|"
    r"\brufen? .{0,25}\b(?:an|zurück)\b|\brückruf|\btelefonnummer|\bmeine nummer|\b(?:erreichbar|erreichen (?:sie|"
    r"können))|\brappele[rz]|\b(?:me|nous) rappel\w+|"
    r"\bappele[zr]|\b(?:me|nous) joindre|\b(?:mon|au|ce) numéro|\bllám|\bllam(?:e|en|ar)(?:me|nos)?\b|"
    r"\b(?:mi|al|este) (?:número|teléfono)|\bchiam(?:a|i|ate|are)(?:mi|temi|ci)\b|\brichiam\w+|"
    r"\b(?:mio|al|questo) numero|\bligue|\bligar(?:-me)?\b|\b(?:meu|este) (?:número|telefone)|\bbel(?:t|len)? (?:me|"
    r"mij|ons)|"
    r"\bterugbellen|\btelefoonnummer|\bzadzwo|\boddzwo|\b(?:mój|pod|na) numer|\bring (?:mig|oss|gärna|tillbaka)|"
    r"\barayın|\barar mı|\barayabilir|\btelefonum|お電話|電話を|折り返し|回电|致电|打电话|电话联系|我的(?:电话|手机|"
    r"号码)"
)


_OF_PEOPLE = re.compile(
    r"(?i)\b(?:who|whom|person|contact|colleague|user|name[ds]?|wer|wem|kontakt\w*|ansprechpartner\w*|kolleg\w+|nutzer\w*|"
    r"qui|contacter|personne|collègue|quién|persona|contacto|chi|contatto|quem|pessoa|contato|wie|contactpersoon|kto|kim|"
    r"osob\w+|vem|kişi\w*)\b|誰|担当者|谁|联系人"
)


def without_signature_block(shown: Sequence[str]) -> int:
    """Return how many of a mail's own lines stand above its signature; all of them where none is sure.

    Parameters
    ----------
    shown : sequence of str
        The mail's own lines, blank ones too.

    Returns
    -------
    int
        From 0 to ``len(shown)``. A closing ("Kind regards,") and a first name directly below it are no signature.
        What a mail asks to use, "please call me", "my new address", stays with it.
    """
    places = [place for place, line in enumerate(shown) if line.strip()][-_MOST_LINES - 1 :]
    region: list[int] = []
    found: list[Kind] = []
    closing = None
    for place in reversed(places):
        if is_closing(shown[place]):
            closing = place
            break
        kind = Kind.PLAIN if region and is_motto(shown[place]) else kinds(shown[place])
        if kind is Kind.NONE:
            break
        region.insert(0, place)
        found.insert(0, kind)
    if not region or (region[0] == places[0] and closing is None and len(places) > _MOST_LINES):
        return len(shown)
    begin = _below_closing(shown, region, found, closing) if closing is not None else _by_itself(shown, region, found)
    if begin is None or not any(map(str.strip, shown[: region[begin]])):
        return len(shown)
    return len(shown) if _is_asked_for(shown[: region[begin]], found[begin:]) else region[begin]


def _together(found: Sequence[Kind]) -> Kind:
    together = Kind.NONE
    for kind in found:
        together |= kind
    return together


def _below_closing(shown: Sequence[str], region: list[int], found: list[Kind], closing: int) -> int | None:
    begin = 0
    if Kind.NAME in found[0] and not found[0] & REACHED and _is_typed_name(shown, region, closing):
        begin = 1
    rest = found[begin:]
    whole = _together(rest)
    if not rest or not (rest[0] & ~Kind.PLAIN or len(rest) >= _LEAST_LINES):
        return None
    if whole & (REACHED | Kind.COMPANY | Kind.REGISTER):
        return begin
    if Kind.ROLE in whole and len(rest) > 1:
        return begin
    if len(rest) >= _LEAST_LINES and region[0] > closing + 1 and _is_card(shown[region[begin]], rest):
        return begin
    return _repeated_name(shown, region, found)


def _is_card(first: str, found: Sequence[Kind]) -> bool:
    """Return whether a full name stands above short lines, none of which is an address, as in name, firm, town."""
    return Kind.NAME in found[0] and len(first.split()) > 1 and Kind.ADDRESS not in _together(found)


def _is_typed_name(shown: Sequence[str], region: list[int], closing: int) -> bool:
    """Return whether the name below a closing was written for this mail: a first name, or set off from what follows."""
    first = region[0]
    following = shown[region[1]] if len(region) > 1 else ""
    set_off = len(region) > 1 and region[1] > first + 1
    one_word = len(shown[first].split()) == 1 and shown[first].upper() != shown[first].lower()
    if first == closing + 1:
        return set_off or one_word or len(region) == 1
    return set_off and (one_word or shown[first].strip() in following)


def _by_itself(shown: Sequence[str], region: list[int], found: list[Kind]) -> int | None:
    for begin, place in enumerate(region):
        above = next((shown[number].rstrip() for number in range(place - 1, -1, -1) if shown[number].strip()), "")
        if not above or above.endswith((":", "：")):
            continue
        whole = _together(found[begin:])
        lines = sum(not kind & (Kind.RULE | Kind.PICTURE) for kind in found[begin:])
        ruled = found[begin] == Kind.RULE
        set_off = not shown[place - 1].strip()
        comma = closes_by_comma(above)
        if (not ruled and not (set_off or comma)) or not whole & REACHED or lines < _LEAST_LINES - (ruled or comma):
            continue
        named = any(Kind.NAME in kind or kind & (Kind.COMPANY | Kind.ROLE) for kind in found[begin : begin + 2 + ruled])
        if named and not ruled and not comma and _is_of_another(shown[:place], shown[place]):
            continue
        if named and (ruled or comma or (Kind.NAME in found[begin] and whole & (Kind.ROLE | Kind.COMPANY))):
            return begin
    return _repeated_name(shown, region, found)


def _is_of_another(above: Sequence[str], first: str) -> bool:
    """Return whether a card that no closing announces may be whom the mail speaks of, not who writes it."""
    told = "\n".join(above)[-_READ:].rstrip()
    last = told.rpartition("\n\n")[2]
    named = any(word in told for word in first.replace(",", " ").split() if len(word) > 2)
    return named or not SENTENCE_END.search(told) or bool(_OF_PEOPLE.search(last))


def _repeated_name(shown: Sequence[str], region: list[int], found: list[Kind]) -> int | None:
    """Return where a paragraph begins with the name that the one above ends with: "Bo", and below "Bo Reed, Sales"."""
    for begin in range(1, len(region)):
        last, place = region[begin - 1], region[begin]
        if place == last + 1 or not is_name(shown[last]) or Kind.NAME not in found[begin]:
            continue
        name = shown[last].split()
        if len(name) <= _WORDS_OF_A_NAME and set(name) < set(shown[place].split()):
            return begin
    return None


def _is_asked_for(above: Sequence[str], found: Sequence[Kind]) -> bool:
    told, whole = "\n".join(above)[-_READ:], _together(found)
    return bool(
        (Kind.ADDRESS in whole and _OF_ADDRESS.search(told)) or (Kind.PHONE in whole and _OF_PHONE.search(told))
    )
