"""A signature that no rule sets off: a name, a role or a company and ways of contact, and nothing that is asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from firstline.domain.mail.asked_details import asks_for, points
from firstline.domain.mail.closing_lines import closes_by_comma, is_closing
from firstline.domain.mail.signature_lines import REACHED, Kind, is_motto, is_name, kinds

_MOST_LINES = 16
_LINES_OF_SIGNATURE = 8
_LINES_OF_SMALL = 6
"""Of a signature without a role or without a company."""
_WORDS_OF_A_NAME = 3
_LETTERS_OF_A_ROLE = 4
_READ = 4_000
"""Letters above a signature that are searched for its name."""
_FIRM = Kind.ROLE | Kind.COMPANY
_ASIDE = Kind.RULE | Kind.PICTURE
_HELD = REACHED | Kind.ADDRESS | Kind.REGISTER | Kind.COMPANY
"""What may hold figures in a signature; in other lines they are data of a matter: a model, a floor, a plate."""
_MAIL_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,80}")
_DIGIT = re.compile(r"\d")
_BETWEEN = re.compile("[,|\u2022\u00b7/\u2013-]")


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
        A private person's number and address stay, as does what the mail may ask to use.
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
    if begin is None:
        return len(shown)
    above, block = shown[: region[begin]], [shown[place] for place in region[begin:]]
    if not any(map(str.strip, above)) or _is_data(block, found[begin:]):
        return len(shown)
    whole = _together(found[begin:])
    return len(shown) if whole & _HELD and asks_for(above, whole) else region[begin]


def _together(found: Sequence[Kind]) -> Kind:
    together = Kind.NONE
    for kind in found:
        together |= kind
    return together


def _is_data(block: Sequence[str], found: Sequence[Kind]) -> bool:
    """Return whether lines are more than one person's signature: data of a matter, a list of addresses, two cards."""
    whole = _together(found)
    lines = sum(not kind & _ASIDE for kind in found)
    if lines > (_LINES_OF_SIGNATURE if Kind.ROLE in whole and Kind.COMPANY in whole else _LINES_OF_SMALL):
        return True
    if any(not kind & (_HELD | _ASIDE) and _DIGIT.search(line) for line, kind in zip(block, found, strict=True)):
        return True
    return len({address.lower() for line in block for address in _MAIL_ADDRESS.findall(line)}) > 1


def _is_unmistakable(shown: Sequence[str], region: Sequence[int], found: Sequence[Kind], name: str) -> bool:
    """Return whether lines show a way of contact and a role or a company, and whose they are.

    That is a name at their head, or the name that was typed above them; another name at the head is another's card.
    """
    whole = _together(found)
    if not whole & REACHED or not whole & _FIRM or _names_role(shown, region, found):
        return False
    head = next(place for place, kind in enumerate(found) if not kind & _ASIDE)
    named = _names_person(shown[region[head]], found[head])
    above = " ".join(shown[: region[head]])[-_READ:] if named and not name else ""
    if not name:
        return named and not any(len(word) > 2 and word in above for word in _plain_words(shown[region[head]]))
    if not named or len(shown[region[head]].split()) == 1:
        return True
    return bool(_words(name) & _words(shown[region[head]]))


def _names_role(shown: Sequence[str], region: Sequence[int], found: Sequence[Kind]) -> bool:
    """Return whether a mail speaks of somebody by the role that the lines show."""
    told = _words(" ".join(shown[: region[0]])[-_READ:])
    roles = [
        word for place, kind in zip(region, found, strict=True) if Kind.ROLE in kind for word in _words(shown[place])
    ]
    return any(len(word) > _LETTERS_OF_A_ROLE and word in told for word in roles)


def _names_person(line: str, kind: Kind) -> bool:
    """Return whether a line begins with a person's name: alone, or with the role or the firm behind a sign."""
    if Kind.NAME in kind and not kind & _FIRM:
        return True
    first = _BETWEEN.split(line, maxsplit=1)[0].strip()
    return first != line.strip() and is_name(first) and not kinds(first) & _FIRM


def _words(name: str) -> set[str]:
    return {word.casefold() for word in _plain_words(name)}


def _plain_words(line: str) -> list[str]:
    return [word.strip(".,;:!?") for word in _BETWEEN.sub(" ", line).split()]


def _below_closing(shown: Sequence[str], region: list[int], found: list[Kind], closing: int) -> int | None:
    begin, name = 0, ""
    if Kind.NAME in found[0] and not found[0] & (REACHED | _FIRM) and _is_typed_name(shown, region, closing):
        begin, name = 1, shown[region[0]]
    if not found[begin:]:
        return None
    if _is_unmistakable(shown, region[begin:], found[begin:], name):
        return begin
    return _repeated_name(shown, region, found)


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
    """Return where a signature begins that no closing announces, below a rule or a line with a comma.

    A card that nothing announces may be anybody's.
    """
    for begin, place in enumerate(region):
        above = next((shown[number].rstrip() for number in range(place - 1, -1, -1) if shown[number].strip()), "")
        if not above or above.endswith((":", "\uff1a")):
            continue
        rest = found[begin:]
        if not _is_unmistakable(shown, region[begin:], rest, ""):
            continue
        if closes_by_comma(above) and sum(map(bool, map(str.strip, shown[:place]))) > 1:
            return begin
        if found[begin] == Kind.RULE and not _is_of_another(shown[:place], shown[place]):
            return begin
    return _repeated_name(shown, region, found)


def _is_of_another(above: Sequence[str], first: str) -> bool:
    """Return whether a card that nothing announces may be whom the mail speaks of, not who writes it."""
    told = "\n".join(above).rstrip()
    named = any(word in told for word in first.replace(",", " ").split() if len(word) > 2)
    return named or points(told.rpartition("\n\n")[2])


def _repeated_name(shown: Sequence[str], region: list[int], found: list[Kind]) -> int | None:
    """Return where a paragraph begins with the name that the one above ends with: "Bo", and below "Bo Reed, Sales"."""
    for begin in range(1, len(region)):
        last, place = region[begin - 1], region[begin]
        if place == last + 1 or not is_name(shown[last]) or Kind.NAME not in found[begin]:
            continue
        rest = found[begin:]
        held = _together(rest) & (REACHED | Kind.ADDRESS | Kind.REGISTER)
        if held and not _is_unmistakable(shown, region[begin:], rest, shown[last]):
            continue
        name = shown[last].split()
        if len(name) <= _WORDS_OF_A_NAME and set(name) < set(shown[place].split()):
            return begin
    return None
