"""Generates the blackbox exporter's modules and the list of hosts that it probes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import yaml

from operations.hosts.names import PublicHost

HEADER = "# Generated from cafes.toml by `python -m operations.monitoring`; do not edit.\n"
TIMEOUT = "8s"
WEBSOCKET_PATH = "/ws/v1"


def blackbox_text(hosts: Sequence[PublicHost]) -> str:
    """Return the content of deploy/monitoring/blackbox.yml."""
    modules: dict[str, Any] = {
        "https": {
            "prober": "http",
            "timeout": TIMEOUT,
            "http": {
                "fail_if_not_ssl": True,
                "preferred_ip_protocol": "ip4",
                # The operators' host answers a person without a sign-in by leading to it.
                "valid_status_codes": [200, 301, 302, 303, 307, 308],
                "follow_redirects": False,
            },
        }
    }
    modules |= {websocket_module(host.name): _websocket(host.name) for host in hosts if host.cafe}
    return HEADER + str(yaml.safe_dump({"modules": modules}, sort_keys=False, width=120))


def hosts_text(hosts: Sequence[PublicHost]) -> str:
    """Return the content of deploy/monitoring/targets/hosts.json, in Prometheus' file_sd format."""
    groups = [
        {"targets": [f"https://{host.name}/"], "labels": {"__param_module": "https", "probe": "host"}} for host in hosts
    ]
    groups += [
        {
            "targets": [f"{host.name}:{host.https_port}"],
            "labels": {"__param_module": websocket_module(host.name), "probe": "websocket"},
        }
        for host in hosts
        if host.cafe  # Guests talk there; the operators' host has no WebSocket for them.
    ]
    return json.dumps(groups, indent=1) + "\n"


def websocket_module(host: str) -> str:
    """Return the name of the module that opens a host's WebSocket."""
    return f"websocket_{host.replace('.', '_').replace('-', '_')}"


def _websocket(host: str) -> dict[str, Any]:
    """Return a module: the HTTP prober would wait for the end of a body that never ends."""
    lines = (
        f"GET {WEBSOCKET_PATH} HTTP/1.1",
        f"Host: {host}",
        f"Origin: https://{host}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: cHJvYmUgb2YgdGhlIHBpbG90IQ==",
        "",
    )
    return {
        "prober": "tcp",
        "timeout": TIMEOUT,
        "tcp": {
            "tls": True,
            "tls_config": {"server_name": host},
            "preferred_ip_protocol": "ip4",
            "query_response": [*({"send": f"{line}\r"} for line in lines), {"expect": "^HTTP/1.1 101"}],
        },
    }
