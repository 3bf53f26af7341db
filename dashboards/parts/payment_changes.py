"""The table of every change of a payment's state, without anything of the guest's bank."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards.visit import Visit
from pilot.business_days import business_day
from pilot.formatting import clock_time, short_day
from storage.store.payouts.payment_history import Change


def changes_table(visit: Visit, changes: list[Change]) -> None:
    """Draw the changes, oldest first."""
    say = visit.say
    st.dataframe(
        pd.DataFrame(
            [
                {
                    say("payments.when"): f"{short_day(business_day(each.at), language=visit.language)} "
                    f"{clock_time(each.at)}",
                    say("payments.change_head"): visit.name_of("payments.change", each.what),
                    # A bank payout's account and failure code belong to the guest's bank.
                    say("payments.of"): "" if each.what.startswith("bank.") else each.subject,
                    say("payments.detail"): "" if each.what.startswith("bank.") else each.detail,
                    say("payments.by"): each.actor,
                }
                for each in changes
            ]
        ),
        hide_index=True,
        width="stretch",
    )
