"""The compose files: what the pilot's decisions ask of them, read as data."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKOUT = Path(__file__).parents[2]
STAGING = yaml.safe_load((CHECKOUT / "docker-compose.staging.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = STAGING["services"]
OURS = [name for name, service in SERVICES.items() if "pilot" in str(service.get("image", "")).lower()]
PROFILED = {"prometheus", "alertmanager", "blackbox", "node-exporter", "grafana", "loki", "alloy"}
HOST_MEMORY_MIB = 8 * 1024


def mebibytes(text: str) -> int:
    return int(text[:-1]) * {"m": 1, "g": 1024}[text[-1]]


def test_the_runbooks_names_are_there() -> None:
    assert {"api-gateway", "business-dashboard", "ollama", "redis", "proxy", "postgres"} <= set(SERVICES)
    assert SERVICES["proxy"]["networks"]["inside"]["aliases"] == ["nginx"]


def test_only_the_proxy_has_ports_of_the_host_so_nothing_clashes_when_scaled() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert [each.rpartition(":")[2] for each in SERVICES["proxy"]["ports"]] == ["80", "443"]
    assert not any("container_name" in service for service in SERVICES.values())


def test_every_reference_resolves() -> None:
    volumes, networks = set(STAGING["volumes"]), set(STAGING["networks"])
    for name, service in SERVICES.items():
        for needed in service.get("depends_on", {}):
            assert needed in SERVICES, (name, needed)
        assert set(service.get("networks", [])) <= networks, name
        for volume in service.get("volumes", []):
            source = str(volume).partition(":")[0]
            assert source in volumes or source.startswith(("/", "./", "${")), (name, source)
            if source.startswith("./") and not source.startswith("./deploy/monitoring"):
                assert (CHECKOUT / source).exists(), source


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in PROFILED])
def test_a_service_has_a_limit_and_a_check_and_a_root_that_is_only_read(name: str) -> None:
    service = SERVICES[name]
    assert mebibytes(service["mem_limit"]) > 0
    if name != "migrate":
        assert service["healthcheck"]["test"]
    if name != "ollama":  # Its image unpacks models beside its program.
        assert service["read_only"] is True


def test_the_limits_of_the_pilot_fit_the_runbooks_host() -> None:
    # `migrate` ends before the others start; a page's and a run's limits are ceilings that are not reached at once.
    needed = sum(
        mebibytes(service["mem_limit"]) for name, service in SERVICES.items() if name not in {*PROFILED, "migrate"}
    )
    assert needed <= HOST_MEMORY_MIB, needed


@pytest.mark.parametrize("name", OURS)
def test_our_containers_run_without_root_and_without_capabilities(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] == "10001:10001"
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "stop_grace_period" in service


def test_the_databases_have_no_way_out() -> None:
    assert STAGING["networks"]["data"] == {"internal": True}
    assert SERVICES["postgres"]["networks"] == SERVICES["redis"]["networks"] == ["data"]


def test_every_pulled_image_is_named_once_and_pinned_in_one_place() -> None:
    pins = dict(
        line.split("=", 1) for line in (CHECKOUT / "deploy" / "images.env").read_text("utf-8").splitlines() if "=" in line and not line.startswith("#")
    )  # fmt: skip
    text = (CHECKOUT / "docker-compose.staging.yml").read_text("utf-8")
    used = dict(re.findall(r"\$\{(\w+_IMAGE):-([^}]+)\}", text))
    used.pop("APP_IMAGE")
    assert {name: image.partition("@")[0] for name, image in pins.items()} == used
    for image in pins.values():
        tag = image.partition("@")[0].rpartition(":")[2]
        assert tag != "latest"
        assert re.search(r"\d|bookworm", tag), image


def test_the_scale_file_changes_the_number_of_replicas_only() -> None:
    scale = yaml.safe_load((CHECKOUT / "docker-compose.scale.yml").read_text("utf-8"))
    (included,) = scale["include"]
    assert scale["name"] == STAGING["name"]
    assert included["path"][0] == "docker-compose.staging.yml"
    changed = yaml.safe_load((CHECKOUT / included["path"][1]).read_text("utf-8"))
    assert changed == {
        "services": {name: {"deploy": {"replicas": 2}} for name in ("api-gateway", "business-dashboard")}
    }
