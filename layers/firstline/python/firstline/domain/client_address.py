"""Which address a request comes from, and what of it is counted as one client."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from firstline.domain.errors import InvalidInputError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_IPV6_CLIENT_BITS = 64


def parse_networks(text: str) -> tuple[Network, ...]:
    """Return the networks of a list with commas, such as ``127.0.0.1, 10.0.0.0/8``.

    Raises
    ------
    InvalidInputError
        A part is neither an address nor a network.
    """
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise InvalidInputError(f"not a list of addresses and networks: {error}") from error


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """Return who asks: the peer, unless it is a trusted proxy that says for whom.

    Parameters
    ----------
    peer : str
        Address of the other end of the connection.
    forwarded_for : str
        The ``X-Forwarded-For`` header, or empty. Anybody can send one, so it is read from its end, and only as far as
        trusted proxies have written it.
    """
    found = peer
    for hop in reversed([peer_ for part in forwarded_for.split(",") if (peer_ := part.strip())]):
        if not is_trusted(found, trusted) or _parsed(hop) is None:
            break
        found = hop
    return found


def is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    """Tell whether an address is one of the trusted proxies."""
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in trusted)


def is_loopback(address: str) -> bool:
    """Tell whether an address is this machine's own."""
    parsed = _parsed(address)
    return parsed is not None and parsed.is_loopback


def counted_as(address: str) -> str:
    """Return what stands for the client behind an address: an IPv6 client has a whole /64 network to itself."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, _IPV6_CLIENT_BITS), strict=False))
    return str(parsed) if parsed is not None else address


def _parsed(address: str) -> Address | None:
    try:
        parsed = ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return None
    return parsed.ipv4_mapped or parsed if isinstance(parsed, IPv6Address) else parsed
