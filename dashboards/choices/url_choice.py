"""A choice that is part of the page's address, so that a page can be bookmarked and shared."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pilot.composed import composed


def url_choice(label: str, options: Mapping[str, str], *, default: str, name: str, width: int) -> str:
    """Return the chosen option.

    Args:
        label: The choice's label.
        options: The words shown for each option; its key is the value in the address.
        default: The initial choice, which the address omits.
        name: The name in the address.
        width: Width in pixels.
    """
    other_pages = f"kept.{name}"  # retains the choice while another page is open
    wanted = st.session_state.get(name) or st.session_state.get(other_pages) or st.query_params.get(name)
    wanted = composed(wanted) if isinstance(wanted, str) else None
    st.session_state[name] = wanted if wanted in options else default
    chosen = st.selectbox(label, list(options), format_func=options.__getitem__, key=name, width=width)
    st.session_state[other_pages] = chosen
    if chosen == default:
        st.query_params.pop(name, None)
        st.session_state.pop(other_pages)
    else:
        st.query_params[name] = chosen
    return str(chosen)
