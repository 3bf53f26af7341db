"""Rules and outgoing webhooks: matches feedback, signs it, and sends it to public addresses."""
