"""Generates Prometheus' file of alert rules from the declaration."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import yaml

from operations.monitoring.rules.declaration import FIELD, TechnicalAlert, Unit
from operations.monitoring.rules.technical_alerts import TECHNICAL_ALERTS

INTERVAL = "1m"
HEADER = "# Generated from operations/monitoring/rules by `python -m operations.monitoring`; do not edit.\n"
VALUES: dict[Unit, str] = {
    "share": "{{ $value | humanizePercentage }}",
    "seconds": '{{ printf "%.1f" $value }} s',
    "days": '{{ printf "%.1f" $value }} days',
    "count": '{{ printf "%.0f" $value }}',
}


def rules_text(alerts: Iterable[TechnicalAlert] = TECHNICAL_ALERTS) -> str:
    """Return the content of deploy/monitoring/rules.yml."""
    group = {"name": "technical", "interval": INTERVAL, "rules": [_rule(each) for each in alerts]}
    return HEADER + str(yaml.safe_dump({"groups": [group]}, sort_keys=False, allow_unicode=True, width=120))


def _rule(alert: TechnicalAlert) -> dict[str, Any]:
    annotations = {"text": _template(alert, alert.text), "page": alert.page}
    if alert.forecast:
        annotations["forecast"] = _forecast(alert)
    if alert.scaling:
        annotations["advice"] = f"{alert.scaling}; pilot health shows whether this host can carry it."
    rule: dict[str, Any] = {"alert": alert.name, "expr": alert.expression}
    if alert.hold:
        rule["for"] = f"{alert.hold // timedelta(seconds=1)}s"
    labels = {"severity": alert.severity, "subject": _template(alert, alert.subject), "source": "technical"}
    return {**rule, "labels": labels, "annotations": annotations}


def _template(alert: TechnicalAlert, text: str) -> str:
    value = VALUES[alert.unit]
    return FIELD.sub(lambda found: value if found[1] == "value" else f"{{{{ $labels.{found[1]} }}}}", text).strip()


def _forecast(alert: TechnicalAlert) -> str:
    """Return a template that asks Prometheus for the seconds left, of the mount that fires."""
    query = alert.forecast.replace("{", "{mountpoint=%q,instance=%q,")
    labels = " ".join("$labels.mountpoint $labels.instance" for _ in range(query.count("mountpoint=%q")))
    return (
        f"{{{{ with printf `{query} > 0` {labels} | query }}}}"
        "Full in {{ . | first | value | humanizeDuration }} at the speed of the last six hours."
        "{{ else }}Not filling at the speed of the last six hours.{{ end }}"
    )
