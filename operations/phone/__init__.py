"""The pilot on your own phone: a certificate for the local network, a TLS relay, and a trust page."""
