"""Addresses by which a rule could reach the pilot's own network: none may be connected to.

    python -m tests.attacks.webhook_addresses

Each address is posted to as a rule would, with a resolver that answers as an attacker's name server would. A listener on
loopback counts the connections that arrive. Everything stays on this machine.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from operations.webhooks.addresses import checked_url, resolved
from operations.webhooks.posting import Poster
from storage.store.outgoing.webhook_rules import RuleRefused

PUBLIC = "93.184.215.14"
# The form is refused when the rule is made.
BAD_FORMS = (
    "http://hooks.example/x", "https://localhost/x", "https://localhost./x", "https://127.0.0.1/x", "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x", "https://2130706433/x", "https://169.254.169.254/latest/meta-data", "file:///etc/passwd",
    "https://u:p@hooks.example/x", "https://hooks.example@127.0.0.1/x", "https://10.0.0.1:8443/", "gopher://hooks.example",
    "https://hooks.example/x#y", "https://hooks.example\\@127.0.0.1/", "https:///x", "https://hooks.example:99999/",
    "https://[fe80::1]/", "https://[64:ff9b::7f00:1]/", "https://0.0.0.0/", "https://hööks.example/", "https://x.example/ y",
)  # fmt: skip
# The name's form is right; the addresses are not.
BAD_ANSWERS = (
    ["127.0.0.1"], ["127.8.8.8"], ["10.1.2.3"], ["172.16.0.1"], ["192.168.1.1"], ["169.254.169.254"], ["100.64.0.1"],
    ["0.0.0.0"], ["192.0.0.170"], ["198.18.0.1"], ["192.0.2.1"], ["224.0.0.1"], ["240.0.0.1"], ["255.255.255.255"], ["::1"],
    ["::"], ["fe80::1%eth0"], ["fec0::1"], ["fc00::1"], ["ff02::1"], ["::ffff:127.0.0.1"], ["::127.0.0.1"], ["64:ff9b::7f00:1"],
    ["64:ff9b:1::1"], ["2002:7f00:1::"], ["2001:db8::1"], [PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC],
)  # fmt: skip
# Names that the system's own resolver leads to this machine, in spite of the dot.
SPELLINGS = ("127.1", "0x7f.1", "0177.0.0.1", "127.0.1")


@dataclass
class Report:
    """How many addresses were tried, how many of them got through, and the connections that arrived."""

    tried: int = 0
    accepted_forms: list[str] = field(default_factory=list)
    connected: list[str] = field(default_factory=list)
    arrived: int = 0


@contextmanager
def listener() -> Iterator[tuple[int, Callable[[], int]]]:
    """Listen on every loopback address; count the connections."""
    arrived = 0
    server = socket.create_server(("127.0.0.1", 0))

    def count() -> None:
        nonlocal arrived
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            arrived += 1
            connection.close()

    thread = threading.Thread(target=count)
    thread.start()
    try:
        yield server.getsockname()[1], lambda: arrived
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()


def attack() -> Report:
    """Try every address."""
    report = Report()
    for url in BAD_FORMS:
        report.tried += 1
        with suppress(RuleRefused):
            report.accepted_forms.append(checked_url(url))
    with listener() as (port, arrived):
        for answer in BAD_ANSWERS:
            _post(report, Poster(resolve=lambda *_, found=answer: found), "hooks.example", port, name=str(answer))
        for host in SPELLINGS:
            _post(report, Poster(resolve=resolved), host, port, name=host)
        report.arrived = arrived()
    return report


def _post(report: Report, poster: Poster, host: str, port: int, *, name: str) -> None:
    report.tried += 1
    answer = poster.post(f"https://{host}:{port}/x", headers={}, body=b"{}")
    if answer.outcome not in ("forbidden_address", "unresolved"):
        report.connected.append(f"{name}: {answer.outcome}")


def main() -> None:
    """Print the figures."""
    report = attack()
    print(f"{report.tried} addresses tried, {len(report.accepted_forms)} forms accepted, ", end="")
    print(f"{len(report.connected)} not refused, {report.arrived} connections arrived.")
    for each in (*report.accepted_forms, *report.connected):
        print(f"  {each}")


if __name__ == "__main__":
    main()
