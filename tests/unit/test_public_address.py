"""Which addresses may be called on somebody's word."""

from __future__ import annotations

import pytest

from firstline.domain.errors import InvalidInputError
from firstline.domain.public_address import PrivateAddressError, checked_host, parse_networks, require_public

PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "10.0.0.5",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "2002:7f00:1::1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::7f00:1",
    "2001:db8::1",
    "2001:0:53aa:64c:0:0:80ff:fffe",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(PrivateAddressError):
        require_public("hooks.example", [address])


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700::6810:84e5", "::ffff:8.8.8.8"])
def test_a_public_address_is_returned_as_it_may_be_connected_to(address: str) -> None:
    assert len(require_public("hooks.example", [address])) == 1


def test_one_private_address_among_public_ones_refuses_the_host() -> None:
    with pytest.raises(PrivateAddressError):
        require_public("hooks.example", ["8.8.8.8", "10.0.0.1"])


def test_a_host_without_addresses_is_refused() -> None:
    with pytest.raises(PrivateAddressError):
        require_public("hooks.example", [])


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "1.2.3.08", "", "a b", "x..y", "0x", "exa/mple"],
)
def test_a_host_that_is_a_number_in_disguise_is_refused_whatever_it_resolves_to(host: str) -> None:
    with pytest.raises(PrivateAddressError):
        require_public(host, ["8.8.8.8"])


def test_hosts_in_their_usual_forms_are_read() -> None:
    assert checked_host("Hooks.Example.") == "hooks.example"
    assert checked_host("[2606:4700::1]") == "2606:4700::1"
    assert checked_host("3com.example") == "3com.example"


def test_a_setting_opens_the_networks_that_it_names_and_no_others() -> None:
    allowed = parse_networks("127.0.0.0/8, 10.1.0.7, fd00::/8")
    for address in ("127.0.0.1", "10.1.0.7", "fd00::5", "::ffff:127.0.0.1"):
        require_public("localhost", [address], allowed)
    for address in ("10.1.0.8", "192.168.0.1", "::1", "169.254.169.254"):
        with pytest.raises(PrivateAddressError):
            require_public("localhost", [address], allowed)


def test_a_setting_that_names_no_network_is_refused() -> None:
    assert parse_networks("") == ()
    with pytest.raises(InvalidInputError):
        parse_networks("10.0.0.0/33")
