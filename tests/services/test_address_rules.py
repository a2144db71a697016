"""Which addresses may be reached: every class of special address, and what an operator opens."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_service.services.address_rules import AddressRules, special_class

SPECIAL = {
    "127.0.0.1": "loopback",
    "127.255.255.254": "loopback",
    "::1": "loopback",
    "0.0.0.1": "unspecified",
    "::": "unspecified",
    "10.0.0.1": "private",
    "172.16.0.1": "private",
    "172.31.255.255": "private",
    "192.168.1.1": "private",
    "100.64.0.1": "private",
    "fd00::1": "private",
    "fec0::1": "private",
    "169.254.1.1": "link-local",
    "fe80::1": "link-local",
    "224.0.0.1": "multicast",
    "239.255.255.255": "multicast",
    "ff02::1": "multicast",
    "240.0.0.1": "reserved",
    "255.255.255.255": "reserved",
    "192.0.2.1": "reserved",
    "198.18.0.1": "reserved",
    "2001:db8::1": "reserved",
    "3fff::1": "reserved",
    "4000::1": "reserved",
    "::ffff:127.0.0.1": "an IPv4 address inside an IPv6 address",
    "::ffff:8.8.8.8": "an IPv4 address inside an IPv6 address",
    "::127.0.0.1": "an IPv4 address inside an IPv6 address",
    "64:ff9b::a00:1": "an IPv4 address inside an IPv6 address",
    "2002:7f00:1::": "an IPv4 address inside an IPv6 address",
    "2001:0:7f00:1::": "an IPv4 address inside an IPv6 address",
    "169.254.169.254": "the metadata service of a cloud",
    "100.100.100.200": "the metadata service of a cloud",
    "168.63.129.16": "the metadata service of a cloud",
    "fd00:ec2::254": "the metadata service of a cloud",
}
ADDRESSES = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))


@pytest.mark.parametrize(("text", "word"), SPECIAL.items(), ids=list(SPECIAL))
def test_every_class_of_special_address_is_refused_by_its_name(text: str, word: str) -> None:
    assert AddressRules().refusal(ip_address(text)) == word


@pytest.mark.parametrize(
    "text",
    ["8.8.8.8", "172.15.255.255", "172.32.0.1", "100.128.0.1", "223.255.255.255", "2606:4700::1"],
)
def test_the_public_internet_may_be_reached_up_to_the_edges_of_what_may_not(text: str) -> None:
    assert AddressRules().refusal(ip_address(text)) is None


@given(ADDRESSES)
def test_nothing_that_python_calls_special_counts_as_public(
    address: IPv4Address | IPv6Address,
) -> None:
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert special_class(address) is not None


def test_a_listed_network_is_open_and_its_neighbour_is_not() -> None:
    rules = AddressRules(networks=(ip_network("10.1.0.0/16"),))
    assert rules.refusal(ip_address("10.1.255.255")) is None
    assert rules.refusal(ip_address("10.2.0.0")) == "private"
    assert rules.refusal(ip_address("::ffff:10.1.0.1")) is not None


def test_metadata_opens_by_its_own_address_alone() -> None:
    metadata = ip_address("169.254.169.254")
    wide = AddressRules(networks=(ip_network("169.254.0.0/16"),))
    assert wide.refusal(metadata) == "the metadata service of a cloud"
    assert wide.refusal(ip_address("169.254.1.1")) is None
    assert AddressRules(networks=(ip_network("169.254.169.254/32"),)).refusal(metadata) is None


def test_the_loopback_switch_opens_loopback_and_plain_http_there_alone() -> None:
    rules = AddressRules(networks=(ip_network("10.0.0.0/8"),), loopback=True)
    assert rules.refusal(ip_address("127.0.0.1")) is None
    assert rules.allows_plain(ip_address("::1"))
    assert not rules.allows_plain(ip_address("10.0.0.1"))
    assert rules.refusal(ip_address("192.168.0.1")) == "private"
    assert rules.refusal(ip_address("::ffff:127.0.0.1")) is not None
