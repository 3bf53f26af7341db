"""Compares the addresses of host names at several resolvers."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

import dns.exception
import dns.resolver
import psutil

from operations.checks.finding import Finding, judged
from operations.hosts.names import PublicHost

QUERY_SECONDS = 2.0
DNS_PORT = 53
LEAST_RESOLVERS = 2
KINDS = ("A", "AAAA")


@dataclass(frozen=True, slots=True)
class Answer:
    """The addresses of a name at one resolver, or the reason why there are none."""

    resolver: str
    addresses: frozenset[str]
    reason: str = ""


def resolve(name: str, resolver: str) -> Answer:
    """Ask one resolver for a name's addresses, IPv4 and IPv6.

    Args:
        name: The host name.
        resolver: An address, with a port if it is not 53.
    """
    address, _, port = resolver.partition(":") if resolver.count(":") == 1 else (resolver, "", "")
    asking = dns.resolver.Resolver(configure=False)
    asking.nameservers = [address]
    asking.port = int(port or DNS_PORT)
    asking.cache = None
    found: set[str] = set()
    for kind in KINDS:
        try:
            found |= {str(record) for record in asking.resolve(name, kind, lifetime=QUERY_SECONDS, search=False)}
        except dns.resolver.NXDOMAIN:
            return Answer(resolver, frozenset(), "no such name")
        except dns.resolver.NoAnswer:
            continue
        except dns.exception.DNSException as error:
            return Answer(resolver, frozenset(), f"no answer ({type(error).__name__})")
    return Answer(resolver, frozenset(found), "" if found else "no address")


def check_addresses(host: PublicHost, *, resolvers: Sequence[str], server: frozenset[str]) -> Finding:
    """Check that every resolver gives the server's address, and no other.

    Args:
        host: The host.
        resolvers: Two or more resolvers.
        server: The server's addresses.
    """
    name, required = f"dns {host.name}", f"{', '.join(sorted(server))} at {len(resolvers)} resolvers"
    if len(resolvers) < LEAST_RESOLVERS:
        return judged(
            name,
            ok=False,
            found=f"{len(resolvers)} resolver is set",
            required=f"{LEAST_RESOLVERS} resolvers or more",
            remedy="Set PILOT_RESOLVERS to two addresses of name servers.",
        )
    if not server:
        return judged(
            name,
            ok=False,
            found="the server's address is unknown: no interface of this host has a public one",
            required=f"the server's address at {len(resolvers)} resolvers",
            remedy="Set PILOT_SERVER_ADDRESS to the address at which the server is reached.",
        )
    answers = [resolve(host.name, resolver) for resolver in resolvers]
    return judged(
        name,
        ok=all(answer.addresses and answer.addresses <= server for answer in answers),
        found="; ".join(
            f"{answer.resolver}: {answer.reason or ', '.join(sorted(answer.addresses))}" for answer in answers
        ),
        required=required,
        remedy="; ".join(f"set the record {each}" for each in records(host.name, server))
        + ". A new record may need its old one's time to live.",
    )


def records(name: str, server: frozenset[str]) -> list[str]:
    """Return the records to set at the DNS provider."""
    return [f"{name}. {'AAAA' if ipaddress.ip_address(each).version == 6 else 'A'} {each}" for each in sorted(server)]


def server_addresses(configured: str) -> frozenset[str]:
    """Return the server's public addresses: the configured ones, else those of this host's interfaces."""
    if configured.strip():
        return frozenset(str(ipaddress.ip_address(each.strip())) for each in configured.split(","))
    own = (each.address.partition("%")[0] for links in psutil.net_if_addrs().values() for each in links)
    return frozenset(each for each in own if _is_public(each))


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:  # A link's hardware address.
        return False
