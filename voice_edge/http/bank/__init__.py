"""The exchange of a voucher for a payment to a bank account: routes and pages."""
