"""The fake Stripe of a run without a key: its settings for processes, and its record for commands."""

from __future__ import annotations

from operations.stripe_fake import RECORD_NAME, fake_record, find_rail
from operations.system import make_system, processes
from pilot.settings import read_settings
from storage.home import open_home


def test_without_a_key_a_fake_runs_and_every_process_gets_its_address(home, environment) -> None:
    system = make_system(home, environment=environment)
    fake = system.fake_stripe
    assert fake is not None
    specs = {spec.name: spec for spec in processes(system)}
    assert str(fake.port) in specs["fake-stripe"].command
    assert fake.webhook_secret not in " ".join(specs["fake-stripe"].command)
    for name in ("edge", "watch", "fake-stripe"):
        settings = read_settings(specs[name].environment)
        assert settings.stripe_url == fake.url
        assert settings.stripe_webhook_secret.get_secret_value() == fake.webhook_secret


def test_with_a_key_no_fake_runs(environment) -> None:
    opened = open_home(read_settings({**environment, "PILOT_STRIPE_KEY": "sk_test_1"}))
    system = make_system(opened, environment=environment)
    assert system.fake_stripe is None
    assert "fake-stripe" not in {spec.name for spec in processes(system)}


def test_a_command_finds_the_fake_only_while_it_runs(home, environment) -> None:
    system = make_system(home, environment=environment)
    system.run_folder.mkdir(parents=True, exist_ok=True)
    assert find_rail(home, run_folder=system.run_folder) is None
    with fake_record(system.fake_stripe, folder=system.run_folder):
        rail = find_rail(home, run_folder=system.run_folder)
        assert rail is not None and rail.name == "stripe_fake"
        assert (system.run_folder / RECORD_NAME).stat().st_mode & 0o777 == 0o600
    assert find_rail(home, run_folder=system.run_folder) is None


def test_a_configured_key_takes_precedence_over_a_running_fake(environment) -> None:
    opened = open_home(read_settings({**environment, "PILOT_STRIPE_KEY": "sk_test_1"}))
    rail = find_rail(opened, run_folder=opened.root)
    assert rail is not None and rail.name == "stripe_test"
