"""One's own telephone on the local network: a certificate, a relay that speaks TLS, and how to trust it."""
