"""The till: where a barista signs in for a shift and redeems guests' vouchers."""
