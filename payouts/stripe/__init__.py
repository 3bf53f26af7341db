"""The rail of Stripe Connect: transfers to recipients who have told Stripe where their money goes."""
