"""Hosts on loopback: name servers that answer as a test says, and certificates made on the fly."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
import trustme


@contextmanager
def name_server(addresses: dict[str, list[str]] | None) -> Iterator[str]:
    """Serve names over UDP within a `with` block; None stays silent. Yield its address and port."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                asked, client = sock.recvfrom(4096)
            except OSError:
                return
            if not asked:
                return
            if addresses is None:
                continue
            query = dns.message.from_wire(asked)
            answer = dns.message.make_response(query)
            answer.flags |= dns.flags.RA
            question = query.question[0]
            name = str(question.name).rstrip(".")
            if name not in addresses:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            kind = dns.rdatatype.to_text(question.rdtype)
            ours = [each for each in addresses.get(name, []) if (":" in each) == (kind == "AAAA")]
            if ours:
                answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *ours))
            sock.sendto(answer.to_wire(), client)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{sock.getsockname()[1]}"
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", sock.getsockname())
        thread.join()
        sock.close()


@pytest.fixture
def name_servers() -> Iterator[Callable[..., list[str]]]:
    """Return a function that starts a name server for each of its arguments."""
    with ExitStack() as stack:
        yield lambda *each: [stack.enter_context(name_server(addresses)) for addresses in each]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA(organization_name="Test Authority")


@pytest.fixture(scope="session")
def trust(authority: trustme.CA) -> ssl.SSLContext:
    """Return a client's side of TLS that trusts the authority."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


@pytest.fixture(scope="session")
def serving_as(authority: trustme.CA) -> Callable[..., ssl.SSLContext]:
    """Return a function that makes a server's side of TLS for some names."""

    def make(*names: str, **options: object) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(*names, **options).configure_cert(context)
        return context

    return make
