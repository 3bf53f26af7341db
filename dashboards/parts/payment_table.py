"""The overview's table of payments by rail."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboards import fragments
from dashboards.reading.payment_rails import RailPayments
from dashboards.visit import Visit
from pilot.formatting import measure, number


def draw(visit: Visit, rails: Sequence[RailPayments], *, days: int) -> None:
    """Draw the states of the payments of the last `days` days, one row for each rail."""
    say = visit.say
    visit.draw(fragments.section_head(say("payments.rails.title"), summary=say("payments.rails.what", days=days)))
    if not rails:
        visit.draw(fragments.paragraph(say("payments.rails.none")))
        return
    counts = ("succeeded", "failed", "open", "issued", "expired")
    st.dataframe(
        pd.DataFrame(
            [
                {
                    say("payments.rails.rail"): visit.name_of("payments.rail", one.rail),
                    say("payments.rails.share"): "–"
                    if one.share is None
                    else measure(one.share, unit="share", language=visit.language, decimals=1),
                    **{
                        say(f"payments.rails.{name}"): number(getattr(one, name), language=visit.language)
                        for name in counts
                    },
                }
                for one in rails
            ]
        ),
        hide_index=True,
        width="stretch",
    )
