"""The sign-in: passwords, one-time links, an identity provider, and the check for a proxy."""
