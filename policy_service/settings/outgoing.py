"""Where the service itself may connect to: webhooks, EHRs it reads back from, key sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from policy_service.settings.reading import InvalidSetting, Variable, switch

NETWORKS = Variable(
    "POLICY_OUTBOUND_NETWORKS",
    "",
    "networks such as 10.1.0.0/16 or fd12:3456::/48, several apart by commas, or nothing",
    "Networks that are not of the public internet to which webhooks, reading back and key sets may "
    "connect (docs/operating.md). A cloud's metadata address opens only when listed by itself.",
)
LOOPBACK = Variable(
    "POLICY_OUTBOUND_LOOPBACK",
    "false",
    "true or false",
    "Let them connect to this machine itself, over http:// as well: for one machine that runs all.",
)
CA_FILE = Variable(
    "POLICY_OUTBOUND_CA_FILE",
    "",
    "a file of PEM certificates, or nothing",
    "Certificate authorities trusted for outgoing connections besides those of the system.",
)
OUTGOING: tuple[Variable, ...] = (NETWORKS, LOOPBACK, CA_FILE)


@dataclass(frozen=True)
class OutboundSettings:
    """What outgoing connections are allowed besides https to the public internet."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    loopback: bool = False
    ca_file: Path | None = None

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> OutboundSettings:
        """Raises InvalidSetting."""
        ca_file = CA_FILE.read(env)
        if ca_file and not Path(ca_file).is_file():
            raise InvalidSetting(CA_FILE.name, CA_FILE.allowed)
        return cls(_networks(env), switch(env, LOOPBACK), Path(ca_file) if ca_file else None)


def _networks(env: Mapping[str, str]) -> tuple[IPv4Network | IPv6Network, ...]:
    texts = [text.strip() for text in NETWORKS.read(env).split(",") if text.strip()]
    try:
        return tuple(ip_network(text) for text in texts)
    except ValueError as error:
        raise InvalidSetting(NETWORKS.name, NETWORKS.allowed) from error
