"""The till: a barista signs in for a shift and redeems guests' vouchers."""
