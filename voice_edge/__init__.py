"""The customer's side: pages, conversations, hearing, interviewer, doors and receipts."""
