"""The public hosts of the pilot: each café's, and the operators'."""

from __future__ import annotations

from dataclasses import dataclass

from pilot.cafes import Cafes

HTTPS_PORT = 443
HTTP_PORT = 80


@dataclass(frozen=True, slots=True)
class PublicHost:
    """One host name.

    Attributes:
        name: The name.
        cafe: The café's id; empty for the operators' host.
        address: The address to connect to instead of the name's own; empty for the name's.
        https_port: The port of HTTPS.
        http_port: The port of HTTP.
    """

    name: str
    cafe: str = ""
    address: str = ""
    https_port: int = HTTPS_PORT
    http_port: int = HTTP_PORT


def public_hosts(cafes: Cafes) -> tuple[PublicHost, ...]:
    """Return the hosts of the cafés' file: the cafés' in its order, then the operators' if it is set."""
    own = tuple(PublicHost(cafe.domain, cafe=cafe.id) for cafe in cafes.cafe)
    return (*own, PublicHost(cafes.pilot.staging_domain)) if cafes.pilot.staging_domain else own
