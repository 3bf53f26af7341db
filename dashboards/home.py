"""The home that the pages show, and the check that only this machine can reach them."""

from __future__ import annotations

import ipaddress
import os

import streamlit as st

from pilot.errors import InvalidSettings
from pilot.settings import read_settings
from storage.home import Home, open_existing_home


def exposed_address() -> str | None:
    """Return the address listened on; None if it may be: loopback, or as set behind a proxy with TLS."""
    address = str(st.get_option("server.address") or "")
    if address == "localhost":
        return None
    try:
        if ipaddress.ip_address(address).is_loopback:
            return None
        settings = read_settings(dict(os.environ))
    except (ValueError, InvalidSettings):
        return address
    return None if address == settings.pages_host and settings.pages_url.startswith("https://") else address


def cached_home() -> Home:
    """Return the home that the environment names, opened once for all renders.

    Raises:
        PilotError: the settings or the home cannot be used.
    """
    return _opened(tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith("PILOT_"))))


@st.cache_resource(max_entries=4, show_spinner=False)
def _opened(environment: tuple[tuple[str, str], ...]) -> Home:
    return open_existing_home(read_settings(dict(environment)))
