"""Streamlit: the café manager's pages and the team's pages."""
