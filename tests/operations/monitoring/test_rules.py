"""The technical alerts fire at their thresholds, in Prometheus and in the watch alike."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from operations.monitoring.__main__ import FOLDER, generated
from operations.monitoring.expressions.samples import Samples
from operations.monitoring.rules.evaluation import AlertEvaluation
from operations.monitoring.rules.technical_alerts import TECHNICAL_ALERTS
from tests.operations.monitoring.rule_cases import CASES, INTERVAL_SECONDS, RuleCase, expanded, parsed_series

RULES = FOLDER / "rules.yml"
MINUTE_SECONDS = 60
RUNBOOK = (
    "voice_response_slow", "error_rate_high", "payment_failures", "service_down", "database_trouble",
    "certificate_expiring", "disk_filling", "memory_high", "dashboard_slow", "cpu_high", "voice_response_scaling",
    "queue_long",
)  # fmt: skip
named = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}: {case.what}")


def fired(case: RuleCase) -> tuple[str, ...]:
    """Return the subjects that the watch's evaluator reports, as in `RuleCase.subjects`."""
    alerts = [each for each in TECHNICAL_ALERTS if each.name == case.name and each.severity != "none"]
    evaluation = AlertEvaluation(alerts)
    samples = Samples(lambda _: 6 * 3600.0)
    series = [(*parsed_series(name), list(expanded(values))) for name, values in case.series.items()]
    found: tuple[str, ...] = ()
    for step in range(case.minute * MINUTE_SECONDS // INTERVAL_SECONDS + 1):
        at = float(step * INTERVAL_SECONDS)
        for name, labels, values in series:
            if step < len(values):
                samples.add(name, labels, value=values[step], at=at)
        if at % MINUTE_SECONDS == 0:
            found = tuple(sorted(each.subject for each in evaluation(samples, at=at)))
    return found


@pytest.mark.parametrize(
    "case", [each for each in CASES if each.name != "watchdog"], ids=lambda case: f"{case.name}: {case.what}"
)
def test_the_watch_fires_at_the_threshold(case: RuleCase) -> None:
    assert fired(case) == tuple(sorted(case.subjects))


@pytest.mark.prometheus
@named
def test_prometheus_fires_at_the_threshold(case: RuleCase, tmp_path: Path) -> None:
    answer = promtool_test([case], folder=tmp_path)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.prometheus
def test_promtool_accepts_the_rules() -> None:
    done = subprocess.run(["promtool", "check", "rules", "--lint-fatal", str(RULES)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_files_of_the_deployment_are_those_of_the_declaration() -> None:
    for path, content in generated().items():
        assert path.read_text(encoding="utf-8") == content, f"run python -m operations.monitoring for {path.name}"


@pytest.mark.parametrize("name", RUNBOOK)
def test_each_alert_has_a_case_at_and_one_below_its_threshold(name: str) -> None:
    own = [each for each in CASES if each.name == name]
    assert any(each.subjects for each in own) and any(not each.subjects for each in own)


def promtool_test(cases: list[RuleCase], *, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run `promtool test rules` on cases; it compares every label and annotation that it is given."""
    shutil.copy(RULES, folder / "rules.yml")
    tests = []
    for case in cases:
        rules = _of_alert(case.name)
        tests.append(
            {
                "interval": f"{INTERVAL_SECONDS}s",
                "input_series": [{"series": name, "values": values} for name, values in case.series.items()],
                "promql_expr_test": [
                    {
                        "expr": f'count by (subject) (ALERTS{{alertname="{case.name}",alertstate="firing"}})',
                        "eval_time": f"{case.minute}m",
                        "exp_samples": [
                            {"labels": f'{{subject="{subject}"}}', "value": 1} for subject in case.subjects
                        ],
                    }
                ],
            }
        )
        assert rules
    text = yaml.safe_dump({"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": tests})
    (folder / "cases.yml").write_text(text)
    return subprocess.run(["promtool", "test", "rules", "cases.yml"], cwd=folder, capture_output=True, text=True)


def _of_alert(name: str) -> list[dict[str, str]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"] if rule["alert"] == name]
