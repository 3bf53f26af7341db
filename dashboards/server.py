"""The pages' server: `streamlit run dashboards/server.py`, Streamlit's app behind the gate."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from dashboards.page_language import PageLanguage
from operations.gate import gate

app = st.App(Path(__file__).parent / "app.py", middleware=[*gate(), Middleware(PageLanguage)])
