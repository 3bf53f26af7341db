"""The files of the monitoring have the structure that their programs expect."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from operations.monitoring.__main__ import CAFES, FOLDER
from operations.monitoring.rules.technical_alerts import SERVICES
from operations.monitoring.targets import read_targets
from pilot.cafes import parse_cafes
from scripts import metrics_page

HOURS_OF_30_DAYS = "720h"


def read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def test_the_page_lists_every_metric() -> None:
    assert metrics_page.PAGE.read_text(encoding="utf-8") == metrics_page.page(), "run python scripts/metrics_page.py"


def test_every_host_and_every_cafes_websocket_is_probed() -> None:
    cafes = parse_cafes(CAFES.read_text(encoding="utf-8"), source=CAFES.name)
    groups, modules = read("targets/hosts.json"), read("blackbox.yml")["modules"]
    probed = {(target, each["labels"]["probe"]) for each in groups for target in each["targets"]}
    assert {(f"https://{cafe.domain}/", "host") for cafe in cafes.cafe} <= probed
    assert (f"https://{cafes.pilot.staging_domain}/", "host") in probed
    assert {(f"{cafe.domain}:443", "websocket") for cafe in cafes.cafe} <= probed
    assert {each["labels"]["__param_module"] for each in groups} == set(modules)


def test_logs_are_kept_for_30_days_and_older_ones_are_deleted() -> None:
    loki = read("loki.yml")
    assert loki["limits_config"]["retention_period"] == HOURS_OF_30_DAYS
    assert loki["compactor"]["retention_enabled"] is True
    assert loki["compactor"]["delete_request_store"]  # Without it Loki 3 refuses to start with a retention.
    (schema,) = loki["schema_config"]["configs"]
    assert (schema["store"], schema["schema"], schema["index"]["period"]) == ("tsdb", "v13", "24h")
    assert loki["analytics"]["reporting_enabled"] is False


def test_alloys_components_refer_to_each_other_and_end_at_loki() -> None:
    text = (FOLDER / "alloy.alloy").read_text(encoding="utf-8")
    bare = re.sub(r"//[^\n\"]*$", "", text, flags=re.MULTILINE)
    assert bare.count("{") == bare.count("}") and bare.count("[") == bare.count("]")
    declared = {f"{kind}.{label}" for kind, label in re.findall(r'^([a-z_.]+) "(\w+)" \{', bare, re.MULTILINE)}
    used = set(re.findall(r"\b((?:local|loki)\.[a-z_.]+?\.\w+)\.(?:receiver|targets)\b", bare))
    assert used <= declared and len(declared) == 8
    assert "http://loki:3100/loki/api/v1/push" in text


def test_grafana_reads_the_dashboards_from_files_and_nobody_changes_them_there() -> None:
    (provider,) = read("grafana/provisioning/dashboards/pilot.yml")["providers"]
    assert provider["allowUiUpdates"] is False and provider["disableDeletion"] is True
    sources = {each["uid"]: each for each in read("grafana/provisioning/datasources/pilot.yml")["datasources"]}
    assert set(sources) == {"prometheus", "loki"} and not any(each["editable"] for each in sources.values())


@pytest.mark.parametrize("uid", ["pilot-overview", "business-kpis", "system-metrics", "voice-analytics"])
def test_a_dashboard_is_classic_and_its_panels_do_not_overlap(uid: str) -> None:
    board = read(f"grafana/dashboards/{uid}.json")
    assert board["uid"] == uid and board["editable"] is False
    assert "apiVersion" not in board and "spec" not in board  # The newer schema cannot be provisioned from files.
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken and place["x"] + place["w"] <= 24
        taken |= cells
        assert {each["datasource"]["uid"] for each in panel["targets"]} == {"prometheus"}
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_prometheus_finds_all_replicas_of_a_service() -> None:
    jobs = {each["job_name"]: each for each in read("prometheus.yml")["scrape_configs"]}
    (found,) = jobs["pilot"]["dns_sd_configs"]
    assert set(found["names"]) == {"api-gateway", "business-dashboard", "entrance", "watch"}
    assert found["type"] == "A"  # One address each replica.


def test_the_watch_in_a_container_finds_each_service_where_prometheus_does() -> None:
    found = read_targets(FOLDER / "targets" / "containers.json")
    assert {each.service for each in found} == set(SERVICES) - {"watch"}  # It reads its own metrics directly.
    jobs = {each["job_name"]: each for each in read("prometheus.yml")["scrape_configs"]}
    (dns,) = jobs["pilot"]["dns_sd_configs"]
    assert {each.address for each in found} == {f"{name}:{dns['port']}" for name in dns["names"]} - {"watch:9464"}
