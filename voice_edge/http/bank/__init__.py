"""Where a guest chooses a bank account over the voucher: the pages, and the desk that asks the provider."""
