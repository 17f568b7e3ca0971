"""What the context says of mail from customers: the addresses, whether SES can take it in there, and SES's names.

``SUPPORT_ADDRESS`` among the context's settings is the one place that names the addresses: the functions read it, and
so do the stacks. SES matches an address of a receipt rule with every label as well: mail to ``support+token@`` reaches
the rule of ``support@`` ("Creating Receipt Rules for Amazon SES Email Receiving", to match a specific user).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infra_cdk.configuration import Configuration

RECEIVING = Path(__file__).with_name("ses_receiving.json")
BOUNCES_LABEL = "mail"
"""Of the subdomain that bounces of our own mail come back to; SES wants it for nothing else."""
MOST_ADDRESSES = 100
"""That one receipt rule may name."""
_ADDRESS = re.compile(r"[a-z0-9!#$%&'*/=?^_`{|}~.-]+@(?P<domain>([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,})")


def support_addresses(settings: Mapping[str, str]) -> tuple[str, ...]:
    """Return the addresses of ``SUPPORT_ADDRESS``, in small letters, each once."""
    parts = (part.strip().lower() for part in settings.get("SUPPORT_ADDRESS", "").split(","))
    return tuple(dict.fromkeys(filter(None, parts)))


def domains(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Return the addresses' domains, each once: those that need an MX record."""
    return tuple(dict.fromkeys(address.rpartition("@")[2] for address in addresses))


def rule_set(configuration: Configuration) -> str:
    """Return the name of the receipt rule set that our rule is in: the company's own, or ours."""
    return configuration.mail_rule_set or f"firstline-{configuration.stage}"


def rule_name(configuration: Configuration) -> str:
    """Return the name of our receipt rule."""
    return f"firstline-{configuration.stage}"


def mail_misfit(values: Mapping[str, Any]) -> str:
    """Say what does not fit together in the context's choices of mail; empty where all does.

    Parameters
    ----------
    values : mapping
        Of the whole context, read already.
    """
    addresses, domain = support_addresses(values["settings"]), values["mail_domain"]
    if not addresses:
        return "settings: SUPPORT_ADDRESS must be set for mail_rule_set" if values["mail_rule_set"] else ""
    if not domain:
        return "mail_domain must be set for SUPPORT_ADDRESS: it is the domain that SES takes mail for"
    if len(addresses) > MOST_ADDRESSES:
        return f"settings: SUPPORT_ADDRESS names more than {MOST_ADDRESSES} addresses"
    return next(filter(None, (_misfit_of(address, domain) for address in addresses)), "") or _misfit_of_region(
        values["region"]
    )


def _misfit_of(address: str, mail_domain: str) -> str:
    found = _ADDRESS.fullmatch(address)
    if not found:
        return f"settings: SUPPORT_ADDRESS: {address!r} is no address, or has a plus part, which answers add themselves"
    domain = found["domain"]
    if domain != mail_domain and not domain.endswith(f".{mail_domain}"):
        return f"settings: SUPPORT_ADDRESS: {address} is not of mail_domain {mail_domain}"
    if domain == f"{BOUNCES_LABEL}.{mail_domain}":
        return f"settings: SUPPORT_ADDRESS: {domain} is where bounces go; choose another subdomain for {address}"
    return ""


def _misfit_of_region(region: str) -> str:
    known = json.loads(RECEIVING.read_text(encoding="utf-8"))
    if region in known["regions"]:
        return ""
    return (
        f"region {region} takes no mail in by what {RECEIVING.name} knew on {known['as_of']} (SUPPORT_ADDRESS is set);"
        f" SES receives in {', '.join(known['regions'])}"
    )
