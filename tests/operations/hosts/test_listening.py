"""Only ports 22, 80 and 443 may be open to other hosts."""

from __future__ import annotations

import socket

import pytest

from operations.hosts.listening import check_listening, listening


@pytest.mark.parametrize(
    ("sockets", "ok"),
    [
        ([("0.0.0.0", 22), ("::", 443), ("10.0.0.4", 80)], True),
        ([("127.0.0.1", 8000), ("::1", 5432)], True),
        ([], True),
        ([("0.0.0.0", 3100)], False),
        ([("::", 11434)], False),
        ([("::", 8501), ("0.0.0.0", 443)], False),
        ([("192.168.1.9", 6379)], False),
    ],
)
def test_other_public_ports_fail_and_loopback_does_not_count(sockets: list[tuple[str, int]], ok: bool) -> None:
    finding = check_listening(sockets)
    assert finding.ok is ok
    if not ok:
        assert all(f":{port}" in finding.found for _, port in sockets if port not in (22, 80, 443))


def test_the_sockets_are_those_of_this_host() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert server.getsockname() in listening()
