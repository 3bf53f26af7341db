"""What a page shows as files: CSV that no spreadsheet runs as a formula, and charts as PNG and PDF."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple
from typing import Any

import streamlit as st
import vl_convert

from dashboards.signed_in import signed_later
from dashboards.visit import Visit
from pilot.safe_csv import csv_file
from reports.charts.palette import DARK, LIGHT

PNG_SCALE = 2.0
CHART_WIDTH_PX = 900
PAPER = "#FFFFFF"


def chart_png(chart: Any) -> bytes:
    """Return a chart as a PNG, made without any request to the network."""
    return vl_convert.vegalite_to_png(_specification(chart), scale=PNG_SCALE, allowed_base_urls=[])


def chart_pdf(chart: Any) -> bytes:
    """Return a chart as a PDF, made without any request to the network."""
    return vl_convert.vegalite_to_pdf(_specification(chart), allowed_base_urls=[])


def download_chart(visit: Visit, chart: Any, *, name: str) -> None:
    """Draw buttons that save a chart; the files are made at the click."""
    with st.container(horizontal=True):
        _download(visit, "png", lambda: chart_png(chart), name=name, mime="image/png")
        _download(visit, "pdf", lambda: chart_pdf(chart), name=name, mime="application/pdf")


def download_csv(
    visit: Visit, header: Sequence[str], rows: Callable[[], Iterable[Sequence[object]]], *, name: str
) -> None:
    """Draw a button that saves rows as CSV; they are read at the click, after the reader is confirmed."""

    def made() -> bytes:
        visit.confirm()
        return csv_file(header, rows())

    _download(visit, "csv", made, name=name, mime="text/csv")


def download_pdf(made: Callable[[], bytes], *, label: str, name: str) -> None:
    """Draw a button that saves a PDF; it is made at the click."""
    _button(label, made, kind="pdf", name=name, mime="application/pdf")


def _download(visit: Visit, kind: str, made: Callable[[], bytes], *, name: str, mime: str) -> None:
    _button(visit.say(f"export.{kind}"), made, kind=kind, name=name, mime=mime)


def _button(label: str, made: Callable[[], bytes], *, kind: str, name: str, mime: str) -> None:
    st.download_button(label, signed_later(made), f"{name}.{kind}", mime, key=f"{kind}-{name}", on_click="ignore")


def _specification(chart: Any) -> dict[str, Any]:
    """Return a chart for paper: drawn on a dark page, it has the colours of a light one."""
    text = json.dumps(chart.properties(width=CHART_WIDTH_PX, background=PAPER).to_dict())
    for dark, light in zip(astuple(DARK), astuple(LIGHT), strict=True):
        text = text.replace(json.dumps(dark), json.dumps(light))
    found: dict[str, Any] = json.loads(text)
    return found
