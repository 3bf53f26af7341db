"""Accounts: invitations, sign-in links, revocation and the access test."""
