"""Every kind of alert has its route, its page and its words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from operations.alerting.catalogue import FILE, InvalidCatalogue, catalogue, kind_of, parse
from operations.alerting.readiness import CHECKOUT, missing_sections

NAMES = (
    r'^(?:[A-Z_]*ALERT|[A-Z_]+AWAY|URGENT) = "([a-z_]+)"',
    r'Alert\(\s*"(\w+)"',
    r'"\w+": "(\w+_(?:broken|corrupt|incident))"',
)


def names_of_the_code() -> set[str]:
    files = [
        path.read_text(encoding="utf-8")
        for folder in ("operations/watch", "operations/alerting", "assets/automation")
        for path in (CHECKOUT / folder).rglob("*.py")
    ]
    rules = [path.read_text(encoding="utf-8") for path in (CHECKOUT / "deploy/monitoring").glob("*rules*.yml")]
    on_metrics = {name for text in rules for name in re.findall(r"- alert: (\w+)", text)}
    return (on_metrics - {"watchdog"}) | {
        name for pattern in NAMES for text in files for name in re.findall(pattern, text, re.MULTILINE)
    }


def test_every_alert_of_the_code_is_in_the_catalogue():
    names = names_of_the_code()
    assert {"store_away", "urgent_feedback", "backup_old", "payments_broken", "dip"} <= names
    assert names - set(catalogue()) == set(), "add these to operations/alerting/catalogue.toml"


def test_every_kind_has_its_section_of_causes_and_remedies():
    page = (CHECKOUT / "docs/operations/alert-causes.md").read_text(encoding="utf-8")
    assert missing_sections(page, catalogue()) == []
    assert missing_sections(page, ["no_such_kind"]) == ["no_such_kind"]


def test_texts_are_for_system_down_and_payment_failures_only():
    assert {name for name, kind in catalogue().items() if kind.sms} == {
        "system_down",
        "payment_failures",
        "payments_broken",
    }


def test_the_runbooks_triggers_call_level_3_first():
    for name in ("system_down", "payments_broken", "payment_failures", "data_corrupt", "security_incident"):
        assert (kind_of(name).level, kind_of(name).severity) == (3, "high")


def test_what_may_hold_health_data_is_private():
    assert kind_of("urgent_feedback").private and kind_of("something unknown").private


@pytest.mark.parametrize("page", ["incidents.md"])
def test_the_alerts_of_incidents_link_the_playbook(page: str):
    text = (CHECKOUT / "docs/operations/alert-causes.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    assert (CHECKOUT / "docs/operations" / page).exists()
    for name in (
        "system_down",
        "cafe_page_down",
        "payments_broken",
        "payment_failures",
        "data_corrupt",
        "security_incident",
    ):
        assert f"]({page})" in sections[name]


@pytest.mark.parametrize(
    "link", sorted(set(re.findall(r"\]\(([^)#]+)", Path(CHECKOUT / "docs/operations/alert-causes.md").read_text())))
)
def test_the_pages_links_lead_somewhere(link: str):
    assert (CHECKOUT / "docs/operations" / link).resolve().exists()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("x", "TOML"),
        ("[[alert]]\nname = 'a'", "severity"),
        ("[[alert]]\nname = 'a b'\nseverity = 'high'\nthreshold = 'x'", "name"),
        ("[[alert]]\nname = 'a'\nseverity = 'odd'\nthreshold = 'x'", "severity"),
        ("[[alert]]\nname = 'a'\nseverity = 'low'\nthreshold = 'x'\nsmss = true", "smss"),
        (2 * "[[alert]]\nname = 'a'\nseverity = 'low'\nthreshold = 'x'\n", "a twice"),
    ],
)
def test_a_damaged_catalogue_names_its_fault(text: str, named: str):
    with pytest.raises(InvalidCatalogue, match=named):
        parse(text)


def test_each_kind_says_when_it_fires():
    assert FILE.exists() and all(kind.threshold for kind in catalogue().values())
