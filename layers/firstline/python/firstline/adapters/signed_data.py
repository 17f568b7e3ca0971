"""The mail within opaque S/MIME signed data (RFC 5652, 5; RFC 8551, 3.5.3): read, its signature not looked at."""

from __future__ import annotations

from collections.abc import Iterator

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
"""Object identifier id-signedData (1.2.840.113549.1.7.2) with its tag and length."""
_DATA = bytes.fromhex("06092a864886f70d010701")
_SEQUENCE, _OCTETS, _OCTETS_IN_PARTS, _FIRST = 0x30, 0x04, 0x24, 0xA0
_MAX_DEPTH = 8
_MAX_VALUES = 100_000


def signed_content(data: bytes) -> bytes | None:
    """Return the content that signed data encloses; None where it is none, or encrypted.

    Parameters
    ----------
    data : bytes
        BER or DER, any content; a length may be indefinite, and the content may stand in pieces.
    """
    try:
        kind, signed = _two(_inner(data, _SEQUENCE))
        if kind != _SIGNED_DATA:
            return None
        # Version, digests, what is signed.
        fields = list(_values(_inner(_inner(signed, _FIRST), _SEQUENCE), 3))
        kind, content = _two(_inner(fields[2], _SEQUENCE))
        return _octets(_inner(content, _FIRST), 0) if kind == _DATA else None
    except (IndexError, ValueError):
        return None


def _octets(data: bytes, depth: int) -> bytes:
    if depth > _MAX_DEPTH:
        raise ValueError("nested too deeply")
    found = []
    for value in _values(data, _MAX_VALUES):
        if value[0] == _OCTETS:
            found.append(_inner(value, _OCTETS))
        elif value[0] == _OCTETS_IN_PARTS:
            found.append(_octets(_inner(value, _OCTETS_IN_PARTS), depth + 1))
    return b"".join(found)


def _two(data: bytes) -> tuple[bytes, bytes]:
    first, second = list(_values(data, 2))[:2]
    return first, second


def _values(data: bytes, most: int) -> Iterator[bytes]:
    place = 0
    while most > 0 and place + 2 <= len(data) and data[place : place + 2] != b"\0\0":
        _, _, end = _bounds(data, place, 0)
        yield data[place:end]
        place, most = end, most - 1


def _inner(value: bytes, tag: int) -> bytes:
    if value[0] != tag:
        raise ValueError("another tag")
    start, stop, _ = _bounds(value, 0, 0)
    return value[start:stop]


def _bounds(data: bytes, place: int, depth: int) -> tuple[int, int, int]:
    """Return where the content of the value at a place starts and stops, and where the value ends."""
    if depth > _MAX_DEPTH or data[place] & 0x1F == 0x1F:
        raise ValueError("nested too deeply, or a long tag")
    length, start = data[place + 1], place + 2
    if length < 0x80:
        return start, start + length, start + length
    if length > 0x80:
        n_bytes = length & 0x7F
        end = start + n_bytes + int.from_bytes(data[start : start + n_bytes], "big")
        return start + n_bytes, end, end
    inner = start
    for _ in range(_MAX_VALUES):
        if inner >= len(data) or data[inner : inner + 2] == b"\0\0":
            return start, inner, inner + 2
        inner = _bounds(data, inner, depth + 1)[2]
    raise ValueError("too many pieces")
