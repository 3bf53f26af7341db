"""The pages' server: `streamlit run dashboards/server.py`, behind the gate and the sign-in."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from dashboards import page_times
from dashboards.page_language import PageLanguage
from operations.access.guard import guard
from operations.gate import gate, own_hosts
from operations.monitoring.exposition import serve_metrics
from pilot.settings import read_settings, service_urls
from storage.home import Home, open_existing_home

HEALTH_PATH = "/_stcore/health"


@cache
def home() -> Home:
    """Return the home that the environment names."""
    return open_existing_home(read_settings(dict(os.environ)))


settings = read_settings(dict(os.environ))
signed_in = guard(lambda: home().store(), entrance_url=settings.entrance_url, health=HEALTH_PATH)
hosts = own_hosts(settings.pages_url, inside=service_urls(settings).get("dashboards", ""))
serve_metrics(settings, page_times.REGISTRY)
app = st.App(Path(__file__).parent / "app.py", middleware=[*gate(hosts=hosts), *signed_in, Middleware(PageLanguage)])
