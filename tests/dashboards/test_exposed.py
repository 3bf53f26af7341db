"""The pages are shown on loopback, or on the address that is set for a proxy with TLS; nowhere else."""

from __future__ import annotations

import pytest
import streamlit as st

from dashboards.home import exposed_address

TLS = {"PILOT_PAGES_HOST": "0.0.0.0", "PILOT_PAGES_URL": "https://staging.feedbackai.se"}


@pytest.mark.parametrize(
    ("address", "variables", "exposed"),
    [
        ("127.0.0.1", {}, None),
        ("localhost", {}, None),
        ("127.0.0.1", {"PILOT_HOEM": "unknown"}, None),
        ("0.0.0.0", {}, "0.0.0.0"),
        ("0.0.0.0", TLS, None),
        ("0.0.0.0", {**TLS, "PILOT_PAGES_URL": "http://staging.feedbackai.se"}, "0.0.0.0"),
        ("0.0.0.0", {**TLS, "PILOT_PAGES_HOST": "127.0.0.1"}, "0.0.0.0"),
        ("0.0.0.0", {**TLS, "PILOT_HOEM": "unknown"}, "0.0.0.0"),
        ("", TLS, ""),
        ("pages.example", TLS, "pages.example"),
    ],
)
def test_another_address_than_loopback_needs_the_setting_and_tls(
    monkeypatch: pytest.MonkeyPatch, address: str, variables: dict[str, str], exposed: str | None
) -> None:
    monkeypatch.setattr(st, "get_option", {"server.address": address}.get)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert exposed_address() == exposed
