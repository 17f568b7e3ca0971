"""Test mode: the only addresses that are sent mail."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AllowList:
    """Of MAIL_ALLOW_LIST; empty: everybody is sent mail."""

    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, setting: str) -> AllowList:
        """Read addresses and ``@domains``, parted by commas; case does not matter."""
        named = {part.strip().lower() for part in setting.split(",")} - {""}
        domains = {name.removeprefix("@") for name in named if name.startswith("@")}
        return cls(frozenset(name for name in named if not name.startswith("@")), frozenset(domains))

    def allows(self, address: str) -> bool:
        """Tell whether an address may be sent mail; a domain's subdomains are not meant."""
        if not self.addresses and not self.domains:
            return True
        lowered = address.strip().lower()
        _, at, domain = lowered.rpartition("@")
        return lowered in self.addresses or (bool(at) and domain in self.domains)
