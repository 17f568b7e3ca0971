"""Which network addresses Firstline may call on somebody's word: public ones, and those that a setting allows."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence

from firstline.domain.errors import InvalidInputError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_IPV4_COMPATIBLE = ipaddress.IPv6Network("::/96")
_DEPRECATED_SITE_LOCAL = ipaddress.IPv6Network("fec0::/10")
_NUMERIC_LABEL = re.compile(r"0x[0-9a-f]*|[0-9]+")
_NAME = re.compile(r"(?=.{1,253}\Z)(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")


class PrivateAddressError(InvalidInputError):
    """A host is, or leads to, an address that is not public and that no setting allows."""


def parse_networks(text: str) -> tuple[Network, ...]:
    """Return the networks of a setting such as ``10.1.0.0/16, 127.0.0.1, fd00::/8``.

    Raises
    ------
    InvalidInputError
        A part is no address and no network.
    """
    try:
        return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise InvalidInputError("networks are addresses or networks, such as 10.1.0.0/16, with commas") from error


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the open internet, and so is every IPv4 address that it carries within.

    Looked through are IPv4-mapped and -compatible, 6to4, Teredo and NAT64 addresses. What the standard library knows
    by the registries of IANA as not globally reachable is refused, and so are multicast, reserved and unspecified
    addresses.
    """
    if isinstance(address, ipaddress.IPv6Address):
        within = _carried(address)
        if within:
            return all(is_public(one) for one in within)
        if address in _DEPRECATED_SITE_LOCAL or address.is_site_local:
            return False
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or address.is_private
    )


def checked_host(host: str) -> str:
    """Return a URL's host in small letters, as it may be resolved: a name, or an address in its usual form.

    Raises
    ------
    PrivateAddressError
        It is a number in another form (``2130706433``, ``0x7f.1``, ``0177.0.0.1``, ``127.1``), which resolvers take
        for an address, or no host at all.
    """
    plain = host.strip().casefold().removesuffix(".")
    if plain.startswith("[") and plain.endswith("]"):
        plain = plain[1:-1]
    try:
        return str(ipaddress.ip_address(plain))
    except ValueError:
        pass
    # The last label decides whether the URL standard reads a host as an IPv4 number.
    if not _NAME.fullmatch(plain) or _NUMERIC_LABEL.fullmatch(plain.rpartition(".")[2]):
        raise PrivateAddressError("this host is no name and no address in its usual form")
    return plain


def require_public(host: str, addresses: Sequence[str], allowed: Iterable[Network] = ()) -> tuple[str, ...]:
    """Return the addresses of a host that may be connected to: all of them, or none.

    Parameters
    ----------
    host : str
        As it stands in the URL.
    addresses : sequence of str
        What it resolved to, once; connect to these and resolve no second time, because a name may answer differently.
    allowed : iterable of network
        Private networks that a setting allows (``parse_networks``).

    Raises
    ------
    PrivateAddressError
        The host has an unusual form or no address, or one of its addresses is not public and not allowed.
    """
    checked_host(host)
    networks = tuple(allowed)
    if not addresses:
        raise PrivateAddressError("this host has no address")
    found = []
    for text in addresses:
        try:
            address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError as error:
            raise PrivateAddressError("this host leads to no address in its usual form") from error
        if not is_public(address) and not _is_allowed(address, networks):
            raise PrivateAddressError("this host leads to an address that is not public")
        found.append(str(address))
    return tuple(found)


def _is_allowed(address: Address, networks: tuple[Network, ...]) -> bool:
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return any(
        one in network for one in (address, mapped) if one for network in networks if one.version == network.version
    )


def _carried(address: ipaddress.IPv6Address) -> list[Address]:
    """Return the IPv4 addresses that an IPv6 address stands for or leads to."""
    found: list[Address] = []
    if address.ipv4_mapped:
        found.append(address.ipv4_mapped)
    if address.sixtofour:
        found.append(address.sixtofour)
    if address.teredo:
        found.extend(address.teredo)
    low = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if any(address in network for network in _NAT64):
        found.append(low)
    if address in _IPV4_COMPATIBLE and int(address) > 1:
        found.append(low)
    return found
