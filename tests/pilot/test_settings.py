"""Settings: typed, documented, and an unknown one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from pilot.errors import InvalidSettings
from pilot.settings import PREFIX, Settings, env_example, read_settings


def test_an_unknown_setting_is_refused_with_the_nearest_one():
    with pytest.raises(InvalidSettings, match="did you mean PILOT_HOME"):
        read_settings({"PILOT_HOMR": "/tmp"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PILOT_EDGE_PORT", "many"),
        ("PILOT_INTERVIEWER", "gpt"),
        ("PILOT_REPLICA", "edge 1"),
        ("PILOT_REPLICA", "watch"),
        ("PILOT_REPLICA", "probe2"),
    ],
)
def test_a_wrong_value_is_named_with_its_variable(name, value):
    with pytest.raises(InvalidSettings, match=name):
        read_settings({name: value})


def test_a_secret_is_never_repeated():
    secret = "en hemlis som ingen gissar"
    assert "hemlis" not in repr(read_settings({"PILOT_SECRET_KEY": secret}))


@pytest.mark.parametrize("name", ["PILOT_PROBE_TOKEN", "PILOT_SECRET_KEY", "PILOT_BACKUP_KEY"])
def test_a_secret_that_can_be_guessed_is_refused_without_repeating_it(name):
    with pytest.raises(InvalidSettings, match=f"{name}: .* 6 characters, expected 20 or more") as refused:
        read_settings({name: "hemlis"})
    assert "hemlis" not in str(refused.value)
    assert read_settings({name: "x" * 20})


def test_other_variables_and_empty_values_do_not_matter():
    assert read_settings({"HOME": "/x", "PILOT_STORE_URL": "", "PILOT_EDGE_PORT": ""}) == read_settings({})


def test_the_home_is_expanded():
    assert "~" not in str(read_settings({}).home)


def test_the_example_documents_every_setting():
    example = (Path(__file__).parents[2] / ".env.example").read_text(encoding="utf-8")
    assert example == env_example(), "run `pilot schema env > .env.example`"
    assert all(f"{PREFIX}{name.upper()}=" in example for name in Settings.model_fields)
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize("address", ["sc://10.0.0.5:15002", "sc://spark.example:443/;use_ssl=true;token=a-b.c"])
def test_an_engine_is_an_address_of_spark_connect(address: str) -> None:
    assert read_settings({"PILOT_ENGINE": address}).engine.get_secret_value() == address


@pytest.mark.parametrize("address", ["10.1.2.3:15002", "sc://no-port", "spark://host:7077", "sc://host:1/;token"])
def test_another_form_of_engine_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(InvalidSettings) as raised:
        read_settings({"PILOT_ENGINE": address})
    assert "PILOT_ENGINE" in str(raised.value)
    assert "sc://host:port" in str(raised.value)
    assert address not in str(raised.value)
