"""The landing: raw events on their way in. Logs that survive a crash, and the immutable segments made of them."""
