"""Rules and outgoing webhooks: matches feedback, signs what is sent, and sends it to public addresses only."""
