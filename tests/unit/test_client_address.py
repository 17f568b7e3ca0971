"""Whom a request comes from: never what a header says unless a trusted proxy has written it."""

from __future__ import annotations

import pytest

from firstline.domain.client_address import client_address, counted_as, is_loopback, parse_networks
from firstline.domain.errors import InvalidInputError

PROXIES = parse_networks("10.0.0.0/8, 2001:db8::1")


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "1.2.3.4", "203.0.113.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.9", "198.51.100.9"),
        # What the client itself has put in front is not believed.
        ("10.0.0.1", "1.2.3.4, 198.51.100.9", "198.51.100.9"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.9, 10.9.9.9", "198.51.100.9"),
        ("10.0.0.1", "10.0.0.5, 10.0.0.6", "10.0.0.5"),
        ("2001:db8::1", "2001:db8:7::9", "2001:db8:7::9"),
        ("::ffff:10.0.0.1", "198.51.100.9", "198.51.100.9"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.9, <script>", "10.0.0.1"),
        ("", "198.51.100.9", ""),
    ],
)
def test_a_header_is_believed_as_far_as_trusted_proxies_wrote_it(peer: str, forwarded_for: str, client: str) -> None:
    assert client_address(peer, forwarded_for, PROXIES) == client


def test_without_trusted_proxies_no_header_is_believed() -> None:
    assert client_address("127.0.0.1", "1.2.3.4", ()) == "127.0.0.1"


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_an_ipv6_client_is_counted_by_its_network(address: str, counted: str) -> None:
    assert counted_as(address) == counted


def test_loopback_is_this_machine_alone() -> None:
    addresses = ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "10.0.0.1", "localhost", "")
    assert [is_loopback(address) for address in addresses] == [True, True, True, True, False, False, False]


@pytest.mark.parametrize("text", ["10.0.0.0/99", "localhost", "10.0.0.1/8"])
def test_a_list_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        parse_networks(text)
