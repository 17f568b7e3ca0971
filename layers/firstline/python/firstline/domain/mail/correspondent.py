"""By what a correspondent is counted: machines write from addresses that differ by a number or a case."""

from __future__ import annotations

import re

from firstline.domain.mail.gate import without_plus

_NUMBER = re.compile(r"[-_.=][-_.=\d]*\d[-_.=\d]*(?=[-_.=]|$)")


def correspondent(address: str) -> str:
    """Return an address in lower case, without its plus-part and without numbers behind a sign in its local part.

    ``Case-4711+a@desk.example`` and ``case-4712@desk.example`` are one correspondent; ``zoe1985@mail.example`` and
    ``zoe1986@mail.example`` are two, as are ``4711@mail.example`` and ``4712@mail.example``.
    """
    local, at, domain = without_plus(address.strip()).rpartition("@")
    return f"{_NUMBER.sub('', local) or local}{at}{domain}"
