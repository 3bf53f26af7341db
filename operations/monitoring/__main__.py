"""`python -m operations.monitoring`: writes the generated files of deploy/monitoring/."""

from __future__ import annotations

import json
from pathlib import Path

from operations.hosts.names import public_hosts
from operations.monitoring.blackbox import blackbox_text, hosts_text
from operations.monitoring.grafana.dashboards import DASHBOARDS
from operations.monitoring.rules.prometheus_rules import rules_text
from pilot.cafes import parse_cafes

CAFES = Path(__file__).resolve().parents[2] / "cafes.toml"
FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "monitoring"


def generated() -> dict[Path, str]:
    """Return the content of each generated file."""
    cafes = parse_cafes(CAFES.read_text(encoding="utf-8"), source=CAFES.name)
    hosts = public_hosts(cafes)
    return {
        FOLDER / "rules.yml": rules_text(),
        FOLDER / "blackbox.yml": blackbox_text(hosts),
        FOLDER / "targets" / "hosts.json": hosts_text(hosts),
        **{
            FOLDER / "grafana" / "dashboards" / f"{each.uid}.json": json.dumps(each.as_json(), indent=1) + "\n"
            for each in DASHBOARDS
        },
    }


def main() -> None:
    """Write the files."""
    for path, content in generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
