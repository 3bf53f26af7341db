"""Accounts of the people behind the pages, their one-time links, and their sign-ins."""
