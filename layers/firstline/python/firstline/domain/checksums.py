"""Numbers that carry their own check: cards, accounts, national ids of several countries."""

from __future__ import annotations

import re

_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"  # pragma: allowlist secret
_ODD_VALUES = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",  # pragma: allowlist secret
        bytes.fromhex(
            "01000507090d0f11131501000507090d0f111315020412140b0306080c0e100a16191817"  # pragma: allowlist secret
        ),  # pragma: allowlist secret
        strict=True,
    )
)


def is_card_number(text: str) -> bool:
    """Tell whether a text's digits are 12 to 19 in number, not all alike, and fulfil the Luhn sum."""
    digits = [int(letter) for letter in text if letter.isdigit()]
    return 12 <= len(digits) <= 19 and len(set(digits)) > 1 and _luhn(digits)


def is_iban(text: str) -> bool:
    """Tell whether a text has the form and the checksum (ISO 7064, 97 divides with rest 1) of an IBAN."""
    bare = re.sub(r"[ -]", "", text).upper()
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", bare):
        return False
    return int("".join(str(int(letter, 36)) for letter in bare[4:] + bare[:4])) % 97 == 1


def is_national_id(text: str) -> bool:
    """Tell whether a text is a national id of one of these countries, by form and, where it has one, checksum.

    United States (SSN), United Kingdom (NINO), Spain (DNI, NIE), Brazil (CPF), Sweden (personnummer), France (NIR),
    Italy (codice fiscale), Poland (PESEL).
    """
    bare = re.sub(r"[ .-]", "", text).upper()
    digits = [int(letter) for letter in bare if letter.isdigit()]
    if re.fullmatch(r"\d{3}-\d{2}-\d{4}", text):
        return bare[:3] not in ("000", "666") and bare[:3] < "900" and bare[3:5] != "00" and bare[5:] != "0000"
    if re.fullmatch(r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]", bare):
        return True
    if re.fullmatch(r"[XYZ]?\d{7,8}[A-Z]", bare) and len(bare) == 9:
        number = bare[:-1].translate(str.maketrans("XYZ", "012"))
        return _DNI_LETTERS[int(number) % 23] == bare[-1]
    if re.fullmatch(r"\d{3}\.\d{3}\.\d{3}-\d{2}", text):
        return len(set(digits)) > 1 and _cpf(digits)
    if re.fullmatch(r"\d{6}[-+]\d{4}", text):
        return _is_day(bare[2:6]) and _luhn(digits)
    if re.fullmatch(r"[12]\d{4}(?:\d{2}|2[AB])\d{8}", bare):
        number = bare[:13].replace("2A", "19").replace("2B", "18")
        return 97 - int(number) % 97 == int(bare[13:])
    if re.fullmatch(r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]", bare):
        odd = sum(_ODD_VALUES[letter] for letter in bare[:15:2])
        even = sum(int(letter) if letter.isdigit() else ord(letter) - 65 for letter in bare[1:15:2])
        total = odd + even
        return chr(65 + total % 26) == bare[15]
    if re.fullmatch(r"\d{11}", text):
        weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
        month = int(bare[2:4]) % 20
        day_fits = 1 <= month <= 12 and 1 <= int(bare[4:6]) <= 31
        return day_fits and (sum(w * d for w, d in zip(weights, digits, strict=False)) + digits[10]) % 10 == 0
    return False


def _luhn(digits: list[int]) -> bool:
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _cpf(digits: list[int]) -> bool:
    for length in (9, 10):
        total = sum(digit * weight for digit, weight in zip(digits, range(length + 1, 1, -1), strict=False))
        if total * 10 % 11 % 10 != digits[length]:
            return False
    return True


def _is_day(month_and_day: str) -> bool:
    return 1 <= int(month_and_day[:2]) <= 12 and 1 <= int(month_and_day[2:]) % 60 <= 31
