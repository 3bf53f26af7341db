"""A choice that the address keeps, so that a page can be bookmarked and sent to a colleague."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st


def kept_choice(label: str, options: Mapping[str, str], *, default: str, name: str, width: int) -> str:
    """Return the chosen option.

    Args:
        label: The choice's label.
        options: What can be chosen: the value kept in the address, and the words shown for it.
        default: Chosen until another is; the address then does not name it.
        name: The name in the address.
        width: Width in pixels.
    """
    kept = f"kept.{name}"
    wanted = st.session_state.get(name) or st.session_state.get(kept) or st.query_params.get(name)
    st.session_state[name] = wanted if wanted in options else default
    chosen = st.selectbox(label, list(options), format_func=options.__getitem__, key=name, width=width)
    st.session_state[kept] = chosen
    if chosen == default:
        st.query_params.pop(name, None)
        st.session_state.pop(kept)
    else:
        st.query_params[name] = chosen
    return str(chosen)
