"""Which addresses the service may open a connection to, decided on the resolved address alone.

Only addresses of the public internet, unless the operator listed the network. The table is written
out instead of asking `ipaddress.is_global`: what that says has changed between Python releases.
IANA special-purpose registries (RFC 6890 and later); a test holds it against `ipaddress`.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_CLASSES: tuple[tuple[str, tuple[str, ...]], ...] = (
    # Answer with credentials to whoever asks from inside; some of them are public addresses.
    (
        "the metadata service of a cloud",
        (
            "169.254.169.254/32",
            "169.254.170.2/32",
            "100.100.100.200/32",
            "168.63.129.16/32",
            "192.0.0.192/32",
            "fd00:ec2::254/128",
        ),
    ),
    ("unspecified", ("0.0.0.0/8", "::/128")),
    ("loopback", ("127.0.0.0/8", "::1/128")),
    ("link-local", ("169.254.0.0/16", "fe80::/10")),
    ("multicast", ("224.0.0.0/4", "ff00::/8")),
    (
        "private",
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "fec0::/10"),
    ),
    (
        "an IPv4 address inside an IPv6 address",
        (
            "::ffff:0:0/96",
            "::/96",
            "::ffff:0:0:0/96",
            "64:ff9b::/96",
            "64:ff9b:1::/48",
            "2001::/32",
            "2002::/16",
        ),
    ),
    (
        "reserved",
        (
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "240.0.0.0/4",
            "2001::/23",
            "2001:db8::/32",
            "3fff::/20",
        ),
    ),
)
_TABLE = tuple((word, ip_network(network)) for word, networks in _CLASSES for network in networks)
_METADATA = _CLASSES[0][0]
_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_GLOBAL_UNICAST = ip_network("2000::/3")
EVERYWHERE: tuple[Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))


def special_class(address: Address) -> str | None:
    """The class of an address that is not of the public internet, in words; else None."""
    for word, network in _TABLE:
        if address in network:
            return word
    if address.version == 6 and address not in _GLOBAL_UNICAST:
        return "reserved"
    return None


def is_loopback(address: Address) -> bool:
    """This machine itself, in an address that says so plainly."""
    return any(address in network for network in _LOOPBACK)


def readable_address(text: str) -> Address | None:
    """The address that a host is, written out; None where the host is a name."""
    try:
        return ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class AddressRules:
    """What the operator allows besides the public internet.

    `loopback` opens this machine itself, by http as well; `networks` are listed one by one;
    `plain` allows http:// anywhere, for addresses that the operator wrote into the settings.
    """

    networks: tuple[Network, ...] = ()
    loopback: bool = False
    plain: bool = False

    def refusal(self, address: Address) -> str | None:
        """The class that makes an address refused, in words; None where it may be reached."""
        word = special_class(address)
        if word is None or (self.loopback and is_loopback(address)):
            return None
        return (
            None if any(self._lists(network, address, word) for network in self.networks) else word
        )

    def allows_plain(self, address: Address) -> bool:
        """True where http:// may be spoken to an address."""
        return self.plain or (self.loopback and is_loopback(address))

    def _lists(self, network: Network, address: Address, word: str) -> bool:
        """A metadata service is opened by its own address only, never by a wider network."""
        alone = network.prefixlen == network.max_prefixlen
        return address in network and (alone or word != _METADATA or self.plain)


OPERATORS_OWN = AddressRules(networks=EVERYWHERE, loopback=True, plain=True)
"""For addresses that stand in the operator's settings: he chose them and can reach more anyway."""
