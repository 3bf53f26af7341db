"""A home with a report's figures, made once."""

from __future__ import annotations

import json

import polars as pl
import pytest

from pilot.lake_tables.tables import SCORED_FEEDBACK
from reports.model import Model, build_model
from reports.scope import Scope, find_scope
from storage.home import Home
from tests.proving.analytics.full_days import LAST, full_home


@pytest.fixture(scope="session")
def reported_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = full_home(tmp_path_factory.mktemp("reported"))
    home.lake().change_partition(SCORED_FEEDBACK, LAST, with_claims, commit={})
    return home


def with_claims(feedback: pl.DataFrame) -> pl.DataFrame:
    """Let the first turn of each feedback be a claim about coffee."""
    claim = json.dumps([{"theme": "coffee", "polarity": "negative", "turn": 1, "start": 0, "end": 200}])
    return feedback.with_columns(quotes=pl.lit(claim))


@pytest.fixture(scope="session")
def scope(reported_home: Home) -> Scope:
    return find_scope(reported_home, period="30-days")


@pytest.fixture(scope="session")
def model(reported_home: Home, scope: Scope) -> Model:
    return build_model(reported_home, scope)
