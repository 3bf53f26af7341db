"""The catalogue of the pre-flight checks of one host."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from operations.checks.finding import Finding, judged
from operations.checks.running import Check
from operations.doctor import capacity, configuration, dependencies, machine
from operations.doctor.ollama import ollama
from operations.hosts.addresses import check_addresses, server_addresses
from operations.hosts.certificates import check_certificate
from operations.hosts.listening import check_listening, listening
from operations.hosts.names import PublicHost, public_hosts
from pilot.cafes import Cafes
from pilot.settings import Settings
from storage.contacts_file import read_contacts

NETWORK_SECONDS = 12.0


@dataclass(frozen=True, slots=True)
class Order:
    """What a pre-flight needs to know.

    Attributes:
        settings: The settings.
        cafes: The cafés.
        environment: The environment, for the check of the settings.
        env_file: The file of settings.
        containers: Whether containers are planned.
        trust: Trusted authorities; the system's if None.
    """

    settings: Settings
    cafes: Cafes
    environment: Mapping[str, str]
    env_file: Path
    containers: bool = False
    trust: ssl.SSLContext | None = None


def checks(order: Order) -> list[Check]:
    """Return the checks, in the order of the report."""
    settings, cafes = order.settings, order.cafes
    hosts = public_hosts(cafes)
    return [
        Check("ram", machine.ram),
        Check("cores", machine.cores),
        Check("disk", partial(machine.disk, settings.home)),
        Check("inodes", partial(machine.inodes, settings.home)),
        Check("clock", partial(machine.clock, settings.time_server)),
        Check("docker", partial(dependencies.docker, asked=order.containers), NETWORK_SECONDS),
        Check("dns", partial(_hosts, "dns", hosts, _address_check(settings)), NETWORK_SECONDS),
        Check(
            "certificates",
            partial(_hosts, "certificates", hosts, partial(check_certificate, trust=order.trust)),
            NETWORK_SECONDS,
        ),
        Check("sockets", lambda: check_listening(listening())),
        Check("backups", partial(dependencies.backup_storage, settings)),
        Check("bucket", partial(dependencies.bucket, settings), NETWORK_SECONDS),
        Check("stripe", partial(dependencies.stripe, settings), NETWORK_SECONDS),
        Check("redis", partial(dependencies.redis_server, settings)),
        Check("ollama", partial(ollama, settings)),
        Check("contacts", lambda: configuration.contacts(read_contacts(settings.contacts_file), cafes)),
        Check("controller", partial(configuration.responsible, cafes)),
        Check("settings", partial(configuration.settings, order.environment, env_file=order.env_file)),
        Check("memory", partial(capacity.memory, settings)),
        Check("trial", partial(capacity.trial, cafes)),
    ]


def _address_check(settings: Settings) -> Callable[[PublicHost], Finding]:
    resolvers = [each.strip() for each in settings.resolvers.split(",") if each.strip()]
    server = server_addresses(settings.server_address)
    return lambda host: check_addresses(host, resolvers=resolvers, server=server)


def _hosts(name: str, hosts: tuple[PublicHost, ...], check: Callable[[PublicHost], Finding]) -> Finding:
    """Return one finding for all hosts; their own checks run at once."""
    with ThreadPoolExecutor(max_workers=len(hosts)) as pool:
        each = list(pool.map(check, hosts))
    bad = [finding for finding in each if finding.state == "not_ok"]
    shown = "\n".join(f"{host.name}: {finding.found}" for host, finding in zip(hosts, each, strict=True))
    return judged(
        name,
        ok=not bad,
        found=shown,
        required=each[0].required.replace(hosts[0].name, "its host"),
        remedy="\n".join(dict.fromkeys(finding.remedy for finding in bad)),
    )
